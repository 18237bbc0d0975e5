"""Courses at the desk: the list, one course with its outline, its students. SRC-4."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from amparo.campus import access, commands, queries, words
from amparo.campus.models import Course, Enrolment
from amparo.campus.models.courses import CREDITS
from amparo.kernel.refusals import Refusal
from amparo.people.queries import names_of
from amparo.ui.views import staff_only

from .shared import number, told


@require_safe
@staff_only()
def courses(request: HttpRequest) -> HttpResponse:
    """Every course with where it stands."""
    rows = queries.board(request.actor)
    return render(request, "campus/desk/courses.html", {"rows": rows, "says": words, "may_teach": access.may_teach(request.actor)})


@require_safe
@staff_only()
def course(request: HttpRequest, course_id: int) -> HttpResponse:
    """A course as it is written, in its order."""
    return _show(request, course_id)


def _course(course_id: int) -> Course:
    return get_object_or_404(Course.objects.select_related("product", "published", "instructor"), pk=course_id)


def _show(request: HttpRequest, course_id: int, *, refusal: Refusal | None = None) -> HttpResponse:
    found = _course(course_id)
    sections = list(found.sections.prefetch_related("lessons__dates__cohort"))
    context = {
        "course": found, "sections": sections, "says": words, "refusal": refusal, "may_teach": access.may_teach(request.actor),
        "versions": list(found.versions.select_related("published_by").order_by("-number")[:20]), "questions": found.questions.count(),
        "students": found.enrolments.exclude(state="cancelled").count(), "groups": queries.groups_of(found, at=request.now),
        "changed": found.published is None or found.changed_at > found.published.published_at, "is_paid": found.access == CREDITS,
        "kinds": [(code, label, words.ICONS[code]) for code, label in words.LESSONS.items() if code != "scorm" or settings.SCORM_URL],
    }  # fmt: skip
    return render(request, "campus/desk/course.html", context, status=refusal.status if refusal else 200)


@require_safe
@staff_only()
def preview(request: HttpRequest, course_id: int) -> HttpResponse:
    """How the lessons read as they are written now."""
    found = _course(course_id)
    sections = list(found.sections.prefetch_related("lessons__file"))
    return render(request, "campus/desk/preview.html", {"course": found, "sections": sections, "says": words})


@require_POST
@staff_only(*access.TEACHING)
@told(_show)
def publish(request: HttpRequest, course_id: int) -> HttpResponse:
    """Publish what is written as the next version."""
    version = commands.publish(_course(course_id), note=request.POST.get("note", ""), seen=number(request, "seen"), actor=request.actor, at=request.now)
    messages.success(request, _("Version %(number)s is published.") % {"number": version.number})
    return redirect("desk_campus:course", course_id)


@require_POST
@staff_only(*access.TEACHING)
def retire(request: HttpRequest, course_id: int) -> HttpResponse:
    """Give the course to nobody new."""
    commands.retire(_course(course_id), actor=request.actor, at=request.now)
    messages.info(request, _("The course is given to nobody new. Who is in it finishes it."))
    return redirect("desk_campus:course", course_id)


@require_POST
@staff_only(*access.TEACHING)
def offer(request: HttpRequest, course_id: int) -> HttpResponse:
    """Give the course again."""
    commands.offer_again(_course(course_id), actor=request.actor, at=request.now)
    return redirect("desk_campus:course", course_id)


# --- students --------------------------------------------------------------------------------------------------------


@require_safe
@staff_only(*access.TEACHING, "operator", "engineer", "sales")
def students(request: HttpRequest, course_id: int) -> HttpResponse:
    """Who is in a course, and how far."""
    found = _course(course_id)
    return render(request, "campus/desk/students.html", {"course": found, "rows": queries.students(found), "says": words})


def _enrolment(enrolment_id: int) -> Enrolment:
    rows = Enrolment.objects.select_related("course__product", "course__published", "version", "cohort", "customer", "person", "charge", "certificate")
    return get_object_or_404(rows, pk=enrolment_id)


@require_safe
@staff_only(*access.TEACHING, "operator", "engineer", "sales")
def student(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    """One student: progress, attempts, and the log that it comes from."""
    enrolment = _enrolment(enrolment_id)
    steps = queries.log_of(enrolment)
    titles = {one["id"]: one["title"] for section in enrolment.version.content["sections"] for one in section["lessons"]}
    context: dict[str, Any] = {
        "enrolment": enrolment, "standing": queries.standing_in(enrolment), "attempts": queries.attempts_of(enrolment), "steps": steps,
        "titles": titles, "says": words, "name": names_of([enrolment.person_id]).get(enrolment.person_id, ""),
        "may_teach": access.may_teach(request.actor), "certificate": getattr(enrolment, "certificate", None),
    }  # fmt: skip
    return render(request, "campus/desk/student.html", context)


def _lesson(request: HttpRequest) -> int:
    found = number(request, "lesson")
    if found is None:
        raise Http404
    return found


@require_POST
@staff_only(*access.TEACHING)
def attended(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    """Note that a student took part in a live class."""
    commands.mark_attended(_enrolment(enrolment_id), _lesson(request), actor=request.actor, at=request.now)
    return redirect("desk_campus:student", enrolment_id)


@require_POST
@staff_only(*access.TEACHING)
def allow(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    """Allow one more attempt at a quiz."""
    commands.allow_attempt(_enrolment(enrolment_id), _lesson(request), actor=request.actor, at=request.now)
    messages.success(request, _("One more attempt is allowed."))
    return redirect("desk_campus:student", enrolment_id)
