"""Months of the calendar: the same day so many months later, and how long what is kept for months is kept. CAS-2, CTR-1."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def months_later(day: date, months: int) -> date:
    """Return the same day so many months later, or earlier; the last one of its month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def kept_until(moment: datetime, months: int, zone: ZoneInfo) -> datetime:
    """Return from when on what ended at a moment need no longer be kept: the local midnight after its last day. CAS-2.

    The day on which the months are full belongs to the customer whole.
    """
    last = months_later(moment.astimezone(zone).date(), months)
    return _midnight(last + timedelta(days=1), zone)


def kept_since(at: datetime, months: int, zone: ZoneInfo) -> datetime:
    """Return since when things ended that must still be kept: `kept_until` the other way round, for who asks for many at once. CAS-2."""
    today = at.astimezone(zone).date()
    first = months_later(today, -months)
    if months_later(first, months) < today:  # its month was shorter: the last day of that one is over too
        first += timedelta(days=1)
    return _midnight(first, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
