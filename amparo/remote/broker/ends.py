"""One end of a session: a socket with a queue of its own, so that a slow reader holds up nobody. SEC-37, SEC-40."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketState

TEXT_MAX: Final = 16_384
CLIPBOARD_TEXT_MAX: Final = 262_144
BINARY_MAX: Final = 1_048_576
TEXTS_A_SECOND: Final = 50
PENDING_MAX: Final = 33_554_432
SILENCE_SECONDS: Final = 25
CLOSING_SECONDS: Final = 0.5
Message = dict[str, Any]


class Broke(Exception):
    """The other end broke the protocol: a close code, and words for the record."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code, self.why = code, why


class End:
    """A socket that is open: `say` and `push` never wait; `messages` yields what comes."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.heard = time.monotonic()
        self.pending = 0
        self.closed = False
        self._queue: deque[str | bytes] = deque()
        self._more, self._less = asyncio.Event(), asyncio.Event()
        self._less.set()
        self._writer: asyncio.Task[None] | None = None
        self._reader = asyncio.current_task()
        self._gone, self._code = asyncio.Event(), 1000
        self._texts, self._second = 0, 0

    def open(self) -> None:
        self._writer = asyncio.create_task(self._write())

    # --- out ---

    def say(self, type: str, **told: Any) -> None:
        """Send a message, as soon as what waits before it is gone."""
        self._put(json.dumps({"type": type, **told}, ensure_ascii=False, separators=(",", ":")))

    def push(self, data: bytes) -> None:
        """Send bytes of RFB."""
        if data:
            self._put(data)

    def _put(self, piece: str | bytes) -> None:
        if self.closed:
            return
        self._queue.append(piece)
        self.pending += len(piece)
        if self.pending > PENDING_MAX:
            self._less.clear()
        self._more.set()

    async def drained(self) -> None:
        """Wait while too much waits to be read by the other end."""
        if not self._less.is_set():
            await self._less.wait()

    async def _write(self) -> None:
        with contextlib.suppress(Exception):  # a socket that is gone: its reader learns it
            while True:
                while self._queue:
                    piece = self._queue.popleft()
                    if isinstance(piece, str):
                        await self.socket.send_text(piece)
                    else:
                        await self.socket.send_bytes(piece)
                    self.pending -= len(piece)
                    if self.pending <= PENDING_MAX // 2:
                        self._less.set()
                self._more.clear()
                if self.closed and not self._queue:
                    return
                await self._more.wait()
        self._less.set()

    async def close(self, code: int = 1000) -> None:
        """Send what waits, for half a second at most, then close; its reader ends.

        A socket that somebody reads cannot be closed by another: its reader is called away and closes it.
        """
        if self.closed:
            return
        self.closed, self._code = True, code
        self._more.set()
        self._less.set()
        if self._writer is not None:
            with contextlib.suppress(Exception, asyncio.TimeoutError):
                await asyncio.wait_for(self._writer, CLOSING_SECONDS)
        if self._reader is asyncio.current_task() or self._reader is None:
            await self.hang_up()
            return
        self._reader.cancel()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._gone.wait(), CLOSING_SECONDS)

    async def hang_up(self) -> None:
        """Close the socket itself; only its reader does."""
        self.closed = True
        if self._writer is not None:
            self._writer.cancel()
        self._less.set()  # who waits for this reader waits no more
        with contextlib.suppress(Exception, asyncio.TimeoutError):
            if WebSocketState.DISCONNECTED not in (self.socket.application_state, self.socket.client_state):
                await asyncio.wait_for(self.socket.close(self._code), CLOSING_SECONDS)
        self._gone.set()

    async def conversation(self, reading: Awaitable[None]) -> None:
        """Read until the line ends, or somebody closes it; then hang up."""
        try:
            await reading
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not self.closed or task is None:
                raise
            task.uncancel()
        finally:
            await self.hang_up()

    # --- in ---

    @property
    def is_silent(self) -> bool:
        """True where nothing was heard for so long that the line counts as lost."""
        return time.monotonic() - self.heard > SILENCE_SECONDS

    async def first(self, seconds: float) -> Message | None:
        """Return the first message, None where none comes in time or it is none. SEC-37."""
        try:
            piece = await asyncio.wait_for(anext(self.messages()), seconds)
        except (TimeoutError, StopAsyncIteration, Broke):
            return None
        return piece if isinstance(piece, dict) else None

    async def messages(self) -> AsyncIterator[Message | bytes]:
        """Yield messages and bytes until the line ends. Raises Broke."""
        while not self.closed:
            got = await self.socket.receive()
            if got["type"] != "websocket.receive":
                return
            self.heard = time.monotonic()
            data = got.get("bytes")
            if data is not None:
                if len(data) > BINARY_MAX:
                    raise Broke(1009, "a frame was too large")
                yield data
                continue
            yield self._read(got.get("text") or "")

    def _read(self, text: str) -> Message:
        second = int(self.heard)
        self._texts = self._texts + 1 if second == self._second else 1
        self._second = second
        if self._texts > TEXTS_A_SECOND:
            raise Broke(1008, "too many messages came in a second")
        if len(text) > CLIPBOARD_TEXT_MAX or (len(text) > TEXT_MAX and '"clipboard"' not in text[:200]):
            raise Broke(1009, "a message was too large")
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise Broke(1008, "a message was not JSON") from None
        if not isinstance(found, dict) or not isinstance(found.get("type"), str):
            raise Broke(1008, "a message had no type")
        return found

