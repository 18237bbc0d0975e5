"""A real Janus (and coturn) for tests: started once for whoever asks, on an address that is not loopback, stopped at the end."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from amparo.media import gateway, queries
from amparo.project import debian
from amparo.project.postgres import die_with

from .live import free_port

JANUS = debian.program("janus")
RELAY = debian.program("turnserver")
needs_janus = pytest.mark.skipif(not JANUS, reason="not run without Janus: apt install janus janus-tools")
needs_relay = pytest.mark.skipif(not RELAY, reason="not run without coturn: apt install coturn")


class Notices:
    """Takes what the gateway tells, as a list."""

    def __init__(self) -> None:
        self.seen: list[dict] = []
        outer = self

        class Taker(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.seen += body if isinstance(body, list) else [body]
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_words: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taker)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=[0.01], daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Gateway:
    """A Janus of our own, which can be killed and started again. Debian's dies by itself once in a while (a fault of memory when a room ends):
    then it is started again, as the service does it."""

    def __init__(self, folder: Path, *, notices_port: int = 0, rtp: tuple[int, int] = (31000, 31999)) -> None:
        self.layout = gateway.Layout(
            folder=folder, address=gateway.media_address(), port=free_port(), admin_port=free_port(), notices_port=notices_port, rtp=rtp,
            die_with=die_with(os.getpid()),
        )  # fmt: skip
        self.url = f"ws://127.0.0.1:{self.layout.port}"
        self.admin = f"http://127.0.0.1:{self.layout.admin_port}/admin"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._begin()
        self.wait()
        threading.Thread(target=self._look_after, daemon=True).start()

    def _begin(self) -> None:
        assert JANUS
        self.process = gateway.start_janus(JANUS, self.layout, environment=debian.environment(), log=self.layout.folder / "janus.log")

    def _look_after(self) -> None:
        """Stays: a process ends with the thread that began it."""
        while (process := self.process) is not None:
            process.wait()
            if self.process is not process or process.returncode != -signal.SIGSEGV:
                return
            print("janus died of a fault of memory; it is started again")
            self._begin()
            queries.forget()

    def wait(self, seconds: float = 15) -> None:
        from amparo.media.rooms import janus

        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with contextlib.suppress(Exception):
                janus.ask({"janus": "ping"}, timeout=1)
                queries.forget()
                return
            time.sleep(0.05)
        raise AssertionError((self.layout.folder / "janus.log").read_text(errors="replace")[-3000:])

    def kill(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()
        queries.forget()


@contextlib.contextmanager
def running_gateway(folder: Path, settings, *, notices_port: int = 0) -> Iterator[Gateway]:
    """Run a Janus and let the settings point at it."""
    made = Gateway(folder, notices_port=notices_port)
    names = {"GATEWAY_URL": made.url, "GATEWAY_ORIGIN": made.url, "GATEWAY_ADMIN": made.admin, "GATEWAY_FOLDER": folder}
    before = {name: getattr(settings, name) for name in names}
    for name, word in names.items():
        setattr(settings, name, word)
    try:
        made.start()
        yield made
    finally:
        made.kill()
        for name, word in before.items():
            setattr(settings, name, word)
