"""A calendar, and the tables built of it as far as questions need them. TIM-1, TIM-11."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from amparo.deadlines.errors import BeyondCalendar, NeverOpen

Interval = tuple[int, int]
"""Minutes after local midnight, from (inclusive) and to (exclusive); 1440 is 24:00."""
Week = tuple[tuple[Interval, ...], ...]
"""Seven days from Monday, each with its intervals."""

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY: Final = EPOCH.toordinal()
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
DAY: Final = 1440 * MINUTE
HOUR: Final = 60 * MINUTE


class _Table(NamedTuple):
    """Disjoint, ascending intervals of UTC microseconds; `base[i]` is what passed before i, minus `starts[i]`."""

    starts: list[int]
    ends: list[int]
    base: list[int]
    passed: list[int]
    total: int


class _Tables(NamedTuple):
    """What is built of a calendar: good for instants from `low` to before `high`."""

    low: int
    high: int
    opening: _Table
    business: _Table
    days: list[int]
    closes: list[int]


_NOTHING: Final = _Table([], [], [], [], 0)
_UNBUILT: Final = _Tables(0, 0, _NOTHING, _NOTHING, [], [])
_BUILDING: Final = Lock()


@dataclass(frozen=True)
class Calendar:
    """When a counter is open. TIM-1.

    `weekly` holds seven tuples of intervals from Monday; `changes` replaces it from a date on, each by a whole week.
    A date in `holidays` or `closures` (date -> name) loses its weekly hours; `openings` (date -> intervals) are added
    after that, so a half day is a closure with an opening. Outside `first_year`..`last_year` it refuses to answer.
    """

    zone: str
    weekly: Week
    changes: tuple[tuple[date, Week], ...] = ()
    holidays: Mapping[date, str] = field(default_factory=dict)
    closures: Mapping[date, str] = field(default_factory=dict)
    openings: Mapping[date, tuple[Interval, ...]] = field(default_factory=dict)
    first_year: int = FIRST_YEAR
    last_year: int = LAST_YEAR
    built: list[_Tables] = field(default_factory=lambda: [_UNBUILT], init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ZoneInfo(self.zone)
        for week in (self.weekly, *(week for _, week in self.changes)):
            if len(week) != 7:
                raise ValueError("A week has seven days.")
            for intervals in week:
                _check(intervals)
        for intervals in self.openings.values():
            _check(intervals)
        object.__setattr__(self, "changes", tuple(sorted(self.changes)))

    def week_on(self, day: date) -> Week:
        """The weekly schedule in force on a date."""
        week = self.weekly
        for since, changed in self.changes:
            if since > day:
                break
            week = changed
        return week

    def hours_on(self, day: date) -> tuple[Interval, ...]:
        """The opening intervals of a local date: merged, ascending, empty when it is closed all day."""
        intervals: tuple[Interval, ...] = ()
        if day not in self.holidays and day not in self.closures:
            intervals = self.week_on(day)[day.weekday()]
        return merged(intervals + tuple(self.openings.get(day, ())))

    def is_business_day(self, day: date) -> bool:
        """Whether a local date is open at all. TIM-2."""
        return bool(self.hours_on(day))

    def reason_closed(self, day: date) -> tuple[str, str]:
        """Why a date is closed: ("holiday", name), ("closure", name) or ("weekday", "")."""
        if day in self.closures:
            return "closure", self.closures[day]
        if day in self.holidays:
            return "holiday", self.holidays[day]
        return "weekday", ""

    def local(self, at: datetime) -> datetime:
        """The same instant by the clock of this calendar."""
        return at.astimezone(ZoneInfo(self.zone))


def merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Unite overlapping and touching intervals."""
    out: list[Interval] = []
    for begin, end in sorted(intervals):
        if out and begin <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((begin, end))
    return tuple(out)


def _check(intervals: Iterable[Interval]) -> None:
    for begin, end in intervals:
        if not 0 <= begin < end <= 1440:
            raise ValueError(f"Not an interval of one day: {begin} to {end}.")


def micros(at: datetime) -> int:
    """An aware time as whole microseconds of UTC since 1970. Raises TypeError for one without zone."""
    gap = at - EPOCH
    return (gap.days * 86400 + gap.seconds) * SECOND + gap.microseconds


def moment(micros: int) -> datetime:
    """The time, in UTC, that so many microseconds stand for."""
    return EPOCH + timedelta(0, 0, micros)


def tables_for(calendar: Calendar, at: int) -> _Tables:
    """The tables, built as far as this instant. Raises BeyondCalendar outside of the calendar's years."""
    tables = calendar.built[0]
    if tables.low <= at < tables.high:
        return tables
    year = moment(at).year
    if calendar.first_year <= year <= calendar.last_year:
        tables = _build(calendar, year - 1, year + 2)
    if not tables.low <= at < tables.high:
        raise _beyond(calendar)
    return tables


