"""The parts of a running service as processes: the pages, the live stream, the worker; and who restarts them."""

import contextlib
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import IO, Any

import psutil

from amparo.project import debian
from amparo.project.installation import Problem
from amparo.project.postgres import die_with

CONNECTIONS_MAX = (
    8192  # granian counts open connections: below the number of streams, the next page would wait for ever
)
STOP_LIMIT_SECONDS = 15
LOG_BYTES_MAX = 10_000_000
HEALTHY_AFTER_SECONDS = 60
PAUSE_SECONDS_MAX = 30.0


# ---------------------------------------------------------------------------- inside a part


def serve_pages(host: str, port: int, *, workers: int, threads: int) -> int:
    """Serve the pages until SIGTERM or SIGINT: Django is loaded once, then each worker is a fork of it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.project.settings")
    from amparo.project.wsgi import application

    warm_up()
    return serve("web", "wsgi", behind_proxies(application), host, port, workers=workers, blocking_threads=threads)


def serve_stream(host: str, port: int) -> int:
    """Serve the live stream until SIGTERM or SIGINT; one process holds all of this machine's streams."""
    from amparo.project.stream import application

    return serve("stream", "asgi", application, host, port, workers=1)


def serve_broker(host: str, port: int) -> int:
    """Serve the broker of remote sessions alone until SIGTERM or SIGINT; AMPARO_BROKER_URL says where it is reached."""
    from amparo.project.stream import broker

    return serve("broker", "asgi", broker, host, port, workers=1)


def serve_scorm(host: str, port: int) -> int:
    """Serve SCORM packages, at an origin of their own, until SIGTERM or SIGINT. SEC-28."""
    from amparo.project.scorm import application

    return serve("scorm", "wsgi", application, host, port, workers=1, blocking_threads=4)


def behind_proxies(application: Any) -> Any:
    """Believe what X-Forwarded-For and -Proto say where AMPARO_TRUSTED_PROXIES (addresses or networks) says it. SEC-60.

    The client is the last address in the chain that is not one of them; anybody else's headers are ignored.
    """
    from granian.utils.proxies import wrap_wsgi_with_proxy_headers

    trusted = [
        word.strip() for word in os.environ.get("AMPARO_TRUSTED_PROXIES", "").split(",") if word.strip()
    ]
    if "*" in trusted:
        raise Problem("AMPARO_TRUSTED_PROXIES must name addresses or networks; '*' would believe everybody.")
    return wrap_wsgi_with_proxy_headers(application, trusted) if trusted else application


def keep_what_is_loaded() -> None:
    """Look no more for garbage in what is loaded by now, and from here on as often as Python does by itself."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(700)


def warm_up() -> None:
    """Load what the first page would load, and leave no connection behind for the forks to share."""
    from django.db import connections
    from django.urls import get_resolver

    _ = get_resolver().url_patterns
    connections.close_all()


def serve(part: str, interface: str, application: Any, host: str, port: int, **options: Any) -> int:
    """Run granian with an application that is loaded already."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    server = Granian(
        f"amparo ({part})",
        process_name=f"amparo {part} --host {host} --port {port}",
        address=host,
        port=port,
        interface=Interfaces(interface),
        backlog=CONNECTIONS_MAX,
        backpressure=CONNECTIONS_MAX,
        websockets=interface == "asgi",
        workers_kill_timeout=STOP_LIMIT_SECONDS - 5,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        **options,
    )
    parent = os.getpid()

    def in_worker() -> Any:
        die_with(parent)()
        return application

    keep_what_is_loaded()
    server.serve(target_loader=in_worker, wrap_loader=False)
    return 0


# ---------------------------------------------------------------------------- around the parts


def load_once() -> None:
    """Let parts be forked off one process that loads what all of them need; the environment as it is now is theirs.

    Loaded five times it took five times the seconds and the memory. That process serves nobody and asks no database; when it
    dies its forks die with it, and the next start of a part begins another.
    """
    os.environ.update(debian.environment(child_environment()))
    multiprocessing.get_context("forkserver").set_forkserver_preload(["amparo.project.loaded"])


class Stopped(BaseException):
    """Somebody asked us to stop."""


def stop_all(running: Sequence["Part"]) -> None:
    """Ask all parts to stop, and end those that take too long."""
    for part in running:
        part.ask_to_stop()
    until = time.monotonic() + STOP_LIMIT_SECONDS
    for part in running:
        part.wait(until)


