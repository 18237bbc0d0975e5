"""The pictures that leave: one for each request, only of what changed, at most 30 a second, and only while it is open."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from . import rfb
from .protocol import NonsenseError
from .screen import Screen, changed, piece

BETWEEN_SECONDS = 1 / 30
AFTER_INPUT_SECONDS = 0.008
INPUT_COUNTS_SECONDS = 0.25
IDLE_SECONDS = 0.1
LIVELY_SECONDS = 2.0


@dataclass
class View:
    """What one viewer knows: the compressor, and the picture that he has. Who still draws for the one before touches nothing of it."""

    peer: rfb.Peer
    painter: rfb.Painter = field(default_factory=rfb.Painter)
    before: bytes | None = None
    whole: bool = False  # the next picture shows everything, whatever was sent before

    def anew(self) -> None:
        """What was drawn last never left: the next picture is whole, and says that its compressor begins anew."""
        self.painter, self.whole = rfb.Painter(), True


class Frames:
    """Grabs and encodes in a thread of its own; `next` waits for something to send."""

    def __init__(self, screen: str | None, worker: ThreadPoolExecutor) -> None:
        self.worker = worker
        self.name = screen
        self.screen: Screen | None = None
        self.is_open = asyncio.Event()
        self.asked = asyncio.Event()
        self.nudge = asyncio.Event()
        self.view: View | None = None
        self.touched_at = self.changed_at = 0.0

    async def size(self) -> tuple[int, int]:
        return await asyncio.get_running_loop().run_in_executor(self.worker, self._size)

    def begin(self, peer: rfb.Peer) -> None:
        """Begin anew for a viewer that knows nothing."""
        self.view = View(peer)
        self.asked.clear()

    def open(self, on: bool) -> None:
        if on:
            self.is_open.set()
        else:
            self.is_open.clear()

    def wanted(self, request: rfb.UpdateWanted) -> None:
        """Remember that a picture is asked for: one, however often it was asked."""
        if not request.incremental and self.view:
            self.view.whole = True
        self.asked.set()

    def touched(self) -> None:
        """Input went in: what it changes is wanted soon."""
        self.touched_at = time.monotonic()
        self.nudge.set()

    async def next(self) -> tuple[rfb.Peer, bytes]:
        """Return the next update and for whom, when one is asked for, allowed, and there is something to show."""
        loop = asyncio.get_running_loop()
        while True:
            await self.is_open.wait()
            await self.asked.wait()
            view, began = self.view, time.monotonic()
            if view is None or not self.is_open.is_set():
                await asyncio.sleep(IDLE_SECONDS)
                continue
            data = await loop.run_in_executor(self.worker, self._picture, view)
            if view is not self.view:
                continue
            if data and not self.is_open.is_set():
                view.anew()
                continue
            if data:
                self.asked.clear()
                self.changed_at = time.monotonic()
                await asyncio.sleep(max(0.0, BETWEEN_SECONDS / 3 - (self.changed_at - began)))
                return view.peer, data
            self.nudge.clear()
            try:
                await asyncio.wait_for(self.nudge.wait(), self._pause(time.monotonic()))
                await asyncio.sleep(AFTER_INPUT_SECONDS / 2)
            except TimeoutError:
                pass

    def _pause(self, now: float) -> float:
        if now - self.touched_at < INPUT_COUNTS_SECONDS:
            return AFTER_INPUT_SECONDS
        return BETWEEN_SECONDS if now - self.changed_at < LIVELY_SECONDS else IDLE_SECONDS

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self.worker, self._close)
        self.worker.shutdown(wait=False)

    # In the worker's thread.

    def _size(self) -> tuple[int, int]:
        if self.screen is None:
            self.screen = Screen(self.name)
        return self.screen.size()

    def _picture(self, view: View) -> bytes:
        size, peer = self._size(), view.peer
        assert self.screen
        rectangles = []
        if size != peer.size:
            if not peer.wishes.desktop_size:
                raise NonsenseError("the screen changed its size and the viewer cannot follow")
            peer.size, view.whole = size, True
            return rfb.update([rfb.resized(*size)])
        before, view.whole = None if view.whole else view.before, False
        now = self.screen.grab(size)
        for area in changed(before, now, size):
            rectangles.append(view.painter.rectangle(piece(now, size, area), area[0], area[1], peer.wishes))
        if not rectangles:
            return b""
        view.before = now
        return rfb.update(rectangles)

    def _close(self) -> None:
        if self.screen:
            self.screen.close()
