"""The catalogue of courses, a course with why one may take it or not, one's own. SRC-4, ACC-4, ACC-9."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.campus import access, commands, queries, words
from amparo.campus.commands.enrolling import ways_to_credits
from amparo.kernel.refusals import Refusal
from amparo.ui.views import signed_in

from .shared import course_named, key_of, number, told


@require_safe
def courses(request: HttpRequest) -> HttpResponse:
    """Every course that the reader may know of, also those that he cannot take yet, and why. ACC-9."""
    rows = queries.catalogue(request.actor, at=request.now)
    return render(request, "campus/portal/courses.html", {"rows": rows, "says": words, "may_manage": access.may_manage(request.actor), "language": (get_language() or "es")[:2]})


@require_safe
def course(request: HttpRequest, slug: str) -> HttpResponse:
    """A course: what it teaches, who may take it, what it costs, and the way in. ACC-4, ACC-9, CHG-8."""
    return _show(request, slug)


def _show(request: HttpRequest, slug: str, *, refusal: Refusal | None = None) -> HttpResponse:
    found, actor = course_named(request, slug), request.actor
    assert found.published is not None
    own = [one for one in queries.mine(actor) if one.course_id == found.pk] if actor.is_signed_in and not actor.is_staff else []
    current = own[0] if own else None
    renews = current is not None and current.state == "completed" and getattr(current, "certificate", None) is not None and (
        queries.standing_of(current.certificate, at=request.now).may_renew
    )
    asks = current is None or renews
    entry = access.entry(actor, found, at=request.now) if asks else access.ALLOWED
    seat = access.seat_waiting(actor, found) if asks and actor.is_contact else None
    price = queries.price_of(actor, found, at=request.now) if asks and entry.allowed and seat is None and found.is_offered else None
    first = [one for one in found.prerequisites.all() if asks and not access.has_passed(actor, one)]
    context: dict[str, Any] = {
        "course": found, "content": found.published.content, "sections": queries.outline(found.published.content), "enrolment": current,
        "renews": renews, "entry": entry, "price": price, "seat": seat, "first": first, "groups": queries.groups_of(found, at=request.now),
        "refusal": refusal, "says": words, "in_short": access.in_short(found), "may_manage": access.may_manage(actor),
        "ways": ways_to_credits(found, price.missing) if price and price.missing else (),
    }  # fmt: skip
    return render(request, "campus/portal/course.html", context, status=refusal.status if refusal else 200)


@require_POST
@signed_in
@told(_show)
def enrol(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a course; its credits are reserved now and charged at the first lesson. CHG-3, CHG-8."""
    found = course_named(request, slug)
    made = commands.enrol(
        found, key=key_of(request), cohort_id=number(request, "cohort"), price=request.POST.get("price") or None, actor=request.actor, at=request.now
    )
    if made.charge is not None and made.state == "enrolled":
        messages.success(request, _("You are in the course. Its credits are reserved, and charged when you open the first lesson."))
    else:
        messages.success(request, _("You are in the course."))
    return redirect("campus:learn", made.pk)


@require_safe
@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    """One's own courses with their progress, and one's certificates."""
    rows = queries.mine(request.actor)
    certificates = [queries.standing_of(one, at=request.now) for one in queries.certificates_of(request.actor.user_id)]
    context = {"rows": rows, "progress": queries.progress_by(rows), "certificates": certificates, "says": words}
    return render(request, "campus/portal/mine.html", context)
