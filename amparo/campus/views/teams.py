"""For a company's administrator: seats for its people, and how they do. SRC-4, ACC-11."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from amparo.campus import access, commands, queries, words
from amparo.campus.commands.enrolling import ways_to_credits
from amparo.campus.models import Seat
from amparo.campus.models.courses import CREDITS
from amparo.kernel.refusals import Refusal
from amparo.kernel.sheets import as_csv
from amparo.people.queries import recipients
from amparo.ui.views import contact_only

from .shared import course_named, key_of, number, told


@require_safe
@contact_only
def team(request: HttpRequest) -> HttpResponse:
    """A company's people in their courses, and its seats."""
    return _show(request)


def _show(request: HttpRequest, _seat_id: int | None = None, *, refusal: Refusal | None = None, **_rest: object) -> HttpResponse:
    if not access.may_manage(request.actor):
        raise Http404
    context = {
        "rows": queries.team(request.actor), "orders": queries.seats_of(request.actor), "people": recipients(request.actor.customer_id or 0),
        "says": words, "refusal": refusal,
    }  # fmt: skip
    return render(request, "campus/portal/team.html", context, status=refusal.status if refusal else 200)


def _day(at: datetime | None) -> str:
    return timezone.localtime(at).date().isoformat() if at else ""


@require_safe
@contact_only
def table(request: HttpRequest) -> HttpResponse:
    """The same as a table for spreadsheets."""
    if not access.may_manage(request.actor):
        raise Http404
    head = [_("Person"), _("Course"), _("State"), _("Progress"), _("Mark"), _("Enrolled"), _("Last step"), _("Certificate")]
    rows = [
        [
            one.name, one.enrolment.course.title, str(words.STATES[one.enrolment.state]), f"{one.progress.percent} %",
            one.progress.mark if one.progress.mark is not None else "", _day(one.enrolment.enrolled_at), _day(one.last_at),
            one.certificate.shown_code if one.certificate else "",
        ]
        for one in queries.team(request.actor)
    ]  # fmt: skip
    headers = {"Content-Disposition": 'attachment; filename="campus.csv"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(as_csv([head, *rows]), content_type="text/csv; charset=utf-8", headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@contact_only
def seats(request: HttpRequest, slug: str) -> HttpResponse:
    """Buy seats in a course for the company's people; what it costs stands there before. CHG-2, CHG-3, CHG-8."""
    course = course_named(request, slug)
    if not access.may_manage(request.actor) or course.access != CREDITS or not course.is_offered:
        raise Http404
    text = request.POST.get("count") or request.GET.get("count", "1")
    count = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            commands.buy_seats(
                course, count, key=key_of(request), cohort_id=number(request, "cohort"), price=request.POST.get("price") or None,
                actor=request.actor, at=request.now,
            )  # fmt: skip
        except Refusal as refused:
            if refused.status == 403 and refused.code == "not_permitted":
                raise
            refusal = refused
        else:
            messages.success(request, _("The seats are yours. Say here who takes each."))
            return redirect("campus:team")
    shown = min(max(1, count), 50)
    price = queries.price_of(request.actor, course, at=request.now, count=shown)
    context = {
        "course": course, "count": shown, "price": price, "refusal": refusal, "groups": queries.groups_of(course, at=request.now), "says": words,
        "entry": access.entry(request.actor, course, at=request.now), "chosen": number(request, "cohort"),
        "ways": ways_to_credits(course, price.missing) if price and price.missing else (),
    }  # fmt: skip
    return render(request, "campus/portal/seats.html", context, status=refusal.status if refusal else 200)


def _seat(request: HttpRequest, seat_id: int) -> Seat:
    if not access.may_manage(request.actor):
        raise Http404
    return get_object_or_404(Seat.objects.filter(customer=request.actor.customer_id), pk=seat_id)


@require_POST
@contact_only
@told(_show)
def assign(request: HttpRequest, seat_id: int) -> HttpResponse:
    """Give a seat to one of the company's people."""
    commands.assign(_seat(request, seat_id), number(request, "person") or 0, seen=number(request, "seen"), actor=request.actor, at=request.now)
    return redirect("campus:team")


@require_POST
@contact_only
@told(_show)
def back(request: HttpRequest, seat_id: int) -> HttpResponse:
    """Take a seat back from who has not started."""
    commands.take_back(_seat(request, seat_id), seen=number(request, "seen"), actor=request.actor, at=request.now)
    return redirect("campus:team")


@require_POST
@contact_only
@told(_show)
def give_back(request: HttpRequest, seat_id: int) -> HttpResponse:
    """Give a seat back that nobody uses: its credits return."""
    commands.give_back_seat(_seat(request, seat_id), actor=request.actor, at=request.now)
    messages.info(request, _("The seat is given back, and its credits with it."))
    return redirect("campus:team")
