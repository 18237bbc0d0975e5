"""Calendars: every change makes a new version; what was promised under an older one stays. TIM-1, TIM-8."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from amparo.deadlines import access
from amparo.deadlines.errors import BadCalendar, NothingToRemove
from amparo.deadlines.models import CalendarVersion, CustomerCalendar, ServiceCalendar
from amparo.deadlines.rules import Interval, Week, calendar_of, hours_to_text, public_holidays, week_to_text
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted, Stale

FIRST_YEAR = 2015
YEARS_AHEAD = 20
CLOSURE_DAYS_MAX = 366

Spec = dict[str, Any]


@transaction.atomic
def add_calendar(
    name: str, *, zone: str, weekly: Week, country: str, subdivision: str = "", actor: Actor, at: datetime
) -> ServiceCalendar:
    """Add a calendar with its first version. Raises NotPermitted, BadCalendar. TIM-1."""
    _permit(actor)
    spec: Spec = {"zone": zone, "weekly": week_to_text(weekly), "changes": [], "closures": {}, "openings": {}}
    _place(spec, zone, country, subdivision, at)
    try:
        with transaction.atomic():
            calendar = ServiceCalendar.objects.create(name=name.strip(), created_at=at)
    except IntegrityError:
        raise BadCalendar(
            _("There is a calendar by this name already. Choose another name."), field="name"
        ) from None
    CalendarVersion.objects.create(
        calendar=calendar, number=1, in_force_from=at, spec=spec, made_at=at, made_by_id=actor.user_id
    )
    record("calendar.added", subject=calendar, actor=actor, at=at, called=calendar.name, version=1)
    return calendar


@transaction.atomic
def make_default(calendar: ServiceCalendar, *, actor: Actor, at: datetime) -> ServiceCalendar:
    """Make this the calendar of everything that has none of its own."""
    _permit(actor)
    ServiceCalendar.objects.select_for_update().filter(is_default=True).exclude(pk=calendar.pk).update(
        is_default=False
    )
    calendar.is_default = True
    calendar.save(update_fields=["is_default"])
    record("calendar.made_default", subject=calendar, actor=actor, at=at)
    return calendar


def change_week(
    calendar: ServiceCalendar, weekly: Week, *, from_on: date, seen: int, actor: Actor, at: datetime
) -> CalendarVersion:
    """Serve by another week from a local date on; the weeks before it stay. TIM-1.

    Raises NotPermitted, Stale, BadCalendar (a date in the past).
    """

    def change(spec: Spec) -> None:
        _not_past(spec, from_on, at, "from_on")
        changes = [c for c in spec["changes"] if c["from"] < from_on.isoformat()]
        changes.append({"from": from_on.isoformat(), "weekly": week_to_text(weekly)})
        spec["changes"] = changes

    return _changed(calendar, change, "calendar.week_changed", seen, actor, at, from_on=from_on.isoformat())


def close_date(
    calendar: ServiceCalendar,
    on: date,
    *,
    until: date | None = None,
    name: str,
    seen: int,
    actor: Actor,
    at: datetime,
) -> CalendarVersion:
    """Close on a date, or on each up to `until` (inclusive). TIM-1. Raises NotPermitted, Stale, BadCalendar."""
    last = until or on
    days = (last - on).days + 1

    def change(spec: Spec) -> None:
        _not_past(spec, on, at, "on")
        if not 1 <= days <= CLOSURE_DAYS_MAX:
            raise BadCalendar(_("The last day comes after the first, within a year."), field="until")
        _known_year(spec, last, "until")
        for number in range(days):
            spec["closures"][(on + timedelta(number)).isoformat()] = name.strip()

    return _changed(
        calendar,
        change,
        "calendar.closed_on",
        seen,
        actor,
        at,
        on=on.isoformat(),
        until=last.isoformat(),
        called=name.strip(),
    )


def open_date(
    calendar: ServiceCalendar,
    on: date,
    hours: tuple[Interval, ...],
    *,
    name: str,
    seen: int,
    actor: Actor,
    at: datetime,
) -> CalendarVersion:
    """Open for extra hours on a date, also on a holiday or a closed one. TIM-1.

    Raises NotPermitted, Stale, BadCalendar.
    """

    def change(spec: Spec) -> None:
        _not_past(spec, on, at, "on")
        _known_year(spec, on, "on")
        if not hours:
            raise BadCalendar(_("Give the hours, such as 10:00-14:00."), field="hours")
        spec["openings"][on.isoformat()] = {"name": name.strip(), "hours": hours_to_text(hours)}

    return _changed(
        calendar,
        change,
        "calendar.opened_on",
        seen,
        actor,
        at,
        on=on.isoformat(),
        hours=hours_to_text(hours),
        called=name.strip(),
    )


def remove_closure(
    calendar: ServiceCalendar, on: date, *, seen: int, actor: Actor, at: datetime
) -> CalendarVersion:
    """Take back a closure that has not passed. Raises NotPermitted, Stale, NothingToRemove, BadCalendar."""
    return _removed(calendar, "closures", on, "calendar.closure_removed", seen, actor, at)


def remove_opening(
    calendar: ServiceCalendar, on: date, *, seen: int, actor: Actor, at: datetime
) -> CalendarVersion:
    """Take back an extra opening that has not passed. Raises NotPermitted, Stale, NothingToRemove, BadCalendar."""
    return _removed(calendar, "openings", on, "calendar.opening_removed", seen, actor, at)


def set_place(
    calendar: ServiceCalendar,
    *,
    zone: str,
    country: str,
    subdivision: str = "",
    seen: int,
    actor: Actor,
    at: datetime,
) -> CalendarVersion:
    """Set the time zone, and the country and state whose public holidays are kept. TIM-1.

    Raises NotPermitted, Stale, BadCalendar.
    """

    def change(spec: Spec) -> None:
        _place(spec, zone, country, subdivision, at)

    return _changed(
        calendar,
        change,
        "calendar.place_changed",
        seen,
        actor,
        at,
        zone=zone,
        country=country,
        subdivision=subdivision,
    )


@transaction.atomic
def assign_calendar(
    customer_id: int, calendar: ServiceCalendar, *, actor: Actor, at: datetime
) -> CustomerCalendar:
    """Serve a customer by this calendar from now on. Raises NotPermitted."""
    _permit(actor)
    row, _created = CustomerCalendar.objects.update_or_create(
        customer_id=customer_id, defaults={"calendar": calendar}
    )
    record("calendar.assigned", subject=calendar, customer=customer_id, actor=actor, at=at)
    return row


@transaction.atomic
def unassign_calendar(customer_id: int, *, actor: Actor, at: datetime) -> None:
    """Serve a customer by the default calendar again. Raises NotPermitted, NothingToRemove."""
    _permit(actor)
    row = (
        CustomerCalendar.objects.select_for_update()
        .select_related("calendar")
        .filter(customer_id=customer_id)
        .first()
    )
    if row is None:
        raise NothingToRemove(customer=customer_id)
    record("calendar.unassigned", subject=row.calendar, customer=customer_id, actor=actor, at=at)
    row.delete()


# -- inside ----------------------------------------------------------------------------------------------------------


def _permit(actor: Actor) -> None:
    if not access.may_change_calendar(actor):
        raise NotPermitted()


@transaction.atomic
def _changed(
    calendar: ServiceCalendar,
    change: Callable[[Spec], None],
    fact: str,
    seen: int,
    actor: Actor,
    at: datetime,
    **data: Any,
) -> CalendarVersion:
    """Make the next version out of the newest one; two administrators at once do not undo each other. TIM-8."""
    _permit(actor)
    ServiceCalendar.objects.select_for_update().get(pk=calendar.pk)
    newest = CalendarVersion.objects.filter(calendar=calendar).order_by("-number").first()
    assert newest is not None
    if seen != newest.number:
        raise Stale(calendar=calendar.pk)
    spec = copy.deepcopy(newest.spec)
    change(spec)
    if spec["last_year"] < at.year + YEARS_AHEAD:
        _place(spec, spec["zone"], spec["country"], spec["subdivision"], at)
    calendar_of(spec)
    version = CalendarVersion.objects.create(
        calendar=calendar,
        number=newest.number + 1,
        in_force_from=max(at, newest.in_force_from),
        spec=spec,
        made_at=at,
        made_by_id=actor.user_id,
    )
    record(fact, subject=calendar, actor=actor, at=at, version=version.number, **data)
    return version


def _removed(
    calendar: ServiceCalendar, table: str, on: date, fact: str, seen: int, actor: Actor, at: datetime
) -> CalendarVersion:
    def change(spec: Spec) -> None:
        _not_past(spec, on, at, "on")
        if spec[table].pop(on.isoformat(), None) is None:
            raise NothingToRemove(on=on.isoformat())

    return _changed(calendar, change, fact, seen, actor, at, on=on.isoformat())


def _place(spec: Spec, zone: str, country: str, subdivision: str, at: datetime) -> None:
    """Write zone and public holidays into a specification, named in both languages."""
    first, last = FIRST_YEAR, at.year + YEARS_AHEAD
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise BadCalendar(_("There is no such time zone. Choose one of the list."), field="zone") from None
    try:
        found = public_holidays(country, subdivision, first, last)
    except (NotImplementedError, KeyError):
        raise BadCalendar(
            _("The holidays of this country or state are not known. Choose one of the list."), field="country"
        ) from None
    spec.update(zone=zone, country=country, subdivision=subdivision, first_year=first, last_year=last)
    spec["holidays"] = {day.isoformat(): names for day, names in found.items()}


def _not_past(spec: Spec, on: date, at: datetime, field: str) -> None:
    if on < at.astimezone(ZoneInfo(spec["zone"])).date():
        raise BadCalendar(_("This date has passed. Choose today or a later one."), field=field)


def _known_year(spec: Spec, on: date, field: str) -> None:
    if on.year > spec["last_year"]:
        raise BadCalendar(_("This date is too far ahead. Choose one within the next years."), field=field)
