"""The classes of somebody, a class before, while and after it runs, its calendar file, its attendance. LIV-1, LIV-3, ACC-11."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.charging.queries import explain
from amparo.classroom import access, commands, queries, words
from amparo.classroom.machine import State
from amparo.classroom.models import LiveClass
from amparo.kernel.refusals import Refusal
from amparo.media import queries as media
from amparo.media import rooms
from amparo.policies.queries import value
from amparo.ui.views import signed_in

from .shared import found, with_devices


@require_safe
@signed_in
def classes(request: HttpRequest) -> HttpResponse:
    """What runs, what comes, what was: of courses, of cases, and the company's own hours."""
    actor, at = request.actor, request.now
    context = {
        "coming": queries.coming(actor, at=at), "past": queries.past(actor, at=at), "says": words,
        "open_minutes": value("classroom.early_minutes", at=at), "is_open": _opened(at),
    }  # fmt: skip
    return render(request, "classroom/portal/classes.html", context)


def _opened(at: datetime) -> Any:
    early = value("classroom.early_minutes", at=at)
    return lambda one: access.is_open(one, early_minutes=early, at=at)


@require_safe
@signed_in
def devices(request: HttpRequest) -> HttpResponse:
    """Try camera, microphone and loudspeaker before a class; nothing leaves the browser."""
    return with_devices(render(request, "classroom/portal/devices.html", {}))


@require_safe
@signed_in
def live_class(request: HttpRequest, class_id: int) -> HttpResponse:
    """A class: its price to agree to, the door with the device test, the room, or what was."""
    return show(request, class_id)


def show(request: HttpRequest, class_id: int, *, refusal: Refusal | None = None) -> HttpResponse:
    """Draw the page of a class as it stands."""
    one, at = found(request, class_id), request.now
    context = _context(request, one) | {"refusal": refusal, "available": media.available(at=at), "is_external": rooms.is_external(at=at)}
    response = render(request, "classroom/portal/class.html", context, status=refusal.status if refusal else 200)
    return with_devices(response)


@require_safe
@signed_in
def side(request: HttpRequest, class_id: int) -> HttpResponse:
    """Who is there, hands, the chat: the region that follows the class."""
    return render(request, "classroom/portal/_side.html", _context(request, found(request, class_id)))


def _context(request: HttpRequest, one: LiveClass) -> dict[str, Any]:
    actor, at = request.actor, request.now
    may_lead, language = access.may_lead(actor, one), get_language() or "es"
    may_agree = actor.is_contact and access.may_agree(actor, one)
    opened = access.is_open(one, early_minutes=value("classroom.early_minutes", at=at), at=at)
    return {
        "one": one, "says": words, "board": queries.board(one, actor), "may_lead": may_lead, "is_open": opened, "may_agree": may_agree,
        "price": explain(one.charge, language, at=at) if one.charge and one.state == State.PROPOSED else None,
        "more_price": queries.more_of(one, language, at=at),
        "floor_max": value("classroom.floor_max", at=at), "may_see_attendance": access.may_see_attendance(actor, one),
        "address": f"{settings.PUBLIC_URL}{reverse('classroom:class', args=[one.pk])}", "early": value("classroom.early_minutes", at=at),
    }  # fmt: skip


@require_POST
@signed_in
def agree(request: HttpRequest, class_id: int) -> HttpResponse:
    """The customer's yes to an exclusive hour and its price. CHG-1, TAR-1."""
    one = found(request, class_id)
    try:
        commands.agree(one, price=request.POST.get("price") or None, actor=request.actor, at=request.now)
    except Refusal as refusal:
        if refusal.code in ("not_permitted", "illegal_move"):
            raise
        return show(request, class_id, refusal=refusal)
    messages.success(request, _("Agreed. The hour is yours; its credits are set aside, and charged afterwards by what was used."))
    return redirect("classroom:class", class_id)


@require_POST
@signed_in
def agree_more(request: HttpRequest, class_id: int) -> HttpResponse:
    """The customer's yes to more minutes or people. CHG-5, TAR-4."""
    one = found(request, class_id)
    shown = request.POST.get("price", "")
    commands.agree_more(one, price=int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 10 else 0, actor=request.actor, at=request.now)
    if getattr(request, "htmx", False):
        return HttpResponse(status=204)
    messages.success(request, _("Agreed. The new hours and people hold from now."))
    return redirect("classroom:class", class_id)


@require_POST
@signed_in
def decline(request: HttpRequest, class_id: int) -> HttpResponse:
    """The customer's no to an exclusive hour that was proposed."""
    commands.cancel(found(request, class_id), reason=_("The customer does not want it."), actor=request.actor, at=request.now)
    return redirect("classroom:classes")


@require_safe
@signed_in
def calendar(request: HttpRequest, class_id: int) -> HttpResponse:
    """A class as a file for one's calendar; a change of it has a higher number."""
    one = found(request, class_id)
    headers = {"Content-Disposition": f'attachment; filename="class-{one.pk}.ics"'}
    return HttpResponse(queries.calendar_of(one.pk, at=request.now), content_type="text/calendar; charset=utf-8", headers=headers)


def _attended(request: HttpRequest, class_id: int) -> LiveClass:
    one = found(request, class_id)
    if not access.may_see_attendance(request.actor, one):
        raise PermissionDenied
    return one


@require_safe
@signed_in
def attendance(request: HttpRequest, class_id: int) -> HttpResponse:
    """Who was there, from when to when, by the gateway's own notices; and what it came to. LIV-1, TAR-4."""
    one = _attended(request, class_id)
    return render(request, "classroom/portal/attendance.html", {"one": one, "there": queries.attendance(one, at=request.now), "says": words})


@require_safe
@signed_in
def attendance_csv(request: HttpRequest, class_id: int) -> HttpResponse:
    """The same for a spreadsheet; each stay is a line."""
    one = _attended(request, class_id)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_("Name"), _("Role"), pgettext("class", "Came"), pgettext("class", "Left"), _("Minutes in all")])
    for row in queries.attendance(one, at=request.now).rows:
        for came, left in row.stays:
            cells = [row.name, str(words.ROLES[row.role]), _local(request, came), _local(request, left), row.minutes]
            writer.writerow([f"'{cell}" if str(cell)[:1] in "=+-@\t\r" else cell for cell in cells])  # never a formula
    headers = {"Content-Disposition": f'attachment; filename="class-{one.pk}-attendance.csv"'}
    return HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _local(request: HttpRequest, at: datetime) -> str:
    return at.astimezone(request.zone).strftime("%Y-%m-%d %H:%M:%S")
