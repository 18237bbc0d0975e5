"""What was done at the customer's computer, out of the record: keys as text, clicks, masked unless it is revealed. LIV-2. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from .client import VERSION, Client
from .record import Frame, Kind
from .stream import Malformed, number

MASK: Final = "•"
PAUSE_MS: Final = 2_000
_NAMED: Final = {
    0xFF08: "⌫", 0xFF09: "⇥", 0xFF0D: "⏎", 0xFF8D: "⏎", 0xFF1B: "Esc", 0xFFFF: "Supr", 0xFF50: "Inicio", 0xFF51: "←", 0xFF52: "↑",
    0xFF53: "→", 0xFF54: "↓", 0xFF55: "RePág", 0xFF56: "AvPág", 0xFF57: "Fin", 0xFF61: "ImpPnt", 0xFF63: "Ins",
    **{0xFFBE + index: f"F{index + 1}" for index in range(12)},
}  # fmt: skip
_HELD: Final = {0xFFE3: "Ctrl", 0xFFE4: "Ctrl", 0xFFE9: "Alt", 0xFFEA: "AltGr", 0xFFEB: "Win", 0xFFEC: "Win", 0xFFE7: "Meta"}
_SHIFTS: Final = frozenset({0xFFE1, 0xFFE2, 0xFFE5, 0xFE03})


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was typed without a pause, or one click: from, to, kind (`typed`, `clicked`), the text."""

    begins_ms: int
    ends_ms: int
    kind: str
    text: str


def character(keysym: int) -> str:
    """Return what a keysym writes, a sign for what it does, nothing for what it only holds."""
    if 0x20 <= keysym <= 0x7E or 0xA0 <= keysym <= 0xFF:
        return chr(keysym)
    if 0x01000100 <= keysym <= 0x0110FFFF:
        return chr(keysym - 0x01000000)
    if 0xFFAA <= keysym <= 0xFFB9:
        return chr(keysym - 0xFF80)
    return _NAMED.get(keysym, "")


def masked(text: str) -> str:
    """Return as many dots as there are characters."""
    return MASK * len(text)


class _Keys(Client):
    """Reads the recorded input as the broker let it through, and keeps what was pressed."""

    def __init__(self) -> None:
        self.ms = 0
        self.pressed: list[tuple[int, int]] = []
        self.clicks: list[tuple[int, int, int]] = []
        super().__init__(control=True)

    def _key(self, raw: bytes) -> None:
        super()._key(raw)
        if raw[0]:
            self.pressed.append((self.ms, number(raw[3:])))

    def _pointer(self, raw: bytes) -> None:
        fresh = raw[0] & ~self.buttons & 0b111
        super()._pointer(raw)
        if fresh:
            self.clicks.append((self.ms, number(raw[1:3]), number(raw[3:5])))


def in_order(shown: Iterable[Frame], done: Iterable[Frame]) -> Iterator[Frame]:
    """Yield the frames of both parts of a chunk as they passed.

    A chunk may hold the end of one segment and the beginning of the next: what was typed last before a line broke stands before the
    note of the new segment, whose own input begins with its greeting.
    """
    given = deque(done)
    for one in shown:
        while given and (given[0].ms < one.ms or (given[0].ms == one.ms and not given[0].payload.startswith(VERSION))):
            yield given.popleft()
        yield one
    yield from given


def stretches(done: Iterable[Frame]) -> list[Stretch]:
    """Return what was typed and clicked in one segment, oldest first; what cannot be read ends it there."""
    keys = _Keys()
    for one in done:
        if one.kind != Kind.DONE:
            continue
        keys.ms = one.ms
        try:
            keys.feed(one.payload)
        except Malformed:
            break
    found = [Stretch(ms, ms, "clicked", f"{x}, {y}") for ms, x, y in keys.clicks]
    return sorted([*found, *_words(keys.pressed)], key=lambda one: one.begins_ms)


def _words(pressed: list[tuple[int, int]]) -> list[Stretch]:
    found: list[Stretch] = []
    text, begins, last, held = "", 0, 0, ""
    for ms, key in pressed:
        if key in _SHIFTS:
            continue
        if key in _HELD:
            held = f"{held}{_HELD[key]}+" if _HELD[key] not in held else held
            continue
        sign, held = held + character(key), ""
        if text and ms - last > PAUSE_MS:
            found.append(Stretch(begins, last, "typed", text))
            text = ""
        begins = begins if text else ms
        text, last = text + sign, ms
    if text:
        found.append(Stretch(begins, last, "typed", text))
    return found
