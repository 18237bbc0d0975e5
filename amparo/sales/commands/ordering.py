"""Placing a sale with its price frozen, cancelling it, and its expiry. CTR-1, CRD-1, PRO-1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from amparo.contracts.commands.contracts import service_zone
from amparo.contracts.models import SupportContract
from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.paths import own_path
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.ledger.errors import KeyReused
from amparo.people.models import Customer
from amparo.policies.queries import value
from amparo.promotions import commands as promotions
from amparo.promotions.errors import UsedUp
from amparo.sales import access, queries, rules
from amparo.sales.errors import FiscalInvalid, NotOffered, PriceMoved, RefundFirst
from amparo.sales.machine import LIFE, Move
from amparo.sales.models import FISCAL_FIELDS, Sale

from .shared import locked, tell


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody orders. `offer` is `plan:3` or `card:2`; `seen` the price that the page showed (`Price.seen`)."""

    offer: str
    quantity: int = 1
    renews_id: int | None = None
    fiscal: Mapping[str, Any] | None = None
    returns_to: str = ""
    seen: str | None = None


@transaction.atomic
def place(customer: Customer, order: Order, *, key: str, actor: Actor, at: datetime) -> Sale:
    """Place an order: its price, tax and promotion stay as they are now, until it expires unpaid. CTR-1, CRD-1, PRO-1.

    The promotion's use is counted now. The same key of the same customer returns the first; for another thing it is
    refused. Raises NotPermitted, NotOffered, PriceMoved (with the new price), FiscalInvalid, Invalid, KeyReused.
    """
    if not access.may_order(actor, customer.pk):
        raise NotPermitted()
    if first := _placed_already(customer, order, key):
        return first
    asked = queries.offer(order.offer)
    if asked is None or not customer.is_active:
        raise NotOffered()
    if type(order.quantity) is not int or not 1 <= order.quantity <= (1 if asked.plan else rules.QUANTITY_MAX):
        raise Invalid(field="quantity")
    found = queries.price(asked, order.quantity, customer.pk, at=at)
    if order.seen is not None and order.seen != found.seen:
        raise PriceMoved(price=found)
    if found.totals.total > rules.CENTAVOS_MAX:
        raise Invalid(field="quantity")
    renews = _renewed(customer, order, at) if asked.plan else None
    try:
        with transaction.atomic():
            sale = Sale.objects.create(**_row(customer, order, found, renews, key, actor, at))
    except IntegrityError:
        if first := _placed_already(customer, order, key):
            return first
        raise
    if found.taken is not None:
        try:
            promotions.use(found.taken.terms.id, customer.pk, sale.subject, sale.discount, actor=actor, at=at)
        except UsedUp:
            raise PriceMoved(price=found) from None
    tell("sale.placed", sale, actor=actor, at=at, quantity=sale.quantity, discount=sale.discount, tax=sale.tax,
         promotion=(sale.promotion or {}).get("name", ""), expires_at=sale.expires_at)  # fmt: skip
    return sale


def _placed_already(customer: Customer, order: Order, key: str) -> Sale | None:
    """Return what the same form placed before, None where it did not. Raises KeyReused where it is of another thing. SEC-48."""
    first = Sale.objects.filter(customer=customer, key=key).first()
    if first is not None and (first.what["code"], first.quantity) != (order.offer, order.quantity):
        raise KeyReused(key=key)
    return first


def _row(
    customer: Customer, order: Order, found: queries.Price, renews: SupportContract | None, key: str, actor: Actor, at: datetime
) -> dict[str, Any]:  # fmt: skip
    taken, sums, asked = found.taken, found.totals, found.offer
    promotion = None
    if taken is not None:
        units = dict(taken.applied.units)
        promotion = taken.terms.as_data() | {"saved": taken.applied.saved, "units": units, "worth": taken.applied.worth}
    days = value("sales.order_days", at=at)
    return {
        "customer": customer, "plan": asked.plan, "card_offer": asked.card, "renews": renews, "what": asked.as_data(),
        "quantity": order.quantity, "unit_price": asked.price, "gross": sums.gross, "discount": sums.discount,
        "net": sums.net, "tax_percent": sums.tax_percent, "tax": sums.tax, "total": sums.total, "currency": asked.currency,
        "promotion": promotion, "fiscal": checked_fiscal(order.fiscal) if order.fiscal else {},
        "returns_to": own_path(order.returns_to, characters_max=200), "placed_at": at, "placed_by_id": actor.user_id,
        "placed_by_staff": actor.is_staff, "expires_at": rules.expires_at(at, days, service_zone(at)), "key": key[:80],
    }  # fmt: skip


def _renewed(customer: Customer, order: Order, at: datetime) -> SupportContract | None:
    """Return the contract that the ordered one follows. Raises NotOffered where it is followed or ordered already."""
    if order.renews_id is None:
        return None
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    found = SupportContract.objects.filter(
        pk=order.renews_id, customer=customer, cancelled_at__isnull=True, renewal__isnull=True
    ).first()
    if found is None or Sale.objects.filter(renews=found, state__in=["placed", "paid"]).exists():
        raise NotOffered()
    return found


def checked_fiscal(fiscal: Mapping[str, Any]) -> dict[str, str]:
    """Return the data of an invoice, each as the tax authority takes it. Raises FiscalInvalid (its field)."""
    plain = {name: str(fiscal.get(name, "")).strip() for name in FISCAL_FIELDS}
    if wrong := rules.fiscal_wrong(plain):
        raise FiscalInvalid(field=wrong)
    return plain | {"rfc": rules.normal_rfc(plain["rfc"]) or ""}


@transaction.atomic
def cancel(sale: Sale, reason: str, *, actor: Actor, at: datetime) -> Sale:
    """Cancel an order that is not activated; its promotion's use is free again. Cancelling again changes nothing.

    The customer cancels what is not paid; what is paid sales cancel after its money went back. Raises NotPermitted,
    Invalid (reason), IllegalMove, RefundFirst.
    """
    if not access.may_decide(actor, sale):
        raise NotPermitted()
    sale = locked(sale.pk)
    if sale.state == "cancelled":
        return sale
    state = LIFE.after(sale.state, Move.CANCEL)
    if sale.state == "paid":
        if not access.may_sell(actor):
            raise NotPermitted()
        if queries.refunded(sale) < queries.came_in(sale):
            raise RefundFirst()
    if actor.is_staff and not reason.strip():
        raise Invalid(field="reason")
    sale.state, sale.ended_at, sale.ended_because = state, at, reason.strip()[:400]
    sale.save(update_fields=["state", "ended_at", "ended_because"])
    promotions.give_up(sale.subject, actor=actor, at=at)
    tell("sale.cancelled", sale, actor=actor, at=at, reason=sale.ended_because)
    return sale


def expire_due(*, at: datetime, limit: int = 200) -> int:
    """Let orders that were not paid in time expire, each once. Any number of workers may run this. Returns how many."""
    done = 0
    due = Sale.objects.filter(state="placed", expires_at__lte=at).order_by("expires_at", "pk")
    for sale_id in list(due.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            sale = locked(sale_id)
            if sale.state != "placed" or sale.expires_at > at:
                continue
            sale.state, sale.ended_at = LIFE.after(sale.state, Move.EXPIRE), sale.expires_at
            sale.save(update_fields=["state", "ended_at"])
            promotions.give_up(sale.subject, actor=SYSTEM, at=at)
            record(
                "sale.expired", subject=sale, actor=SYSTEM, at=sale.expires_at, number=sale.number, what=sale.name,
                total=sale.total, currency=sale.currency, recorded_at=at,
            )  # fmt: skip
            done += 1
    return done
