"""Bytes that come in pieces of any size, read by what they mean: the ground of both directions of RFB. Pure."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Final, Literal

Step = tuple[Literal["take", "pass", "skip"], int]
Script = Generator[Step, bytes, None]

SIDE_MAX: Final = 16_384
PIXELS_MAX: Final = 64_000_000
PIXEL_OCTETS: Final = 4
# What a script may do before others have their turn (some milliseconds), in a second, and for how long it may keep that up with stretches
# of so few bytes: 30 full screens a second in tiles of 64 × 64 are 50,000 steps.
STEPS_A_TURN: Final = 1_000
STEPS_A_SECOND: Final = 100_000
FLOOD_SECONDS: Final = 3
SMALL_OCTETS: Final = 64
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
        self.steps = 0

    def script(self) -> Script:
        raise NotImplementedError

    def send(self, *pieces: bytes) -> None:
        """Let pieces through."""
        self.out.extend(pieces)

    def feed(self, data: bytes) -> bytes:
        """Take bytes in; return what goes on. Raises Malformed."""
        return b"".join(self.pieces(data))

    def pieces(self, data: bytes, steps_max: int = STEPS_A_TURN) -> Iterator[bytes]:
        """Take bytes in; yield what goes on after so many steps at most, so that others have their turn between. Raises Malformed.

        A step is a head that is read or a stretch that passes. `steps` counts them: very small ones cost as much time as large ones.
        """
        view, at, end = memoryview(data), 0, len(data)
        turn = self.steps + steps_max
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
            else:
                here = min(count, end - at)
                if kind == "pass" and here:
                    self.out.append(data if here == end else bytes(view[at : at + here]))
                at += here
                if here < count:
                    self._step = (kind, count - here)
                    break
                taken = b""
            self._step = self._script.send(taken)
            self.steps += 1
            if self.steps >= turn:
                yield self._passed()
                turn = self.steps + steps_max
        yield self._passed()

    def _passed(self) -> bytes:
        passed = self.out[0] if len(self.out) == 1 else b"".join(self.out)
        self.out.clear()
        return passed


class Pace:
    """Bounds how much work one end may make: beyond `STEPS_A_SECOND` it waits, and whoever keeps that up with very small pieces floods."""

    def __init__(self) -> None:
        self._second = self._steps = self._octets = self._full = 0

    def spend(self, steps: int, octets: int, now: float) -> float:
        """Count work that was done at a moment, in seconds of any clock; return how long to wait before more. Raises Malformed."""
        if (second := int(now)) != self._second:
            floods = self._steps >= STEPS_A_SECOND and self._octets < SMALL_OCTETS * self._steps
            self._full = self._full + 1 if floods and second == self._second + 1 else 0
            self._second, self._steps, self._octets = second, 0, 0
        self._steps, self._octets = self._steps + steps, self._octets + octets
        if self._full >= FLOOD_SECONDS:
            raise Malformed("it came in more and smaller pieces than anybody could look at")
        return second + 1 - now if self._steps >= STEPS_A_SECOND else 0.0


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
