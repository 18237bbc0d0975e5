"""The service as processes: started, stopped, killed, brought back. Real servers in folders of their own."""

import contextlib
import json
import os
import pwd
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from amparo.project import installation, prepare
from tests.live import free_port
from tests.running import (
    ROOT,
    Running,
    amparo,
    answers,
    clean_environment,
    database_url,
    ending,
    folder,
    gone,
    home,
    prepared,
    remember,
    remembered,
    service,
    set_stamp,
    wait_for,
    with_server,
)

pytestmark = pytest.mark.operations
__all__ = ["ending", "folder", "home", "prepared", "service"]
NAMES = {"postgres": "PostgreSQL"}


# ---------------------------------------------------------------------------- start and stop


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
    done = amparo("up", "--data", home, "--port", free_port(3))
    assert done.returncode == 1 and "secrets" in done.stderr and "backup" in done.stderr
    assert not (home / "secrets.json").exists()


def test_other_secrets_stop_the_start(home):
    """SEC-57"""
    installation.write_private(home / "secrets.json", json.dumps(installation.make_secrets()))
    done = amparo("up", "--data", home, "--port", free_port(3))
    assert done.returncode == 1 and "not those that this database was written with" in done.stderr


def test_incomplete_secrets_are_refused(tmp_path):
    """SEC-57"""
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({**installation.make_secrets(), "pepper": ""}))
    with pytest.raises(installation.Problem, match="pepper"):
        installation.read_secrets(path)


def stops(running, signal_number):
    """Tell a service to stop, and see that it does: all of it, and in order."""
    assert answers(f"{running.url}/health")
    family = running.family()
    assert len(family) >= 8  # supervisor, database and its own, what the parts are forks of, pages twice, stream twice, worker
    assert running.stop(signal_number) == 0
    assert gone(family)
    assert "Everything has stopped" in running.text()
    assert not (running.home / "run.json").exists()


def test_a_start_killed_while_loading_the_demonstration_starts_it_over_and_a_signal_stops_it(home):
    with_server(home, lambda url: (remember(url, "half", "loaded"), set_stamp(url, "demo", "loading")))
    service = Running(home, "--no-demo")
    try:
        assert "starting it over" in service.text() and "Amparo is running" in service.text()
        assert remembered(database_url(home), "half") is None
        stops(service, signal.SIGTERM)
    finally:
        service.stop()


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


def test_parts_share_what_they_load_and_come_back_when_that_is_killed(service):
    """Memory is counted once for all of them; the process that loaded it has one thread, as forks ask for."""
    loaded = service.part("parts")
    parts = {name: service.part(name) for name in ("web", "stream", "scorm", "worker")}
    assert wait_for(lambda: len(loaded.net_connections("all")) == 1), "it listens for who asks for a fork, and is connected to nothing"
    assert loaded.num_threads() == 1 and {part.ppid() for part in parts.values()} == {loaded.pid}
    assert all(part.memory_full_info().uss < part.memory_info().rss / 2 for part in parts.values())
    loaded.kill()
    assert wait_for(lambda: gone([loaded, *parts.values()]))
    assert wait_for(lambda: all((found := service.part(name)) and found.pid != part.pid for name, part in parts.items()))
    assert wait_for(lambda: answers(f"{service.url}/health"))


def try_remembered(url, name):
    with contextlib.suppress(psycopg.OperationalError):
        return remembered(url, name)
    return None


def test_a_killed_page_process_is_replaced_by_its_own_starter(service):
    def children():
        web = service.part("web")
        return [child.pid for child in web.children()] if web else []

    assert wait_for(children)
    victim = children()[0]
    os.kill(victim, signal.SIGKILL)
    assert wait_for(lambda: [pid for pid in children() if pid != victim] and answers(f"{service.url}/health"))


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
        owners = set()
        for process in service.family():
            with contextlib.suppress(psutil.NoSuchProcess):  # ended meanwhile
                owners.add(process.uids().real)
        assert owners == {entry.pw_uid}
    finally:
        assert service.stop() == 0


def test_the_ledger_and_the_calendar_answer_at_the_terminal(service):
    done = amparo("check-ledger", "--data", service.home, "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["differences"] == []
    question = ["deadline", "--data", service.home, "--from", "2026-12-11T16:00"]
    done = amparo(*question, "--business-hours", "72", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["due_at"] == "2026-12-16T22:00:00Z"
    assert amparo(*question, "--business-days", "5", "--calendar", "no such").returncode == 1
    assert amparo(*question).returncode == 2


def test_parts_started_alone_serve_a_prepared_database(home):
    """For machines of their own: prepare once, then each part with DATABASE_URL; preparing again does nothing."""
    with_server(home, lambda url: set_stamp(url, "migrations", "those of an older version"))
    done = amparo("prepare", "--data", home)
    assert done.returncode == 0 and "migrated" in done.stdout, done.stderr
    assert amparo("prepare", "--data", home).stdout == ""
    port = free_port(3)

    def serve_alone(url):
        environment = clean_environment(DATABASE_URL=url, AMPARO_DATA=str(home))
        command = [sys.executable, "-m", "amparo", "web", "--port", str(port)]
        with subprocess.Popen(command, cwd=ROOT, env=environment) as web:
            try:
                return wait_for(lambda: answers(f"http://127.0.0.1:{port}/health"))
            finally:
                web.terminate()

    assert with_server(home, serve_alone)


def test_only_named_proxies_are_believed(monkeypatch):
    """SEC-60: a forged client address changes nothing, neither sent by a client nor through the proxy."""
    from amparo.project.parts import behind_proxies

    def application(environ, _start):
        return environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]

    def ask(address, forwarded, trusted="127.0.0.1,10.1.0.0/16"):
        monkeypatch.setenv("AMPARO_TRUSTED_PROXIES", trusted)
        environ = {"REMOTE_ADDR": address, "wsgi.url_scheme": "http"}
        environ |= {"HTTP_X_FORWARDED_FOR": forwarded, "HTTP_X_FORWARDED_PROTO": "https"}
        return behind_proxies(application)(environ, None)

    assert ask("127.0.0.1", "203.0.113.9") == ("203.0.113.9", "https")
    assert ask("10.1.2.3", "198.51.100.1, 203.0.113.9, 10.1.9.9") == ("203.0.113.9", "https")
    assert ask("203.0.113.9", "127.0.0.1") == ("203.0.113.9", "http")
    assert ask("127.0.0.1", "203.0.113.9", trusted="") == ("127.0.0.1", "http")
    with pytest.raises(installation.Problem, match="believe everybody"):
        ask("127.0.0.1", "203.0.113.9", trusted="*")


# ---------------------------------------------------------------------------- ended: these stand last, for they share one service


def test_a_killed_supervisor_takes_everything_along_and_the_next_start_has_it_all(ending):
    url = database_url(ending.home)
    remember(url, "before the kill")
    family = ending.family()
    ending.process.kill()
    ending.process.wait()
    assert wait_for(lambda: gone(family))
    ending.start()
    assert "Amparo is running" in ending.text(), ending.text()
    assert remembered(database_url(ending.home), "before the kill") == "kept"


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
    ending.start()
    assert "Amparo is running" in ending.text(), ending.text()
    assert remembered(database_url(ending.home), "before the lights went out") == "kept"


def test_one_signal_stops_everything_and_leaves_no_process(ending):
    stops(ending, signal.SIGINT)
