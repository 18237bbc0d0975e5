"""How long a contract lasts and how it stands: pure. CTR-1, LED-5."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from amparo.kernel.months import months_later


class Standing(StrEnum):
    """How a contract stands, as lists show it."""

    UPCOMING = "upcoming"
    NEW = "new"
    USED = "used"
    EXHAUSTED = "exhausted"
    ENDING = "ending"
    ENDED = "ended"
    CANCELLED = "cancelled"


def last_day(starts_on: date, months: int) -> date:
    """Return the last day, inclusive, of so many months from a day.

    A year from 1 April ends on 31 March. Where the month has no such day it ends with the month: a month from
    31 January ends on 28 February.
    """
    after = months_later(starts_on, months)
    return after if after.day < starts_on.day else after - timedelta(days=1)


def moments(starts_on: date, ends_on: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when a contract begins and ends (exclusive): local midnights in the service's zone. Section 2."""
    after = ends_on + timedelta(days=1)
    return (
        datetime.combine(starts_on, time(), zone).astimezone(ZoneInfo("UTC")),
        datetime.combine(after, time(), zone).astimezone(ZoneInfo("UTC")),
    )


@dataclass(frozen=True, slots=True)
class Share:
    """What a pocket of a contract or card holds."""

    unit: str
    issued: int
    left: int
    reserved: int


def standing_of(
    starts_at: datetime,
    ends_at: datetime,
    cancelled_at: datetime | None,
    shares: Iterable[Share],
    *,
    at: datetime,
    ending_days: int,
) -> Standing:
    """Return how a contract stands at a moment; what needs the customer's attention wins."""
    if cancelled_at is not None and cancelled_at <= at:
        return Standing.CANCELLED
    if ends_at <= at:
        return Standing.ENDED
    if at < starts_at:
        return Standing.UPCOMING
    held = list(shares)
    issued, left = sum(s.issued for s in held), sum(s.left + s.reserved for s in held)
    if issued and not sum(s.left for s in held):
        return Standing.EXHAUSTED
    if ends_at <= at + timedelta(days=ending_days):
        return Standing.ENDING
    return Standing.NEW if left == issued else Standing.USED


def days_to_tell(ends_at: datetime, thresholds: Sequence[int], *, at: datetime) -> int | None:
    """Return the tightest threshold that a contract's end has come under, None before the first. LED-5."""
    under = [days for days in thresholds if at < ends_at <= at + timedelta(days=days)]
    return min(under) if under else None


def renewal_starts_on(ends_on: date, *, today: date) -> date:
    """Return when a renewal begins: the day after, or today where that is past. CTR-1."""
    return max(ends_on + timedelta(days=1), today)


def benefits_of(benefits: Mapping[str, object]) -> dict[str, object]:
    """Return benefits with only what is known, each of its type."""
    named = benefits.get("named_contacts_max")
    return {
        "discount_percent": int(str(benefits.get("discount_percent") or 0)),
        "course_access": bool(benefits.get("course_access", False)),
        "named_contacts_max": int(str(named)) if named else None,
        "notes": str(benefits.get("notes") or ""),
    }
