"""Set-up: what `make` brings in, that a second run costs nothing, and that only what the locks name comes in."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from amparo.project import assets, debian
from amparo.project.cli import check, messages

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def setup_module():
    spec = importlib.util.spec_from_file_location("setup_of_this_folder", ROOT / "bin" / "setup.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_lock_file_names_a_host():
    """SEC-59: packages come by name and hash, from the registry that the machine's own configuration names."""
    assert list(check.addresses_in_locks()) == []


def test_an_address_in_a_lock_file_is_found(tmp_path, monkeypatch):
    """SEC-59"""
    for name in check.LOCK_FILES:
        shutil.copy(ROOT / name, tmp_path / name)
    with (tmp_path / "requirements.txt").open("a") as lock:
        lock.write("thing @ https://elsewhere.example/thing.whl\n")
    (tmp_path / "package-lock.json").write_text("{}")
    monkeypatch.setattr(check, "ROOT", tmp_path)
    found = list(check.addresses_in_locks())
    assert len(found) == 2 and "elsewhere" in found[0] and "no hashes" in found[1]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-setup.txt"])
def test_every_python_package_is_pinned_with_its_hash(name):
    """SEC-59"""
    text = (ROOT / name).read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    assert entries
    for entry in entries:
        assert re.match(r"[\w.\[\],-]+==\S+", entry) and "--hash=sha256:" in entry, entry


def test_every_front_end_package_is_pinned_with_its_hash():
    """SEC-59"""
    import json

    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    named = json.loads((ROOT / "package.json").read_text())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in named.values())
    assert all("integrity" in package for path, package in packages.items() if path)
    npmrc = (ROOT / ".npmrc").read_text()
    assert "omit-lockfile-registry-resolved=true" in npmrc and "ignore-scripts=true" in npmrc


