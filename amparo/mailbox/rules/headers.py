"""The head of a message: lines, encoded words, addresses, parameters, dates. Pure and linear; never fails. SEC-17.

The standard library's readers of addresses and parameters are quadratic or recursive on hostile input; these look at
each sign once.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from .charsets import decode, one_line

HEAD_OCTETS_MAX = 400_000
HEADERS_MAX = 1000
VALUE_OCTETS_MAX = 64_000
ADDRESSES_MAX = 300
PARAMETERS_MAX = 100

_NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_WORD = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?]*)\?=")


@dataclass(frozen=True, slots=True)
class Address:
    """A name and an address as a header gives them; either may be empty."""

    name: str
    address: str

    @property
    def normal(self) -> str:
        return self.address.lower()


class Headers:
    """The headers of a part in their order: names in small letters, values as octets, unfolded."""

    __slots__ = ("rows",)

    def __init__(self, rows: list[tuple[str, bytes]]) -> None:
        self.rows = rows

    def all(self, name: str) -> list[bytes]:
        return [value for found, value in self.rows if found == name]

    def first(self, name: str) -> bytes:
        return next((value for found, value in self.rows if found == name), b"")

    def plain(self, name: str) -> str:
        """The value as one plain line, encoded words left as they are."""
        return one_line(_text(self.first(name)))

    def text(self, name: str, length: int = 1000) -> str:
        """The value as people read it, on one line. SEC-18."""
        return one_line(unquoted(_text(self.first(name))), length)

    def addresses(self, name: str) -> list[Address]:
        """Every address of every header of this name, in order."""
        found: list[Address] = []
        for value in self.all(name):
            found.extend(addresses(_text(value)))
        return found[:ADDRESSES_MAX]

    def ids(self, *names: str) -> list[str]:
        """The message ids that headers of these names hold, `<…>` and all, the last first."""
        found = [one for name in names for value in self.all(name) for one in re.findall(r"<[^<>\s]{1,500}>", _text(value))]
        return list(dict.fromkeys(reversed(found)))


def split(octets: bytes, *, is_message: bool = False) -> tuple[Headers, bytes]:
    """Return the headers and what follows them. What is no header begins the body.

    Before the head of a whole message stray empty lines are passed over; a part that begins with one has no headers.
    """
    rows: list[tuple[str, bytes]] = []
    at, end = 0, min(len(octets), HEAD_OCTETS_MAX)
    if octets.startswith(b"\xef\xbb\xbf"):
        at = 3
    first = True
    while at < end:
        stop = octets.find(b"\n", at)
        stop = len(octets) if stop < 0 else stop
        line = octets[at:stop].rstrip(b"\r")
        after = stop + 1
        if not line.strip():
            if is_message and not rows and at < 64:
                at = after
                continue
            return Headers(rows), octets[after:]
        if line[:1] in b" \t" and rows:
            name, value = rows[-1]
            if len(value) < VALUE_OCTETS_MAX:
                rows[-1] = (name, value + b" " + line.strip()[:VALUE_OCTETS_MAX])
        elif found := _NAME.match(line):
            if len(rows) < HEADERS_MAX:
                rows.append((found[1].decode("ascii").lower(), line[found.end() :].strip()[:VALUE_OCTETS_MAX]))
        elif not (first and line.startswith((b"From ", b">From "))):
            return Headers(rows), octets[at:]
        first = False
        at = after
    return Headers(rows), octets[at:] if at < len(octets) else b""


def _text(value: bytes) -> str:
    return value.decode("ascii") if value.isascii() else decode(value)


def unquoted(text: str) -> str:
    """Return a header's text with its encoded words read. RFC 2047. Neighbours of one charset are read as one."""
    out: list[str] = []
    pending: tuple[str, bytes] | None = None
    at = 0
    for found in _WORD.finditer(text):
        between = text[at : found.start()]
        if between.strip() or pending is None:
            if pending is not None:
                out.append(decode(pending[1], pending[0]))
                pending = None
            out.append(between)
        label = found[1].partition("*")[0].lower()
        octets = _word(found[2], found[3])
        if pending is not None and pending[0] == label:
            pending = (label, pending[1] + octets)
        else:
            if pending is not None:
                out.append(decode(pending[1], pending[0]))
            pending = (label, octets)
        at = found.end()
    if pending is not None:
        out.append(decode(pending[1], pending[0]))
    out.append(text[at:])
    return "".join(out)


