"""The parts of a running service as processes: the pages, the live stream, the worker; and who restarts them."""

import contextlib
import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

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
    return serve("wsgi", behind_proxies(application), host, port, workers=workers, blocking_threads=threads)


def serve_stream(host: str, port: int) -> int:
    """Serve the live stream until SIGTERM or SIGINT; one process holds all of this machine's streams."""
    from amparo.project.stream import application

    return serve("asgi", application, host, port, workers=1)


def serve_broker(host: str, port: int) -> int:
    """Serve the broker of remote sessions alone until SIGTERM or SIGINT; AMPARO_BROKER_URL says where it is reached."""
    from amparo.project.stream import broker

    return serve("asgi", broker, host, port, workers=1)


def serve_scorm(host: str, port: int) -> int:
    """Serve SCORM packages, at an origin of their own, until SIGTERM or SIGINT. SEC-28."""
    from amparo.project.scorm import application

    return serve("wsgi", application, host, port, workers=1, blocking_threads=4)


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


def serve(interface: str, application: Any, host: str, port: int, **options: Any) -> int:
    """Run granian with an application that is loaded already."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    server = Granian(
        f"amparo ({interface})",
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


@dataclass
class Part:
    """A part as a child process in a process group of its own, started again when it dies."""

    name: str
    arguments: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    pause_seconds: float = 0.0
    restarts: int = field(default=0)

    def start(self) -> None:
        """Start it from the main thread: it is told to stop when we die, however we die."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.process = spawn([sys.executable, "-m", "amparo", self.name, *self.arguments], log)
        self.started_at = time.monotonic()

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def look_after(self, say: Callable[[str], None]) -> None:
        """Start it again when it has died, after a pause that grows while it keeps dying."""
        if self.process is None:
            if time.monotonic() >= self.start_again_at:
                self.start()
            return
        if self.alive():
            if self.pause_seconds and time.monotonic() - self.started_at > HEALTHY_AFTER_SECONDS:
                self.pause_seconds = 0.0
            return
        status = self.process.returncode
        self.kill()
        self.restarts += 1
        say(f"{self.name} ended ({describe(status)}); it is started again. Its last words are in {self.log}")
        self.start_again_at = time.monotonic() + self.pause_seconds
        self.pause_seconds = min(max(1.0, self.pause_seconds * 2), PAUSE_SECONDS_MAX)

    def ask_to_stop(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()

    def wait(self, until: float) -> None:
        """Wait for its end, then end whatever of its group is left."""
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(max(0.0, until - time.monotonic()))
        self.kill()

    def kill(self) -> None:
        """End the whole group at once: a part that was killed leaves its own children behind."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def last_words(self, lines: int = 12) -> str:
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
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
