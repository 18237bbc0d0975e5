"""Orders: a price in credits that the customer sees and accepts before anything is charged. CHG-2, CHG-3, TAR-2, TAR-3."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from amparo.cases import access
from amparo.cases.errors import DateInvalid, NotOffered, TextMissing
from amparo.cases.machine import LIFE, ORDERED_KINDS, Move
from amparo.cases.models import Case, Order
from amparo.charging.rules import Need
from amparo.contracts import access as standing
from amparo.deadlines import commands as deadlines
from amparo.kernel import markdown
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Stale

from . import charges
from .shared import locked, move, permit, place, tell, who


@transaction.atomic
def propose_order(
    case: Case,
    *,
    description: str,
    needs: Sequence[Need],
    delivery_on: date,
    travel: str = "",
    key: str,
    seen: int | None = None,
    actor: Actor,
    at: datetime,
) -> Order:
    """Offer a general service or development for a price, with its date of delivery. CHG-2, CHG-3, TAR-2, TAR-3.

    `travel` says in words what travelling costs in money (CHG-9). A new order takes the place of one that waits.
    The same key returns the first. Nothing is charged. Fact: `case.order_proposed`.
    Raises NotPermitted, NotOffered, TextMissing, DateInvalid, NeedInvalid, BaseMissing, Stale, IllegalMove.
    """
    case = locked(case)
    permit(access.may_work(actor, case), case)
    if first := Order.objects.filter(case=case, key=key).first():
        return first
    if seen is not None and seen != case.moves:
        raise Stale(case=case.pk)
    LIFE.after(case.state, Move.PROPOSE_ORDER)
    if case.kind not in ORDERED_KINDS:
        raise NotOffered(case=case.pk)
    if not description.strip():
        raise TextMissing(field="description")
    if delivery_on < timezone.localdate(at):
        raise DateInvalid(field="delivery_on")
    _end_waiting(case, Order.State.REPLACED, actor, at)
    charge = charges.propose(case, needs, key=f"order:{key}", actor=actor, at=at)
    order = Order.objects.create(
        case=case, description=description.strip(), description_html=markdown.render(description),
        needs=[need.as_data() for need in needs], travel=travel.strip()[:200], delivery_on=delivery_on, charge=charge,
        told=charges.told(charge, needs, at=at),
        proposed_by_id=who(actor), proposed_at=at, key=key,
    )  # fmt: skip
    move(case, Move.PROPOSE_ORDER)
    case.save()
    deadlines.keep_open(case.subject, "answer.case", actor=actor, at=at)
    place(case, order_waits=True, at=at)
    tell(
        "order_proposed", case, actor=actor, at=at, order=order.pk, told=order.told, missing=charge.missing,
        delivery_on=delivery_on, travel=order.travel, description=order.description,
    )  # fmt: skip
    return order


@transaction.atomic
def accept_order(case: Case, *, seen: int, price: str | None = None, actor: Actor, at: datetime) -> Order:
    """Accept an order for the customer: credits are charged in advance, attention starts. CHG-3.

    An installation that is paid by incidents is reserved and charged when its closing is accepted (CHG-4). `seen` is the
    order's id, `price` what stood beside it; the same one again is no second act. Fact: `case.order_accepted`.
    Raises NotPermitted, Stale, NoStanding, UnitsMissing (with how many), PriceChanged, IllegalMove.
    """
    case = locked(case)
    permit(access.may_accept_order(actor, case), case)
    order = Order.objects.select_for_update().filter(case=case, pk=seen).first()
    if order is not None and order.state == Order.State.ACCEPTED:
        return order
    if order is None or order.state != Order.State.PROPOSED:
        raise Stale(case=case.pk)
    move(case, Move.ACCEPT_ORDER)
    standing.require(actor, "case", at=at, customer_id=case.customer_id)
    charge = charges.take(order.charge, how="portal", price=price, actor=actor, at=at)
    order.charge, order.told, order.state, order.answered_at, order.answered_by_id = (
        charge, charge.amounts, Order.State.ACCEPTED, at, actor.user_id,
    )  # fmt: skip
    order.save(update_fields=["charge", "told", "state", "answered_at", "answered_by"])
    case.charge, case.told = charge, order.told
    case.consent_at, case.consent_how, case.consent_by = at, "portal", actor.name[:160]
    case.save()
    place(case, at=at)
    tell(
        "order_accepted", case, actor=actor, at=at, order=order.pk, told=order.told, charge=charge.pk,
        in_advance=charge.state == "final", delivery_on=order.delivery_on,
    )  # fmt: skip
    return order


@transaction.atomic
def decline_order(case: Case, *, seen: int, reason: str = "", actor: Actor, at: datetime) -> Order:
    """Say no to an order: nothing is charged, staff may offer another. Fact: `case.order_declined`.

    Raises NotPermitted, Stale.
    """
    case = locked(case)
    permit(access.may_accept_order(actor, case), case)
    order = Order.objects.select_for_update().filter(case=case, pk=seen).first()
    if order is not None and order.state == Order.State.DECLINED:
        return order
    if order is None or order.state != Order.State.PROPOSED:
        raise Stale(case=case.pk)
    order.state, order.answered_at, order.answered_by_id = Order.State.DECLINED, at, actor.user_id
    order.save(update_fields=["state", "answered_at", "answered_by"])
    charges.drop(order.charge, reason="declined", actor=actor, at=at)
    case.moves += 1
    case.save(update_fields=["moves"])
    place(case, at=at)
    tell("order_declined", case, actor=actor, at=at, order=order.pk, reason=reason.strip()[:400])
    return order


def _end_waiting(case: Case, state: str, actor: Actor, at: datetime) -> None:
    for order in Order.objects.select_for_update().filter(case=case, state=Order.State.PROPOSED):
        charges.drop(order.charge, reason=str(state), actor=actor, at=at)
        order.state, order.answered_at = state, at
        order.save(update_fields=["state", "answered_at"])