def _word(kind: str, payload: str) -> bytes:
    octets = payload.encode("utf_8", "replace")
    if kind in "qQ":
        return re.sub(rb"=([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), octets.replace(b"_", b" "))
    return base64_octets(octets)


def base64_octets(octets: bytes) -> bytes:
    """Return what base64 says, with whatever does not belong into it left out."""
    kept = re.sub(rb"[^A-Za-z0-9+/]+", b"", octets.translate(_URLSAFE))
    try:
        return base64.b64decode(kept[: len(kept) - (len(kept) % 4 == 1)] + b"=" * (-len(kept) % 4 % 3))
    except (binascii.Error, ValueError):
        return b""


_URLSAFE = bytes.maketrans(b"-_", b"+/")


def addresses(text: str) -> list[Address]:
    """Return the addresses of a header in order. Names are read after the list is cut, so that none hides a comma."""
    found: list[Address] = []
    names: list[str] = []
    notes: list[str] = []
    angle: str | None = None

    def flush() -> None:
        nonlocal angle
        if not names and not notes and angle is None:
            return
        plain = "".join(names).strip()
        name, address = plain, angle
        if address is None:
            words = plain.split()
            address = next((word for word in words if "@" in word), "")
            name = " ".join(word for word in words if word != address) if address else plain
        name = one_line(unquoted(name) or unquoted(" ".join(notes)), 300)
        address = one_line(address.rpartition(":")[2] if address.startswith("@") else address, 320).replace(" ", "")
        if (name or address) and len(found) < ADDRESSES_MAX:
            found.append(Address(name.strip("\"' "), address.strip("<>\"' ")))
        names.clear()
        notes.clear()
        angle = None

    for kind, word in _pieces(text):
        if len(found) >= ADDRESSES_MAX:
            return found
        if kind == "<":
            angle = word
        elif kind == "(":
            notes.append(word)
        elif kind == ",":
            flush()
        elif kind == ":":  # the name of a group
            if not "".join(names).strip().lower().endswith("mailto"):
                notes.clear()
            names.clear()
        else:
            names.append(word)
    flush()
    return found


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Cut a list of addresses into pieces: `<` an address, `(` a note, `,` an end, `:` a group, "" anything else."""
    at, length, encoded = 0, len(text), {m.start(): m.end() for m in _WORD.finditer(text)}
    while at < length:
        sign = text[at]
        if at in encoded:
            yield "", text[at : encoded[at]]
            at = encoded[at]
        elif sign == '"':
            word, at = _until(text, at + 1, '"')
            yield "", word
        elif sign == "(":
            word, at = _until(text, at + 1, ")")
            yield "(", word
        elif sign == "<":
            stop = text.find(">", at)
            stop = length if stop < 0 else stop
            yield "<", text[at + 1 : stop].strip()
            at = stop + 1
        elif sign in ",;":
            yield ",", ""
            at += 1
        elif sign == ":":
            yield ":", ""
            at += 1
        else:
            yield "", sign
            at += 1


def _until(text: str, at: int, end: str) -> tuple[str, int]:
    """Return what stands before the closing sign, without backslashes, and where to go on. Notes may be nested."""
    out, depth, length = [], 1, len(text)
    while at < length:
        sign = text[at]
        if sign == "\\" and at + 1 < length:
            out.append(text[at + 1])
            at += 2
            continue
        if sign == end:
            depth -= 1
            if not depth:
                return "".join(out), at + 1
        elif end == ")" and sign == "(":
            depth += 1
        out.append(sign)
        at += 1
    return "".join(out), at


def parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """Return a header's value in small letters and its parameters, however they were coded. RFC 2045, 2231, 2047."""
    text = _text(value)
    pieces, at, start, quoted = [], 0, 0, False
    while at < len(text):
        sign = text[at]
        if quoted and sign == "\\":
            at += 1
        elif sign == '"':
            quoted = not quoted
        elif sign == ";" and not quoted:
            pieces.append(text[start:at])
            start = at + 1
            if len(pieces) > PARAMETERS_MAX:
                break
        at += 1
    pieces.append(text[start:])
    given: dict[str, str] = {}
    split_ones: dict[str, dict[int, tuple[str, bool]]] = {}
    for piece in pieces[1:]:
        name, sign, raw = piece.partition("=")
        name, raw = name.strip().lower(), raw.strip()
        if not sign or not name:
            continue
        if raw.startswith('"'):
            raw = _until(raw, 1, '"')[0]
        base, star, rest = name.partition("*")
        if not star:
            given.setdefault(name, unquoted(raw))
        else:
            number = rest.rstrip("*")
            place = int(number) if number.isdecimal() and len(number) < 4 else 0
            split_ones.setdefault(base, {})[place] = (raw, rest.endswith("*") or not rest)
    for name, parts in split_ones.items():
        given[name] = _joined([parts[place] for place in sorted(parts)])
    return pieces[0].strip().lower(), given


def _joined(parts: list[tuple[str, bool]]) -> str:
    label, octets = "", b""
    for number, (raw, is_coded) in enumerate(parts):
        if is_coded and number == 0 and raw.count("'") >= 2:
            label, _language, raw = raw.split("'", 2)
        octets += unquote_to_bytes(raw) if is_coded else raw.encode("utf_8", "replace")
    return decode(octets, label)


def moment(text: str) -> datetime | None:
    """Return the moment of a Date header, with its zone; UTC where it names none. None for what is no date."""
    text = text[:200].strip()
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            at = read(text)
            at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
            at.astimezone(UTC)
            return at
        except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
            continue
    return None
