"""Business time against a slow reference that shares no code with it.

The reference marks every UTC minute of a stretch as open or closed by asking zoneinfo for its wall clock, and then
counts marks. It knows no tables, no offsets and no intervals of UTC.
"""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from amparo.deadlines.rules import (
    Calendar,
    Counting,
    add_business_days,
    add_business_time,
    business_days_between,
    business_time_between,
    is_open,
    next_opening,
)

from .calendars import ALWAYS, MEXICO_2026, NIGHTS, ODD, OFFICE, SPLIT, SUNDAYS

EXTRA = {date(2026, 3, 29): ((60, 200),), date(2026, 9, 16): ((600, 840),), date(2026, 11, 1): ((0, 1440),)}
SHUT = {date(2026, 4, 2): "Jueves Santo", date(2026, 4, 3): "Viernes Santo", date(2026, 12, 24): "Nochebuena"}

# Zone, week, the year to try. Mexico_City: no change of clocks since 2022; Tijuana changes with California;
# Hermosillo never; Madrid; Lord Howe by half an hour; Havana, Beirut and Cairo at midnight; Apia lost a whole day;
# St John's changed at one minute past midnight, so that one day came back after the next had begun.
WORLD = [
    ("America/Mexico_City", OFFICE, 2026),
    ("America/Mexico_City", SPLIT, 2021),
    ("America/Tijuana", SUNDAYS, 2026),
    ("America/Hermosillo", SPLIT, 2026),
    ("Europe/Madrid", NIGHTS, 2026),
    ("Europe/Madrid", ALWAYS, 2026),
    ("Australia/Lord_Howe", ODD, 2026),
    ("America/Havana", ODD, 2026),
    ("Africa/Cairo", ODD, 2025),
    ("Pacific/Apia", SPLIT, 2011),
    ("America/St_Johns", ODD, 2010),
]
CASES = 1_000
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Marks:
    """Each UTC minute of about fourteen months, open or not, asked of zoneinfo one by one."""

    def __init__(self, calendar: Calendar, year: int) -> None:
        self.zone = ZoneInfo(calendar.zone)
        self.origin = datetime(year, 1, 3, tzinfo=UTC)
        minutes = 425 * 1440
        days: dict[tuple[int, int, int], list[bool]] = {}
        opening, business = bytearray(minutes), bytearray(minutes)
        self.last_open: dict[date, int] = {}
        begin = int(self.origin.timestamp())
        for minute in range(minutes):
            wall = datetime.fromtimestamp(begin + 60 * minute, self.zone)
            key = (wall.year, wall.month, wall.day)
            marks = days.get(key)
            if marks is None:
                marks = days[key] = self._day(calendar, date(*key))
            if marks[1440]:
                business[minute] = 1
                if marks[wall.hour * 60 + wall.minute]:
                    opening[minute] = 1
                    self.last_open[date(*key)] = minute
        self.opening, self.business = bytes(opening), bytes(business)

    @staticmethod
    def _day(calendar: Calendar, day: date) -> list[bool]:
        """The minutes of one wall-clock day, and at the end whether there is any."""
        marks = [False] * 1440
        if day not in calendar.holidays and day not in calendar.closures:
            for begin, end in calendar.weekly[day.weekday()]:
                for minute in range(begin, end):
                    marks[minute] = True
        for begin, end in calendar.openings.get(day, ()):
            for minute in range(begin, end):
                marks[minute] = True
        return [*marks, any(marks)]

    def of(self, counting: Counting) -> bytes:
        return self.business if counting is Counting.BUSINESS_HOURS else self.opening

    def add(self, start: datetime, amount: timedelta, counting: Counting) -> datetime:
        """Walk over the minutes and count the open ones until the amount is used up; an hour in one step while more than that is left."""
        marks, at = self.of(counting), start
        minute = (start - self.origin) // MINUTE
        while True:
            if amount > HOUR and at == self.origin + minute * MINUTE and minute + 60 <= len(marks):
                amount -= marks.count(1, minute, minute + 60) * MINUTE
                minute += 60
                at = self.origin + minute * MINUTE
                continue
            if marks[minute]:
                edge = self.origin + (minute + 1) * MINUTE
                if amount <= edge - at:
                    return at + amount
                amount -= edge - at
                minute += 1
            else:
                minute = marks.index(1, minute)
            at = self.origin + minute * MINUTE

    def between(self, start: datetime, end: datetime, counting: Counting) -> timedelta:
        marks = self.of(counting)
        first, last = (start - self.origin) // MINUTE, (end - self.origin) // MINUTE
        passed = marks.count(1, first, last) * MINUTE
        if marks[first]:
            passed -= start - (self.origin + first * MINUTE)
        if marks[last]:
            passed += end - (self.origin + last * MINUTE)
        return passed

    def days(self, start: datetime, number: int) -> datetime:
        today = start.astimezone(self.zone).date()
        later = sorted(day for day in self.last_open if day > today)
        return self.origin + (self.last_open[later[number - 1]] + 1) * MINUTE


@pytest.mark.parametrize(("zone", "weekly", "year"), WORLD)
def test_ten_thousand_random_questions_have_the_answer_of_a_slow_count_of_minutes(zone, weekly, year):
    """TIM-2, TIM-3, TIM-11: 11,000 of each question, exactly equal, clock changes included."""
    calendar = Calendar(zone, weekly, holidays=MEXICO_2026, closures=SHUT, openings=EXTRA)
    marks = Marks(calendar, year)
    dice = random.Random(f"{zone}{year}")
    hours = max(1, min(40, marks.opening.count(1) // 60 // 12))
    for _ in range(CASES):
        start = marks.origin + timedelta(seconds=dice.randrange(330 * 86400))
        if dice.random() < 0.3:
            start = start.replace(second=0)
        end = start + timedelta(seconds=dice.randrange(30 * 86400))
        counting = dice.choice((Counting.BUSINESS_HOURS, Counting.OPENING_HOURS))
        amount = timedelta(seconds=dice.randrange(1, hours * 3600))
        if dice.random() < 0.5:
            amount = timedelta(hours=dice.randrange(1, hours + 1))
        due = add_business_time(calendar, start, amount, counting)
        assert due == marks.add(start, amount, counting), (start, amount, counting)
        passed = business_time_between(calendar, start, end, counting)
        assert passed == marks.between(start, end, counting), (start, end, counting)
        days = dice.randrange(1, 8)
        closing = add_business_days(calendar, start, days)
        assert closing == marks.days(start, days), (start, days)
        assert business_days_between(calendar, start, closing) == days
        minute = (start - marks.origin) // MINUTE
        assert is_open(calendar, start) == bool(marks.opening[minute])
        following = start if marks.opening[minute] else marks.origin + marks.opening.index(1, minute) * MINUTE
        assert next_opening(calendar, start) == following


def test_the_questions_that_cross_a_clock_change_are_among_them():
    """TIM-11: every half hour of the two nights, so that no random number misses them."""
    calendar = Calendar("Europe/Madrid", NIGHTS)
    marks = Marks(calendar, 2026)
    for day in (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)):
        for half in range(72):
            start = day + timedelta(minutes=30 * half)
            for amount in (timedelta(minutes=30), timedelta(hours=3), timedelta(hours=9)):
                for counting in (Counting.BUSINESS_HOURS, Counting.OPENING_HOURS):
                    assert add_business_time(calendar, start, amount, counting) == marks.add(
                        start, amount, counting
                    )
