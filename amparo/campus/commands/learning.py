"""The verbs of who learns: each adds a step to the log, and the course is complete when the log says so. SRC-4."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from amparo.campus import access
from amparo.campus.errors import LessonLocked, NotStarted
from amparo.campus.machine import LIFE, Move, State
from amparo.campus.models import ClassDate, Enrolment
from amparo.campus.rules.progress import ATTENDED, COMPLETED, DONE, FILE, LIVE, MOVED, TEXT, VIDEO, Progress
from amparo.kernel.actor import Actor

from .certificates import issue
from .enrolling import ask_content
from .shared import add_step, lesson_of, locked, open_lesson, permit, progress_of, tell


@transaction.atomic
def finish_lesson(enrolment: Enrolment, lesson: int, *, actor: Actor, at: datetime) -> Progress:
    """Say that one has read, watched or taken part; the next lesson is open with it. SRC-4.

    A live class once it has begun. Again changes nothing. Raises NotPermitted, NotStarted, LessonLocked, ContentClosed.
    """
    enrolment = locked(enrolment)
    permit(access.may_learn(actor, enrolment), enrolment=enrolment.pk)
    found = open_lesson(enrolment, lesson)
    ask_content(enrolment, actor=actor, at=at)
    if found["kind"] not in (TEXT, VIDEO, FILE, LIVE) or (found["kind"] == LIVE and not _has_begun(enrolment, lesson, at)):
        raise LessonLocked(lesson=lesson)
    now = progress_of(enrolment)
    if lesson in now.done:
        return now
    add_step(enrolment, ATTENDED if found["kind"] == LIVE else DONE, lesson=lesson, actor=actor, at=at)
    return complete_if_done(enrolment, actor=actor, at=at)


def _has_begun(enrolment: Enrolment, lesson: int, at: datetime) -> bool:
    dates = ClassDate.objects.filter(lesson=lesson, starts_at__lte=at)
    return dates.filter(cohort=enrolment.cohort_id).exists() or dates.filter(cohort__isnull=True).exists()


@transaction.atomic
def mark_attended(enrolment: Enrolment, lesson: int, *, actor: Actor, at: datetime) -> Progress:
    """Note for a student that he took part in a live class. Raises NotPermitted, NotStarted, LessonLocked."""
    enrolment = locked(enrolment)
    permit(access.may_teach(actor) or actor.is_system, enrolment=enrolment.pk)
    if enrolment.started_at is None:
        raise NotStarted(enrolment=enrolment.pk)
    if lesson_of(enrolment, lesson)["kind"] != LIVE:
        raise LessonLocked(lesson=lesson)
    now = progress_of(enrolment)
    if lesson in now.done:
        return now
    add_step(enrolment, ATTENDED, lesson=lesson, actor=actor, at=at)
    return complete_if_done(enrolment, actor=actor, at=at)


@transaction.atomic
def switch_version(enrolment: Enrolment, *, actor: Actor, at: datetime) -> Progress:
    """Go on with the newest version; what was done of its lessons counts. Raises NotPermitted, NotStarted, ContentClosed."""
    enrolment = locked(enrolment)
    permit(access.may_learn(actor, enrolment), enrolment=enrolment.pk)
    if enrolment.state != State.STARTED:
        raise NotStarted(enrolment=enrolment.pk)
    ask_content(enrolment, actor=actor, at=at)
    newest = enrolment.course.published
    if newest is None or newest.pk == enrolment.version_id:
        return progress_of(enrolment)
    before = enrolment.version.number
    enrolment.version = newest
    enrolment.save(update_fields=["version"])
    add_step(enrolment, MOVED, actor=actor, at=at, before=before, version=newest.number)
    return complete_if_done(enrolment, actor=actor, at=at)


def complete_if_done(enrolment: Enrolment, *, actor: Actor, at: datetime) -> Progress:
    """Complete a locked enrolment when its log says so, with its certificate, in the same transaction. SRC-4.

    Facts: `enrolment.completed`, `certificate.issued`.
    """
    now = progress_of(enrolment)
    if not now.is_complete or enrolment.state != State.STARTED:
        return now
    enrolment.state, enrolment.ended_at = LIFE.after(State(enrolment.state), Move.COMPLETE).value, at
    enrolment.save(update_fields=["state", "ended_at"])
    add_step(enrolment, COMPLETED, percent=now.mark, passed=True, actor=actor, at=at, version=enrolment.version.number)
    tell("enrolment.completed", enrolment, actor=actor, at=at, mark=now.mark, version=enrolment.version.number)
    if enrolment.version.content.get("gives_certificate"):
        issue(enrolment, now.mark, actor=actor, at=at)
    return now
