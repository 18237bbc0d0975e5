"""The verbs of seats: bought by a company's administrator, given to its people, another until started, given back. CHG-3, CHG-10."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from amparo.campus import access
from amparo.campus.errors import ContentInvalid, NoEntry, SeatTaken
from amparo.campus.machine import ACTIVE, SEAT_LIFE, SeatMove, SeatState
from amparo.campus.models import Course, Enrolment, Seat, SeatOrder
from amparo.campus.models.courses import CREDITS
from amparo.charging import commands as charging
from amparo.charging.rules import CREDIT
from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Stale
from amparo.people.queries import recipients
from amparo.policies.queries import value

from .enrolling import cancelled, counted, hold_places, needs_of
from .shared import one_at_a_time, permit


@transaction.atomic
def buy_seats(
    course: Course, count: int, *, key: str, cohort_id: int | None = None, price: str | None = None, actor: Actor, at: datetime
) -> SeatOrder:
    """Buy places in a course for one's people: charged in advance, as an order; what nobody uses can be given back. CHG-3, CHG-8.

    `price` is what the page showed. The same key returns the first. Fact: `seats.bought`.
    Raises NotPermitted, ContentInvalid, NoEntry, NoPlace, CreditsShort, PriceChanged.
    """
    permit(access.may_manage(actor))
    assert actor.customer_id is not None and actor.user_id is not None
    one_at_a_time("seats", actor.customer_id, key)
    if first := SeatOrder.objects.filter(customer=actor.customer_id, key=key).first():
        return first
    course = Course.objects.select_related("product", "published").get(pk=course.pk)
    if not 1 <= count <= value("campus.seats_max", at=at):
        raise ContentInvalid(_("Give a number of seats from 1 to %(most)s.") % {"most": value("campus.seats_max", at=at)}, field="count")
    if not course.is_offered or course.access != CREDITS:
        raise NoEntry(_("Seats are bought in courses that are paid in credits; the others cost nothing."))
    found = access.entry(actor, course, at=at)
    if not found.allowed:
        raise NoEntry(found.sentence, remedies=[found.remedy] if found.remedy else [], reason=found.code)
    cohort = hold_places(course, cohort_id, count, at) if cohort_id is not None else None
    order = SeatOrder.objects.create(
        course=course, customer_id=actor.customer_id, cohort=cohort, count=count, bought_by_id=actor.user_id, bought_at=at, key=key
    )
    with counted(course):
        charge = charging.propose(order, actor.customer_id, needs_of(course, count), key=order.subject, actor=actor, at=at)
        charge = charging.consent(charge, how="portal", seen=price, actor=actor, at=at)
        charge = charging.charge_now(charge, actor=actor, at=at)
    order.charge = charge
    order.save(update_fields=["charge"])
    total = charge.amounts.get(CREDIT, 0)
    Seat.objects.bulk_create(
        Seat(order=order, customer_id=order.customer_id, course=course, number=place + 1, credits=total * (place + 1) // count - total * place // count)
        for place in range(count)
    )
    record("seats.bought", subject=order, actor=actor, at=at, course=course.pk, count=count, charged=charge.amounts)
    return order


@transaction.atomic
def assign(seat: Seat, person_id: int, *, seen: int | None = None, actor: Actor, at: datetime) -> Seat:
    """Give a seat to one of the company's people, also to another than before while nobody has started on it.

    Fact: `seat.assigned`. Raises NotPermitted, Stale, SeatTaken, ContentInvalid.
    """
    one_at_a_time("enrol", person_id, seat.course_id)  # nor does he enrol by himself at this moment
    seat = _locked(seat, seen, actor)
    if seat.person_id == person_id and seat.state in (SeatState.ASSIGNED, SeatState.USED):
        return seat
    if seat.state not in (SeatState.FREE, SeatState.ASSIGNED):
        raise SeatTaken(seat=seat.pk)
    if person_id not in {one.user_id for one in recipients(seat.customer_id)}:
        raise ContentInvalid(_("Choose one of your company's people."), field="person")
    has_one = Seat.objects.filter(course=seat.course_id, person=person_id, state=SeatState.ASSIGNED.value).exists()
    if has_one or Enrolment.objects.filter(course=seat.course_id, person=person_id, state__in=sorted(ACTIVE)).exists():
        raise ContentInvalid(_("This person is in the course already, or has a seat in it."), field="person")
    _leave(seat, actor, at)
    seat.state = SEAT_LIFE.after(SeatState(seat.state), SeatMove.ASSIGN).value
    seat.person_id, seat.moves = person_id, seat.moves + 1
    seat.save(update_fields=["state", "person", "moves"])
    record("seat.assigned", subject=seat.order, actor=actor, at=at, seat=seat.number, person=person_id, course=seat.course_id)
    return seat


@transaction.atomic
def take_back(seat: Seat, *, seen: int | None = None, actor: Actor, at: datetime) -> Seat:
    """Take a seat away from somebody who has not started on it. Fact: `seat.taken_back`. Raises NotPermitted, Stale, SeatTaken."""
    seat = _locked(seat, seen, actor)
    if seat.state == SeatState.FREE:
        return seat
    if seat.state != SeatState.ASSIGNED:
        raise SeatTaken(seat=seat.pk)
    before = seat.person_id
    _leave(seat, actor, at)
    if seat.state == SeatState.ASSIGNED:
        seat.state = SEAT_LIFE.after(SeatState(seat.state), SeatMove.TAKE_BACK).value
        seat.person_id, seat.moves = None, seat.moves + 1
        seat.save(update_fields=["state", "person", "moves"])
    record("seat.taken_back", subject=seat.order, actor=actor, at=at, seat=seat.number, person=before)
    return seat


@transaction.atomic
def give_back_seat(seat: Seat, *, seen: int | None = None, actor: Actor, at: datetime) -> Seat:
    """Give a seat back that nobody has: its credits return to the company, once. CHG-3, CHG-10, LED-6.

    Fact: `seat.returned`. Raises NotPermitted, Stale, SeatTaken.
    """
    seat = _locked(seat, seen if seen is None or seat.state != SeatState.RETURNED else None, actor)
    if seat.state == SeatState.RETURNED:
        return seat
    if seat.state != SeatState.FREE:
        raise SeatTaken(_("Take the seat back from its person first; once started it cannot be given back."), seat=seat.pk)
    seat.state = SEAT_LIFE.after(SeatState(seat.state), SeatMove.RETURN).value
    seat.ended_at, seat.moves = at, seat.moves + 1
    seat.save(update_fields=["state", "ended_at", "moves"])
    if seat.credits and seat.order.charge is not None:
        charging.give_back(
            seat.order.charge, amount_by_unit={CREDIT: seat.credits}, reason="seat given back", key=f"seat{seat.pk}", actor=SYSTEM, at=at
        )
    record("seat.returned", subject=seat.order, actor=actor, at=at, seat=seat.number, given_back=seat.credits)
    return seat


def _locked(seat: Seat, seen: int | None, actor: Actor) -> Seat:
    found = Seat.objects.select_for_update(of=("self",), no_key=True).select_related("order__charge").get(pk=seat.pk)
    permit(access.may_manage(actor) and found.customer_id == actor.customer_id, seat=found.pk)
    if seen is not None and seen != found.moves:
        raise Stale(seat=found.pk)
    return found


def _leave(seat: Seat, actor: Actor, at: datetime) -> None:
    """Cancel the enrolment that was made with a seat and has not started. Raises SeatTaken."""
    held = Enrolment.objects.select_for_update(of=("self",), no_key=True).filter(seat=seat).exclude(state="cancelled").first()
    if held is None:
        return
    if held.started_at is not None:
        raise SeatTaken(seat=seat.pk)
    held.seat = seat
    cancelled(held, reason="seat given to another", actor=actor, at=at)
