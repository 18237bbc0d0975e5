"""The pure rules of business time, by example and by property."""

import timeit
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amparo.deadlines.errors import BeyondCalendar, NeverOpen
from amparo.deadlines.rules import (
    Calendar,
    Counting,
    add_business_days,
    add_business_time,
    business_days_between,
    business_time_between,
    explain,
    is_open,
    merged,
    next_closing,
    next_opening,
    together,
    warning_times,
)

from .calendars import ALWAYS, CLOSED, ODD, OFFICE, SPLIT, SUNDAYS, local, mexico, spoken

HOURS, OPEN, DAYS = Counting.BUSINESS_HOURS, Counting.OPENING_HOURS, Counting.BUSINESS_DAYS


@pytest.mark.parametrize(
    ("start", "amount", "counting", "due"),
    [
        ("2026-12-11 16:00", 72, HOURS, "Wed 16 Dec 16:00"),
        ("2026-12-11 16:00", 48, HOURS, "Tue 15 Dec 16:00"),
        ("2026-12-12 11:30", 48, HOURS, "Wed 16 Dec 00:00"),  # a Saturday: counts from Monday 00:00
        ("2026-12-11 23:00", 1, HOURS, "Sat 12 Dec 00:00"),  # the end of Friday, not Monday
        ("2026-12-24 12:00", 24, HOURS, "Mon 28 Dec 12:00"),  # Christmas is a Friday
        ("2026-12-11 16:00", 1, OPEN, "Fri 11 Dec 17:00"),
        ("2026-12-11 17:30", 1, OPEN, "Mon 14 Dec 09:30"),
        ("2026-12-11 17:00", 1, OPEN, "Fri 11 Dec 18:00"),  # the close, not the next opening
        ("2026-12-11 18:00", 1, OPEN, "Mon 14 Dec 10:00"),
        ("2026-12-12 03:00", 1, OPEN, "Mon 14 Dec 10:00"),
        ("2026-12-11 16:00", 3, DAYS, "Wed 16 Dec 18:00"),
        ("2026-12-11 08:00", 1, DAYS, "Mon 14 Dec 18:00"),  # the day of the start does not count
        ("2026-12-12 08:00", 1, DAYS, "Mon 14 Dec 18:00"),
        ("2026-12-24 16:00", 1, DAYS, "Mon 28 Dec 18:00"),
    ],
)
def test_a_deadline_is_where_the_rule_puts_it(start, amount, counting, due):
    """TIM-2, TIM-3, TIM-11"""
    assert spoken(add_business_time(mexico(), local(start), amount, counting)) == due


def test_seventy_two_business_hours_are_three_business_days():
    """TIM-2"""
    for day in range(7, 12):
        start = local(f"2026-12-{day:02} 10:00")
        due = add_business_time(mexico(), start, 72)
        assert business_days_between(mexico(), start, due + timedelta(hours=8)) == 3


def test_the_opinion_fits_into_the_five_days_of_a_complaint():
    """TIM-2, TIM-6, TIM-7: asked within the first day, the opinion is due a whole day before the ruling."""
    raised = local("2026-12-07 10:00")
    ruling = add_business_time(mexico(), raised, 5, DAYS)
    opinion = add_business_time(mexico(), raised + timedelta(hours=20), 72)
    assert opinion + timedelta(hours=24) < ruling


def test_two_intervals_a_day_and_an_end_at_midnight():
    """TIM-1: a lunch break is not counted, and a calendar open around the clock loses no minute."""
    split = mexico(weekly=SPLIT)
    assert spoken(add_business_time(split, local("2026-12-11 13:30"), 1, OPEN)) == "Fri 11 Dec 16:30"
    assert spoken(add_business_time(split, local("2026-12-11 15:00"), 1, OPEN)) == "Fri 11 Dec 17:00"
    always = Calendar("America/Mexico_City", ALWAYS)
    assert add_business_time(always, local("2026-12-11 16:00"), 240, OPEN) == local("2026-12-21 16:00")


def test_an_extra_opening_opens_a_holiday_and_with_a_closure_makes_half_a_day():
    """TIM-1"""
    half = mexico(
        closures={date(2026, 12, 24): "Nochebuena"},
        openings={date(2026, 12, 24): ((540, 780),), date(2026, 12, 25): ((600, 660),)},
    )
    assert spoken(add_business_time(half, local("2026-12-24 12:00"), 2, OPEN)) == "Fri 25 Dec 11:00"
    assert spoken(add_business_time(half, local("2026-12-23 12:00"), 1, DAYS)) == "Thu 24 Dec 13:00"
    assert half.is_business_day(date(2026, 12, 25))


def test_a_schedule_that_changes_from_a_date_counts_by_the_week_in_force_on_each_day():
    """TIM-1, TIM-8: the old hours stay true of the past."""
    early = (((480, 960),),) * 5 + ((), ())
    calendar = mexico(changes=((date(2027, 1, 4), early),))
    assert spoken(add_business_time(calendar, local("2026-12-31 17:00"), 2, OPEN)) == "Fri 01 Jan 10:00"
    assert spoken(add_business_time(calendar, local("2027-01-03 17:00"), 2, OPEN)) == "Mon 04 Jan 10:00"
    assert next_closing(calendar, local("2026-12-30 12:00")) == local("2026-12-30 18:00")


