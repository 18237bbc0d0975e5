"""The verbs of an enrolment: made (its credits reserved), started (charged), cancelled before (given back). SRC-4, CHG-3, CHG-10."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from amparo.campus import access
from amparo.campus.errors import (
    AlreadyStarted,
    CohortDates,
    ContentClosed,
    CreditsShort,
    NoEntry,
    NoPlace,
    NothingToRenew,
)
from amparo.campus.machine import ACTIVE, LIFE, SEAT_LIFE, Move, SeatMove, SeatState, State
from amparo.campus.models import Cohort, Course, Enrolment, Seat
from amparo.campus.models.courses import CREDITS
from amparo.campus.queries.certificates import is_due_again
from amparo.campus.rules.progress import CANCELLED, STARTED
from amparo.charging import commands as charging
from amparo.charging.errors import CreditsMissing
from amparo.charging.models import Charge
from amparo.charging.rules import GENERAL_QUOTE, Need
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Invalid, Remedy

from .shared import add_step, locked, one_at_a_time, permit, tell


@transaction.atomic
def enrol(
    course: Course, *, key: str, cohort_id: int | None = None, price: str | None = None, actor: Actor, at: datetime
) -> Enrolment:
    """Put a person into a course. A price in credits is reserved now, in the way that costs least, and charged at the first lesson. SRC-4, ACC-4, CHG-8.

    A seat that his company gave him pays for it instead. `price` is what the page showed. Who is in it already gets that
    enrolment, however often and at once it is asked. Fact: `enrolment.made`. Raises NoEntry (with the way out),
    NothingToRenew, NoPlace, CohortDates, CreditsShort, PriceChanged.
    """
    permit(actor.is_signed_in and not actor.is_staff)
    assert actor.user_id is not None
    one_at_a_time("enrol", actor.user_id, course.pk)
    course = Course.objects.select_related("product", "published").get(pk=course.pk)
    mine = list(Enrolment.objects.filter(person=actor.user_id, course=course).order_by("-pk").select_related("course__product", "version"))
    for one in mine:
        if one.key == key or one.is_active:
            return one
    if course.published is None or course.retired_at is not None:
        raise NoEntry(_("This course is not given now."))
    passed = next((one for one in mine if one.state == State.COMPLETED), None)
    if passed is not None and not is_due_again(passed, at=at):
        raise NothingToRenew(enrolment=passed.pk)
    _ask_prerequisites(course, actor)
    seat = _seat_for(course, actor)
    if seat is None:
        found = access.entry(actor, course, at=at)
        if not found.allowed:
            raise NoEntry(found.sentence, remedies=[found.remedy] if found.remedy else [], reason=found.code)
    cohort = seat.order.cohort if seat is not None else _cohort_for(course, cohort_id, at)
    enrolment = Enrolment.objects.create(
        course=course, version=course.published, person_id=actor.user_id, customer_id=seat.customer_id if seat else actor.customer_id,
        cohort=cohort, seat=seat, enrolled_at=at, key=key,
    )  # fmt: skip
    if seat is None and course.access == CREDITS:
        enrolment.charge = _reserved(enrolment, course, price, actor, at)
        enrolment.save(update_fields=["charge"])
    tell("enrolment.made", enrolment, actor=actor, at=at, version=course.published.number, cohort=cohort.pk if cohort else None,
         seat=seat.pk if seat else None, cost=enrolment.charge.amounts if enrolment.charge else {})  # fmt: skip
    return enrolment


def needs_of(course: Course, count: int = 1) -> list[Need]:
    """Return what so many places in a course need to be paid for. CHG-8."""
    return [Need(GENERAL_QUOTE, course.price)] * count


def _reserved(enrolment: Enrolment, course: Course, price: str | None, actor: Actor, at: datetime) -> Charge:
    assert actor.customer_id is not None
    with counted(course):
        charge = charging.propose(enrolment, actor.customer_id, needs_of(course), key=enrolment.subject, actor=actor, at=at)
        charge = charging.consent(charge, how="portal", seen=price, actor=actor, at=at)
        return charging.reserve(charge, actor=SYSTEM, at=at)


@contextmanager
def counted(course: Course) -> Iterator[None]:
    """Tell how many credits are missing and how they are got, with the way back to the course. CHG-3."""
    try:
        yield
    except CreditsMissing as short:
        missing = int(short.context.get("missing", 0))
        raise CreditsShort(missing_text(missing), missing=missing, remedies=ways_to_credits(course, missing)) from None


def missing_text(missing: int) -> str:
    """Return how many credits are missing, as a sentence. CHG-3."""
    return ngettext(
        "%(count)s credit is missing for this course. Nothing was charged. Redeem a service card and come back.",
        "%(count)s credits are missing for this course. Nothing was charged. Redeem a service card and come back.",
        missing,
    ) % {"count": missing}


def ways_to_credits(course: Course, missing: int) -> tuple[Remedy, ...]:
    """Return how credits are got; each leads back to the course. CHG-3."""
    back = urlencode({"next": reverse("campus:course", args=[course.slug]), "credits": str(missing)})
    return (
        Remedy(_("Redeem a service card"), f"{reverse('contracts:redeem')}?{back}"),
        Remedy(_("Buy a service card"), f"{reverse('sales:shelf')}?{back}"),
    )


def _ask_prerequisites(course: Course, actor: Actor) -> None:
    """Raise NoEntry where a course is to be passed first; the remedy leads there."""
    done = Enrolment.objects.filter(person=actor.user_id, state=State.COMPLETED.value).values("course")
    first = course.prerequisites.exclude(pk__in=done).order_by("pk").first()
    if first is not None:
        way = Remedy(_("See the course «%(title)s»") % {"title": first.title}, reverse("campus:course", args=[first.slug]))
        raise NoEntry(_("Pass the course «%(title)s» first.") % {"title": first.title}, remedies=[way], reason="prerequisite")


def _seat_for(course: Course, actor: Actor) -> Seat | None:
    """Return the seat that the person's company gave him in this course, locked."""
    found = Seat.objects.select_for_update(of=("self",), no_key=True).select_related("order__cohort")
    return found.filter(course=course, person=actor.user_id, customer=actor.customer_id, state=SeatState.ASSIGNED.value).order_by("pk").first()


