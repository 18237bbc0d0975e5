"""A class as a calendar file (iCalendar, RFC 5545). Pure. LIV-1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Meeting:
    """What a calendar is told of a class. `sequence` grows with every change, so that a calendar takes over the newest."""

    uid: str
    title: str
    starts_at: datetime
    ends_at: datetime
    url: str
    description: str
    sequence: int
    cancelled: bool
    remind_minutes: int
    reminder: str


def calendar_file(meeting: Meeting, *, at: datetime) -> bytes:
    """Return the file: lines of at most 75 octets, ended by CR LF; text that cannot begin a line of its own."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Amparo//Classroom//ES", f"METHOD:{'CANCEL' if meeting.cancelled else 'PUBLISH'}", "BEGIN:VEVENT",
        f"UID:{meeting.uid}", f"SEQUENCE:{meeting.sequence}", f"DTSTAMP:{_moment(at)}", f"DTSTART:{_moment(meeting.starts_at)}",
        f"DTEND:{_moment(meeting.ends_at)}", f"SUMMARY:{_text(meeting.title)}", f"DESCRIPTION:{_text(meeting.description)}",
        f"STATUS:{'CANCELLED' if meeting.cancelled else 'CONFIRMED'}", f"LOCATION:{_text(meeting.url)}", f"URL:{meeting.url}",
    ]  # fmt: skip
    if not meeting.cancelled:
        lines += ["BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:-PT{meeting.remind_minutes}M", f"DESCRIPTION:{_text(meeting.reminder)}", "END:VALARM"]
    lines += ["END:VEVENT", "END:VCALENDAR"]
    return "".join(_folded(line) + "\r\n" for line in lines).encode()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(escaped.splitlines())


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