def test_a_day_with_a_clock_change_has_twenty_three_or_twenty_five_hours():
    """TIM-2, TIM-11"""
    sundays = Calendar("Europe/Madrid", SUNDAYS)
    for day, opened, whole in (("2026-03-29", 7, 23), ("2026-10-25", 9, 25)):
        start, end = local(f"{day} 00:00", "Europe/Madrid"), local(f"{day} 08:00", "Europe/Madrid")
        assert business_time_between(sundays, start, end, OPEN) == timedelta(hours=opened)
        assert add_business_time(sundays, start, opened, OPEN) == end
        midnight = start + timedelta(days=1)
        assert business_time_between(sundays, start, midnight, HOURS) == timedelta(hours=whole)
    tijuana = Calendar("America/Tijuana", ALWAYS)
    start = local("2026-03-07 12:00", "America/Tijuana")
    assert add_business_time(tijuana, start, 24) == local("2026-03-08 13:00", "America/Tijuana")


def test_a_leap_day_is_a_day():
    """TIM-11"""
    calendar = Calendar("America/Mexico_City", OFFICE)
    assert spoken(add_business_time(calendar, local("2028-02-28 10:00"), 1, DAYS)) == "Tue 29 Feb 18:00"
    assert spoken(add_business_time(calendar, local("2028-02-28 10:00"), 48)) == "Wed 01 Mar 10:00"


def test_a_calendar_that_never_opens_refuses_instead_of_counting_for_ever():
    """TIM-11"""
    start = local("2026-12-11 16:00")
    for calendar in (
        Calendar("America/Mexico_City", CLOSED),
        Calendar("America/Mexico_City", OFFICE, changes=((date(2026, 1, 1), CLOSED),)),
        Calendar("America/Mexico_City", CLOSED, openings={date(2026, 12, 1): ((540, 600),)}),
    ):
        for counting in Counting:
            with pytest.raises((NeverOpen, BeyondCalendar)):
                add_business_time(calendar, start, 1, counting)
        with pytest.raises(NeverOpen):
            next_opening(calendar, start)
        assert not is_open(calendar, start)
        assert business_time_between(calendar, start, start + timedelta(days=90)) == timedelta(0)


def test_an_opening_alone_is_used_up_and_then_refused():
    """TIM-11"""
    once = Calendar("America/Mexico_City", CLOSED, openings={date(2031, 5, 2): ((540, 600),)})
    start = local("2026-12-11 16:00")
    assert add_business_time(once, start, 1, OPEN) == local("2031-05-02 10:00")
    with pytest.raises(BeyondCalendar):
        add_business_time(once, start, 2, OPEN)


def test_a_question_outside_of_the_years_that_are_known_is_refused():
    """TIM-1: a year whose holidays are not known would be counted wrongly."""
    calendar = mexico(first_year=2025, last_year=2027)
    with pytest.raises(BeyondCalendar):
        add_business_time(calendar, local("2031-01-05 10:00"), 1)
    with pytest.raises(BeyondCalendar):
        add_business_time(calendar, local("2027-12-20 10:00"), 30, DAYS)
    with pytest.raises(BeyondCalendar):
        business_time_between(calendar, local("2026-01-05 10:00"), local("2024-01-05 10:00"))
    assert add_business_time(calendar, local("2026-12-11 16:00"), 1, OPEN) == local("2026-12-11 17:00")


def test_what_makes_no_sense_is_a_fault():
    start = local("2026-12-11 16:00")
    with pytest.raises(ValueError):
        add_business_time(mexico(), start, -1)
    with pytest.raises(ValueError):
        add_business_days(mexico(), start, -1)
    with pytest.raises(TypeError):
        add_business_time(mexico(), start, timedelta(days=1), DAYS)
    with pytest.raises(TypeError):
        add_business_time(mexico(), datetime(2026, 12, 11, 16), 1)
    with pytest.raises(ValueError):
        Calendar("America/Mexico_City", (((600, 540),),) * 7)
    with pytest.raises(ValueError):
        Calendar("America/Mexico_City", OFFICE[:6])
    assert add_business_time(mexico(), start, 0) == start
    assert add_business_days(mexico(), start, 0) == start


def test_warnings_stand_at_their_part_of_the_business_time():
    """TIM-10"""
    start = local("2026-12-11 16:00")
    due = add_business_time(mexico(), start, 48)
    plan = warning_times(mexico(), start, due, 48, HOURS, (90, 50, 75))
    assert [percent for percent, _ in plan] == [50, 75, 90]
    assert spoken(plan[0][1]) == "Mon 14 Dec 16:00"
    for percent, at in plan:
        assert business_time_between(mexico(), start, at) == timedelta(hours=48) * percent / 100
    due = add_business_time(mexico(), start, 3, DAYS)
    for percent, at in warning_times(mexico(), start, due, 3, DAYS, (50, 75, 90)):
        passed, whole = (business_time_between(mexico(), start, end, OPEN) for end in (at, due))
        assert passed == whole * percent / 100 and is_open(mexico(), at)