def _cohort_for(course: Course, cohort_id: int | None, at: datetime) -> Cohort | None:
    if cohort_id is None:
        if Cohort.objects.filter(course=course, ends_on__gte=timezone.localtime(at).date()).exists():
            raise Invalid(_("Choose the group that you want to join."), field="cohort")
        return None
    return hold_places(course, cohort_id, 1, at)


def hold_places(course: Course, cohort_id: int, count: int, at: datetime) -> Cohort:
    """Return a cohort, locked, that has so many places left. Raises NoPlace, CohortDates."""
    cohort = Cohort.objects.select_for_update(no_key=True).filter(pk=cohort_id, course=course).first()
    if cohort is None:
        raise Invalid(field="cohort")
    if cohort.ends_on < timezone.localtime(at).date():
        raise CohortDates(cohort=cohort.pk)
    if cohort.capacity is not None and taken_places(cohort) + count > cohort.capacity:
        raise NoPlace(cohort=cohort.pk)
    return cohort


def taken_places(cohort: Cohort) -> int:
    """Return how many places are taken: by people, and by seats that nobody uses yet."""
    people = Enrolment.objects.filter(cohort=cohort, seat__isnull=True).exclude(state=State.CANCELLED.value).count()
    return people + Seat.objects.filter(order__cohort=cohort).exclude(state=SeatState.RETURNED.value).count()


