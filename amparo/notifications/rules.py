"""When a letter may go out: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

RETRY_SECONDS = (30, 120, 600, 1800, 7200, 21_600, 43_200)


def not_before(at: datetime, *, zone: str, quiet_from: int, quiet_until: int) -> datetime:
    """Return the first moment at or after `at` that is not in the quiet hours of a zone.

    Quiet hours run from `quiet_from` o'clock to `quiet_until` o'clock by the local clock, over midnight
    where the first is later than the second; equal hours mean no rest.
    """
    local = at.astimezone(ZoneInfo(zone))
    if not is_quiet(local.hour, quiet_from, quiet_until):
        return at
    day = local.date()
    if local.hour >= quiet_until:
        day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, quiet_until, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def is_quiet(hour: int, quiet_from: int, quiet_until: int) -> bool:
    """Return whether an hour of the local clock lies in the quiet hours."""
    if quiet_from == quiet_until:
        return False
    if quiet_from < quiet_until:
        return quiet_from <= hour < quiet_until
    return hour >= quiet_from or hour < quiet_until


def retry_after(attempts: int) -> timedelta | None:
    """Return how long to wait after the n-th failed attempt, None where the letter is given up."""
    if attempts > len(RETRY_SECONDS):
        return None
    return timedelta(seconds=RETRY_SECONDS[attempts - 1])
