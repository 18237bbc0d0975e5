"""The verbs of an order: opened by an acceptance, worked, delivered, accepted; put right at no charge. QUO-5, CAS-6."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from amparo.charging.models import Charge
from amparo.deadlines import commands as deadlines
from amparo.deadlines.queries import calendar_for
from amparo.deadlines.rules import add_business_days, business_days_between
from amparo.kernel import markdown
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Invalid, Stale
from amparo.people.queries import staff_with
from amparo.policies.queries import value
from amparo.quotations import access
from amparo.quotations.errors import DateInvalid, InDispute, TextMissing, TooLateToTell, WorkBegan
from amparo.quotations.machine import ORDER_LIFE, OrderMove, OrderState
from amparo.quotations.models import Delay, Delivery, Quote, QuoteVersion, ServiceOrder
from amparo.threads import commands as threads
from amparo.threads.models import Thread

from .shared import locked_order, permit, tell, undo

DELAY_DAYS_MAX = 366


def open_order(quote: Quote, version: QuoteVersion, charge: Charge, *, actor: Actor, at: datetime) -> ServiceOrder:
    """Open the order of a quote that was just accepted; its delivery is promised in business days from now. QUO-2, QUO-5."""
    due_at = add_business_days(calendar_for(quote.customer_id, at), at, version.business_days)
    order = ServiceOrder.objects.create(
        quote=quote, version=version, thread=quote.thread, customer_id=quote.customer_id, kind=quote.kind, title=quote.title,
        charge=charge, told=charge.amounts, assignee_id=quote.thread.assignee_id, accepted_at=at,
        accepted_by_id=actor.user_id, business_days=version.business_days, first_due_at=due_at, due_at=due_at,
    )  # fmt: skip
    _promise(order, version.business_days, key="first", started_at=at, actor=actor, at=at)
    tell("order.accepted", order, actor=actor, at=at, quote=quote.pk, due_at=order.due_at, told=order.told)
    return order


@transaction.atomic
def assign_order(order: ServiceOrder, user_id: int | None, *, seen: int | None = None, actor: Actor, at: datetime) -> ServiceOrder:
    """Give an order to one of the staff, or to nobody. Fact: `order.assigned`. Raises NotPermitted, Stale, Invalid."""
    order = _worked(order, seen, actor)
    if user_id is not None and user_id not in [user.pk for user in staff_with(*access.WORKING, "administrator")]:
        raise Invalid(field="assignee")
    if order.assignee_id != user_id:
        order.assignee_id = user_id
        order.moves += 1
        order.save(update_fields=["assignee", "moves"])
        deadlines.hold_open(order.subject, holder_id=user_id, actor=actor, at=at)
        tell("order.assigned", order, actor=actor, at=at, to=user_id)
    return order


@transaction.atomic
def start_order(order: ServiceOrder, *, seen: int | None = None, actor: Actor, at: datetime) -> ServiceOrder:
    """Begin the work; from here on the order is not simply cancelled. Fact: `order.started`. QUO-5.

    Who begins without anybody having it, has it. Raises NotPermitted, Stale, IllegalMove.
    """
    order = _worked(order, seen, actor)
    _move(order, OrderMove.START)
    order.started_at = at
    if order.assignee_id is None:
        order.assignee_id = actor.user_id
        deadlines.hold_open(order.subject, holder_id=actor.user_id, actor=actor, at=at)
    order.save()
    tell("order.started", order, actor=actor, at=at)
    return order


@transaction.atomic
def deliver(
    order: ServiceOrder,
    note: str,
    *,
    key: str,
    files: Sequence[str] = (),
    draft_key: str = "",
    seen: int | None = None,
    actor: Actor,
    at: datetime,
) -> Delivery:
    """Hand over what was ordered, with words and files that stand in the case; the promise is kept now. QUO-5.

    The customer accepts it or says that it does not meet what was specified. The same key returns the first.
    Fact: `order.delivered`. Raises NotPermitted, TextMissing, Stale, IllegalMove.
    """
    order = locked_order(order)
    permit(access.may_work(actor), order=order.pk)
    if first := Delivery.objects.filter(order=order, key=key).first():
        return first
    _not_stale(order, seen)
    if not note.strip():
        raise TextMissing(field="note")
    ORDER_LIFE.after(order.state, OrderMove.DELIVER)
    entry = threads.say(
        order.thread, f"{order.number}: {note.strip()}", key=f"order:{order.pk}:delivery:{order.rounds + 1}", files=files,
        draft_key=draft_key, actor=actor, at=at, via="desk",
    )  # fmt: skip
    return _delivered(order, note, entry.pk, key, actor, at)


def _delivered(order: ServiceOrder, note: str, entry_id: int | None, key: str, actor: Actor, at: datetime) -> Delivery:
    assert actor.user_id is not None
    _move(order, OrderMove.DELIVER)
    order.started_at, order.delivered_at, order.rounds = order.started_at or at, at, order.rounds + 1
    order.save()
    delivery = Delivery.objects.create(
        order=order, number=order.rounds, note=note.strip(), note_html=markdown.render(note), entry_id=entry_id,
        delivered_at=at, delivered_by_id=actor.user_id, key=key,
    )  # fmt: skip
    deadlines.keep_open(order.subject, "delivery", actor=actor, at=at)
    tell("order.delivered", order, actor=actor, at=at, delivery=delivery.number, note=delivery.note[:1000], due_at=order.due_at)
    return delivery


@transaction.atomic
def accept_delivery(order: ServiceOrder, *, seen: int, actor: Actor, at: datetime) -> ServiceOrder:
    """Accept for the customer what was delivered: the order is finished, and a change from here on is a new quote. CAS-6, QUO-5.

    `seen` is the number of the delivery; the same one again is no second act. Fact: `order.met`.
    Raises NotPermitted, Stale, IllegalMove.
    """
    order = locked_order(order)
    permit(access.may_decide_order(actor, order), order=order.pk)
    delivery = Delivery.objects.filter(order=order, number=seen).first()
    if delivery is not None and delivery.answer == Delivery.Answer.MET:
        return order
    if delivery is None or delivery.answer:
        raise Stale(order=order.pk)
    _move(order, OrderMove.ACCEPT_DELIVERY)
    _answer(delivery, Delivery.Answer.MET, "", actor, at)
    order.ended_at, order.ended_how = at, "met"
    order.save()
    tell("order.met", order, actor=actor, at=at, delivery=delivery.number)
    return order


@transaction.atomic
def refuse_delivery(
    order: ServiceOrder, reasons: str, *, seen: int, key: str, files: Sequence[str] = (), draft_key: str = "", actor: Actor, at: datetime
) -> ServiceOrder:
    """Say for the customer that a delivery does not meet what was specified: it is put right at no charge. CAS-6.

    The customer decides that; who of the staff disagrees proposes closing the case, which the customer may refuse with
    a complaint. The reasons stand in the case. A new promise starts. Fact: `order.not_met`.
    Raises NotPermitted, TextMissing, Stale, IllegalMove.
    """
    order = locked_order(order)
    permit(access.may_decide_order(actor, order), order=order.pk)
    delivery = Delivery.objects.filter(order=order, number=seen).first()
    if delivery is not None and delivery.answer == Delivery.Answer.NOT_MET:
        return order
    if delivery is None or delivery.answer:
        raise Stale(order=order.pk)
    if not reasons.strip():
        raise TextMissing(field="reasons")
    ORDER_LIFE.after(order.state, OrderMove.REFUSE_DELIVERY)
    threads.say(
        order.thread, f"{order.number}: {reasons.strip()}", key=f"order:{order.pk}:not_met:{key}", files=files, draft_key=draft_key,
        actor=actor, at=at,
    )  # fmt: skip
    _move(order, OrderMove.REFUSE_DELIVERY)
    _answer(delivery, Delivery.Answer.NOT_MET, reasons.strip(), actor, at)
    days = min(order.business_days, value("quotations.correction_days", at=at))
    _promise(order, days, key=f"round:{delivery.number}", started_at=at, actor=actor, at=at)
    order.save()
    tell("order.not_met", order, actor=actor, at=at, delivery=delivery.number, reasons=delivery.reasons[:1000], due_at=order.due_at)
    return order


@transaction.atomic
def tell_delay(
    order: ServiceOrder, new_on: date, *, reason: str, key: str, seen: int | None = None, actor: Actor, at: datetime
) -> Delay:
    """Tell a delay before the promised date, with the new date and the reason, on the record. QUO-5.

    The new date is a promise again, by the end of that day's opening hours (of the next business day where it is none).
    After the date it is refused: the promise counts as late. The same key returns the first. Fact: `order.delayed`.
    Raises NotPermitted, TooLateToTell, TextMissing, DateInvalid, Stale, IllegalMove.
    """
    order = locked_order(order)
    permit(access.may_work(actor), order=order.pk)
    if first := Delay.objects.filter(order=order, key=key).first():
        return first
    _not_stale(order, seen)
    ORDER_LIFE.after(order.state, OrderMove.TELL_DELAY)
    if at >= order.due_at:
        raise TooLateToTell(order=order.pk)
    if not reason.strip():
        raise TextMissing(field="reason")
    if not timezone.localtime(order.due_at).date() < new_on <= timezone.localtime(at).date() + timedelta(days=DELAY_DAYS_MAX):
        raise DateInvalid(field="new_on")
    before, days = order.due_at, _days_until(order, new_on, at)
    deadlines.end_open(order.subject, kind_code="delivery", reason="delay told", actor=actor, at=at)
    number = order.delays.count() + 1
    _promise(order, days, key=f"delay:{number}", started_at=at, actor=actor, at=at)
    order.moves += 1
    order.save()
    assert actor.user_id is not None
    delay = Delay.objects.create(
        order=order, number=number, due_before=before, due_after=order.due_at, reason=reason.strip()[:2000], told_at=at,
        told_by_id=actor.user_id, key=key,
    )  # fmt: skip
    tell("order.delayed", order, actor=actor, at=at, before=before, due_at=order.due_at, reason=delay.reason)
    return delay


def _days_until(order: ServiceOrder, new_on: date, at: datetime) -> int:
    """Return how many business days after today's the day is, the next business day where it is none. TIM-3."""
    calendar = calendar_for(order.customer_id, at)
    evening = datetime.combine(new_on, time(23, 59, 59), tzinfo=timezone.localtime(at).tzinfo)
    days = max(1, business_days_between(calendar, at, evening))
    due = add_business_days(calendar, at, days)
    return days if timezone.localtime(due).date() >= new_on and due > order.due_at else days + 1


