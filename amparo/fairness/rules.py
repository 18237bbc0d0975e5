"""Months and spans: pure."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

MONTHS = 12


def month_of(at: datetime, zone: ZoneInfo) -> date:
    """Return the first day of the month of a moment."""
    return at.astimezone(zone).date().replace(day=1)


def shifted(month: date, by: int) -> date:
    """Return the month so many months later, or earlier."""
    index = month.year * 12 + month.month - 1 + by
    return date(index // 12, index % 12 + 1, 1)


def bounds(month: date, span: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when a span that ends with a month begins and ends (exclusive)."""
    return datetime.combine(shifted(month, 1 - span), time(), zone), datetime.combine(shifted(month, 1), time(), zone)