# -- properties ------------------------------------------------------------------------------------------------------

moments = st.datetimes(datetime(2020, 1, 5), datetime(2030, 1, 1), timezones=st.just(UTC))
amounts = st.timedeltas(timedelta(0), timedelta(hours=400))
countings = st.sampled_from((HOURS, OPEN))
known = [
    mexico(),
    Calendar("Europe/Madrid", SPLIT, closures={date(2026, 8, day): "" for day in range(1, 31)}),
    Calendar("America/Tijuana", ODD),
    Calendar("America/Havana", ((),) * 5 + (((0, 1440),), ((0, 61), (90, 100)))),
    Calendar("Australia/Lord_Howe", ALWAYS),
]
calendars = st.sampled_from(known)


@settings(max_examples=400, deadline=None)
@given(calendars, moments, amounts, amounts, countings)
def test_adding_in_two_parts_is_adding_at_once(calendar, start, one, other, counting):
    """TIM-2"""
    halfway = add_business_time(calendar, start, one, counting)
    assert add_business_time(calendar, halfway, other, counting) == add_business_time(
        calendar, start, one + other, counting
    )


@settings(max_examples=400, deadline=None)
@given(calendars, moments, amounts, countings)
def test_counting_is_the_inverse_of_adding(calendar, start, amount, counting):
    """TIM-2: and the answer is the earliest such moment."""
    due = add_business_time(calendar, start, amount, counting)
    assert business_time_between(calendar, start, due, counting) == amount
    assert business_time_between(calendar, due, start, counting) == -amount
    if amount:
        just_before = due - timedelta(microseconds=1)
        assert business_time_between(calendar, start, just_before, counting) < amount


@settings(max_examples=400, deadline=None)
@given(calendars, moments, moments, moments, countings)
def test_what_passes_from_one_to_three_passes_by_two(calendar, one, two, three, counting):
    """TIM-2"""
    whole = business_time_between(calendar, one, three, counting)
    assert whole == business_time_between(calendar, one, two, counting) + business_time_between(
        calendar, two, three, counting
    )


@settings(max_examples=400, deadline=None)
@given(calendars, moments, amounts, amounts, st.timedeltas(timedelta(0), timedelta(days=30)), countings)
def test_later_and_more_is_never_earlier(calendar, start, less, more, wait, counting):
    """TIM-2"""
    less, more = sorted((less, more))
    due = add_business_time(calendar, start, less, counting)
    assert due <= add_business_time(calendar, start, more, counting)
    assert due <= add_business_time(calendar, start + wait, less, counting)
    assert due >= start


@settings(max_examples=200, deadline=None)
@given(calendars, moments, st.integers(1, 60))
def test_business_days_are_counted_back(calendar, start, days):
    """TIM-3"""
    due = add_business_days(calendar, start, days)
    assert business_days_between(calendar, start, due) == days
    assert business_days_between(calendar, start, due - timedelta(microseconds=1)) == days - 1


@settings(max_examples=200, deadline=None)
@given(calendars, moments, st.integers(1, 200), countings)
def test_the_steps_add_up_to_the_answer(calendar, start, hours, counting):
    """TIM-2"""
    due = add_business_time(calendar, start, hours, counting)
    steps = together(explain(calendar, start, hours, counting))
    counted = [step for step in steps if step.kind == "counted"]
    assert sum((step.counted for step in counted), timedelta(0)) == timedelta(hours=hours)
    assert counted[-1].left == timedelta(0) and counted[-1].ends_at == due == steps[-1].ends_at
    assert steps[-1].kind == "due" and steps[0].kind in ("start", "skipped")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda i: i[0] < i[1])))
def test_merged_intervals_cover_the_same_minutes(intervals):
    """TIM-1"""
    out = merged(intervals)
    assert {m for b, e in out for m in range(b, e)} == {m for b, e in intervals for m in range(b, e)}
    assert all(end < begin for (_, end), (begin, _) in pairwise(out))


def test_the_steps_of_business_days_name_what_was_skipped():
    """TIM-3"""
    steps = together(explain(mexico(), local("2026-12-23 10:00"), 2, DAYS))
    assert [(step.kind, step.on.day, step.name) for step in steps] == [
        ("start_day", 23, ""),
        ("counted_day", 24, ""),
        ("skipped", 25, "Navidad"),
        ("skipped", 26, ""),
        ("counted_day", 28, ""),
        ("due", 28, ""),
    ]
    assert steps[3].until == date(2026, 12, 27)


def test_a_question_takes_microseconds():
    """TIM-11: a generous bound, against a slip into the quadratic; the figure proper is measured by the bench."""
    calendar, dice = mexico(), Random(1)
    starts = [
        datetime(2021, 1, 4, tzinfo=UTC) + timedelta(seconds=dice.randrange(9 * 365 * 86400))
        for _ in range(500)
    ]
    for ask in (lambda: [add_business_time(calendar, s, 72) for s in starts],):
        ask()
        assert min(timeit.repeat(ask, number=1, repeat=5)) / len(starts) < 15e-6