def called(process: psutil.Process) -> list[str]:
    """Return what a process is called, in words; a part's title begins with «amparo» and its name, and stands in one piece."""
    return " ".join(process.cmdline()).split()


def leave_no_child() -> None:
    """End what is left when all parts have ended: the process that they were forks of, and what Python keeps beside it."""
    children = psutil.Process().children()
    for child in children:
        with contextlib.suppress(psutil.Error):
            child.kill()
    psutil.wait_procs(children, STOP_LIMIT_SECONDS)


def become(name: str, arguments: list[str], log: Path | None) -> None:
    """Be a part from here on: what a fork does first. It leads a group of its own, and is told to stop when what it came from dies."""
    from setproctitle import setproctitle

    from amparo.project import cli, loaded

    os.setsid()
    die_with(loaded.BY)()
    setproctitle(" ".join(["amparo", name, *arguments]))
    multiprocessing.set_start_method("fork", force=True)  # granian's workers are forks of the part
    with contextlib.ExitStack() as files:
        os.dup2(files.enter_context(Path(os.devnull).open("rb")).fileno(), 0)
        if log is not None:
            kept = files.enter_context(log.open("ab")).fileno()
            os.dup2(kept, 1)
            os.dup2(kept, 2)
    if loaded.FAULT is not None:
        raise loaded.FAULT
    sys.exit(cli.main([name, *arguments]))


@dataclass
class Part:
    """A part as a process in a group of its own, forked off what `load_once` loads and started again when it dies.

    Its words go into the log; where that is None, to where ours go.
    """

    name: str
    arguments: list[str]
    log: Path | None
    process: ForkServerProcess | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    pause_seconds: float = 0.0
    restarts: int = field(default=0)

    def start(self) -> None:
        """Start it; it is told to stop when we die, however we die."""
        if self.log is not None:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
                self.log.replace(self.log.with_suffix(".log.1"))
        context = multiprocessing.get_context("forkserver")
        process = context.Process(target=become, args=(self.name, self.arguments, self.log), name=self.name)
        try:
            process.start()
        except (EOFError, OSError):  # what it is forked off died this moment
            self.pause()
            return
        self.process, self.started_at = process, time.monotonic()

    def pause(self) -> None:
        """Wait before the next start, longer each time."""
        self.restarts += 1
        self.start_again_at = time.monotonic() + self.pause_seconds
        self.pause_seconds = min(max(1.0, self.pause_seconds * 2), PAUSE_SECONDS_MAX)

    def look_after(self, say: Callable[[str], None]) -> None:
        """Start it again when it has died, after a pause that grows while it keeps dying."""
        if self.process is None:
            if time.monotonic() >= self.start_again_at:
                self.start()
            return
        if self.process.is_alive():
            if self.pause_seconds and time.monotonic() - self.started_at > HEALTHY_AFTER_SECONDS:
                self.pause_seconds = 0.0
            return
        status = self.process.exitcode
        self.kill()
        say(f"{self.name} ended ({describe(status)}); it is started again.{f' Its last words are in {self.log}' if self.log else ''}")
        self.pause()

    def ask_to_stop(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def wait(self, until: float) -> None:
        """Wait for its end, then end whatever of its group is left."""
        if self.process is not None:
            self.process.join(max(0.0, until - time.monotonic()))
        self.kill()

    def kill(self) -> None:
        """End the whole group at once: a part that was killed leaves its own children behind."""
        if self.process is not None and self.process.pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.kill()  # it may be so young that it leads no group yet
            self.process.join()
            self.process = None

    def last_words(self, lines: int = 12) -> str:
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log else ""
        return ""


def spawn(command: list[str], log: IO[bytes] | None) -> subprocess.Popen[bytes]:
    """Start a command of ours as a child that dies with us."""
    return subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=debian.environment(child_environment()),
        start_new_session=True,
        preexec_fn=die_with(os.getpid()),
    )


def child_environment() -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[2])
    old = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p and p != root]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([root, *old]), "PYTHONUNBUFFERED": "1"}


def describe(status: int | None) -> str:
    if status is not None and status < 0:
        return f"by signal {signal.Signals(-status).name}"
    return f"with status {status}"
