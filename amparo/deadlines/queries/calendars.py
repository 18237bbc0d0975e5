"""Calendars as they are in force, and as a year on a page. TIM-1."""

from __future__ import annotations

import calendar as months
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection
from django.utils.translation import get_language

from amparo.deadlines.errors import NoCalendar
from amparo.deadlines.models import CalendarVersion, CustomerCalendar, ServiceCalendar
from amparo.deadlines.rules import Calendar, hours_to_text, is_open

# Versions never change, so a process keeps what it has built of them: a calendar with its tables, by language.
_built: dict[tuple[int, str], Calendar] = {}
_BUILT_MAX = 64


def calendar_of_version(version_id: int, language: str | None = None) -> Calendar:
    """The calendar of a version, its holidays named in the active language; no statement when it was asked before."""
    spoken = (language or get_language() or "es")[:2]
    key = (version_id, "en" if spoken == "en" else "es")
    found = _built.get(key)
    if found is None:
        found = CalendarVersion.objects.only("spec").get(pk=version_id).as_calendar(key[1])
        while len(_built) >= _BUILT_MAX:
            _built.pop(next(iter(_built)))
        _built[key] = found
    return found


def service_calendar(at: datetime | None = None) -> Calendar:
    """The default calendar as it was known at a moment; without one, as it is known now. One statement."""
    return _first("WHERE c.is_default", at=at)


def calendar_for(customer_id: int | None, at: datetime | None = None) -> Calendar:
    """The calendar that a customer is served by: its own, else the default one. One statement."""
    return _first(
        "LEFT JOIN deadlines_customercalendar o ON o.calendar_id = c.id AND o.customer_id = %(customer)s "
        "WHERE o.customer_id IS NOT NULL OR c.is_default",
        first="o.customer_id IS NULL, ",
        at=at,
        customer=customer_id,
    )


def calendar_named(name: str, at: datetime | None = None) -> Calendar:
    """The calendar of this name, in whatever case. Raises NoCalendar."""
    return _first("WHERE lower(c.name) = lower(%(name)s)", at=at, name=name.strip())


def is_open_at(at: datetime) -> bool:
    """Whether the default calendar is open at a moment. One statement."""
    return is_open(service_calendar(at), at)


# The newest version known at a moment; before the calendar was there, its first.
NEWEST_KNOWN = (
    "(v.in_force_from <= %(at)s) DESC, CASE WHEN v.in_force_from <= %(at)s THEN -v.number ELSE v.number END"
)


def _first(where: str, *, first: str = "", at: datetime | None, **given: Any) -> Calendar:
    sql = f"""
    SELECT v.id FROM deadlines_servicecalendar c JOIN deadlines_calendarversion v ON v.calendar_id = c.id
    {where} ORDER BY {first}{NEWEST_KNOWN} LIMIT 1
    """  # noqa: S608 all parts stand in this module
    with connection.cursor() as cursor:
        cursor.execute(sql, {**given, "at": at or datetime.max.replace(tzinfo=UTC)})
        row = cursor.fetchone()
    if row is None:
        raise NoCalendar()
    return calendar_of_version(row[0])


def version_in_force(calendar: ServiceCalendar, at: datetime) -> CalendarVersion | None:
    """The newest version of a calendar that was known at a moment."""
    return calendar.versions.filter(in_force_from__lte=at).order_by("-number").first()


def newest_version(calendar: ServiceCalendar) -> CalendarVersion:
    return calendar.versions.order_by("-number")[0]


def versions(calendar: ServiceCalendar, limit: int = 20) -> list[dict[str, Any]]:
    """The last versions of a calendar, newest first: number, when and by whom."""
    rows = calendar.versions.order_by("-number").values(
        "id", "number", "in_force_from", "made_at", "made_by__name"
    )
    return [dict(row) for row in rows[:limit]]


@dataclass(frozen=True)
class CalendarCard:
    """A calendar in the list of calendars."""

    id: int
    name: str
    is_default: bool
    zone: str
    country: str
    number: int
    customers: int


def calendar_cards() -> list[CalendarCard]:
    """All calendars, the default one first, with their newest version. One statement."""
    newest = (
        "SELECT c.id, c.name, c.is_default, v.spec ->> 'zone', v.spec ->> 'country', v.number, "
        "(SELECT count(*) FROM deadlines_customercalendar o WHERE o.calendar_id = c.id) "
        "FROM deadlines_servicecalendar c CROSS JOIN LATERAL (SELECT number, spec FROM deadlines_calendarversion v "
        "WHERE v.calendar_id = c.id ORDER BY number DESC LIMIT 1) v ORDER BY c.is_default DESC, lower(c.name)"
    )
    with connection.cursor() as cursor:
        cursor.execute(newest)
        return [CalendarCard(*row) for row in cursor.fetchall()]


def customers_of(calendar: ServiceCalendar) -> list[dict[str, Any]]:
    """The customers that are served by a calendar of their own."""
    rows = CustomerCalendar.objects.filter(calendar=calendar).order_by("customer__name")
    return [dict(row) for row in rows.values("customer_id", "customer__name", "customer__nic")]


@dataclass(frozen=True)
class Day:
    """One day of a year on the page: `mark` says what it is, `name` what it is called, `hours` when it is open."""

    on: date
    mark: str
    name: str
    hours: tuple[str, ...]


@dataclass(frozen=True)
class Month:
    """A month as weeks from Monday; None where the week belongs to another month."""

    number: int
    weeks: tuple[tuple[Day | None, ...], ...]
    business_days: int


def calendar_year(calendar: Calendar, year: int, openings: dict[str, dict[str, Any]]) -> list[Month]:
    """A year of a calendar for a page: each day with its mark (open, rest, holiday, closure, extra). Pure."""
    shown = []
    for number in range(1, 13):
        weeks = tuple(
            tuple(_day(calendar, date(year, number, day), openings) if day else None for day in week)
            for week in months.monthcalendar(year, number)
        )
        business = sum(bool(day and day.hours) for week in weeks for day in week)
        shown.append(Month(number, weeks, business))
    return shown


def _day(calendar: Calendar, on: date, openings: dict[str, dict[str, Any]]) -> Day:
    hours = tuple(hours_to_text(calendar.hours_on(on)))
    if on in calendar.openings:
        name = openings.get(on.isoformat(), {}).get("name", "") or calendar.closures.get(on, "")
        return Day(on, "extra", name, hours)
    reason, name = calendar.reason_closed(on)
    if hours:
        return Day(on, "open", "", hours)
    return Day(on, "rest" if reason == "weekday" else reason, name, hours)
