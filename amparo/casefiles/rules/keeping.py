"""When the customer is told that the time of a record is over, and when it is purged. CAS-2."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

BLOCKS = ("hold_case", "hold_customer", "complaint", "linked", "reaction")


def purge_day(due_at: datetime, told_at: datetime, notice_days: int, zone: ZoneInfo) -> datetime:
    """Return when a record of which the customer is told now will be purged: when it is due, never sooner than the notice says."""
    day = told_at.astimezone(zone).date() + timedelta(days=notice_days + 1)
    return max(due_at, datetime.combine(day, time(), zone).astimezone(UTC))


def tell_from(due_at: datetime, notice_days: int) -> datetime:
    """Return from when the customer may be told of a purge: so many days before, and one to spare for the night."""
    return due_at - timedelta(days=notice_days + 1)
