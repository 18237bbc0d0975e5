"""Files for one's calendar (iCalendar, RFC 5545): how a moment, a text and a line are written there. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime


def moment(at: datetime) -> str:
    """Return a moment in UTC.

    >>> moment(datetime(2026, 3, 4, 17, 30, tzinfo=UTC))
    '20260304T173000Z'
    """
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def text(words: str) -> str:
    r"""Return words that can neither end their field nor begin a line of their own.

    >>> print(text("Caja; turno,\r\nEND:VEVENT"))
    Caja\; turno\,\nEND:VEVENT
    """
    escaped = words.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(escaped.splitlines())


def file(lines: Iterable[str]) -> bytes:
    """Return the file: lines of at most 75 octets, ended by CR LF."""
    return "".join(_folded(line) + "\r\n" for line in lines).encode()


def _folded(line: str) -> str:
    """Break a line after 75 octets, never inside a letter."""
    parts: list[str] = []
    current = b""
    for letter in line:
        piece = letter.encode()
        if len(current) + len(piece) > (75 if not parts else 74):
            parts.append(current.decode())
            current = b""
        current += piece
    return "\r\n ".join([*parts, current.decode()])
