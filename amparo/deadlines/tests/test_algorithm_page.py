"""The worked numbers of docs/algorithms/business-time.md are what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from amparo.deadlines.rules import Calendar, Counting, add_business_time, public_holidays

from .calendars import OFFICE, SUNDAYS, local

PAGE = Path(__file__).resolve().parents[3] / "docs" / "algorithms" / "business-time.md"
ROW = re.compile(
    r"^\| (\d{4}-\d\d-\d\d \d\d:\d\d) \| (\d+) (business hours|opening hours|business days) \| (\S+ \S+) \|",
    re.M,
)
SHIPPED = Calendar(
    "America/Mexico_City",
    OFFICE,
    holidays={day: n["es"] for day, n in public_holidays("MX", "", 2026, 2027).items()},
)


def rows() -> list[tuple[Calendar, str, str, str, str]]:
    before, _, changes = PAGE.read_text(encoding="utf-8").partition("## Clock changes")
    found = [(SHIPPED, *row) for row in ROW.findall(before)]
    return found + [(Calendar("Europe/Madrid", SUNDAYS), *row) for row in ROW.findall(changes)]


@pytest.mark.parametrize(("calendar", "start", "amount", "counting", "due"), rows())
def test_each_row_of_the_page_is_true(calendar, start, amount, counting, due):
    """TIM-2, TIM-3, TIM-11"""
    found = add_business_time(
        calendar, local(start, calendar.zone), int(amount), Counting(counting.replace(" ", "_"))
    )
    assert calendar.local(found).strftime("%Y-%m-%d %H:%M") == due


def test_the_page_has_rows_of_each_kind():
    assert {row[3] for row in rows()} == {"business hours", "opening hours", "business days"} and len(
        rows()
    ) >= 16
