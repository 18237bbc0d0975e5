"""The calculator's answers, in words and as JSON."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import translation

from amparo.conftest import NOON
from amparo.deadlines import commands, queries
from amparo.deadlines.errors import BadCalendar, BeyondCalendar, NoCalendar
from amparo.deadlines.rules import Calendar, Counting

from .calendars import SUNDAYS, local, mexico

pytestmark = pytest.mark.django_db


def words(calendar, start, amount, counting, language="en"):
    with translation.override(language):
        return [line.words for line in queries.answer(calendar, start, Decimal(amount), counting).lines]


def test_the_answer_as_json_is_what_the_command_prints():
    """TIM-2: a time without zone is the calendar's."""
    found = queries.answer_question("2026-12-11T16:00", business_hours=72)
    assert found["due_at"] == "2026-12-16T22:00:00Z" and found["due_local"] == "2026-12-16T16:00:00-06:00"
    assert [(step["kind"], step["on"]) for step in found["steps"]] == [
        ("start", "2026-12-11"),
        ("counted", "2026-12-11"),
        ("skipped", "2026-12-12"),
        ("counted", "2026-12-14"),
        ("counted", "2026-12-15"),
        ("counted", "2026-12-16"),
        ("due", "2026-12-16"),
    ]
    assert sum(step.get("counted_seconds", 0) for step in found["steps"]) == 72 * 3600
    assert found["steps"][2]["until"] == "2026-12-13" and found["steps"][2]["reason"] == "weekday"


def test_a_time_with_a_zone_is_taken_as_it_stands():
    """TIM-2"""
    for text in ("2026-12-11T22:00Z", "2026-12-11T16:00-06:00", "2026-12-11T23:00+01:00"):
        assert queries.answer_question(text, opening_hours="1.5")["due_at"] == "2026-12-11T23:30:00Z"
    assert queries.answer_question(NOON, business_days=5)["due_at"] == "2026-11-20T00:00:00Z"


def test_another_calendar_is_asked_by_its_name(administrator):
    """TIM-1"""
    commands.add_calendar(
        "Tijuana",
        zone="America/Tijuana",
        weekly=(((0, 1440),),) * 7,
        country="",
        actor=administrator,
        at=NOON,
    )
    found = queries.answer_question("2026-03-07T12:00", business_hours=24, calendar="tijuana")
    assert found["due_local"] == "2026-03-08T13:00:00-07:00"
    with pytest.raises(NoCalendar):
        queries.answer_question("2026-03-07T12:00", business_hours=24, calendar="Luna")


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"business_hours": 1, "business_days": 1},
        {"business_hours": "many"},
        {"business_days": "1.5"},
        {"opening_hours": 0},
        {"business_hours": -3},
        {"business_hours": "NaN"},
        {"business_hours": 10**9},
    ],
)
def test_a_question_that_makes_no_sense_is_refused_in_words(wrong):
    """TIM-2"""
    with pytest.raises(BadCalendar):
        queries.answer_question("2026-12-11T16:00", **wrong)


def test_a_time_that_cannot_be_read_is_refused_in_words():
    with pytest.raises(BadCalendar):
        queries.answer_question("next Friday", business_hours=1)
    with pytest.raises(BeyondCalendar):
        queries.answer_question("1999-12-11T16:00", business_hours=1)


def test_the_steps_of_business_hours_in_words():
    """TIM-2"""
    assert words(mexico(), local("2026-12-24 16:00"), 72, Counting.BUSINESS_HOURS) == [
        "Starts at once: Thursday 24 December 2026, 16:00 is business time.",
        "Thursday 24 December 2026, from 16:00 to 24:00: 8 h; 64 h left.",
        "Friday 25 December 2026: public holiday, Navidad.",
        "Saturday 26 December 2026 to Sunday 27 December 2026: no business days.",
        "Monday 28 December 2026, from 00:00 to 24:00: 24 h; 40 h left.",
        "Tuesday 29 December 2026, from 00:00 to 24:00: 24 h; 16 h left.",
        "Wednesday 30 December 2026, from 00:00 to 16:00: 16 h; that completes it.",
        "Due on Wednesday 30 December 2026 at 16:00.",
    ]


def test_the_end_of_a_day_is_said_as_24_00():
    """TIM-2"""
    assert words(mexico(), local("2026-12-12 16:00"), 24, Counting.BUSINESS_HOURS) == [
        "Saturday 12 December 2026 to Sunday 13 December 2026: no business days.",
        "Asked outside business time: starts at the next business moment, Monday 14 December 2026, 00:00.",
        "Monday 14 December 2026, from 00:00 to 24:00: 24 h; that completes it.",
        "Due on Monday 14 December 2026 at 24:00, which is Tuesday 15 December 2026, 00:00.",
    ]


def test_the_steps_of_business_days_in_words():
    """TIM-3"""
    assert words(mexico(), local("2026-12-23 16:00"), 2, Counting.BUSINESS_DAYS) == [
        "Wednesday 23 December 2026 is the day of the start and does not count.",
        "Thursday 24 December 2026: business day 1, until 18:00.",
        "Friday 25 December 2026: public holiday, Navidad.",
        "Saturday 26 December 2026 to Sunday 27 December 2026: no business days.",
        "Monday 28 December 2026: business day 2, until 18:00.",
        "Due on Monday 28 December 2026 at 18:00.",
    ]


def test_a_clock_change_is_said():
    """TIM-11"""
    madrid = Calendar("Europe/Madrid", SUNDAYS)
    start = local("2026-03-29 00:00", "Europe/Madrid")
    said = words(madrid, start, 23, Counting.BUSINESS_HOURS)
    assert said[1].endswith("23 h; that completes it. The clocks change: this day has 23 hours.")


def test_the_words_are_spanish_too():
    """TIM-3"""
    said = words(mexico(), local("2026-12-23 16:00"), 2, Counting.BUSINESS_DAYS, "es-mx")
    assert said[0] == "Miércoles 23 de diciembre de 2026 es el día de inicio y no cuenta."
    assert said[-1] == "Vence el lunes 28 de diciembre de 2026 a las 18:00."
    with translation.override("es-mx"):
        asked = [
            queries.amount_in_words(counting, Decimal(amount))
            for counting, amount in [
                ("business_hours", 48),
                ("opening_hours", 1),
                ("business_days", 3),
                ("opening_hours", "2.5"),
            ]
        ]
    assert asked == ["48 horas hábiles", "1 hora de servicio", "3 días hábiles", "2.5 horas de servicio"]
