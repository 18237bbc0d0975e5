"""The service as processes: started, stopped, killed, backed up and brought back. Real servers in folders of their own."""

import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil
import psycopg
import pytest

from amparo.project import installation, prepare

ROOT = Path(__file__).resolve().parents[1]
START_LIMIT_SECONDS = 150
NAMES = {"postgres": "PostgreSQL"}
pytestmark = pytest.mark.operations


def clean_environment(**more):
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("AMPARO_", "DATABASE_URL", "DJANGO_", "PYTEST_", "COV_"))
    }
    return {**kept, "PYTHONPATH": str(ROOT), "AMPARO_CHROMIUM": "", **more}


def amparo(*arguments, **options):
    """Run one command of ours and return what it said."""
    return subprocess.run(
        [sys.executable, "-m", "amparo", *map(str, arguments)],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


def free_ports():
    """Return a port that is free together with the next one."""
    for _ in range(100):
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                two.bind(("127.0.0.1", port + 1))
                return port
    raise AssertionError("no two free ports")


class Running:
    """An `amparo up` in a data folder."""

    def __init__(self, home, *arguments, python=sys.executable, more_path="", **options):
        self.home, self.port = home, free_ports()
        self.output = home.parent / f"output-{self.port}"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [
                    python,
                    "-m",
                    "amparo",
                    "up",
                    "--data",
                    str(home),
                    "--port",
                    str(self.port),
                    *arguments,
                ],
                cwd=ROOT,
                env=clean_environment(PYTHONPATH=f"{ROOT}:{more_path}"),
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                **options,
            )
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while (
            "Amparo is running" not in self.text()
            and self.process.poll() is None
            and time.monotonic() < deadline
        ):
            time.sleep(0.05)

    def text(self):
        return self.output.read_text()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def family(self):
        """Return all processes of the service, the supervisor first."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def part(self, name):
        """Return the process that serves a part (for pages and stream the one that forks the workers)."""
        for process in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):
                words = process.cmdline()
                if name in words or (name == "postgres" and words and words[0].endswith("/postgres")):
                    return process
        return None

    def stop(self, signal_number=signal.SIGINT):
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
            self.process.wait(40)
        return self.process.returncode


def answers(url):
    with contextlib.suppress(OSError, ValueError), urllib.request.urlopen(url, timeout=3) as answer:
        return json.loads(answer.read()).get("ok") is True
    return False


def wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def gone(processes):
    return all(not p.is_running() or p.status() == psutil.STATUS_ZOMBIE for p in processes)


@pytest.fixture(scope="module")
def folder():
    """A folder that every account can pass through; pytest's own is closed to the database's account."""
    path = Path(tempfile.mkdtemp(prefix="amparo-test-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def prepared(folder):
    """A data folder after a first start and a clean stop, with the demonstration world where there is one."""
    home = folder / "prepared"
    service = Running(home)
    assert "Amparo is running" in service.text(), service.text()
    assert service.stop() == 0
    return home


@pytest.fixture
def home(prepared, folder, request):
    """A copy of the prepared folder, for one test."""
    copy = folder / re.sub(r"\W", "", request.node.name)[:30]
    subprocess.run(["cp", "-a", prepared, copy], check=True)
    yield copy
    shutil.rmtree(copy, ignore_errors=True)


@pytest.fixture
def ending(home):
    """A running service for a test that ends it."""
    yield from serve(home)


@pytest.fixture(scope="module")
def service(prepared, folder):
    """A running service for the tests that leave it running, whatever they do to its parts."""
    copy = folder / "served"
    subprocess.run(["cp", "-a", prepared, copy], check=True)
    yield from serve(copy)


def serve(home):
    running = Running(home)
    assert "Amparo is running" in running.text(), running.text()
    assert wait_for(lambda: answers(f"http://127.0.0.1:{running.port + 1}/events/health"))
    yield running
    with contextlib.suppress(psutil.Error):
        family = running.family()
        running.stop(signal.SIGTERM)
        for process in family:
            with contextlib.suppress(psutil.Error):
                process.kill()


def database_url(home):
    from amparo.project.postgres import Server

    return Server(home).url()


def remember(url, name, value="kept"):
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO amparo_stamp VALUES (%s, %s, now())", [name, value])


def remembered(url, name):
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT value FROM amparo_stamp WHERE name = %s", [name]).fetchone()
    return row and row[0]


# ---------------------------------------------------------------------------- start and stop


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_stops_everything_and_leaves_no_process(ending, signal_number):
    assert answers(f"{ending.url}/health")
    family = ending.family()
    assert len(family) >= 7  # supervisor, database and its own, pages twice, stream twice, worker
    assert ending.stop(signal_number) == 0
    assert gone(family)
    assert "Everything has stopped" in ending.text()
    assert not (ending.home / "run.json").exists()


def test_a_second_start_prepares_nothing(service):
    assert "Preparing" not in service.text()


def test_secrets_are_private_and_stay(prepared, service):
    """SEC-57"""
    for private in (service.home / "secrets.json", service.home / "run.json"):
        assert private.stat().st_mode & 0o777 == 0o600
    assert (service.home / "secrets.json").read_text() == (prepared / "secrets.json").read_text()
    assert service.home.stat().st_mode & 0o066 == 0


def test_the_same_data_is_not_served_twice(service):
    other = Running(service.home)
    assert other.process.wait(30) == 1 and "already running" in other.text()
    assert answers(f"{service.url}/health")


def test_a_taken_port_is_said_in_a_sentence(home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = amparo("up", "--data", home, "--port", port)
    assert done.returncode == 1 and f"Port {port} is taken" in done.stderr and "Traceback" not in done.stderr


def test_missing_secrets_stop_the_start(home):
    """SEC-57: new secrets would make what the old ones protect worthless."""
    (home / "secrets.json").unlink()
    done = amparo("up", "--data", home, "--port", free_ports())
    assert done.returncode == 1 and "secrets" in done.stderr and "backup" in done.stderr
    assert not (home / "secrets.json").exists()


def test_other_secrets_stop_the_start(home):
    """SEC-57"""
    installation.write_private(home / "secrets.json", json.dumps(installation.make_secrets()))
    done = amparo("up", "--data", home, "--port", free_ports())
    assert done.returncode == 1 and "not those that this database was written with" in done.stderr


def test_incomplete_secrets_are_refused(tmp_path):
    """SEC-57"""
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({**installation.make_secrets(), "pepper": ""}))
    with pytest.raises(installation.Problem, match="pepper"):
        installation.read_secrets(path)


def test_a_start_killed_while_loading_the_demonstration_starts_it_over(home):
    with_server(home, lambda url: (remember(url, "half", "loaded"), set_stamp(url, "demo", "loading")))
    service = Running(home, "--no-demo")
    try:
        assert "starting it over" in service.text() and "Amparo is running" in service.text()
        assert remembered(database_url(home), "half") is None
    finally:
        service.stop()


def with_server(home, act):
    from amparo.project.postgres import Server

    with Server(home) as server:
        return act(server.url())


def set_stamp(url, name, value):
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO amparo_stamp VALUES (%s, %s, now()) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [name, value],
        )


# ---------------------------------------------------------------------------- killed


@pytest.mark.parametrize("name", ["web", "stream", "worker", "postgres"])
def test_a_killed_part_comes_back_and_nothing_is_lost(service, name):
    url = database_url(service.home)
    remember(url, f"before {name}")
    victim = service.part(name)
    children = victim.children(recursive=True)
    victim.kill()
    assert wait_for(lambda: gone([victim, *children]))
    assert wait_for(
        lambda: (
            answers(f"{service.url}/health") and answers(f"http://127.0.0.1:{service.port + 1}/events/health")
        )
    )
    assert wait_for(lambda: (found := service.part(name)) is not None and found.pid != victim.pid)
    assert wait_for(lambda: try_remembered(url, f"before {name}") == "kept")
    assert f"{NAMES.get(name, name)} ended" in service.text()


def try_remembered(url, name):
    with contextlib.suppress(psycopg.OperationalError):
        return remembered(url, name)
    return None


def test_a_killed_page_process_is_replaced_by_its_own_starter(service):
    assert wait_for(lambda: (found := service.part("web")) is not None and found.children())
    web = service.part("web")
    worker = web.children()[0]
    worker.kill()
    assert wait_for(
        lambda: web.children() and web.children()[0].pid != worker.pid and answers(f"{service.url}/health")
    )


def test_a_killed_supervisor_takes_everything_along_and_the_next_start_has_it_all(ending):
    url = database_url(ending.home)
    remember(url, "before the kill")
    family = ending.family()
    ending.process.kill()
    ending.process.wait()
    assert wait_for(lambda: gone(family))
    again = Running(ending.home)
    try:
        assert "Amparo is running" in again.text()
        assert remembered(database_url(ending.home), "before the kill") == "kept"
    finally:
        again.stop()


def test_everything_killed_at_once_recovers(ending):
    """As when the machine loses power: no process has time for anything."""
    url = database_url(ending.home)
    remember(url, "before the lights went out")
    family = ending.family()
    for act in ("suspend", "kill"):
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                getattr(process, act)()
    ending.process.wait()
    assert wait_for(lambda: gone(family))
    again = Running(ending.home)
    try:
        assert "Amparo is running" in again.text(), again.text()
        assert remembered(database_url(ending.home), "before the lights went out") == "kept"
    finally:
        again.stop()


def python_for(uid):
    """Return a Python that the account can execute, with where our packages lie: ours, or the machine's of its version."""
    packages = str(Path(psutil.__file__).parents[1])
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        with contextlib.suppress(OSError):
            environment = clean_environment(PYTHONPATH=f"{ROOT}:{packages}")
            command = [python, "-c", "import amparo.project.installation"]
            if (
                subprocess.run(command, user=uid, env=environment, cwd="/", capture_output=True).returncode
                == 0
            ):
                return python, packages
    return None, packages


