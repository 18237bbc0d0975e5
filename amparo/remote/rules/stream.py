"""Bytes that come in pieces of any size, read by what they mean: the ground of both directions of RFB. Pure."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final, Literal

Step = tuple[Literal["take", "pass", "skip"], int]
Script = Generator[Step, bytes, None]

SIDE_MAX: Final = 16_384
PIXELS_MAX: Final = 64_000_000
PIXEL_OCTETS: Final = 4
# 32 bits, depth 24, true colour, each maximum 255: bits 0 to 7 of a pixel format; byte order and shifts are free.
_TRUE_COLOUR = (32, 24, 1, 255, 255, 255)
RAW, COPY, TIGHT, ZRLE, TIGHT_PNG = 0, 1, 7, 16, -260
CURSOR, DESKTOP_SIZE, LAST_RECT, EXTENDED_SIZE, DESKTOP_NAME = -239, -223, -224, -308, -307
PASSED: Final = frozenset({RAW, COPY, TIGHT, ZRLE, TIGHT_PNG, CURSOR, DESKTOP_SIZE, LAST_RECT, EXTENDED_SIZE, DESKTOP_NAME})


class Malformed(Exception):
    """The other end said what RFB does not allow; `args[0]` says in words what was wrong."""


class Reader:
    """Runs a script over bytes as they come. `feed` returns what goes on to the other end.

    A script yields what it needs: ("take", n) gives it n bytes, which pass on only where it says so by `send`;
    ("pass", n) lets n bytes through as they come; ("skip", n) throws n bytes away as they come.
    """

    def __init__(self) -> None:
        self.out: list[bytes] = []
        self._held = bytearray()
        self._script = self.script()
        self._step: Step = next(self._script)

    def script(self) -> Script:
        raise NotImplementedError

    def send(self, *pieces: bytes) -> None:
        """Let pieces through."""
        self.out.extend(pieces)

    def feed(self, data: bytes) -> bytes:
        """Take bytes in; return what goes on. Raises Malformed."""
        view, at, end = memoryview(data), 0, len(data)
        while True:
            kind, count = self._step
            if kind == "take":
                missing = count - len(self._held)
                if end - at < missing:
                    self._held += view[at:end]
                    break
                taken = bytes(self._held + view[at : at + missing]) if self._held else bytes(view[at : at + missing])
                at += missing
                self._held.clear()
                self._step = self._script.send(taken)
                continue
            here = min(count, end - at)
            if kind == "pass" and here:
                self.out.append(data if here == end else bytes(view[at : at + here]))
            at += here
            if here < count:
                self._step = (kind, count - here)
                break
            self._step = self._script.send(b"")
        passed = self.out[0] if len(self.out) == 1 else b"".join(self.out)
        self.out.clear()
        return passed


def number(data: bytes) -> int:
    """Return an unsigned whole number, most significant byte first."""
    return int.from_bytes(data)


def signed(data: bytes) -> int:
    """Return a signed whole number, most significant byte first."""
    return int.from_bytes(data, signed=True)


def check_format(raw: bytes) -> None:
    """Look at a pixel format of 16 bytes. Raises Malformed for any but true colour in 32 bits."""
    found = (raw[0], raw[1], raw[3] and 1, number(raw[4:6]), number(raw[6:8]), number(raw[8:10]))
    if found != _TRUE_COLOUR or any(shift > 24 or shift % 8 for shift in raw[10:13]):
        raise Malformed("the pixel format is not true colour in 32 bits")


def check_size(width: int, height: int) -> None:
    """Look at the size of a screen. Raises Malformed."""
    if not (1 <= width <= SIDE_MAX and 1 <= height <= SIDE_MAX) or width * height > PIXELS_MAX:
        raise Malformed(f"a screen of {width} × {height} is not possible")