@transaction.atomic
def cancel_order(order: ServiceOrder, *, reason: str = "", actor: Actor, at: datetime) -> ServiceOrder:
    """Cancel an order before its work starts: every unit goes back. CHG-3, LED-6.

    Not while a complaint on its case is being reviewed: the reservation stays until the ruling (COM-1).
    Fact: `order.cancelled`. Raises NotPermitted, WorkBegan, InDispute, IllegalMove.
    """
    order = locked_order(order)
    permit(access.may_cancel(actor, order), order=order.pk)
    if order.state == OrderState.CANCELLED:
        return order
    if order.state in (OrderState.IN_PROGRESS, OrderState.DELIVERED):
        raise WorkBegan(order=order.pk)
    if order.thread.queue == "quality":
        raise InDispute(order=order.pk)
    _move(order, OrderMove.CANCEL)
    order.ended_at, order.ended_how, order.ended_because = at, "cancelled", reason.strip()[:400]
    order.save()
    deadlines.end_open(order.subject, kind_code="delivery", reason="cancelled", actor=actor, at=at)
    undo(order.charge, reason="cancelled", actor=actor, at=at)
    tell("order.cancelled", order, actor=actor, at=at, given_back=order.told, reason=order.ended_because)
    return order


# -- asked by the case ------------------------------------------------------------------------------------------------