@transaction.atomic
def start(enrolment: Enrolment, *, actor: Actor, at: datetime) -> Enrolment:
    """Open the first lesson: what was reserved is charged, once. Again changes nothing. CHG-3, CHG-10, LED-6.

    Fact: `enrolment.started`. Raises NotPermitted, ContentClosed, CohortDates, IllegalMove.
    """
    enrolment = locked(enrolment)
    permit(access.may_learn(actor, enrolment), enrolment=enrolment.pk)
    if enrolment.state in (State.STARTED, State.COMPLETED):
        return enrolment
    state = LIFE.after(State(enrolment.state), Move.START)
    ask_content(enrolment, actor=actor, at=at)
    if enrolment.cohort is not None and timezone.localtime(at).date() < enrolment.cohort.starts_on:
        raise CohortDates(cohort=enrolment.cohort_id)
    if enrolment.course.published is not None:
        enrolment.version = enrolment.course.published
    enrolment.state, enrolment.started_at = state.value, at
    enrolment.save(update_fields=["state", "started_at", "version"])
    add_step(enrolment, STARTED, actor=actor, at=at, version=enrolment.version.number)
    charged: dict[str, Any] = {}
    if enrolment.charge is not None:
        charged = charging.settle(enrolment.charge, actor=SYSTEM, at=at).amounts
    if enrolment.seat is not None:
        seat = enrolment.seat
        seat.state, seat.ended_at, seat.moves = SEAT_LIFE.after(SeatState(seat.state), SeatMove.USE).value, at, seat.moves + 1
        seat.save(update_fields=["state", "ended_at", "moves"])
    tell("enrolment.started", enrolment, actor=actor, at=at, version=enrolment.version.number, charged=charged)
    return enrolment


def ask_content(enrolment: Enrolment, *, actor: Actor, at: datetime) -> None:
    """Raise ContentClosed where the lessons are closed to a person now, with why and the way out. ACC-4, ACC-9."""
    found = access.content(actor, enrolment, at=at)
    if not found.allowed:
        raise ContentClosed(
            _("The lessons are closed to you now. %(why)s Your progress and certificates stay.") % {"why": found.sentence},
            remedies=[found.remedy] if found.remedy else [], reason=found.code,
        )  # fmt: skip


@transaction.atomic
def cancel(enrolment: Enrolment, *, reason: str = "", actor: Actor, at: datetime) -> Enrolment:
    """Leave a course before its first lesson: every credit goes back, and a seat is free again. CHG-3.

    Again changes nothing. Fact: `enrolment.cancelled`. Raises NotPermitted, AlreadyStarted.
    """
    enrolment = locked(enrolment)
    permit(access.may_cancel(actor, enrolment), enrolment=enrolment.pk)
    return cancelled(enrolment, reason=reason, actor=actor, at=at)


def cancelled(enrolment: Enrolment, *, reason: str, actor: Actor, at: datetime) -> Enrolment:
    """Cancel an enrolment that is locked. Raises AlreadyStarted."""
    if enrolment.state == State.CANCELLED:
        return enrolment
    if State(enrolment.state) not in ACTIVE or enrolment.started_at is not None:
        raise AlreadyStarted(enrolment=enrolment.pk)
    enrolment.state, enrolment.ended_at = LIFE.after(State(enrolment.state), Move.CANCEL).value, at
    enrolment.save(update_fields=["state", "ended_at"])
    add_step(enrolment, CANCELLED, actor=actor, at=at)
    given_back: dict[str, int] = {}
    if enrolment.charge is not None:
        given_back = charging.release(enrolment.charge, reason="cancelled", actor=SYSTEM, at=at).amounts
    if enrolment.seat is not None and enrolment.seat.state == SeatState.ASSIGNED:
        seat = enrolment.seat
        seat.state, seat.person_id, seat.moves = SEAT_LIFE.after(SeatState(seat.state), SeatMove.TAKE_BACK).value, None, seat.moves + 1
        seat.save(update_fields=["state", "person", "moves"])
    tell("enrolment.cancelled", enrolment, actor=actor, at=at, reason=reason.strip()[:200], given_back=given_back)
    return enrolment
