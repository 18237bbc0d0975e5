"""Taking a course: its outline, its lessons, its quizzes. Only the person himself sees them. SRC-4."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.campus import access, commands, queries, words
from amparo.campus.commands.scorm import address
from amparo.campus.errors import ContentInvalid
from amparo.campus.models import Attempt, Package, ScormState
from amparo.campus.rules.packages import CMI_OCTETS_MAX
from amparo.campus.rules.progress import QUIZ, SCORM
from amparo.kernel.refusals import Refusal
from amparo.ui.middleware import policy
from amparo.ui.views import signed_in
from amparo.videos import words as film_words

from .shared import own, told


@require_safe
@signed_in
def learn(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    """Where one stands in a course, and the next lesson."""
    return _show(request, enrolment_id)


def _show(request: HttpRequest, enrolment_id: int, *, refusal: Refusal | None = None, **_rest: Any) -> HttpResponse:
    enrolment = own(request, enrolment_id)
    certificate = getattr(enrolment, "certificate", None)
    context = {
        "enrolment": enrolment, "course": enrolment.course, "standing": queries.standing_in(enrolment), "refusal": refusal, "says": words,
        "opened": access.content(request.actor, enrolment, at=request.now), "classes": queries.classes_of(enrolment), "at": request.now,
        "certificate": queries.standing_of(certificate, at=request.now) if certificate is not None else None,
    }  # fmt: skip
    return render(request, "campus/portal/learn.html", context, status=refusal.status if refusal else 200)


@require_POST
@signed_in
@told(_show)
def start(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    """Open the first lesson: what was reserved is charged. CHG-3."""
    enrolment = commands.start(own(request, enrolment_id), actor=request.actor, at=request.now)
    following = queries.standing_in(enrolment).progress.next
    return redirect("campus:lesson", enrolment_id, following) if following else redirect("campus:learn", enrolment_id)


@require_POST
@signed_in
@told(_show)
def cancel(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    """Leave the course before its first lesson: the credits go back. CHG-3."""
    enrolment = commands.cancel(own(request, enrolment_id), actor=request.actor, at=request.now)
    messages.info(request, _("You left the course. What was reserved for it was given back."))
    return redirect("campus:course", enrolment.course.slug)


@require_POST
@signed_in
@told(_show)
def switch(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    """Go on with the newest version of the course."""
    commands.switch_version(own(request, enrolment_id), actor=request.actor, at=request.now)
    messages.success(request, _("This is the newest version. What you had done of it counts."))
    return redirect("campus:learn", enrolment_id)


@require_safe
@signed_in
def lesson(request: HttpRequest, enrolment_id: int, lesson_id: int) -> HttpResponse:
    """One lesson; of a quiz the paper that is open, or how the last one was marked."""
    return _show_lesson(request, enrolment_id, lesson_id)


def _show_lesson(request: HttpRequest, enrolment_id: int, lesson_id: int, *, refusal: Refusal | None = None) -> HttpResponse:
    enrolment = own(request, enrolment_id)
    content = queries.content_lesson(enrolment.version.content, lesson_id)
    if content is None:
        raise Http404
    standing = queries.standing_in(enrolment)
    opened = access.content(request.actor, enrolment, at=request.now)
    if enrolment.started_at is None or not opened.allowed or lesson_id not in standing.progress.open:
        return redirect("campus:learn", enrolment_id)
    order = [one.id for one in standing.order]
    place = order.index(lesson_id)
    context: dict[str, Any] = {
        "enrolment": enrolment, "course": enrolment.course, "standing": standing, "refusal": refusal, "says": words, "at": request.now,
        "lesson": standing.order[place], "html": content["html"], "film": queries.film_of(request.actor, content, language=(translation.get_language() or "es")[:2], at=request.now), "film_says": film_words, "file": content.get("file"),
        "before": standing.order[place - 1] if place else None, "after": standing.order[place + 1] if place + 1 < len(order) else None,
        "place": place + 1, "count": len(order), "classes": [one for one in queries.classes_of(enrolment) if one.lesson_id == lesson_id],
        **(_quiz(request, enrolment, content) if content["kind"] == QUIZ else {}),
        **(_package(request, enrolment, content) if content["kind"] == SCORM else {}),
    }  # fmt: skip
    response = render(request, "campus/portal/lesson.html", context, status=refusal.status if refusal else 200)
    if context.get("package"):  # the one frame that this page may hold is the player, at the packages' own origin
        response["Content-Security-Policy"] = policy(request.csp_nonce()).replace("frame-src 'none'", f"frame-src {context['scorm_origin']}")
        response["Referrer-Policy"] = "origin"
    return response


def _package(request: HttpRequest, enrolment: Any, content: dict[str, Any]) -> dict[str, Any]:
    """Return what the page of a package shows: the signed address of its player, and what it had kept. SRC-4."""
    if not settings.SCORM_URL:
        return {"package": None}
    package = Package.objects.get(pk=content["package"])
    kept = ScormState.objects.filter(enrolment=enrolment, lesson=content["id"]).first()
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(settings.SCORM_URL))
    learner = {"id": str(enrolment.pk), "name": request.actor.name}
    return {
        "package": package, "scorm_origin": origin, "scorm_address": address(enrolment, package, content["id"]),
        "scorm_state": json.dumps({"cmi": kept.cmi if kept else {}, "learner": learner}),
    }


@require_POST
@signed_in
def track(request: HttpRequest, enrolment_id: int, lesson_id: int) -> HttpResponse:
    """Keep what a package saves; what it reports goes into the log."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > CMI_OCTETS_MAX + 4096:
        raise ContentInvalid
    try:
        given = json.loads(request.body)
    except ValueError:
        raise ContentInvalid from None
    cmi = given.get("cmi") if isinstance(given, dict) else None
    now = commands.track(own(request, enrolment_id), lesson_id, cmi, actor=request.actor, at=request.now)
    return JsonResponse({"done": lesson_id in now.done, "percent": now.percent})


