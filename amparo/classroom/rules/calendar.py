"""A class as a calendar file (iCalendar, RFC 5545). Pure. LIV-1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from amparo.kernel import icalendar
from amparo.kernel.icalendar import moment, text


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
        f"UID:{meeting.uid}", f"SEQUENCE:{meeting.sequence}", f"DTSTAMP:{moment(at)}", f"DTSTART:{moment(meeting.starts_at)}",
        f"DTEND:{moment(meeting.ends_at)}", f"SUMMARY:{text(meeting.title)}", f"DESCRIPTION:{text(meeting.description)}",
        f"STATUS:{'CANCELLED' if meeting.cancelled else 'CONFIRMED'}", f"LOCATION:{text(meeting.url)}", f"URL:{meeting.url}",
    ]  # fmt: skip
    if not meeting.cancelled:
        lines += ["BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:-PT{meeting.remind_minutes}M", f"DESCRIPTION:{text(meeting.reminder)}", "END:VALARM"]
    lines += ["END:VEVENT", "END:VCALENDAR"]
    return icalendar.file(lines)
