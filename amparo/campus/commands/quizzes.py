"""The verbs of a quiz: begun with a paper of its own, answered, marked by the server alone. SRC-4."""

from __future__ import annotations

import random
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from amparo.campus import access
from amparo.campus.errors import LessonLocked, NoAttempts, NotStarted
from amparo.campus.models import Attempt, CourseVersion, Enrolment, Step
from amparo.campus.rules import quiz
from amparo.campus.rules.progress import ALLOWED, ATTEMPTED, QUIZ
from amparo.kernel.actor import SYSTEM, Actor

from .enrolling import ask_content
from .learning import complete_if_done
from .shared import add_step, lesson_of, locked, open_lesson, permit

LATE_AFTER: Final = timedelta(seconds=30)  # what was sent in time may arrive a little later


@transaction.atomic
def begin_attempt(enrolment: Enrolment, lesson: int, *, actor: Actor, at: datetime) -> Attempt:
    """Draw a paper, or return the one that is open: however often it is asked, one at a time. SRC-4.

    Raises NotPermitted, NotStarted, LessonLocked, NoAttempts, ContentClosed.
    """
    enrolment = locked(enrolment)
    permit(access.may_learn(actor, enrolment), enrolment=enrolment.pk)
    found = open_lesson(enrolment, lesson)
    if found["kind"] != QUIZ:
        raise LessonLocked(lesson=lesson)
    ask_content(enrolment, actor=actor, at=at)
    tried = list(Attempt.objects.select_for_update().filter(enrolment=enrolment, lesson=lesson).order_by("number"))
    current = next((one for one in tried if one.marked_at is None), None)
    if current is not None:
        if current.due_at is None or at <= current.due_at:
            return current
        _mark(current, enrolment, actor=actor, at=at, is_late=True)
    terms = found["quiz"]
    if terms["attempts_max"] and len(tried) >= terms["attempts_max"] + allowed_more(enrolment, lesson):
        raise NoAttempts(lesson=lesson)
    chance = random.Random(secrets.randbits(64))  # noqa: S311 (an order of questions)
    paper = quiz.draw(terms["questions"], terms["draw"], shuffle=terms["shuffle"], chance=chance)
    return Attempt.objects.create(
        enrolment=enrolment, version=enrolment.version, lesson=lesson, number=len(tried) + 1, paper=paper, started_at=at,
        due_at=at + timedelta(minutes=terms["minutes"]) if terms["minutes"] else None,
    )  # fmt: skip


def allowed_more(enrolment: Enrolment, lesson: int) -> int:
    """Return how many further attempts an instructor allowed."""
    return Step.objects.filter(enrolment=enrolment, lesson=lesson, kind=ALLOWED).count()


@transaction.atomic
def keep_answers(attempt: Attempt, given: Mapping[str, Sequence[str]], *, actor: Actor, at: datetime) -> Attempt:
    """Keep what is answered so far: it counts when the time runs out. After it, or once marked, nothing is kept."""
    enrolment = locked(attempt.enrolment)
    permit(access.may_learn(actor, enrolment), enrolment=enrolment.pk)
    attempt = Attempt.objects.select_for_update().get(pk=attempt.pk)
    if attempt.marked_at is None and (attempt.due_at is None or at <= attempt.due_at + LATE_AFTER):
        attempt.answers = quiz.clean(attempt.paper, given)
        attempt.save(update_fields=["answers"])
    return attempt


@transaction.atomic
def submit(attempt: Attempt, given: Mapping[str, Sequence[str]], *, actor: Actor, at: datetime) -> Attempt:
    """Hand a paper in: it is marked now, and a pass opens the next lesson with it. SRC-4.

    After its time, what was kept before counts instead. Again returns what it was worth. Raises NotPermitted, ContentClosed.
    """
    enrolment = locked(attempt.enrolment)
    permit(access.may_learn(actor, enrolment), enrolment=enrolment.pk)
    attempt = Attempt.objects.select_for_update().get(pk=attempt.pk)
    if attempt.marked_at is not None:
        return attempt
    ask_content(enrolment, actor=actor, at=at)
    is_late = attempt.due_at is not None and at > attempt.due_at + LATE_AFTER
    if not is_late:
        attempt.answers = quiz.clean(attempt.paper, given)
    return _mark(attempt, enrolment, actor=actor, at=at, is_late=is_late)


def _mark(attempt: Attempt, enrolment: Enrolment, *, actor: Actor, at: datetime, is_late: bool) -> Attempt:
    """Mark a locked attempt by the version on which it was drawn."""
    terms = terms_of(attempt)
    found = quiz.mark(
        terms["questions"], attempt.paper, attempt.answers, pass_percent=terms["pass_percent"], negative_percent=terms["negative_percent"]
    )
    attempt.points, attempt.points_max, attempt.percent, attempt.passed = found.points, found.points_max, found.percent, found.passed
    attempt.marked_at, attempt.is_late = at, is_late
    attempt.save(update_fields=["answers", "points", "points_max", "percent", "passed", "marked_at", "is_late"])
    add_step(
        enrolment, ATTEMPTED, lesson=attempt.lesson, passed=attempt.passed, percent=attempt.percent, actor=actor, at=at, attempt=attempt.number
    )
    complete_if_done(enrolment, actor=actor, at=at)
    return attempt


def terms_of(attempt: Attempt) -> dict[str, Any]:
    """Return the quiz of an attempt as it was when it was drawn."""
    version = CourseVersion.objects.get(pk=attempt.version_id)
    for section in version.content["sections"]:
        for one in section["lessons"]:
            if one["id"] == attempt.lesson:
                return dict(one["quiz"])
    raise LessonLocked(lesson=attempt.lesson)


@transaction.atomic
def allow_attempt(enrolment: Enrolment, lesson: int, *, actor: Actor, at: datetime) -> Step:
    """Allow a student one more attempt at a quiz. Raises NotPermitted, NotStarted, LessonLocked."""
    enrolment = locked(enrolment)
    permit(access.may_teach(actor), enrolment=enrolment.pk)
    if enrolment.started_at is None:
        raise NotStarted(enrolment=enrolment.pk)
    if lesson_of(enrolment, lesson)["kind"] != QUIZ:
        raise LessonLocked(lesson=lesson)
    return add_step(enrolment, ALLOWED, lesson=lesson, actor=actor, at=at)


def lapse_due(*, at: datetime, limit: int = 200) -> int:
    """Mark up to `limit` papers whose time ran out, by what was kept of them; return how many."""
    late = Attempt.objects.filter(marked_at__isnull=True, due_at__lt=at - LATE_AFTER).order_by("due_at", "pk")
    count = 0
    for pk in list(late.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            enrolment = locked(Enrolment.objects.get(attempts=pk))
            attempt = Attempt.objects.select_for_update().get(pk=pk)
            if attempt.marked_at is None and attempt.due_at is not None:
                _mark(attempt, enrolment, actor=SYSTEM, at=at, is_late=True)
                count += 1
    return count
