"""Calendars changed by the administrator: each change a version, each with effect, none on what was promised."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from amparo.conftest import NOON
from amparo.deadlines import commands, queries
from amparo.deadlines.errors import BadCalendar, NoCalendar, NothingToRemove
from amparo.deadlines.models import CalendarVersion, Promise, ServiceCalendar
from amparo.deadlines.rules import (
    Counting,
    add_business_time,
    calendar_of,
    hours_from_text,
    hours_to_text,
    is_open,
    week_from_text,
)
from amparo.kernel.refusals import NotPermitted, Stale

from .calendars import OFFICE, local, spoken

HOUR = timedelta(hours=1)
FRIDAY = date(2026, 11, 13)


def newest(calendar: ServiceCalendar) -> int:
    return queries.newest_version(calendar).number


def test_the_shipped_calendar_serves_on_weekdays_from_nine_to_six_but_on_holidays(service):
    """TIM-1"""
    calendar = queries.service_calendar()
    assert calendar.zone == "America/Mexico_City" and calendar.weekly == OFFICE
    assert is_open(calendar, local("2026-11-11 09:00")) and not is_open(calendar, local("2026-11-11 18:00"))
    assert not is_open(calendar, local("2026-11-16 12:00"))
    assert calendar.holidays[date(2026, 12, 25)] == "Navidad"
    assert (
        calendar_of(queries.newest_version(service).spec, "en").holidays[date(2026, 12, 25)]
        == "Christmas Day"
    )
    assert queries.is_open_at(NOON)


def test_a_closure_has_effect_on_new_promises_and_none_on_old_ones(service, make, administrator, facts):
    """TIM-1, TIM-8"""
    before = make("ticket:1")
    version = commands.close_date(
        service, FRIDAY, name="Aniversario", seen=1, actor=administrator, at=NOON + HOUR
    )
    after = make("ticket:2", at=NOON + HOUR)
    assert spoken(before.due_at) == "Fri 13 Nov 12:00"
    assert spoken(after.due_at) == "Tue 17 Nov 13:00"  # and Monday 16 is a holiday
    assert Promise.objects.get(pk=before.pk).due_at == before.due_at
    assert (before.calendar_version.number, after.calendar_version_id) == (1, version.pk)
    assert facts(service) == ["calendar.closed_on"]


def test_a_closure_may_last_for_days_and_be_taken_back(service, administrator):
    """TIM-1"""
    commands.close_date(
        service,
        date(2026, 12, 21),
        until=date(2026, 12, 24),
        name="Fin de año",
        seen=1,
        actor=administrator,
        at=NOON,
    )
    calendar = queries.service_calendar()
    assert [calendar.is_business_day(date(2026, 12, day)) for day in range(21, 25)] == [False] * 4
    assert calendar.reason_closed(date(2026, 12, 22)) == ("closure", "Fin de año")
    commands.remove_closure(service, date(2026, 12, 22), seen=2, actor=administrator, at=NOON)
    assert queries.service_calendar().is_business_day(date(2026, 12, 22))
    with pytest.raises(NothingToRemove):
        commands.remove_closure(service, date(2026, 12, 22), seen=3, actor=administrator, at=NOON)


def test_an_extra_opening_opens_a_saturday_or_a_holiday(service, administrator):
    """TIM-1"""
    hours = hours_from_text("10-14")
    commands.open_date(
        service, date(2026, 11, 14), hours, name="Inventario", seen=1, actor=administrator, at=NOON
    )
    calendar = queries.service_calendar()
    due = add_business_time(calendar, local("2026-11-13 17:00"), 2, Counting.OPENING_HOURS)
    assert spoken(due) == "Sat 14 Nov 11:00"
    commands.remove_opening(service, date(2026, 11, 14), seen=2, actor=administrator, at=NOON)
    assert not queries.service_calendar().is_business_day(date(2026, 11, 14))
    with pytest.raises(BadCalendar):
        commands.open_date(service, FRIDAY, (), name="", seen=3, actor=administrator, at=NOON)


def test_another_week_from_a_date_on_leaves_the_weeks_before_it(service, make, administrator):
    """TIM-1, TIM-8"""
    week = week_from_text(["8-16"] * 5 + ["9-13", ""])
    commands.change_week(service, week, from_on=date(2026, 11, 14), seen=1, actor=administrator, at=NOON)
    calendar = queries.service_calendar()
    assert hours_to_text(calendar.hours_on(FRIDAY)) == ["09:00-18:00"]
    assert hours_to_text(calendar.hours_on(date(2026, 11, 14))) == ["09:00-13:00"]
    assert spoken(make(kind="fix").due_at) == "Sat 14 Nov 13:00"
    commands.change_week(service, OFFICE, from_on=date(2026, 11, 12), seen=2, actor=administrator, at=NOON)
    assert hours_to_text(queries.service_calendar().hours_on(date(2026, 11, 17))) == ["09:00-18:00"]


def test_the_place_decides_zone_and_holidays(service, administrator):
    """TIM-1: by country, and state where the library knows states."""
    commands.set_place(
        service, zone="Europe/Madrid", country="ES", subdivision="CT", seen=1, actor=administrator, at=NOON
    )
    calendar = queries.service_calendar()
    assert calendar.zone == "Europe/Madrid" and date(2026, 9, 11) in calendar.holidays
    for wrong in ({"zone": "Europe/Atlantis"}, {"country": "XX"}, {"subdivision": "ZZ"}):
        place = {"zone": "Europe/Madrid", "country": "ES", "subdivision": ""} | wrong
        with pytest.raises(BadCalendar):
            commands.set_place(service, **place, seen=2, actor=administrator, at=NOON)


@pytest.mark.parametrize("role", ["engineer", "operator", "sales", "quality", "contact"])
def test_only_an_administrator_changes_a_calendar(service, role, request):
    """TIM-1"""
    actor = request.getfixturevalue(role)
    with pytest.raises(NotPermitted):
        commands.close_date(service, FRIDAY, name="", seen=1, actor=actor, at=NOON)
    with pytest.raises(NotPermitted):
        commands.set_kind(
            "fix",
            counting=Counting.BUSINESS_DAYS,
            amount=9,
            priority=1,
            warn_percents=[],
            from_at=NOON,
            actor=actor,
            at=NOON,
        )
    with pytest.raises(NotPermitted):
        commands.add_calendar("X", zone="UTC", weekly=OFFICE, country="", actor=actor, at=NOON)
    with pytest.raises(NotPermitted):
        commands.make_default(service, actor=actor, at=NOON)


def test_two_administrators_at_once_do_not_undo_each_other(service, administrator):
    """TIM-1"""
    commands.close_date(service, FRIDAY, name="A", seen=1, actor=administrator, at=NOON)
    with pytest.raises(Stale):
        commands.close_date(service, date(2026, 11, 18), name="B", seen=1, actor=administrator, at=NOON)
    assert newest(service) == 2


def test_the_past_is_not_rewritten(service, administrator):
    """TIM-8"""
    with pytest.raises(BadCalendar):
        commands.close_date(service, date(2026, 11, 10), name="", seen=1, actor=administrator, at=NOON)
    with pytest.raises(BadCalendar):
        commands.change_week(
            service, OFFICE, from_on=date(2026, 11, 10), seen=1, actor=administrator, at=NOON
        )
    with pytest.raises(BadCalendar):
        commands.close_date(
            service, FRIDAY, until=date(2029, 1, 1), name="", seen=1, actor=administrator, at=NOON
        )
    with pytest.raises(BadCalendar):
        commands.close_date(service, date(2150, 1, 1), name="", seen=1, actor=administrator, at=NOON)
    assert newest(service) == 1


def test_a_version_is_never_changed(service):
    """TIM-8"""
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarVersion.objects.filter(calendar=service).update(number=9)


def test_a_calendar_is_found_by_its_name_and_one_is_the_default(service, administrator):
    """TIM-1"""
    night = commands.add_calendar(
        "Nocturno",
        zone="America/Mexico_City",
        weekly=(((0, 360),),) * 7,
        country="MX",
        actor=administrator,
        at=NOON,
    )
    assert queries.calendar_named("nocturno ").weekly[0] == ((0, 360),)
    with pytest.raises(NoCalendar):
        queries.calendar_named("Diurno")
    with pytest.raises(BadCalendar):
        commands.add_calendar("Nocturno", zone="UTC", weekly=OFFICE, country="", actor=administrator, at=NOON)
    commands.make_default(night, actor=administrator, at=NOON)
    assert [(card.name, card.is_default) for card in queries.calendar_cards()] == [
        ("Nocturno", True),
        ("Horario de servicio", False),
    ]
    assert queries.service_calendar().weekly[0] == ((0, 360),)


def test_a_calendar_built_once_costs_one_statement(service, django_assert_num_queries):
    queries.service_calendar(NOON)
    with django_assert_num_queries(1):
        queries.service_calendar(NOON)


def test_the_year_shows_every_day_with_what_it_is(service, administrator):
    """TIM-1"""
    commands.close_date(service, date(2026, 12, 24), name="Nochebuena", seen=1, actor=administrator, at=NOON)
    commands.open_date(
        service,
        date(2026, 12, 26),
        hours_from_text("10-14"),
        name="Rebajas",
        seen=2,
        actor=administrator,
        at=NOON,
    )
    version = queries.newest_version(service)
    year = queries.calendar_year(version.as_calendar(), 2026, version.spec["openings"])
    days = {day.on: day for month in year for week in month.weeks for day in week if day}
    assert len(year) == 12 and len(days) == 365
    shown = {on: (days[on].mark, days[on].name) for on in (date(2026, 12, d) for d in (23, 24, 25, 26, 27))}
    assert list(shown.values()) == [
        ("open", ""),
        ("closure", "Nochebuena"),
        ("holiday", "Navidad"),
        ("extra", "Rebajas"),
        ("rest", ""),
    ]
    assert year[11].business_days == 22
    half = date(2026, 12, 24)
    hours = hours_from_text("9-13")
    version = commands.open_date(service, half, hours, name="", seen=3, actor=administrator, at=NOON)
    december = queries.calendar_year(version.as_calendar(), 2026, version.spec["openings"])[11]
    shown = next(day for week in december.weeks for day in week if day and day.on == half)
    assert (shown.mark, shown.name, shown.hours) == ("extra", "Nochebuena", ("09:00-13:00",))
    assert days[date(2026, 12, 26)].hours == ("10:00-14:00",)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("9-18", ["09:00-18:00"]),
        ("9:30 - 14, 16–19.15", ["09:30-14:00", "16:00-19:15"]),
        ("9 a 14 y 16 a 19", ["09:00-14:00", "16:00-19:00"]),
        ("0-24", ["00:00-24:00"]),
        ("", []),
        ("16-19; 9-14", ["09:00-14:00", "16:00-19:00"]),
    ],
)
def test_hours_are_read_as_people_write_them(text, hours):
    """TIM-1"""
    assert hours_to_text(hours_from_text(text)) == hours


@pytest.mark.parametrize("text", ["nine", "18-9", "9-25", "9:70-10", "9-12, 11-14", "22-6", "9", "9-9"])
def test_hours_that_make_no_sense_are_refused(text):
    """TIM-1"""
    with pytest.raises(ValueError):
        hours_from_text(text)
