"""Calendars: a year with its holidays, closures and openings; the week; the place. TIM-1, TIM-8."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from amparo.deadlines import access, commands, forms, queries
from amparo.deadlines.errors import BadCalendar
from amparo.deadlines.models import CalendarVersion, ServiceCalendar
from amparo.deadlines.rules import Interval, Week, calendar_of, hours_to_text
from amparo.kernel.ids import parse_nic
from amparo.people.access import visible_customers
from amparo.ui.views import staff_only


@require_safe
@staff_only()
def calendars(request: HttpRequest) -> HttpResponse:
    page = {"cards": queries.calendar_cards(), "may_change": access.may_change_calendar(request.actor)}
    return render(request, "deadlines/desk/calendar_list.html", page)


@require_safe
@staff_only()
def calendar(request: HttpRequest, calendar_id: int) -> HttpResponse:
    """A year of the calendar as it is known now; with `day`, what that day is and what may be done about it."""
    return _year(request, _loaded(request, calendar_id), {})


@staff_only("administrator")
def add_calendar(request: HttpRequest) -> HttpResponse:
    initial: dict[str, Any] = {f"day_{number}": "09:00-18:00" for number in range(5)}
    form = forms.CalendarForm(request.POST or None, initial=initial | {"country": "MX"})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = commands.add_calendar(
                given["name"],
                zone=given["zone"],
                weekly=form.week,
                country=given["country"],
                subdivision=given["subdivision"].strip().upper(),
                actor=request.actor,
                at=request.now,
            )
            return redirect("desk_deadlines:calendar", made.pk)
        except BadCalendar as refusal:
            form.add_error(refusal.field, str(refusal))
    return render(request, "deadlines/desk/calendar_new.html", {"form": form})


@require_POST
@staff_only("administrator")
def close_date(request: HttpRequest, calendar_id: int) -> HttpResponse:
    found = _loaded(request, calendar_id)
    form = forms.ClosureForm(request.POST)

    def act(given: dict[str, Any]) -> CalendarVersion:
        return commands.close_date(
            found,
            given["on"],
            until=given["until"],
            name=given["name"],
            seen=_seen(request),
            actor=request.actor,
            at=request.now,
        )

    return _change_of_date(request, found, form, act, "closure_form")


@require_POST
@staff_only("administrator")
def open_date(request: HttpRequest, calendar_id: int) -> HttpResponse:
    found = _loaded(request, calendar_id)
    form = forms.OpeningForm(request.POST)

    def act(given: dict[str, Any]) -> CalendarVersion:
        return commands.open_date(
            found,
            given["on"],
            given["hours"],
            name=given["name"],
            seen=_seen(request),
            actor=request.actor,
            at=request.now,
        )

    return _change_of_date(request, found, form, act, "opening_form")


@require_POST
@staff_only("administrator")
def remove_date(request: HttpRequest, calendar_id: int) -> HttpResponse:
    found = _loaded(request, calendar_id)
    on = _day(request.POST.get("on", ""))
    if on is None:
        raise BadCalendar(_("Choose a day."), field="on")
    remove = commands.remove_opening if request.POST.get("what") == "opening" else commands.remove_closure
    version = remove(found, on, seen=_seen(request), actor=request.actor, at=request.now)
    return _saved(request, found, version, on)


@staff_only("administrator")
def week(request: HttpRequest, calendar_id: int) -> HttpResponse:
    """Change the hours of the week from a date on."""
    found = _loaded(request, calendar_id)
    newest = queries.newest_version(found)
    known = newest.as_calendar()
    form = forms.WeekForm(
        request.POST or None, initial=_week_initial(known.week_on(_today(request, newest)), request, newest)
    )
    if request.method == "POST" and form.is_valid():
        try:
            version = commands.change_week(
                found,
                form.week,
                from_on=form.cleaned_data["from_on"],
                seen=_seen(request),
                actor=request.actor,
                at=request.now,
            )
            return _saved(request, found, version, form.cleaned_data["from_on"])
        except BadCalendar as refusal:
            form.add_error(refusal.field, str(refusal))
    weeks = [(None, known.weekly), *known.changes]
    page = {
        "calendar": found,
        "version": newest,
        "form": form,
        "weekdays": _weekdays(),
        "weeks": [(since, _shown(w)) for since, w in weeks],
    }
    return render(request, "deadlines/desk/calendar_week.html", page)


@staff_only("administrator")
def place(request: HttpRequest, calendar_id: int) -> HttpResponse:
    """Change the time zone, and whose public holidays are kept."""
    found = _loaded(request, calendar_id)
    newest = queries.newest_version(found)
    initial = {key: newest.spec[key] for key in ("zone", "country", "subdivision")}
    form = forms.PlaceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            version = commands.set_place(
                found,
                zone=given["zone"],
                country=given["country"],
                subdivision=given["subdivision"].strip().upper(),
                seen=_seen(request),
                actor=request.actor,
                at=request.now,
            )
            return _saved(request, found, version, None)
        except BadCalendar as refusal:
            form.add_error(refusal.field, str(refusal))
    return render(
        request, "deadlines/desk/calendar_place.html", {"calendar": found, "version": newest, "form": form}
    )


@require_POST
@staff_only("administrator")
def make_default(request: HttpRequest, calendar_id: int) -> HttpResponse:
    made = commands.make_default(_loaded(request, calendar_id), actor=request.actor, at=request.now)
    messages.success(
        request, _("“%(name)s” is now the default calendar. Open promises do not move.") % {"name": made}
    )
    return redirect("desk_deadlines:calendar", calendar_id)


@require_POST
@staff_only("administrator")
def assign(request: HttpRequest, calendar_id: int) -> HttpResponse:
    """Serve a customer by this calendar."""
    found = _loaded(request, calendar_id)
    form = forms.CustomerForm(request.POST)
    if form.is_valid():
        nic = parse_nic(form.cleaned_data["nic"])
        customer = visible_customers(request.actor).filter(nic=nic).first() if nic else None
        if customer:
            commands.assign_calendar(customer.pk, found, actor=request.actor, at=request.now)
            messages.success(
                request, _("%(name)s is served by this calendar from now on.") % {"name": customer.name}
            )
            return redirect("desk_deadlines:calendar", calendar_id)
        form.add_error("nic", _("No customer has this NIC. Check the digits."))
    return _year(request, found, {"customer_form": form}, status=422)


@require_POST
@staff_only("administrator")
def unassign(request: HttpRequest, calendar_id: int) -> HttpResponse:
    found = _loaded(request, calendar_id)
    customer = get_object_or_404(
        visible_customers(request.actor), pk=_number(request.POST.get("customer", ""))
    )
    commands.unassign_calendar(customer.pk, actor=request.actor, at=request.now)
    messages.success(
        request, _("%(name)s is served by the default calendar again.") % {"name": customer.name}
    )
    return redirect("desk_deadlines:calendar", found.pk)


# -- what the views share --------------------------------------------------------------------------------------------


def _loaded(request: HttpRequest, calendar_id: int) -> ServiceCalendar:
    return get_object_or_404(access.visible_calendars(request.actor), pk=calendar_id)


def _change_of_date(
    request: HttpRequest,
    found: ServiceCalendar,
    form: django_forms.Form,
    act: Callable[[dict[str, Any]], CalendarVersion],
    name: str,
) -> HttpResponse:
    """Act on a form of one date; what is wrong stands beside its field, with nothing typed lost."""
    if form.is_valid():
        try:
            return _saved(request, found, act(form.cleaned_data), form.cleaned_data["on"])
        except BadCalendar as refusal:
            form.add_error(refusal.field, str(refusal))
    return _year(request, found, {name: form}, status=422)


def _saved(
    request: HttpRequest, found: ServiceCalendar, version: CalendarVersion, on: date | None
) -> HttpResponse:
    """Say which version it became and that nothing that was promised moves, and show the day. TIM-8."""
    still = queries.open_count(found)
    said = _("Saved as version %(number)s.") % {"number": version.number}
    said += " " + ngettext(
        "The %(count)s promise that is open keeps its deadline.",
        "The %(count)s promises that are open keep their deadlines.",
        still,
    ) % {"count": still}
    messages.success(
        request, said if still else _("Saved as version %(number)s.") % {"number": version.number}
    )
    address = reverse("desk_deadlines:calendar", args=[found.pk])
    return redirect(f"{address}?year={on.year}&day={on.isoformat()}" if on else address)


def _year(
    request: HttpRequest, found: ServiceCalendar, bound: dict[str, django_forms.Form], status: int = 200
) -> HttpResponse:
    newest = queries.newest_version(found)
    language = (request.LANGUAGE_CODE or "es")[:2]  # type: ignore[attr-defined]
    known = queries.calendar_of_version(newest.pk, language)
    today = _today(request, newest)
    chosen = _day(request.POST.get("on", "") or request.GET.get("day", ""))
    if chosen and not known.first_year <= chosen.year <= known.last_year:
        chosen = None
    asked = _number(request.GET.get("year", "")) or (chosen or today).year
    year = min(max(asked, known.first_year), known.last_year)
    months = queries.calendar_year(known, year, newest.spec["openings"])
    days = [day for month in months for shown in month.weeks for day in shown if day]
    own = [day for day in days if day.on.isoformat() in newest.spec["closures"] or day.mark == "extra"]
    page = {
        "calendar": found,
        "version": newest,
        "year": year,
        "years": (
            year - 1 if year > known.first_year else None,
            year + 1 if year < known.last_year else None,
        ),
        "months": months,
        "month_names": MONTHS,
        "weekdays": _weekdays(),
        "business_days": sum(month.business_days for month in months),
        "today": today,
        "chosen": next((day for day in days if day.on == chosen), None),
        "is_past": bool(chosen and chosen < today),
        "has_closure": bool(chosen and chosen.isoformat() in newest.spec["closures"]),
        "holidays": [day for day in days if day.mark == "holiday"],
        "own": own,
        "hours": _shown(known.week_on(today)),
        "coming": [(since, _shown(w)) for since, w in known.changes if since > today],
        "customers": queries.customers_of(found),
        "versions": queries.versions(found, 8),
        "may_change": access.may_change_calendar(request.actor),
        "open_count": queries.open_count(found),
        "closure_form": bound.get("closure_form") or forms.ClosureForm(initial={"on": chosen or today}),
        "opening_form": bound.get("opening_form") or forms.OpeningForm(initial={"on": chosen or today}),
        "customer_form": bound.get("customer_form") or forms.CustomerForm(),
    }
    return render(request, "deadlines/desk/calendar.html", page, status=status)


def _weekdays() -> list[str]:
    return [str(WEEKDAYS[number]) for number in range(7)]


def _shown(week: Week) -> list[str]:
    """The hours of a week in words, from Monday; empty for a day of rest."""
    return [", ".join(hours_to_text(intervals)) for intervals in week]


def _week_initial(week: Week, request: HttpRequest, version: CalendarVersion) -> dict[str, Any]:
    hours: list[tuple[Interval, ...]] = list(week)
    tomorrow = _today(request, version) + timedelta(1)
    return {f"day_{number}": ", ".join(hours_to_text(hours[number])) for number in range(7)} | {
        "from_on": tomorrow
    }


def _today(request: HttpRequest, version: CalendarVersion) -> date:
    return calendar_of(version.spec | {"holidays": {}}).local(request.now).date()


def _seen(request: HttpRequest) -> int:
    return _number(request.POST.get("seen", ""))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