@transaction.atomic
def deliver_with_closing(thread: Thread, note: str, *, key: str, actor: Actor, at: datetime) -> int:
    """Count a proposal to close the case as the delivery of what was not delivered yet; return how many. CAS-4, QUO-5."""
    count = 0
    for order in _open_orders(thread):
        if ORDER_LIFE.may(OrderState(order.state), OrderMove.DELIVER):
            _delivered(order, note, None, f"closing:{key}", actor, at)
            count += 1
    return count


@transaction.atomic
def finish_with_case(thread: Thread, *, actor: Actor, at: datetime) -> int:
    """Finish what is open of a case whose closing was accepted; return how many orders. CAS-4, QUO-5."""
    count = 0
    for order in _open_orders(thread):
        _move(order, OrderMove.CLOSE)
        delivery = Delivery.objects.filter(order=order, answer="").first()
        if delivery is not None:
            _answer(delivery, Delivery.Answer.MET, "", actor, at)
        deadlines.end_open(order.subject, kind_code="delivery", reason="case closed", actor=actor, at=at)
        order.ended_at, order.ended_how = at, "case_closed"
        order.save()
        tell("order.closed", order, actor=actor, at=at)
        count += 1
    return count


def _open_orders(thread: Thread) -> list[ServiceOrder]:
    found = ServiceOrder.objects.select_for_update(of=("self",)).select_related("thread", "quote", "version", "charge")
    return list(found.filter(thread=thread, ended_at__isnull=True).order_by("pk"))


# -- what they share --------------------------------------------------------------------------------------------------


def _worked(order: ServiceOrder, seen: int | None, actor: Actor) -> ServiceOrder:
    order = locked_order(order)
    permit(access.may_work(actor), order=order.pk)
    _not_stale(order, seen)
    return order


def _not_stale(order: ServiceOrder, seen: int | None) -> None:
    if seen is not None and seen != order.moves:
        raise Stale(order=order.pk)


def _move(order: ServiceOrder, made: OrderMove) -> None:
    order.state = ORDER_LIFE.after(order.state, made).value
    order.moves += 1


def _promise(order: ServiceOrder, days: int, *, key: str, started_at: datetime, actor: Actor, at: datetime) -> None:
    """Promise the delivery; the caller saves the order with its new date. TIM-3, TIM-8, QUO-2."""
    made = deadlines.promise(
        "delivery", subject=order, customer_id=order.customer_id, key=f"{order.subject}:{key}", holder_id=order.assignee_id,
        started_at=started_at, amount=days, actor=actor if actor.is_signed_in else SYSTEM, at=at,
    )  # fmt: skip
    if order.due_at != made.due_at:
        order.due_at = made.due_at
        if key == "first":
            order.first_due_at = made.due_at
            order.save(update_fields=["due_at", "first_due_at"])


def _answer(delivery: Delivery, answer: str, reasons: str, actor: Actor, at: datetime) -> None:
    delivery.answer, delivery.reasons, delivery.answered_at, delivery.answered_by_id = answer, reasons, at, actor.user_id
    delivery.save(update_fields=["answer", "reasons", "answered_at", "answered_by"])
