"""The gateways as a part of the service: Janus, and coturn where it is installed, started again when they die; and the ear for
what Janus tells of its rooms. The ear listens on this machine alone and asks for a secret. LIV-1, SEC-38.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import http.server
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import structlog
from django.conf import settings
from django.db import close_old_connections
from django.utils import translation
from django.utils.module_loading import import_string

from amparo.kernel import clock
from amparo.media import gateway
from amparo.project import debian
from amparo.project.postgres import die_with

log = structlog.get_logger("amparo.media")
# Who is told what happens in rooms: functions of (notices, at).
LISTENERS = ("amparo.classroom.tasks.notices",)
BODY_BYTES_MAX = 4_000_000
HEALTHY_AFTER_SECONDS = 30
PAUSE_SECONDS_MAX = 15.0
_TOKEN = re.compile(r"Token '[^']*'")


@dataclass
class Daemon:
    """A gateway as our child, started again when it dies: at once the first time, then after pauses that grow."""

    name: str
    start: Callable[[Path], subprocess.Popen[bytes]]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    again_at: float = 0.0
    pause_seconds: float = 0.0

    def look_after(self) -> None:
        if self.process is not None and self.process.poll() is not None:
            log.warning("gateway ended", gateway=self.name, status=self.process.returncode)
            self.process = None
            lived = time.monotonic() - self.started_at
            self.pause_seconds = 0.0 if lived > HEALTHY_AFTER_SECONDS else min(max(1.0, self.pause_seconds * 2), PAUSE_SECONDS_MAX)
            self.again_at = time.monotonic() + self.pause_seconds
        if self.process is None and time.monotonic() >= self.again_at:
            self.process, self.started_at = self.start(self.log), time.monotonic()
            log.info("gateway started", gateway=self.name, pid=self.process.pid)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(3)
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            self.process.wait()
            self.process = None


class Ear(http.server.BaseHTTPRequestHandler):
    """Takes the notices of Janus: posted to one address, from this machine, with the secret that only the two know."""

    protocol_version = "HTTP/1.1"
    secret = ""

    def do_POST(self) -> None:
        """Answer 200 once everybody was told; another answer lets Janus send it again."""
        wanted = base64.b64encode(f"janus:{self.secret}".encode()).decode()
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        size = self.headers.get("Content-Length", "")
        if self.path != "/notices" or not self.secret or not hmac.compare_digest(given.encode(), wanted.encode()):
            return self._answer(403)
        if not size.isascii() or not size.isdigit() or int(size) > BODY_BYTES_MAX:
            return self._answer(413)
        try:
            body = json.loads(self.rfile.read(int(size)))
            tell(body if isinstance(body, list) else [body])
        except ValueError:
            return self._answer(400)
        except Exception as error:  # the edge: Janus asks again
            log.error("notices were not taken", error=type(error).__name__, exc_info=True)
            return self._answer(503)
        self._answer(200)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "keep-alive" if status == 200 else "close")
        self.close_connection = status != 200
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """No line for each: the gateway's own log has them."""


def tell(notices: list[Any]) -> None:
    """Hand what Janus tells to everybody who listens."""
    known = [notice for notice in notices if isinstance(notice, dict)]
    try:
        for dotted in LISTENERS:
            import_string(dotted)(known, at=clock.now())
    finally:
        close_old_connections()


def quietly(program_log: Path, stream: IO[bytes]) -> None:
    """Write what a gateway says into its log, without the tokens that it repeats. SEC-41."""
    with program_log.open("ab", buffering=0) as out:
        for line in stream:
            out.write(_TOKEN.sub("Token '…'", line.decode(errors="replace")).encode())


def ports(text: str) -> tuple[int, int]:
    """Read "30000-30999"."""
    low, _sep, high = text.partition("-")
    if not (low.isdecimal() and high.isdecimal() and int(low) >= 1024 and int(low) + 20 <= int(high) <= 65535):
        raise gateway.GatewayProblem(f"AMPARO_MEDIA_RTP is {text!r}; write two ports with a hyphen between, such as 30000-30999.")
    return int(low), int(high)


def layout(host: str, port: int, admin_port: int, notices_port: int, relay_port: int) -> gateway.Layout:
    """Return where the gateways live, from the settings."""
    return gateway.Layout(
        folder=Path(settings.GATEWAY_FOLDER), address=gateway.media_address(os.environ.get("AMPARO_MEDIA_ADDRESS", "")),
        public_address=os.environ.get("AMPARO_MEDIA_PUBLIC_ADDRESS", ""), host=host, port=port, admin_port=admin_port, notices_port=notices_port,
        rtp=ports(os.environ.get("AMPARO_MEDIA_RTP", "30000-30999")), relay_port=relay_port,
        relay_ports=ports(os.environ.get("AMPARO_MEDIA_RELAY_PORTS", "49160-49259")), die_with=die_with(os.getpid()),
    )  # fmt: skip


def start_piped(start: Callable[..., subprocess.Popen[bytes]], program: str, where: gateway.Layout, log_file: Path) -> subprocess.Popen[bytes]:
    process = start(program, where, environment=debian.environment(), log=None)
    assert process.stdout is not None
    threading.Thread(target=quietly, args=(log_file, process.stdout), daemon=True).start()
    return process


def run(host: str, port: int, admin_port: int, *, relay_port: int = 0) -> int:
    """Run the gateways until SIGTERM or SIGINT. Raises GatewayProblem where one cannot be started in earnest. SEC-38."""
    janus = debian.program("janus")
    if not janus:
        raise gateway.GatewayProblem(f"Janus is not installed: {debian.MEDIA.without}. Install {' '.join(debian.MEDIA.packages)}, or run `make setup`.")
    found = gateway.ensure_secrets(Path(settings.GATEWAY_FOLDER))
    translation.activate("es-mx")
    Ear.secret = found["notices"]
    ear = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=ear.serve_forever, daemon=True, name="ear").start()
    where = layout(host, port, admin_port, ear.server_address[1], relay_port)
    logs = Path(settings.DATA_DIR) / "log"
    logs.mkdir(parents=True, exist_ok=True)
    daemons = [Daemon("janus", lambda path: start_piped(gateway.start_janus, janus, where, path), logs / "janus.log")]
    relay = debian.program("turnserver")
    if relay_port and relay:
        daemons.append(Daemon("coturn", lambda path: start_piped(gateway.start_relay, relay, where, path), logs / "coturn.log"))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: stop.set())
    try:
        look_after(daemons, stop)
    finally:
        for daemon in daemons:
            daemon.stop()
        ear.shutdown()
    return 0


def look_after(daemons: Sequence[Daemon], stop: threading.Event) -> None:
    while not stop.is_set():
        for daemon in daemons:
            daemon.look_after()
        stop.wait(0.1)
