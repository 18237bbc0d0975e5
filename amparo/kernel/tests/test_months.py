"""Months of the calendar, at their ends and in leap years. CAS-2, CTR-1."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amparo.kernel.months import kept_since, kept_until, months_later

MEXICO = ZoneInfo("America/Mexico_City")
MOMENTS = st.datetimes(datetime(2019, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2027-01-31", 1, "2027-02-28"), ("2028-01-31", 1, "2028-02-29"), ("2028-02-29", 12, "2029-02-28"), ("2028-02-29", 48, "2032-02-29"),
        ("2027-12-31", 2, "2028-02-29"), ("2027-11-15", 1, "2027-12-15"), ("2027-12-15", 1, "2028-01-15"), ("2027-05-31", 0, "2027-05-31"),
        ("2027-03-31", -1, "2027-02-28"), ("2028-03-31", -1, "2028-02-29"), ("2027-01-15", -1, "2026-12-15"), ("2028-02-29", -24, "2026-02-28"),
    ],
)  # fmt: skip
def test_the_same_day_so_many_months_later_or_the_last_of_its_month(day, months, later):
    """CAS-2"""
    assert months_later(date.fromisoformat(day), months) == date.fromisoformat(later)


def test_the_day_on_which_the_months_are_full_belongs_to_the_customer_whole():
    """CAS-2: by the calendar of the house, not by UTC."""
    evening = datetime(2027, 2, 1, 3, tzinfo=UTC)  # the last of January in Mexico
    assert kept_until(evening, 1, MEXICO) == datetime(2027, 3, 1, 6, tzinfo=UTC)
    assert kept_until(evening, 1, ZoneInfo("UTC")) == datetime(2027, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("today", "first"),
    [
        ("2027-03-28", "2027-02-28"), ("2027-03-29", "2027-03-01"), ("2027-03-31", "2027-03-01"), ("2027-04-01", "2027-03-01"),
        ("2028-03-29", "2028-02-29"), ("2028-03-30", "2028-03-01"), ("2027-05-31", "2027-05-01"), ("2027-02-28", "2027-01-28"), ("2028-01-10", "2027-12-10"),
    ],
)  # fmt: skip
def test_what_is_kept_a_month_is_kept_since(today, first):
    """CAS-2: no day too short at the end of a month, none too long."""
    at = datetime.fromisoformat(today).replace(hour=12, tzinfo=MEXICO)
    assert kept_since(at, 1, MEXICO).astimezone(MEXICO).date().isoformat() == first


@given(MOMENTS, MOMENTS, st.integers(1, 120))
@example(datetime(2027, 2, 28, 12, tzinfo=UTC), datetime(2027, 3, 30, 12, tzinfo=UTC), 1)
@example(datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2029, 3, 1, 12, tzinfo=UTC), 12)
@example(datetime(2027, 1, 31, 12, tzinfo=UTC), datetime(2027, 3, 1, 5, 59, tzinfo=UTC), 1)
def test_both_ways_of_asking_say_the_same(moment, at, months):
    """CAS-2: of one thing until when, of many since when."""
    assert (kept_until(moment, months, MEXICO) <= at) is (moment < kept_since(at, months, MEXICO))
