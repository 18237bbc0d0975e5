"""Money that came in, confirmed by staff or told by a provider, and money that was given back. CHG-10."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from amparo.contracts.commands.contracts import service_zone
from amparo.files import commands as files
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted, Refusal
from amparo.promotions import commands as promotions
from amparo.sales import access, queries
from amparo.sales.errors import AlreadyPaid, AmountDiffers, RefundTooMuch
from amparo.sales.machine import LIFE, Move
from amparo.sales.models import Payment, Refund, Sale, SaleDocument

from .activating import cannot, give
from .shared import locked, tell

RECORDED = ("transfer", "cash")


@dataclass(frozen=True, slots=True)
class Received:
    """Money that came in: how, how much (centavos), under which reference, on which day."""

    method: str
    amount: int
    reference: str
    received_on: date


@transaction.atomic
def confirm_payment(
    sale: Sale, received: Received, *, receipts: Sequence[str] = (), draft_key: str = "", actor: Actor, at: datetime
) -> Sale:
    """Confirm that a sale was paid, and activate it, in one transaction, once. CTR-1, CRD-1, CHG-10.

    The amount is the order's own. `receipts` are draft files of the person, which only staff see. Where what was bought
    cannot be given, nothing is written. Raises NotPermitted, Invalid, AmountDiffers, AlreadyPaid, IllegalMove,
    CannotActivate, NotAttachable.
    """
    if not access.may_sell(actor):
        raise NotPermitted()
    sale = locked(sale.pk)
    if sale.state in ("paid", "activated"):
        raise AlreadyPaid()
    sale.state = LIFE.after(sale.state, Move.PAY)
    if received.method not in RECORDED:
        raise Invalid(field="method")
    if received.amount != sale.total:
        raise AmountDiffers(field="amount")
    if not received.reference.strip():
        raise Invalid(field="reference")
    if received.received_on > at.astimezone(service_zone(at)).date():
        raise Invalid(field="received_on")
    write_payment(sale, received, provider_ref=None, counts=True, actor=actor, at=at)
    if receipts:
        for file in files.attach(receipts, subject=f"sale-desk:{sale.pk}", draft_key=draft_key, actor=actor, at=at):
            SaleDocument.objects.create(sale=sale, kind="receipt", file=file, at=at, by_id=actor.user_id)
    mark_paid(sale, received, actor=actor, at=at)
    try:
        give(sale, actor=actor, at=at)
    except Refusal as hindrance:
        raise cannot(hindrance) from None
    return sale


def write_payment(
    sale: Sale, received: Received, *, provider_ref: str | None, counts: bool, actor: Actor, at: datetime
) -> Payment:
    """Write down money that came in; part of the caller's transaction."""
    return Payment.objects.create(
        sale=sale, method=received.method, amount=received.amount, currency=sale.currency,
        reference=received.reference.strip()[:120], provider_ref=provider_ref, received_on=received.received_on,
        counts=counts, at=at, by_id=actor.user_id,
    )  # fmt: skip


def mark_paid(sale: Sale, received: Received, *, actor: Actor, at: datetime) -> None:
    """Mark a locked sale as paid, and tell it; part of the caller's transaction.

    One that had expired took its promotion after all: it is counted again. PRO-1.
    """
    if sale.ended_at is not None and sale.promotion:
        promotions.use(
            sale.promotion["id"], sale.customer_id, sale.subject, sale.discount, beyond=True, actor=actor, at=at
        )
    sale.paid_at, sale.ended_at, sale.ended_because = at, None, ""
    sale.save(update_fields=["state", "paid_at", "ended_at", "ended_because"])
    tell("sale.paid", sale, actor=actor, at=at, method=received.method, reference=received.reference.strip()[:120])


@transaction.atomic
def record_refund(
    sale: Sale, given: Received, reason: str, *, key: str, actor: Actor, at: datetime
) -> Refund:
    """Write down that money of a sale was given back. The bank or the provider moves it; this is the note. CHG-10.

    Never more than came in. The same key returns the first. A contract or card that was given stays until it is cancelled
    or made void by itself. Raises NotPermitted, Invalid, RefundTooMuch.
    """
    if not access.may_sell(actor):
        raise NotPermitted()
    sale = locked(sale.pk)
    if first := sale.refunds.filter(key=key).first():
        return first
    if not reason.strip():
        raise Invalid(field="reason")
    assert actor.user_id is not None, "a person gives money back"
    if not 0 < given.amount <= queries.came_in(sale) - queries.refunded(sale):
        raise RefundTooMuch(field="amount")
    made = Refund.objects.create(
        sale=sale, amount=given.amount, method=given.method, reference=given.reference.strip()[:120],
        reason=reason.strip()[:400], given_on=given.received_on, at=at, by_id=actor.user_id, key=key[:80],
    )  # fmt: skip
    tell("sale.refunded", sale, actor=actor, at=at, amount=made.amount, reason=made.reason)
    return made