def test_set_up_installs_only_with_hashes(setup_module, monkeypatch, tmp_path):
    """SEC-59: both ways, uv and pip, are told to refuse a package without its hash."""
    calls = []

    def call(*command, **_environment):
        calls.append([str(word) for word in command])
        if "sync" in calls[-1]:
            raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(setup_module, "call", call)
    monkeypatch.setattr(setup_module, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(setup_module, "uv", lambda: tmp_path / "uv")
    setup_module.packages("run")
    installs = [c for c in calls if "install" in c or "sync" in c]
    assert len(installs) == 2 and all("--require-hashes" in c for c in installs)


def test_what_tests_need_stays_when_the_service_is_set_up(setup_module, monkeypatch, tmp_path):
    stamp = tmp_path / "stamp"
    stamp.write_text(f"test {setup_module.digest(*setup_module.LOCKS.values())}")
    monkeypatch.setattr(setup_module, "STAMP", stamp)
    monkeypatch.setattr(setup_module, "call", lambda *a, **k: pytest.fail("nothing is to be installed"))
    setup_module.packages("run")
    setup_module.packages("test")


def test_a_changed_lock_is_installed(setup_module, monkeypatch, tmp_path):
    stamp, calls = tmp_path / "stamp", []
    stamp.write_text("test of-another-lock")
    monkeypatch.setattr(setup_module, "STAMP", stamp)
    monkeypatch.setattr(setup_module, "uv", lambda: "uv")
    monkeypatch.setattr(setup_module, "call", lambda *command, **_: calls.append(command))
    setup_module.packages("run")
    assert len(calls) == 1 and calls[0][-1] == ROOT / "requirements-dev.txt"
    assert stamp.read_text() == f"test {setup_module.digest(*setup_module.LOCKS.values())}"


def test_a_second_set_up_does_nothing_and_takes_no_time():
    """The environment that runs this test has been set up: asked again, it says nothing and changes nothing."""
    if not (ROOT / ".venv" / ".amparo-lock").exists():
        pytest.skip("this environment was not made by set-up")
    command = [sys.executable, "bin/setup.py", "run"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    began = os.times()
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    ended = os.times()
    worked = ended.children_user + ended.children_system - began.children_user - began.children_system
    assert done.stdout == "" and worked < 3  # what it worked, with all that it started: other tests run meanwhile


def test_modules_are_compiled_once_for_all_processes(setup_module, monkeypatch, tmp_path):
    """Also where the machine tells Python to keep nothing that it compiles; packages again only when others came in."""
    package, ours = tmp_path / "venv/lib/python3.99/site-packages", tmp_path / "amparo"
    for folder in (package, ours, tmp_path / "tests"):
        folder.mkdir(parents=True)
        (folder / "one.py").write_text("ONE = 1\n")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    for name, path in (("ROOT", tmp_path), ("VENV", tmp_path / "venv"), ("STAMP", tmp_path / "stamp"), ("PYTHON", sys.executable)):
        monkeypatch.setattr(setup_module, name, path)
    setup_module.STAMP.write_text("test of-a-lock")
    assert setup_module.compiled().wait(60) == 0
    assert all(list(folder.glob("__pycache__/one.*.pyc")) for folder in (package, ours))
    assert not list(tmp_path.glob("tests/__pycache__/*")), "pytest compiles those itself"
    shutil.rmtree(package / "__pycache__")
    assert setup_module.compiled().wait(60) == 0 and not (package / "__pycache__").exists()
    setup_module.STAMP.write_text("test of-another-lock")
    assert setup_module.compiled().wait(60) == 0 and (package / "__pycache__").exists()


def test_what_only_debian_has_comes_in_beside_the_rest(setup_module, monkeypatch, capsys):
    """It takes a minute on one processor; what is missing is said at the end, and a failure of the rest is still told."""
    begun, let_go = threading.Event(), threading.Event()

    def from_debian(mode):
        begun.set()
        assert let_go.wait(60)
        return [f"Missing (a-package): {mode}."]

    def front_end():
        assert begun.wait(60)
        let_go.set()

    for name in ("environment", "importable", "translations"):
        monkeypatch.setattr(setup_module, name, lambda: None)
    monkeypatch.setattr(setup_module, "packages", lambda mode: None)
    monkeypatch.setattr(setup_module, "from_debian", from_debian)
    monkeypatch.setattr(setup_module, "front_end", front_end)
    assert setup_module.main(["run"]) == 0
    assert capsys.readouterr().err == "setup: Missing (a-package): run.\n"

    def failing():
        let_go.set()
        raise LookupError("node_modules holds nothing")

    let_go.clear()
    monkeypatch.setattr(setup_module, "front_end", failing)
    assert setup_module.main(["run"]) == 1
    assert capsys.readouterr().err == "setup: node_modules holds nothing\n"


def test_all_pages_ask_for_one_stylesheet_in_which_ours_wins_over_tablers():
    """What a first visit asks for one after the other it waits for. Order and layer decide which rule wins."""
    site = (assets.VENDOR / "site.css").read_text()
    ours = re.compile(r"^\.([a-z][\w-]+)", re.MULTILINE)
    firsts = [site.index(f".{ours.search((assets.OURS / f'{name}.css').read_text())[1]}") for name in ("base", "layout", "pieces", "record", "decisions", "pages")]
    assert site.index("@layer tabler{") < site.index("--tblr-") < min(firsts)
    assert site.rindex("@media print{") < site.index("@page{")
    assert "@import" not in site and not re.search(r"""url\((?!["']?data:)""", site)


def test_the_sprite_holds_the_icons_in_use():
    names = assets.icon_names()
    drawn = assets.sprite(names)
    assert drawn.count("<symbol ") == len(names)
    assert all(f'<symbol id="{name}"' in drawn for name in names)
    assert "<script" not in drawn and "http" not in drawn.replace("http://www.w3.org/2000/svg", "")


def test_an_icon_that_does_not_exist_is_refused():
    with pytest.raises(LookupError, match="no-such-icon"):
        assets.sprite(["no-such-icon"])


def test_gathered_files_are_those_of_the_packages():
    """SEC-59: what pages load is what the hashed packages hold, less the address of their source maps."""
    assets.build()
    for name, source in assets.FILES.items():
        theirs = assets.SOURCE_MAP.sub("", (assets.NODE_MODULES / source).read_text())
        assert (
            hashlib.sha256((assets.VENDOR / name).read_bytes()).digest()
            == hashlib.sha256(theirs.encode()).digest()
        )
    assert assets.build() is False


def test_installing_never_touches_a_postgresql_of_the_machine():
    plan = "Inst libpango-1.0-0 (1.50 Debian:12 [amd64])\nConf libpango-1.0-0 (1.50 Debian:12 [amd64])\n"
    assert not debian.touches_postgresql(plan)
    assert debian.touches_postgresql(plan + "Inst postgresql-15 [15.18-0] (15.20-0 Debian:12 [amd64])\n")
    assert debian.touches_postgresql(plan + "Inst libpq5 (1)\nRemv libpango-1.0-0 [1.50]\n")


def test_what_cannot_be_had_is_said_in_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(debian, "present", lambda part: False)
    monkeypatch.setattr(debian.shutil, "which", lambda name: None)
    monkeypatch.setattr(debian, "FOLDER", tmp_path)
    said = []
    sentences = debian.ensure([debian.PDF], say=said.append)
    assert said == [] and len(sentences) == 1
    assert "libpango-1.0-0" in sentences[0] and "PDF" in sentences[0]


def test_openssl_is_brought_in_where_the_machine_has_none(monkeypatch, tmp_path):
    """Signatures are proven by a second verifier everywhere: no test of them is passed over."""
    monkeypatch.setattr(debian, "UNPACKED", tmp_path)
    monkeypatch.setattr(debian, "dovecot", lambda: "/usr/sbin/dovecot")
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert debian.openssl() is None and not debian.present(debian.MAIL) and "openssl" in debian.MAIL.packages
    program = tmp_path / "usr/bin/openssl"
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    assert debian.openssl() == str(program) and debian.present(debian.MAIL)


def test_unpacked_libraries_are_put_in_reach(monkeypatch, tmp_path):
    monkeypatch.setattr(debian, "UNPACKED", tmp_path)
    assert "LD_LIBRARY_PATH" not in debian.environment({"PATH": "/bin"})
    folder = tmp_path / "usr/lib/x86_64-linux-gnu"
    folder.mkdir(parents=True)
    assert debian.environment({"LD_LIBRARY_PATH": "/mine"})["LD_LIBRARY_PATH"] == f"{folder}:/mine"


def test_ordinary_users_get_the_packages_unpacked(tmp_path, monkeypatch):
    """Without root the same Debian packages are downloaded and unpacked into the cache, nothing else is touched."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        pytest.skip("not a Debian machine")
    commands = []
    archives = tmp_path / "archives"

    def run(*command, cwd=None):
        commands.append(command)
        if "download" in command:
            (archives / "font.deb").touch()
        return True

    monkeypatch.setattr(debian, "FOLDER", tmp_path)
    monkeypatch.setattr(debian, "UNPACKED", tmp_path / "root")
    monkeypatch.setattr(
        debian, "simulate", lambda names, *o: "Inst fonts-dejavu-core (2.37-6 Debian:12 [all])\n"
    )
    monkeypatch.setattr(debian, "run", run)
    assert debian.unpack(["fonts-dejavu-core"])
    assert commands[0] == ("apt-get", "-qq", "download", "fonts-dejavu-core=2.37-6")
    assert commands[1] == ("dpkg-deb", "-x", str(archives / "font.deb"), str(tmp_path / "root"))
    assert str(tmp_path / "root/usr/share/fonts") in (tmp_path / "fonts.conf").read_text()


# ---------------------------------------------------------------------------- translations


@pytest.fixture
def small_app(tmp_path, monkeypatch):
    app = tmp_path / "amparo" / "demo"
    (app / "jinja2/demo").mkdir(parents=True)
    (app / "templates/demo").mkdir(parents=True)
    (app / "__init__.py").write_text(
        "from django.utils.translation import gettext_lazy as _, ngettext\n"
        "A = _('Hello %(name)s')\nB = ngettext('%(num)s event', '%(num)s events', 3)\n"
    )
    (app / "jinja2/demo/page.html").write_text(
        "{% do c.f(_('in a macro')) %}{% trans n=1 %}one {{ n }}\n thing{% pluralize %}many {{ n }}{% endtrans %}"
    )
    (app / "templates/demo/mail.txt").write_text("{% load i18n %}{% translate 'from Django' %}")
    monkeypatch.setattr(messages, "AMPARO", tmp_path / "amparo")
    return app


def test_texts_are_found_in_python_and_both_kinds_of_templates(small_app):
    ids = [m.id for m in messages.extracted("demo") if m.id]
    assert set(ids) == {
        "Hello %(name)s",
        ("%(num)s event", "%(num)s events"),
        "in a macro",
        ("one %(n)s thing", "many %(n)s"),
        "from Django",
    }


def test_translations_are_kept_and_what_is_gone_goes(small_app, capsys):
    assert messages.main(["update", "demo"]) == 0
    po = messages.catalogue_path("demo", "es")
    po.write_text(
        po.read_text().replace('msgid "in a macro"\nmsgstr ""', 'msgid "in a macro"\nmsgstr "en una macro"')
    )
    (small_app / "templates/demo/mail.txt").unlink()
    messages.main(["update", "demo"])
    text = po.read_text()
    assert "en una macro" in text and "from Django" not in text and "Date" not in text
    assert po.with_suffix(".mo").exists()


def test_the_check_finds_what_is_missing_doubtful_or_wrong(small_app, capsys):
    messages.main(["update", "demo"])
    po = messages.catalogue_path("demo", "es")
    text = po.read_text()
    text = text.replace(
        'msgid "Hello %(name)s"\nmsgstr ""', 'msgid "Hello %(name)s"\nmsgstr "Hola %(nombre)s"'
    )
    text = text.replace('msgid "in a macro"\nmsgstr ""', '#, fuzzy\nmsgid "in a macro"\nmsgstr "quizá"')
    text = text.replace('msgid "from Django"\nmsgstr ""', 'msgid "from Django"\nmsgstr "de Django"')
    po.write_text(text)
    found = list(messages.problems("demo"))
    assert len(found) == 4
    assert any("nombre" in line for line in found) and any("fuzzy" in line for line in found)
    assert messages.main(["check", "demo"]) == 1


def test_every_text_of_the_service_is_translated():
    """Fails on a text that Spanish readers would see in English, and on placeholders that do not fit."""
    found = {app: list(messages.problems(app)) for app in messages.all_apps()}
    assert {app: lines for app, lines in found.items() if lines} == {}


# ---------------------------------------------------------------------------- the command


def test_every_command_explains_itself():
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "amparo"], capture_output=True, text=True, env=environment, cwd=ROOT
    )
    assert done.returncode == 2 and "doctor" in done.stdout
    wrong = subprocess.run(
        [sys.executable, "-m", "amparo", "nonsense"],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
    )
    assert wrong.returncode == 2 and "nonsense" in wrong.stderr


@pytest.mark.parametrize(
    "name", ["up", "web", "stream", "worker", "doctor", "deadline", "check-ledger", "backup", "restore"]
)
def test_help_and_wrong_use(name, capsys):
    from amparo.project.cli import main

    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0 and f"amparo {name}" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main([name, "--no-such-option"])
    assert ended.value.code == 2
