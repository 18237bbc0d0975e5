"""The steps of a count, for people who want to see how a deadline came about. TIM-2, TIM-3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from .calendar import Calendar, micros, moment, pieces_of
from .counting import Counting, add_business_time


@dataclass(frozen=True)
class Step:
    """One step of a count, for people. `kind` says which of the other fields matter.

    start: `begins_at`, the moment the count starts from; `moved` when this is later than what was asked.
    start_day: `on`, the day of the start, which business days do not count.
    skipped: `on` to `until` (inclusive), closed for `reason` (holiday, closure, weekday) called `name`.
    counted: `on`, from `begins_at` to `ends_at`; `counted` of it, `left` afterwards; `day_hours` when the clocks change.
    counted_day: `on`, the `number`-th business day; `ends_at` is the close of its opening hours.
    due: `ends_at`, the deadline, and `on`, the last day that counted (its end may be the next day's 00:00).
    """

    kind: str
    on: date
    until: date | None = None
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    counted: timedelta = timedelta(0)
    left: timedelta = timedelta(0)
    number: int = 0
    reason: str = ""
    name: str = ""
    moved: bool = False
    day_hours: float | None = None


def explain(calendar: Calendar, start: datetime, amount: timedelta | int, counting: Counting) -> list[Step]:
    """The steps by which `add_business_time` arrives at its answer, in order. Raises what that raises."""
    due = add_business_time(calendar, start, amount, counting)
    first, last = calendar.local(start).date(), calendar.local(due).date()
    pieces: dict[int, list[tuple[int, int]]] = {}
    opening = counting is not Counting.BUSINESS_HOURS
    for day, begin, end in pieces_of(calendar, first.toordinal(), last.toordinal(), opening=opening):
        spans = pieces.setdefault(day, [])
        if spans and spans[-1][1] == begin:  # the clocks changed inside of what was open
            begin = spans.pop()[0]
        spans.append((begin, end))
    if counting is Counting.BUSINESS_DAYS:
        steps = list(_steps_of_days(calendar, first, last, pieces))
    else:
        whole = timedelta(hours=amount) if isinstance(amount, int) else amount
        steps = list(_steps_of_hours(calendar, start, due, whole, pieces))
    return [*steps, Step("due", steps[-1].on if steps else last, ends_at=due)]


def _steps_of_hours(
    calendar: Calendar,
    start: datetime,
    due: datetime,
    whole: timedelta,
    pieces: dict[int, list[tuple[int, int]]],
) -> Iterator[Step]:
    begin_at, end_at = micros(start), micros(due)
    left = whole
    begun = False
    for day in _days(calendar, start, due):
        spans = [(max(b, begin_at), min(e, end_at)) for b, e in pieces.get(day.toordinal(), ())]
        spans = [(b, e) for b, e in spans if b < e]
        if not calendar.is_business_day(day):
            yield _skipped(calendar, day)
        for begin, end in spans:
            if not begun:
                begun = True
                yield Step("start", day, begins_at=moment(begin), moved=begin > begin_at)
            left -= timedelta(0, 0, end - begin)
            yield Step(
                "counted",
                day,
                begins_at=moment(begin),
                ends_at=moment(end),
                counted=timedelta(0, 0, end - begin),
                left=left,
                day_hours=_odd_length(calendar, day),
            )
        if not left:
            return


def _steps_of_days(
    calendar: Calendar, first: date, last: date, pieces: dict[int, list[tuple[int, int]]]
) -> Iterator[Step]:
    yield Step("start_day", first)
    number = 0
    for ordinal in range(first.toordinal() + 1, last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        if ordinal in pieces:
            number += 1
            yield Step("counted_day", day, number=number, ends_at=moment(max(e for _, e in pieces[ordinal])))
        else:
            yield _skipped(calendar, day)


def together(steps: Iterable[Step]) -> list[Step]:
    """Join neighbouring days that are skipped for the same reason, so that a weekend is one step."""
    out: list[Step] = []
    for step in steps:
        before = out[-1] if out else None
        if (
            before
            and before.kind == step.kind == "skipped"
            and (before.reason, before.name) == (step.reason, step.name)
        ):
            out[-1] = Step("skipped", before.on, until=step.on, reason=step.reason, name=step.name)
        else:
            out.append(step)
    return out


def _skipped(calendar: Calendar, day: date) -> Step:
    reason, name = calendar.reason_closed(day)
    return Step("skipped", day, until=day, reason=reason, name=name)


def _days(calendar: Calendar, start: datetime, due: datetime) -> Iterator[date]:
    first, last = calendar.local(start).toordinal(), calendar.local(due).toordinal()
    return (date.fromordinal(ordinal) for ordinal in range(first, last + 1))


def _odd_length(calendar: Calendar, day: date) -> float | None:
    """The hours of a day on which the clocks change, else None."""
    zone = ZoneInfo(calendar.zone)
    begin = datetime(day.year, day.month, day.day, tzinfo=zone)
    following = day + timedelta(1)
    end = datetime(following.year, following.month, following.day, tzinfo=zone)
    hours = (end.astimezone(UTC) - begin.astimezone(UTC)) / timedelta(hours=1)
    return None if hours == 24 else hours