def grown(calendar: Calendar, at: int, tables: _Tables) -> _Tables:
    """The tables with twice as many years. Ends: raises NeverOpen or BeyondCalendar at the last useful year."""
    first, last = moment(tables.low).year, moment(tables.high).year
    limit = _last_useful_year(calendar)
    if last >= limit:
        ends = tables.opening.ends
        raise NeverOpen() if not ends or ends[-1] <= at else _beyond(calendar)
    return _build(calendar, first, min(limit, 2 * last - first + 1))


def _beyond(calendar: Calendar) -> BeyondCalendar:
    return BeyondCalendar(first_year=calendar.first_year, last_year=calendar.last_year)


def _last_useful_year(calendar: Calendar) -> int:
    """After which year nothing more can open: that of the last extra opening when the week itself has no hours."""
    if any(calendar.week_on(date.max)):
        return calendar.last_year
    years = [day.year for day in calendar.openings] + [since.year for since, _ in calendar.changes]
    return min(calendar.last_year, max([calendar.first_year, *years]))


def _build(calendar: Calendar, first_year: int, last_year: int) -> _Tables:
    """Build the tables of whole years and put them in place at once; under a lock, so that they never shrink."""
    with _BUILDING:
        tables = calendar.built[0]
        first_year, last_year = max(first_year, calendar.first_year), min(last_year, calendar.last_year)
        if tables is not _UNBUILT:
            first_year = min(first_year, moment(tables.low).year)
            last_year = max(last_year, moment(tables.high).year)
        calendar.built[0] = tables = _tables_of(calendar, first_year, last_year)
        return tables


def _tables_of(calendar: Calendar, first_year: int, last_year: int) -> _Tables:
    first, last = date(first_year, 1, 1).toordinal(), date(last_year, 12, 31).toordinal()
    opening = list(pieces_of(calendar, first, last, opening=True))
    closing: dict[int, int] = {}
    for day, _, end in opening:
        closing[day] = max(end, closing.get(day, end))
    business = pieces_of(calendar, first, last, opening=False)
    return _Tables(
        low=(first - EPOCH_DAY + 1) * DAY,
        high=(last - EPOCH_DAY) * DAY,
        opening=_table((begin, end) for _, begin, end in opening),
        business=_table((begin, end) for _, begin, end in business),
        days=list(closing),
        closes=list(closing.values()),
    )


def _table(intervals: Iterable[tuple[int, int]]) -> _Table:
    starts: list[int] = []
    ends: list[int] = []
    for begin, end in intervals:
        if ends and begin <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(begin)
            ends.append(end)
    base: list[int] = []
    passed: list[int] = []
    total = 0
    for begin, end in zip(starts, ends, strict=True):
        base.append(total - begin)
        passed.append(total)
        total += end - begin
    return _Table(starts, ends, base, passed, total)


def pieces_of(calendar: Calendar, first: int, last: int, *, opening: bool) -> Iterator[tuple[int, int, int]]:
    """Yield (day, begin, end) in the order of UTC: what is open of the local days, or the whole of those open at all.

    Walks stretches of constant offset, inside which wall clock and UTC run alike. So a wall-clock interval that is
    cut, skipped or repeated by a clock change comes out as exactly its instants, also where the change is at midnight.
    """
    hours: dict[int, tuple[Interval, ...]] = {}
    for begin, end, offset in _stretches(calendar.zone, first - 2, last + 2):
        begin_day = (begin + offset) // DAY + EPOCH_DAY
        end_day = (end + offset - 1) // DAY + EPOCH_DAY
        for day in range(max(first, begin_day), min(last, end_day) + 1):
            if day not in hours:
                hours[day] = calendar.hours_on(date.fromordinal(day))
            midnight = (day - EPOCH_DAY) * DAY - offset
            intervals: tuple[Interval, ...] = hours[day]
            if intervals and not opening:
                intervals = ((0, 1440),)
            for opens, closes in intervals:
                low, high = max(begin, midnight + opens * MINUTE), min(end, midnight + closes * MINUTE)
                if low < high:
                    yield day, low, high


def _stretches(zone: str, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """Cut the days into stretches (begin, end, offset) of constant UTC offset, to the second."""
    info = ZoneInfo(zone)

    def offset_at(micros: int) -> int:
        gap = moment(micros).astimezone(info).utcoffset()
        assert gap is not None
        return gap // timedelta(0, 0, 1)

    begin = now = (first - EPOCH_DAY) * DAY
    offset = offset_at(now)
    end = (last - EPOCH_DAY) * DAY
    while now < end:
        following = now + DAY
        changed = offset_at(following)
        if changed != offset:
            low, high = now // SECOND, following // SECOND
            while high - low > 1:
                middle = (low + high) // 2
                if offset_at(middle * SECOND) == offset:
                    low = middle
                else:
                    high = middle
            yield begin, high * SECOND, offset
            begin, offset = high * SECOND, changed
        now = following
    yield begin, end, offset
