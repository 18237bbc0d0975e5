"""The customer's end of a remote session for tests: a small helper over `websockets`, with a screen of its own or an X server's."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

VERSION = b"RFB 003.008\n"
FORMAT = bytes([32, 24, 0, 1]) + struct.pack(">HHH", 255, 255, 255) + bytes([16, 8, 0, 0, 0, 0])


class Line:
    """One WebSocket: `say` sends a message, `heard` waits for one of a type, `octets` is what came as bytes."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.told: list[dict[str, Any]] = []
        self.octets = bytearray()
        self.code: int | None = None
        self.news = asyncio.Condition()
        self.on_octets: Any = None
        self.on_message: Any = None
        self.task = asyncio.create_task(self._listen())

    @classmethod
    async def open(cls, url: str, *, origin: str | None = None, cookie: str = "") -> Line:
        headers = {"Cookie": cookie} if cookie else {}
        return cls(await connect(url, origin=origin, additional_headers=headers, compression=None, max_size=None, proxy=None))

    async def _listen(self) -> None:
        try:
            async for piece in self.socket:
                if isinstance(piece, bytes):
                    self.octets += piece
                    if self.on_octets:
                        await self.on_octets(piece)
                else:
                    message = json.loads(piece)
                    self.told.append(message)
                    if self.on_message:
                        await self.on_message(message)
                async with self.news:
                    self.news.notify_all()
        except (ConnectionClosed, OSError):
            pass
        self.code = self.socket.close_code
        async with self.news:
            self.news.notify_all()

    async def say(self, type: str, **told: Any) -> None:
        await self.socket.send(json.dumps({"type": type, **told}))

    async def push(self, data: bytes) -> None:
        await self.socket.send(data)

    async def wait(self, ask: Any, seconds: float = 30) -> Any:
        async def met() -> Any:
            async with self.news:
                while not (found := ask()):
                    if self.code is not None and not (found := ask()):
                        raise AssertionError(f"the line closed ({self.code}) after {self.told}")
                    await self.news.wait()
                return found

        try:
            return await asyncio.wait_for(met(), seconds)
        except TimeoutError:
            raise AssertionError(f"it did not come: {self.told[-5:]}") from None

    async def heard(self, type: str, *, count: int = 1, seconds: float = 30, **like: Any) -> dict[str, Any]:
        """Wait for the count-th message of a type with these members."""

        def found() -> Any:
            all_ = [one for one in self.told if one["type"] == type and all(one.get(k) == v for k, v in like.items())]
            return all_[count - 1] if len(all_) >= count else None

        return await self.wait(found, seconds)

    async def closed(self, seconds: float = 5) -> int:
        await asyncio.wait_for(self.task, seconds)
        assert self.code is not None
        return self.code

    async def close(self) -> None:
        with contextlib.suppress(Exception):
            await self.socket.close()

    def cut(self) -> None:
        """Break the line as a cable does: no word."""
        self.socket.transport.abort()


async def hello(url: str, code: str, *, can: tuple[str, ...] = ("view", "control", "clipboard"), **more: Any) -> Line:
    line = await Line.open(url)
    told = {"version": 1, "code": code, "system": "linux", "helper": "1.0.0", "screen": [64, 48], "can": list(can)}
    await line.say("hello", **(told | more))
    return line


class Painted:
    """A helper's screen of 64 × 48: one colour, repainted when a key comes; keeps what was done to it."""

    def __init__(self, line: Line, width: int = 64, height: int = 48) -> None:
        self.line, self.width, self.height = line, width, height
        self.held = bytearray()
        self.step = 0
        self.keys: list[tuple[int, bool]] = []
        self.pointers: list[tuple[int, int, int]] = []
        self.requests = 0
        line.on_octets, line.on_message = self.take, self.told

    async def told(self, message: dict[str, Any]) -> None:
        if message["type"] == "start":
            self.held.clear()
            self.step = 0
            await self.line.push(VERSION)

    async def take(self, data: bytes) -> None:
        self.held += data
        while await self._one():
            pass

    def _cut(self, count: int) -> bytes:
        found = bytes(self.held[:count])
        del self.held[:count]
        return found

    async def _one(self) -> bool:
        need = (12, 1, 1)[self.step] if self.step < 3 else self._length()
        if need is None or len(self.held) < need:
            return False
        piece = self._cut(need)
        if self.step < 3:
            name = b"Caja 3"
            answer = (b"\1\1", b"\0\0\0\0", struct.pack(">HH", self.width, self.height) + FORMAT + struct.pack(">I", len(name)) + name)
            await self.line.push(answer[self.step])
            self.step += 1
        elif piece[0] == 3:
            self.requests += 1
            await self.paint()
        elif piece[0] == 4:
            self.keys.append((int.from_bytes(piece[4:]), bool(piece[1])))
        elif piece[0] == 5:
            self.pointers.append((piece[1], int.from_bytes(piece[2:4]), int.from_bytes(piece[4:6])))
        return True

    def _length(self) -> int | None:
        if not self.held:
            return None
        kind = self.held[0]
        if kind == 2:
            return 4 + 4 * int.from_bytes(self.held[2:4]) if len(self.held) >= 4 else None
        return {0: 20, 3: 10, 4: 8, 5: 6}[kind]

    async def paint(self, colour: bytes = b"\x80\x40\x20\0") -> None:
        rectangle = struct.pack(">HHHHi", 0, 0, self.width, self.height, 0) + colour * (self.width * self.height)
        await self.line.push(b"\0\0\0\1" + rectangle)
