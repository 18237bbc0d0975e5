"""A real screen to be seen and controlled: Xvfb, a window manager, a terminal and x11vnc, joined to the broker by a small helper."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from amparo.project import debian
from amparo.project.postgres import die_with

from .live import free_port, until
from .remote_line import Line, hello

PROGRAMS = {name: debian.program(name) for name in ("Xvfb", "x11vnc", "xdotool", "xterm", "openbox")}
needs_screen = pytest.mark.skipif(
    not all(PROGRAMS.values()), reason=f"not run without {', '.join(name for name, path in PROGRAMS.items() if not path)}: apt install them"
)


class Screen:
    """One X server of 800 × 600 with a terminal that writes what is typed into a file."""

    def __init__(self, folder: Path, display: int) -> None:
        self.folder, self.display = folder, f":{display}"
        self.port = free_port()
        self.written = folder / "written.txt"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.environment = debian.environment({**os.environ, "DISPLAY": self.display})

    def start(self) -> None:
        self.run("Xvfb", self.display, "-screen", "0", "800x600x24", "-nolisten", "tcp", "-r")  # -r: a slow line repeats no letter
        until(lambda: Path(f"/tmp/.X11-unix/X{self.display[1:]}").exists())
        self.run("openbox")
        self.run("xterm", "-geometry", "80x24+0+0", "-e", "sh", "-c", f"cat > {self.written}")
        self.run("x11vnc", "-display", self.display, "-localhost", "-rfbport", str(self.port), "-forever", "-shared", "-nopw", "-quiet", "-wait", "5", "-defer", "5")
        until(lambda: _listens(self.port))
        until(lambda: self.ask("search", "--class", "xterm").strip())
        self.ask("search", "--class", "xterm", "windowactivate", "--sync")

    def run(self, program: str, *arguments: str) -> None:
        log = (self.folder / f"{program}.log").open("wb")
        self.processes.append(subprocess.Popen(
            [PROGRAMS[program], *arguments], env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=die_with(os.getpid()),
        ))  # fmt: skip

    def ask(self, *arguments: str) -> str:
        done = subprocess.run([PROGRAMS["xdotool"], *arguments], env=self.environment, capture_output=True, text=True, timeout=20, check=False)
        return done.stdout

    def pointer(self) -> tuple[int, int]:
        found = dict(pair.split(":") for pair in self.ask("getmouselocation").split() if ":" in pair)
        return int(found["x"]), int(found["y"])

    def text(self) -> str:
        return self.written.read_text() if self.written.exists() else ""

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.kill()
        for process in self.processes:
            process.wait()


def _listens(port: int) -> bool:
    import socket

    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


class Customer:
    """The helper at a screen, in a thread of its own: it is asked, consents, stops, loses its line and comes back."""

    def __init__(self, url: str, port: int) -> None:
        self.url, self.port = url, port
        self.loop = asyncio.new_event_loop()
        self.line: Line | None = None
        self.resume = ""
        self.pump: asyncio.Task[None] | None = None
        self.writer: asyncio.StreamWriter | None = None
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def do(self, work: Any, seconds: float = 60) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    def enter(self, code: str) -> dict[str, Any]:
        """Enter the code; return what is asked."""

        async def entered() -> dict[str, Any]:
            self._take(await hello(self.url, code))
            assert self.line
            return await self.line.heard("ask")

        asked = self.do(entered())
        self.resume = asked["resume"]
        return asked

    def _take(self, line: Line) -> None:
        self.line, line.on_message, line.on_octets = line, self._told, self._octets
        self.beat = self.loop.create_task(self._beat(line))

    async def _beat(self, line: Line) -> None:
        with contextlib.suppress(Exception):
            while line.code is None:
                await line.say("ping")
                await asyncio.sleep(10)

    def say(self, type: str, **told: Any) -> None:
        assert self.line
        self.do(self.line.say(type, **told))

    def heard(self, type: str, **like: Any) -> dict[str, Any]:
        assert self.line
        return self.do(self.line.heard(type, **like))

    def consent(self, question: int, mode: str = "control", answer: str = "yes") -> None:
        self.say("consent", question=question, answer=answer, mode=mode)

    def lose(self) -> None:
        """Break the line without a word."""

        async def cut() -> None:
            assert self.line
            self.line.cut()

        self.do(cut())

    def come_back(self) -> None:
        async def back() -> None:
            self._take(await Line.open(self.url))
            assert self.line
            await self.line.say("resume", version=1, resume=self.resume)
            await self.line.heard("start")

        self.do(back())

    async def _told(self, message: dict[str, Any]) -> None:
        if message["type"] == "start":
            await self._release()
            reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
            self.pump = asyncio.create_task(self._pump(reader, self.line))
        elif message["type"] in ("end", "pause"):
            await self._release()

    async def _release(self) -> None:
        if self.pump:
            self.pump.cancel()
            self.pump = None
        if self.writer:
            self.writer.close()
            self.writer = None

    async def _pump(self, reader: asyncio.StreamReader, line: Any) -> None:
        with contextlib.suppress(Exception):
            while data := await reader.read(65_536):
                await line.push(data)

    async def _octets(self, data: bytes) -> None:
        if self.writer:
            self.writer.write(data)
            await self.writer.drain()

    def close(self) -> None:
        async def closed() -> None:
            await self._release()
            self.beat.cancel()
            if self.line:
                await self.line.close()

        with contextlib.suppress(Exception):
            self.do(closed(), 5)
        self.loop.call_soon_threadsafe(self.loop.stop)


@pytest.fixture(scope="module")
def screen(tmp_path_factory) -> Iterator[Screen]:
    """A screen that stands for the whole module."""
    taken = next(number for number in range(130, 190) if not Path(f"/tmp/.X11-unix/X{number}").exists())
    made = Screen(tmp_path_factory.mktemp("screen"), taken)
    try:
        made.start()
        yield made
    finally:
        made.stop()