def _quiz(request: HttpRequest, enrolment: Any, content: dict[str, Any]) -> dict[str, Any]:
    """Return what the page of a quiz shows: its terms, the tries, and a paper without what is right while it is open."""
    terms = content["quiz"]
    tries = queries.attempts(enrolment, content["id"])
    current = next((one for one in tries if one.marked_at is None and (one.due_at is None or request.now <= one.due_at)), None)
    marked = [one for one in tries if one.marked_at is not None]
    shown = current or (marked[-1] if marked and request.GET.get("new") is None else None)
    left = None
    if terms["attempts_max"]:
        left = max(0, terms["attempts_max"] + commands.allowed_more(enrolment, content["id"]) - len(tries))
    return {
        "quiz": {name: terms[name] for name in ("attempts_max", "minutes", "pass_percent", "negative_percent", "draw")},
        "questions_count": min(terms["draw"] or len(terms["questions"]), len(terms["questions"])), "tries": marked, "attempt": shown,
        "paper": queries.asked(shown, commands.terms_of(shown)) if shown else [], "left": left, "current": current,
    }  # fmt: skip


@require_POST
@signed_in
@told(_show_lesson)
def done(request: HttpRequest, enrolment_id: int, lesson_id: int) -> HttpResponse:
    """Say that a lesson is done and go on to the next."""
    now = commands.finish_lesson(own(request, enrolment_id), lesson_id, actor=request.actor, at=request.now)
    if now.next is None or now.is_complete:
        return redirect("campus:learn", enrolment_id)
    return redirect("campus:lesson", enrolment_id, now.next)


@require_POST
@signed_in
@told(_show_lesson)
def attempt(request: HttpRequest, enrolment_id: int, lesson_id: int) -> HttpResponse:
    """Begin a quiz: a paper is drawn."""
    commands.begin_attempt(own(request, enrolment_id), lesson_id, actor=request.actor, at=request.now)
    return redirect("campus:lesson", enrolment_id, lesson_id)


def _given(request: HttpRequest) -> dict[str, list[str]]:
    return {name: request.POST.getlist(name)[:20] for name in list(request.POST)[:500]}


def _open_attempt(request: HttpRequest, enrolment_id: int, lesson_id: int) -> Attempt:
    rows = Attempt.objects.filter(enrolment=own(request, enrolment_id), lesson=lesson_id).select_related("enrolment")
    text = request.POST.get("attempt", "")
    return get_object_or_404(rows, number=int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0)


@require_POST
@signed_in
def answers(request: HttpRequest, enrolment_id: int, lesson_id: int) -> HttpResponse:
    """Keep what is answered so far; it counts should the time run out."""
    commands.keep_answers(_open_attempt(request, enrolment_id, lesson_id), _given(request), actor=request.actor, at=request.now)
    return HttpResponse(status=204)


@require_POST
@signed_in
@told(_show_lesson)
def submit(request: HttpRequest, enrolment_id: int, lesson_id: int) -> HttpResponse:
    """Hand a quiz in: the server marks it."""
    commands.submit(_open_attempt(request, enrolment_id, lesson_id), _given(request), actor=request.actor, at=request.now)
    return redirect("campus:lesson", enrolment_id, lesson_id)
