"""When the time of a record is over. CAS-2."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BLOCKS = ("hold_case", "hold_customer", "complaint", "linked", "reaction")


def months_later(day: date, months: int) -> date:
    """Return the same day so many months later; the last one of its month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def due_after(closed_at: datetime, months: int, zone: ZoneInfo) -> datetime:
    """Return the moment from which a record may be purged: the local midnight after its last day. CAS-2.

    The day on which the months are full belongs to the customer whole.
    """
    last = months_later(closed_at.astimezone(zone).date(), months)
    return datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)


def purge_day(due_at: datetime, told_at: datetime, notice_days: int, zone: ZoneInfo) -> datetime:
    """Return when a record of which the customer is told now will be purged: when it is due, never sooner than the notice says."""
    day = told_at.astimezone(zone).date() + timedelta(days=notice_days + 1)
    return max(due_at, datetime.combine(day, time(), zone).astimezone(UTC))


def tell_from(due_at: datetime, notice_days: int) -> datetime:
    """Return from when the customer may be told of a purge: so many days before, and one to spare for the night."""
    return due_at - timedelta(days=notice_days + 1)
