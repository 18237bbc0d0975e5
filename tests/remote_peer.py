"""A broker and a viewer for the tests of the helpers, in one: it says what a test tells it to, true or false.

It speaks `docs/remote-protocol.md` from the other side, decodes Tight and raw, and holds a real X screen (Xvfb).
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import queue
import ssl
import struct
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from websockets.datastructures import Headers
from websockets.http11 import Response
from websockets.sync.server import Server, ServerConnection, serve

from amparo.project import debian

from .live import free_port

ASK = {
    "type": "ask", "question": 1, "vendor": "Soporte Ejemplo", "engineer": "Ana Ruiz", "case": "C-2041", "title": "No abre la caja 3",
    "minutes": 30, "mode": "control", "language": "es-mx", "sentence": "Ana Ruiz pide ver y manejar esta computadora. Se graba.",
    "banner": "Ana Ruiz, de Soporte Ejemplo", "stop": "Detener", "resume": "secreto-de-prueba",
}  # fmt: skip


class Broker:
    """Listens at a port; each line of a helper is taken with `line()`."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.port = free_port()
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        self.address = f"ws{self.url[4:]}/remote/helper"
        self.lines: queue.Queue[Line] = queue.Queue()
        self.open: list[Line] = []
        self.server: Server = serve(self._serve, "127.0.0.1", self.port, process_request=self._page, ssl=tls, compression=None, max_size=2**21)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def _page(self, connection: ServerConnection, request: Any) -> Response | None:
        if request.path != "/r/helper.json":
            return None
        body = json.dumps({"version": 1, "helper": self.address, "vendor": "Soporte Ejemplo", "languages": ["es-mx", "en"]}).encode()
        return Response(200, "OK", Headers({"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}), body)

    def _serve(self, connection: ServerConnection) -> None:
        line = Line(connection)
        self.open.append(line)
        self.lines.put(line)
        line.over.wait()

    def line(self, seconds: float = 15) -> Line:
        return self.lines.get(timeout=seconds)

    def close(self) -> None:
        for line in self.open:
            line.over.set()
        self.server.shutdown()


class Line:
    """One connection of a helper: JSON one way, RFB the other."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self.over = threading.Event()
        self.bytes = bytearray()
        self.said: list[dict[str, Any]] = []
        self.screen: Image.Image | None = None
        self.inflate = zlib.decompressobj()
        self.pictures = 0

    def say(self, kind: str, **values: Any) -> None:
        self.connection.send(json.dumps({"type": kind, **values}))

    def raw(self, data: str | bytes) -> None:
        self.connection.send(data)

    def _receive(self, ends: float) -> None:
        message = self.connection.recv(timeout=max(0.01, ends - time.monotonic()))
        if isinstance(message, bytes):
            self.bytes += message
        else:
            said = json.loads(message)
            if said["type"] != "ping":
                self.said.append(said)

    def hear(self, kind: str, seconds: float = 10) -> dict[str, Any]:
        """Wait for a message of a kind; what came before it of other kinds is passed over."""
        ends = time.monotonic() + seconds
        while True:
            while self.said:
                said = self.said.pop(0)
                if said["type"] == kind:
                    return said
            self._receive(ends)

    def ask(self, **values: Any) -> None:
        self.connection.send(json.dumps({**ASK, **values}))

    def begin(self, mode: str = "view", **ask: Any) -> dict[str, Any]:
        """Ask, take the answer, start, greet."""
        self.hear("hello")
        self.ask(mode=mode, **ask)
        consent = self.hear("consent", 20)
        if consent["answer"] == "yes":
            self.start(consent["mode"])
        return consent

    def start(self, mode: str) -> None:
        self.say("start", mode=mode, segment=1)
        self.greet()

    def take(self, length: int, seconds: float = 10) -> bytes:
        ends = time.monotonic() + seconds
        while len(self.bytes) < length:
            self._receive(ends)
        taken = bytes(self.bytes[:length])
        del self.bytes[:length]
        return taken

    def greet(self) -> None:
        self.bytes.clear()
        assert self.take(12) == b"RFB 003.008\n"
        self.raw(b"RFB 003.008\n")
        assert self.take(2) == b"\x01\x01"
        self.raw(b"\x01")
        assert self.take(4) == b"\0\0\0\0"
        self.raw(b"\x01")
        width, height = struct.unpack(">HH", self.take(4))
        self.take(16)
        self.take(struct.unpack(">I", self.take(4))[0])
        self.screen, self.inflate = Image.new("RGB", (width, height)), zlib.decompressobj()
        self.encodings(7, -223, -26)

    def encodings(self, *numbers: int) -> None:
        self.raw(struct.pack(">BxH", 2, len(numbers)) + struct.pack(f">{len(numbers)}i", *numbers))

    def want(self, incremental: bool = True) -> None:
        assert self.screen
        self.raw(struct.pack(">BBHHHH", 3, incremental, 0, 0, *self.screen.size))

    def update(self, incremental: bool = True, seconds: float = 10) -> Image.Image:
        """Ask for a picture and return the screen with it."""
        self.want(incremental)
        assert self.take(1, seconds) == b"\0"
        (count,) = struct.unpack(">xH", self.take(3))
        for _ in range(count):
            self._rectangle(*struct.unpack(">HHHHi", self.take(12)))
        self.pictures += 1
        assert self.screen
        return self.screen

    def _rectangle(self, x: int, y: int, width: int, height: int, encoding: int) -> None:
        assert self.screen
        if encoding == -223:
            self.screen = Image.new("RGB", (width, height))
            return
        assert x + width <= self.screen.width and y + height <= self.screen.height
        if encoding == 0:
            piece = Image.frombytes("RGB", (width, height), self.take(width * height * 4), "raw", "BGRX")
        else:
            assert encoding == 7
            piece = self._tight(width, height)
        self.screen.paste(piece, (x, y))

    def _tight(self, width: int, height: int) -> Image.Image:
        control = self.take(1)[0]
        if control & 1:
            self.inflate = zlib.decompressobj()
        if control >> 4 == 8:
            red, green, blue = self.take(3)
            return Image.new("RGB", (width, height), (red, green, blue))
        if control >> 4 == 9:
            return Image.open(io.BytesIO(self.take(self._length()))).convert("RGB")
        colours = b""
        if control & 0x40:
            assert self.take(1) == b"\1", "the filter is a palette"
            colours = self.take(3 * (self.take(1)[0] + 1))
        across = (width + 7) // 8 if len(colours) == 6 else width
        size = across * height if colours else width * height * 3
        pixels = self.take(size) if size < 12 else self.inflate.decompress(self.take(self._length()))
        assert len(pixels) == size
        if not colours:
            return Image.frombytes("RGB", (width, height), pixels)
        if len(colours) == 6:
            return _painted(Image.frombytes("1", (width, height), pixels).convert("L").point(lambda v: 1 if v else 0), colours)
        return _painted(Image.frombytes("L", (width, height), pixels), colours)

    def _length(self) -> int:
        length = shift = 0
        while True:
            byte = self.take(1)[0]
            length |= (byte & 127 if shift < 14 else byte) << shift
            shift += 7
            if byte < 128 or shift > 14:
                return length

    def key(self, keysym: int) -> None:
        self.raw(struct.pack(">BBxxI", 4, 1, keysym) + struct.pack(">BBxxI", 4, 0, keysym))

    def type(self, text: str) -> None:
        """Type as a keyboard does: capitals with Shift down before them."""
        for letter in text:
            code = ord(letter)
            keysym = {"\n": 0xFF0D, "€": 0x20AC}.get(letter, code if code < 256 else 0x01000000 | code)
            if letter.isupper():
                self.raw(struct.pack(">BBxxI", 4, 1, 0xFFE1))
            self.key(keysym)
            if letter.isupper():
                self.raw(struct.pack(">BBxxI", 4, 0, 0xFFE1))

    def point(self, x: int, y: int, buttons: int = 0) -> None:
        self.raw(struct.pack(">BBHH", 5, buttons, x, y))

    def click(self, x: int, y: int) -> None:
        self.point(x, y)
        self.point(x, y, 1)
        self.point(x, y, 0)

    def is_cut(self, seconds: float = 5) -> bool:
        """Wait until the helper closes the line."""
        ends = time.monotonic() + seconds
        with contextlib.suppress(TimeoutError):
            while True:
                try:
                    self._receive(ends)
                except Exception as error:
                    if isinstance(error, TimeoutError):
                        raise
                    return True
        return False

    def cut(self) -> None:
        """Break the line without a word."""
        self.connection.socket.close()
        self.over.set()


def _painted(indices: Image.Image, colours: bytes) -> Image.Image:
    indices = indices.copy()
    indices.putpalette(colours + bytes(768 - len(colours)))
    return indices.convert("RGB")


def until(true: Any, seconds: float = 10) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if true():
            return True
        time.sleep(0.03)
    return False


@contextlib.contextmanager
def x_screen(number: int, size: str = "1024x768") -> Iterator[str]:
    """Run a real X server without a monitor; yield its name."""
    program, environment = debian.program("Xvfb"), debian.environment()
    assert program
    process = subprocess.Popen(
        [program, f":{number}", "-screen", "0", f"{size}x24", "-nolisten", "tcp"], env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert until(lambda: Path(f"/tmp/.X11-unix/X{number}").exists() or process.poll() is not None)
        yield f":{number}"
    finally:
        process.terminate()
        process.wait(10)


class Program:
    """A program on a screen, ended with the test."""

    def __init__(self, display: str, *command: str, **environment: str) -> None:
        found = debian.program(command[0]) or command[0]
        self.process = subprocess.Popen(
            [found, *command[1:]], env={**debian.environment(), "DISPLAY": display, **environment},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.heard: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        self.heard.extend(iter(self.process.stdout.readline, ""))

    @property
    def output(self) -> str:
        return "".join(self.heard)

    def type(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def end(self, seconds: float = 10) -> int:
        """Wait for the end, and return the status."""
        status = self.process.wait(seconds)
        self.reader.join(2)
        return status

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(5)


def command(display: str, *command: str) -> str:
    """Run a short program on a screen, and return what it says."""
    found = debian.program(command[0]) or command[0]
    done = subprocess.run([found, *command[1:]], env={**os.environ, **debian.environment(), "DISPLAY": display}, capture_output=True, text=True,
                          timeout=10, check=False)  # fmt: skip
    return done.stdout
