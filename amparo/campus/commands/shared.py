"""What the verbs of the campus share: lock, ask, add to the log, tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Max

from amparo.campus.errors import LessonLocked, NotStarted
from amparo.campus.models import Course, Enrolment, Seat, Step
from amparo.campus.rules.progress import Progress, Taken, outline_of, progress
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted, Stale


def permit(allowed: bool, **context: Any) -> None:
    """Raise NotPermitted where an act is not allowed."""
    if not allowed:
        raise NotPermitted(**context)


def one_at_a_time(*what: Any) -> None:
    """Let one transaction at a time do what is named by some words, until it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [":".join(map(str, ("campus", *what)))])


def locked(enrolment: Enrolment) -> Enrolment:
    """Return the enrolment as it stands, locked to the end of the transaction; its seat first."""
    if enrolment.seat_id is not None:
        Seat.objects.select_for_update(no_key=True).get(pk=enrolment.seat_id)
    found = Enrolment.objects.select_for_update(of=("self",), no_key=True)
    return found.select_related("course__product", "course__published", "version", "charge", "seat", "cohort").get(pk=enrolment.pk)


def edited(course: Course, *, seen: int | None, at: datetime) -> Course:
    """Return the course locked, with one more change counted. Raises Stale where it changed since it was shown."""
    course = Course.objects.select_for_update(no_key=True).get(pk=course.pk)
    if seen is not None and seen != course.edits:
        raise Stale(course=course.pk)
    course.edits, course.changed_at = course.edits + 1, at
    course.save(update_fields=["edits", "changed_at"])
    return course


def add_step(
    enrolment: Enrolment, kind: str, *, lesson: int = 0, passed: bool = False, percent: int | None = None, actor: Actor, at: datetime, **data: Any
) -> Step:
    """Add to the log of an enrolment that is locked. SRC-4."""
    last = Step.objects.filter(enrolment=enrolment).aggregate(last=Max("seq"))["last"] or 0
    return Step.objects.create(
        enrolment=enrolment, seq=last + 1, kind=kind, lesson=lesson, passed=passed, percent=percent, data=data, actor_ref=actor.ref, at=at
    )


def taken(steps: Iterable[Any]) -> list[Taken]:
    """Return the steps of the log as progress sees them."""
    return [Taken(kind, lesson, passed, percent) for kind, lesson, passed, percent in steps]


def progress_of(enrolment: Enrolment) -> Progress:
    """Derive where somebody stands from the log. One statement. SRC-4."""
    rows = Step.objects.filter(enrolment=enrolment).values_list("kind", "lesson", "passed", "percent")
    return progress(outline_of(enrolment.version.content), taken(rows))


def lesson_of(enrolment: Enrolment, lesson: int) -> dict[str, Any]:
    """Return a lesson of the version that somebody takes, by its number. Raises LessonLocked where there is none."""
    for section in enrolment.version.content["sections"]:
        for one in section["lessons"]:
            if one["id"] == lesson:
                return dict(one)
    raise LessonLocked(lesson=lesson)


def open_lesson(enrolment: Enrolment, lesson: int) -> dict[str, Any]:
    """Return a lesson that is open to who takes a course. Raises NotStarted, LessonLocked."""
    if enrolment.started_at is None:
        raise NotStarted(enrolment=enrolment.pk)
    found = lesson_of(enrolment, lesson)
    if lesson not in progress_of(enrolment).open:
        raise LessonLocked(lesson=lesson)
    return found


def tell(name: str, enrolment: Enrolment, *, actor: Actor, at: datetime, **data: Any) -> None:
    """Put a fact on the record of an enrolment."""
    record(name, subject=enrolment, actor=actor, at=at, customer=enrolment.customer_id, course=enrolment.course_id, person=enrolment.person_id, **data)
