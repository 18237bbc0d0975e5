"""The one layout of a case file: a ZIP without compression in which every byte has one lawful value. CAS-7, SEC-28.

Members lie one behind another, then the directory, then its end; no date, no attribute, no comment, no extra field. So a
reader can compute what each byte outside of the contents must be, and whatever differs is found. `docs/case-file.md` tells
it in prose.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

OCTETS_MAX = 4_000_000_000
MEMBERS_MAX = 20_000
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,3}")
PIECE = 262_144

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_NEEDED, _MADE, _DAY, _REGULAR = 20, 0x0314, 0x0021, 0o100644 << 16  # ZIP 2.0, Unix, 1980-01-01, a plain file


@dataclass(frozen=True, slots=True)
class Member:
    """One member: its name, where its local header begins, how long it is, its CRC-32 as the directory says."""

    name: str
    offset: int
    size: int
    crc: int

    @property
    def start(self) -> int:
        """Where the content begins."""
        return self.offset + _LOCAL.size + len(self.name)

    def local(self) -> bytes:
        name = self.name.encode("ascii")
        return _LOCAL.pack(b"PK\3\4", _NEEDED, 0, 0, 0, _DAY, self.crc, self.size, self.size, len(name), 0) + name

    def central(self) -> bytes:
        name = self.name.encode("ascii")
        return (
            _CENTRAL.pack(
                b"PK\1\2", _MADE, _NEEDED, 0, 0, 0, _DAY, self.crc, self.size, self.size, len(name), 0, 0, 0, 0, _REGULAR,
                self.offset,
            )
            + name
        )  # fmt: skip


class TooLarge(Exception):
    """The case file would be larger than the format holds."""


class Writer:
    """Writes a case file into a file that can seek; content is taken piece by piece."""

    def __init__(self, out: BinaryIO) -> None:
        self.out = out
        self.members: list[Member] = []

    def add(self, name: str, pieces: Iterable[bytes]) -> tuple[int, str]:
        """Add a member; return its size and SHA-256. Raises TooLarge."""
        assert NAME.fullmatch(name) and name not in {member.name for member in self.members}, name
        offset, size, crc, digest = self.out.tell(), 0, 0, hashlib.sha256()
        self.out.write(Member(name, offset, 0, 0).local())
        for piece in pieces:
            size += len(piece)
            if offset + size > OCTETS_MAX or len(self.members) >= MEMBERS_MAX:
                raise TooLarge
            crc = zlib.crc32(piece, crc)
            digest.update(piece)
            self.out.write(piece)
        member = Member(name, offset, size, crc)
        self.out.seek(offset)
        self.out.write(member.local())
        self.out.seek(0, os.SEEK_END)
        self.members.append(member)
        return size, digest.hexdigest()

    def finish(self) -> None:
        """Write the directory and its end."""
        start = self.out.tell()
        for member in self.members:
            self.out.write(member.central())
        self.out.write(end_of(len(self.members), start, self.out.tell() - start))


def end_of(count: int, start: int, size: int) -> bytes:
    """Return the last 22 bytes: how many members, and where the directory lies."""
    return _END.pack(b"PK\5\6", 0, 0, count, count, size, start, 0)


class Damaged(Exception):
    """The file is no case file, or its layout was changed: a sentence says what and where."""


def read_layout(file: BinaryIO) -> list[Member]:
    """Return the members in order, after looking at every byte outside of their contents. Raises Damaged. SEC-28.

    Nothing is unpacked, nothing is taken from a name; how much is read does not depend on what the file claims.
    """
    file.seek(0, os.SEEK_END)
    size = file.tell()
    start, count = _end(file, size)
    file.seek(start)
    directory = file.read(size - start - _END.size)
    members: list[Member] = []
    names: set[str] = set()
    position, expected = 0, 0
    for number in range(count):
        member = _entry(directory, position, number)
        position += _CENTRAL.size + len(member.name)
        if member.name in names:
            raise Damaged(f"two members have the name {member.name}")
        names.add(member.name)
        if member.offset != expected or member.start + member.size > start:
            raise Damaged(f"{member.name} does not lie where it must: at byte {member.offset} instead of {expected}, or too long")
        members.append(member)
        expected = member.start + member.size
        file.seek(member.offset)
        if file.read(member.start - member.offset) != member.local():
            raise Damaged(f"the header of {member.name} at byte {member.offset} was altered")
    if position != len(directory):
        raise Damaged(f"the directory at byte {start} holds more than its {count} members")
    if expected != start:
        raise Damaged(f"between the last member and the directory lie {start - expected} bytes that belong to nothing")
    return members


def _end(file: BinaryIO, size: int) -> tuple[int, int]:
    """Return where the directory begins and how many members it has."""
    file.seek(0)
    if size < _END.size or file.read(4) not in (b"PK\3\4", b"PK\5\6"):
        raise Damaged("this is no ZIP file, or something stands before it")
    if size > OCTETS_MAX + 50_000_000:
        raise Damaged(f"the file has {size} bytes, more than a case file may have")
    file.seek(size - _END.size)
    found = file.read(_END.size)
    if found[:4] != b"PK\5\6":
        raise Damaged("the end of the file is missing or not its end: it was cut off, or something was added behind it")
    _sign, _disk, _on, _here, count, length, start, _comment = _END.unpack(found)
    if found != end_of(count, start, length):
        raise Damaged(f"the end of the directory at byte {size - _END.size} was altered")
    if count > MEMBERS_MAX:
        raise Damaged(f"the directory names {count} members, more than a case file may have")
    if start + length + _END.size != size:
        raise Damaged("the directory is not the only one, or something stands around it")
    return start, count


def _entry(directory: bytes, position: int, number: int) -> Member:
    """Return one entry of the directory, compared with the only form that it may have."""
    head = directory[position : position + _CENTRAL.size]
    if len(head) < _CENTRAL.size or head[:4] != b"PK\1\2":
        raise Damaged(f"the directory breaks off at its member {number + 1}")
    field = _CENTRAL.unpack(head)
    flags, method, crc, packed, size, length, attributes, offset = *field[3:5], *field[7:11], *field[15:17]
    raw = directory[position + _CENTRAL.size : position + _CENTRAL.size + length]
    shown = raw.decode("ascii", "backslashreplace")[:120]
    if flags & 1:
        raise Damaged(f"{shown} is encrypted")
    if method or packed != size:
        raise Damaged(f"{shown} is compressed ({packed} bytes that would become {size}); a case file compresses nothing")
    if attributes >> 16 & 0o170000 not in (0, 0o100000):
        raise Damaged(f"{shown} is a link or a folder, not a plain file")
    if not raw.isascii() or not NAME.fullmatch(shown):
        raise Damaged(f"the name {shown!r} is not allowed: a plain relative path without «..», drive or backslash")
    member = Member(shown, offset, size, crc)
    if directory[position : position + _CENTRAL.size + length] != member.central():
        raise Damaged(f"the entry of {shown} in the directory was altered")
    return member


def content(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """Yield a member's content piece by piece. Raises Damaged where the file ends before it."""
    position, end = member.start, member.start + member.size
    while position < end:
        file.seek(position)
        piece = file.read(min(PIECE, end - position))
        if not piece:
            raise Damaged(f"{member.name} is cut off")
        position += len(piece)
        yield piece


def digest_of(file: BinaryIO, member: Member) -> str:
    """Return the SHA-256 of a member's content. Raises Damaged where its CRC-32 is not the one that the ZIP says."""
    digest, crc = hashlib.sha256(), 0
    for piece in content(file, member):
        digest.update(piece)
        crc = zlib.crc32(piece, crc)
    if crc != member.crc:
        raise Damaged(f"the CRC-32 of {member.name} is not that of its content")
    return digest.hexdigest()


def lines(file: BinaryIO, member: Member, *, octets_max: int) -> Iterator[bytes]:
    """Yield a member's lines without their ends. Raises Damaged where a line is too long or the last has no end."""
    kept = b""
    for piece in content(file, member):
        kept += piece
        *whole, kept = kept.split(b"\n")
        yield from whole
        if len(kept) > octets_max:
            raise Damaged(f"a line of {member.name} is longer than {octets_max} bytes")
    if kept:
        raise Damaged(f"the last line of {member.name} is cut off")
