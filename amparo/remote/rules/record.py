"""The record of a remote session: what passed, in chunks chained by SHA-256, so that none can be changed, moved or left out. LIV-2, SEC-40.

A chunk has two parts: the *screen* (what was shown, and what happened: mode, breaks, clipboard by its length) and the *input* (keys, pointer, and
the texts of the clipboard). Its link is SHA-256 over the link before, its number, and the hashes of the two parts. So the screen can be
given away and verified without the input: what was typed may be a password. `docs/case-file.md`, section 6, says it for who verifies.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import BinaryIO, Final

MAGIC: Final = b"AMRC"
_HEAD = struct.Struct(">4sIQQ")  # magic, number, octets of the screen, octets of the input
_FRAME = struct.Struct(">IBI")  # milliseconds since the record began, kind, octets
HEAD_OCTETS: Final = _HEAD.size
PART_OCTETS_MAX: Final = 67_108_864


class Kind(IntEnum):
    """What a frame holds: bytes of RFB to the viewer, what happened (JSON), bytes of RFB to the helper, a text of the clipboard (JSON)."""

    SHOWN = 1
    HAPPENED = 2
    DONE = 3
    CLIPBOARD = 4


IN_SCREEN: Final = frozenset({Kind.SHOWN, Kind.HAPPENED})


FAULTS: Final = {
    "frame_ends": "a frame breaks off",
    "frame_long": "a frame is longer than its chunk",
    "ends": "the record ends before its chunk %(number)s",
    "other": "where chunk %(number)s should begin stands something else",
    "cut": "chunk %(number)s breaks off",
    "missing": "chunk %(number)s is missing",
    "changed": "chunk %(number)s was changed",
    "last": "the last chunk is missing",
    "gone": "the file of the record is not there",
}


class Broken(Exception):
    """The record does not hold what it should: `what` of `FAULTS`, and in which chunk. Its text is the English that verifiers print; a reader gets `words.fault`."""

    def __init__(self, what: str, number: int = 0) -> None:
        super().__init__(FAULTS[what] % {"number": number})
        self.what, self.number = what, number


@dataclass(frozen=True, slots=True)
class Frame:
    """One piece of what passed, with when."""

    ms: int
    kind: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """One chunk as the chain knows it."""

    number: int
    screen_sha256: str
    input_sha256: str
    link: str


def genesis(public_id: str) -> str:
    """Return what stands before the first link: it names the session, so that no chain fits another one."""
    return hashlib.sha256(f"amparo remote record 1\0{public_id}".encode()).hexdigest()


def link_of(before: str, number: int, screen_sha256: str, input_sha256: str) -> str:
    """Return the link of a chunk."""
    raw = bytes.fromhex(before) + number.to_bytes(4) + bytes.fromhex(screen_sha256) + bytes.fromhex(input_sha256)
    return hashlib.sha256(raw).hexdigest()


def frame(ms: int, kind: Kind, payload: bytes) -> bytes:
    """Return a frame as it is written."""
    return _FRAME.pack(min(ms, 2**32 - 1), kind, len(payload)) + payload


def frames(part: bytes) -> Iterator[Frame]:
    """Yield the frames of a part. Raises Broken."""
    at = 0
    while at < len(part):
        if at + _FRAME.size > len(part):
            raise Broken("frame_ends")
        ms, kind, length = _FRAME.unpack_from(part, at)
        at += _FRAME.size
        if at + length > len(part):
            raise Broken("frame_long")
        yield Frame(ms, kind, part[at : at + length])
        at += length


def seal(before: str, number: int, screen: bytes, given: bytes) -> Link:
    """Close a chunk: return its hashes and its link."""
    shown, done = hashlib.sha256(screen).hexdigest(), hashlib.sha256(given).hexdigest()
    return Link(number, shown, done, link_of(before, number, shown, done))


def head(number: int, screen: int, given: int) -> bytes:
    """Return what stands before the parts of a chunk in the file."""
    return _HEAD.pack(MAGIC, number, screen, given)


def read_chunk(file: BinaryIO, number: int) -> tuple[bytes, bytes]:
    """Read one chunk where the file stands: screen, input. Raises Broken."""
    raw = file.read(_HEAD.size)
    if len(raw) < _HEAD.size:
        raise Broken("ends", number)
    magic, found, screen, given = _HEAD.unpack(raw)
    if magic != MAGIC or found != number or max(screen, given) > PART_OCTETS_MAX:
        raise Broken("other", number)
    parts = file.read(screen), file.read(given)
    if (len(parts[0]), len(parts[1])) != (screen, given):
        raise Broken("cut", number)
    return parts


def check(public_id: str, links: Iterable[Link], file: BinaryIO) -> str:
    """Verify a record against its links; return the last link. Raises Broken, naming the first chunk that does not hold."""
    before = genesis(public_id)
    for expected, link in enumerate(links, 1):
        if link.number != expected:
            raise Broken("missing", expected)
        screen, given = read_chunk(file, expected)
        sealed = seal(before, expected, screen, given)
        if sealed != link:
            raise Broken("changed", expected)
        before = sealed.link
    return before