def test_an_ordinary_user_can_run_it(home):
    """The same as an account without rights: its own database server, its own files."""
    if os.geteuid() != 0:
        pytest.skip("this run is by an ordinary user: every other test here shows it")
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        pytest.skip("there is no other account here")
    python, packages = python_for(entry.pw_uid)
    if not python:
        pytest.skip("another account cannot run this folder's Python")
    assert prepare.static_is_current()
    subprocess.run(["chown", "-R", f"{entry.pw_uid}:{entry.pw_gid}", home], check=True)
    who = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    service = Running(home, python=python, more_path=packages, **who)
    try:
        assert "Amparo is running" in service.text(), service.text()
        assert {process.uids().real for process in service.family()} == {entry.pw_uid}
    finally:
        assert service.stop() == 0


# ---------------------------------------------------------------------------- doctor, backup, restore


def test_the_doctor_finds_a_running_service_healthy(service):
    assert wait_for(lambda: verdicts(service.home)["worker"] == "good")
    done = amparo("doctor", "--data", service.home, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["healthy"], found
    assert {
        "secrets",
        "disk",
        "database",
        "migrations",
        "worker",
        "pages",
        "stream",
        "mail",
        "documents",
        "time zone",
    } <= {finding["what"] for finding in found["findings"]}


def verdicts(home):
    found = json.loads(amparo("doctor", "--data", home, "--json").stdout)
    return {"worker": "bad"} | {finding["what"]: finding["verdict"] for finding in found["findings"]}


def test_the_doctor_says_what_is_wrong_and_what_to_do(home):
    (home / "secrets.json").chmod(0o644)
    done = amparo("doctor", "--data", home)
    assert done.returncode == 1
    assert "can be read by others" in done.stdout and "chmod 600" in done.stdout
    assert (
        "is stopped" in done.stdout
        and "amparo up" in done.stdout
        and "Traceback" not in done.stdout + done.stderr
    )


def all_rows(url):
    """Return every row of every table as the database writes it, sorted: what a comparison by eye would see."""
    with psycopg.connect(url) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        tables = [
            row[0]
            for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ]
        return {
            table: sorted(
                row[0]
                for row in connection.execute(
                    psycopg.sql.SQL("SELECT t::text FROM {} t").format(psycopg.sql.Identifier(table))
                )
            )
            for table in tables
        }


def all_files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_backup_restored_into_an_empty_folder_holds_everything(home, folder):
    """Every row of every table, every file, the keys; and the restored service starts."""
    import hashlib

    content = b"%PDF-1.4 una p\xc3\xb3liza"
    name = hashlib.sha256(content).hexdigest()
    stored = home / "files" / name[:2] / name[2:4] / name
    stored.parent.mkdir(parents=True, exist_ok=True)
    stored.write_bytes(content)
    saved, restored = folder / "saved", folder / "restored"
    done = amparo("backup", saved, "--data", home, "--json")
    assert done.returncode == 0, done.stderr
    assert saved.stat().st_mode & 0o077 == 0
    done = amparo("restore", saved, "--data", restored, "--json")
    assert done.returncode == 0, done.stderr
    before, after = with_server(home, all_rows), with_server(restored, all_rows)
    assert before == after and sum(map(len, before.values())) > 100
    assert json.loads(done.stdout)["rows"] == sum(map(len, after.values()))
    assert all_files(home / "files") == all_files(restored / "files")
    assert (home / "secrets.json").read_text() == (restored / "secrets.json").read_text()
    assert (restored / "secrets.json").stat().st_mode & 0o777 == 0o600
    service = Running(restored)
    try:
        assert "Amparo is running" in service.text() and "Preparing" not in service.text()
    finally:
        service.stop()


def test_a_restored_sequence_goes_on_where_it_was(home, folder):
    """New rows after a restore get new numbers."""
    saved, restored = folder / "saved-sequences", folder / "restored-sequences"

    def sequences(url):
        with psycopg.connect(url) as connection:
            return dict(connection.execute("SELECT sequencename, last_value FROM pg_sequences").fetchall())

    assert amparo("backup", saved, "--data", home).returncode == 0
    assert amparo("restore", saved, "--data", restored).returncode == 0
    assert with_server(home, sequences) == with_server(restored, sequences)


def test_a_backup_is_never_restored_over_anything(home, folder):
    saved = folder / "saved-over"
    assert amparo("backup", saved, "--data", home).returncode == 0
    before = (home / "secrets.json").read_text()
    done = amparo("restore", saved, "--data", home)
    assert done.returncode == 1 and "not empty" in done.stderr
    assert (home / "secrets.json").read_text() == before
    again = amparo("backup", saved, "--data", home)
    assert again.returncode == 1 and "not empty" in again.stderr


def test_a_damaged_backup_is_refused_before_anything_is_touched(home, folder):
    saved, restored = folder / "saved-damaged", folder / "restored-damaged"
    assert amparo("backup", saved, "--data", home).returncode == 0
    with (saved / "database.dump").open("r+b") as stream:
        stream.seek(1000)
        stream.write(b"\0")
    done = amparo("restore", saved, "--data", restored)
    assert done.returncode == 1 and "damaged" in done.stderr and "database.dump" in done.stderr
    assert not restored.exists()


def test_a_restore_that_differs_from_what_was_saved_is_taken_away_again(home, folder):
    """A manifest that promises another row than the dump holds: nothing stays behind."""
    saved, restored = folder / "saved-differs", folder / "restored-differs"
    assert amparo("backup", saved, "--data", home).returncode == 0
    manifest = json.loads((saved / "manifest.json").read_text())
    manifest["tables"]["amparo_stamp"]["rows"] += 1
    (saved / "manifest.json").write_text(json.dumps(manifest))
    done = amparo("restore", saved, "--data", restored)
    assert done.returncode == 1 and "amparo_stamp" in done.stderr
    assert not any(restored.iterdir())
    manifest["tables"]["amparo_stamp"]["rows"] -= 1
    (saved / "manifest.json").write_text(json.dumps(manifest))
    assert amparo("restore", saved, "--data", restored).returncode == 0


def test_a_file_that_is_not_what_its_name_says_is_reported(home, folder):
    stored = home / "files" / "aa" / "bb" / ("ab" * 32)
    stored.parent.mkdir(parents=True, exist_ok=True)
    stored.write_bytes(b"something else")
    done = amparo("backup", folder / "saved-wrong-file", "--data", home)
    assert done.returncode == 1 and "ab" * 32 in done.stdout


def test_the_ledger_and_the_calendar_answer_at_the_terminal(service):
    done = amparo("check-ledger", "--data", service.home, "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["differences"] == []
    question = ["deadline", "--data", service.home, "--from", "2026-12-11T16:00"]
    done = amparo(*question, "--business-hours", "72", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["due_at"] == "2026-12-16T22:00:00Z"
    assert amparo(*question, "--business-days", "5", "--calendar", "no such").returncode == 1
    assert amparo(*question).returncode == 2
