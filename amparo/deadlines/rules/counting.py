"""The questions put to a calendar: each one or two bisections. TIM-2, TIM-3, TIM-10, TIM-11."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from .calendar import EPOCH, HOUR, Calendar, grown, micros, moment, tables_for


class Counting(StrEnum):
    """How the amount of a promise is counted. TIM-2, TIM-3."""

    BUSINESS_HOURS = "business_hours"
    OPENING_HOURS = "opening_hours"
    BUSINESS_DAYS = "business_days"


_OPENING_HOURS: Final = Counting.OPENING_HOURS
_BUSINESS_DAYS: Final = Counting.BUSINESS_DAYS


def add_business_time(
    calendar: Calendar, start: datetime, amount: timedelta | int, counting: Counting = Counting.BUSINESS_HOURS
) -> datetime:
    """The earliest moment (UTC) by which `amount` of business time has passed since `start`. TIM-2, TIM-3, TIM-11.

    `amount` is a `timedelta`, or a whole number of the counting's unit (hours, or days for business days, which take
    nothing else). A start outside business time counts from the next business moment; zero stays at the start.
    Raises NeverOpen, BeyondCalendar; ValueError for a negative amount; TypeError for a time without zone.
    """
    if counting is _BUSINESS_DAYS:
        return add_business_days(calendar, start, amount)
    gap = start - EPOCH
    at = (gap.days * 86400 + gap.seconds) * 1_000_000 + gap.microseconds
    if isinstance(amount, int):
        wanted = amount * HOUR
    else:
        wanted = (amount.days * 86400 + amount.seconds) * 1_000_000 + amount.microseconds
    if wanted <= 0:
        return _at_once(start, wanted)
    tables = calendar.built[0]
    if not tables.low <= at < tables.high:
        tables = tables_for(calendar, at)
    table = tables.opening if counting is _OPENING_HOURS else tables.business
    index = bisect_right(table.starts, at) - 1
    if index >= 0:
        end = table.ends[index]
        wanted += table.base[index] + (at if at < end else end)
    if wanted > table.total:
        return _add_further(calendar, at, amount, counting)
    return EPOCH + timedelta(0, 0, wanted - table.base[bisect_left(table.passed, wanted) - 1])


def business_time_between(
    calendar: Calendar, start: datetime, end: datetime, counting: Counting = Counting.BUSINESS_HOURS
) -> timedelta:
    """How much business time passes from `start` to `end`; negative when `end` comes first. TIM-2, TIM-11.

    Business days have no parts: for them it is the opening hours that pass; `business_days_between` counts days.
    """
    gap = start - EPOCH
    first = (gap.days * 86400 + gap.seconds) * 1_000_000 + gap.microseconds
    gap = end - EPOCH
    last = (gap.days * 86400 + gap.seconds) * 1_000_000 + gap.microseconds
    tables = calendar.built[0]
    if not (tables.low <= first < tables.high and tables.low <= last < tables.high):
        tables_for(calendar, first)
        tables = tables_for(calendar, last)
    table = tables.business if counting is Counting.BUSINESS_HOURS else tables.opening
    starts, ends, base = table.starts, table.ends, table.base
    passed = 0
    index = bisect_right(starts, last) - 1
    if index >= 0:
        close = ends[index]
        passed = base[index] + (last if last < close else close)
    index = bisect_right(starts, first) - 1
    if index >= 0:
        close = ends[index]
        passed -= base[index] + (first if first < close else close)
    return timedelta(0, 0, passed)


def add_business_days(calendar: Calendar, start: datetime, days: timedelta | int) -> datetime:
    """The end (UTC) of the opening hours of the n-th business day after the local day of the start. TIM-3.

    The day of the start never counts, whatever its hour; zero stays at the start.
    Raises NeverOpen, BeyondCalendar; ValueError for a negative number; TypeError for anything but whole days.
    """
    if not isinstance(days, int):
        raise TypeError("Business days are whole: give a number.")
    if days <= 0:
        return _at_once(start, days)
    at = micros(start)
    today = calendar.local(start).toordinal()
    tables = tables_for(calendar, at)
    while True:
        index = bisect_right(tables.days, today) + days - 1
        if index < len(tables.days):
            return moment(tables.closes[index])
        tables = grown(calendar, at, tables)


def business_days_between(calendar: Calendar, start: datetime, end: datetime) -> int:
    """How many whole business days after the day of `start` have closed by `end`; the inverse of adding. TIM-3."""
    first, last = micros(start), micros(end)
    tables_for(calendar, first)
    tables = tables_for(calendar, last)
    begun = bisect_right(tables.days, calendar.local(start).toordinal())
    return max(0, bisect_right(tables.closes, last) - begun)


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Whether the counter is open at this moment; at its closing time it is not. TIM-1."""
    instant = micros(at)
    table = tables_for(calendar, instant).opening
    index = bisect_right(table.starts, instant) - 1
    return index >= 0 and instant < table.ends[index]


def next_opening(calendar: Calendar, at: datetime) -> datetime:
    """The first open moment at or after `at`. TIM-11. Raises NeverOpen, BeyondCalendar."""
    instant = micros(at)
    tables = tables_for(calendar, instant)
    while True:
        table = tables.opening
        index = bisect_right(table.ends, instant)
        if index < len(table.starts):
            return moment(max(instant, table.starts[index]))
        tables = grown(calendar, instant, tables)


def next_closing(calendar: Calendar, at: datetime) -> datetime:
    """The end of the opening that stands at `at`, or of the next one. Raises NeverOpen, BeyondCalendar."""
    opening = micros(next_opening(calendar, at))
    table = tables_for(calendar, opening).opening
    return moment(table.ends[bisect_right(table.starts, opening) - 1])


def warning_times(
    calendar: Calendar,
    start: datetime,
    due: datetime,
    amount: timedelta | int,
    counting: Counting,
    percents: Iterable[int],
) -> list[tuple[int, datetime]]:
    """When to warn: each percentage with the moment at which so much of the promise's time has passed. TIM-10.

    Business hours and opening hours are parts of the amount; business days are measured by the opening hours between
    the start and the deadline, so that a warning never falls outside them.
    """
    if counting is _BUSINESS_DAYS:
        whole, counting = business_time_between(calendar, start, due, _OPENING_HOURS), _OPENING_HOURS
    else:
        whole = amount if isinstance(amount, timedelta) else timedelta(hours=amount)
    wanted = [(percent, whole * percent // 100) for percent in sorted(set(percents)) if 0 < percent < 100]
    return [(percent, add_business_time(calendar, start, part, counting)) for percent, part in wanted if part]


def _at_once(start: datetime, amount: int) -> datetime:
    if amount < 0:
        raise ValueError("Business time is not counted backwards.")
    return start.astimezone(UTC)


def _add_further(calendar: Calendar, at: int, amount: timedelta | int, counting: Counting) -> datetime:
    """The slow way of adding: the answer lies beyond what is built."""
    grown(calendar, at, calendar.built[0])
    return add_business_time(calendar, moment(at), amount, counting)
