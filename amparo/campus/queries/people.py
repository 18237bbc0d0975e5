"""Reads of who learns: a company's report, an instructor's students. SRC-4, ACC-11."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q

from amparo.campus import access
from amparo.campus.machine import State
from amparo.campus.models import Attempt, Certificate, Course, Enrolment, Seat, SeatOrder, Step
from amparo.campus.rules.progress import Progress
from amparo.kernel.actor import Actor
from amparo.people.queries import names_of

from .pages import progress_by

ROWS_MAX = 1000


@dataclass(frozen=True, slots=True)
class Learner:
    """A person in a course, as his company or his instructor sees it."""

    enrolment: Enrolment
    name: str
    progress: Progress
    last_at: datetime
    certificate: Certificate | None


def learners(enrolments: Any) -> list[Learner]:
    """Return people in courses with their progress, out of a queryset. Five statements, however many."""
    rows = list(enrolments.exclude(state=State.CANCELLED.value).select_related("course", "version", "cohort", "customer", "certificate").order_by("-pk")[:ROWS_MAX])
    names = names_of(one.person_id for one in rows)
    found = progress_by(rows)
    last = dict(Step.objects.filter(enrolment__in=[one.pk for one in rows]).values_list("enrolment").annotate(at=Max("at")).order_by())
    return [
        Learner(one, names.get(one.person_id, ""), found[one.pk], last.get(one.pk, one.enrolled_at), getattr(one, "certificate", None))
        for one in rows
    ]


def team(actor: Actor) -> list[Learner]:
    """Return how a company's people do in their courses; for its administrators. ACC-11."""
    if not access.may_manage(actor):
        return []
    return learners(Enrolment.objects.filter(customer=actor.customer_id))


def seats_of(actor: Actor) -> list[tuple[SeatOrder, list[Seat]]]:
    """Return the seats that a company bought, newest order first, with their people."""
    orders = list(access.orders_visible_to(actor).order_by("-pk")[:100])
    seats = list(Seat.objects.filter(order__in=orders).select_related("person").order_by("number"))
    return [(order, [one for one in seats if one.order_id == order.pk]) for order in orders]


def students(course: Course) -> list[Learner]:
    """Return everybody who is in a course, for who teaches it."""
    return learners(Enrolment.objects.filter(course=course))


def attempts_of(enrolment: Enrolment) -> list[Attempt]:
    """Return somebody's attempts in a course, newest first."""
    return list(Attempt.objects.filter(enrolment=enrolment).order_by("-started_at", "-pk"))


def log_of(enrolment: Enrolment) -> list[Step]:
    """Return the whole log of an enrolment, newest first."""
    return list(Step.objects.filter(enrolment=enrolment).order_by("-seq"))


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A course in the desk's list."""

    course: Course
    students: int
    completed: int


def board(actor: Actor) -> list[BoardRow]:
    """Return every course with how many are in it and how many completed it, for staff. One statement."""
    if not actor.is_staff:
        return []
    people = Count("enrolments", filter=~Q(enrolments__state=State.CANCELLED.value))
    done = Count("enrolments", filter=Q(enrolments__state=State.COMPLETED.value))
    rows = Course.objects.select_related("product", "published", "instructor").annotate(people=people, done=done)
    return [BoardRow(one, one.people, one.done) for one in rows.order_by("retired_at", "title", "pk")[:500]]
