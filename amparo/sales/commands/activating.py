"""What was bought is given, once; and the cards: credited by a click, or their codes shown once. CTR-1, CRD-1, CHG-10."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from amparo.contracts import commands as contracts
from amparo.contracts.commands.contracts import service_zone
from amparo.contracts.models import ServiceCard
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Invalid, NotPermitted, Refusal
from amparo.ledger import commands as ledger
from amparo.people.rules import seal, unseal
from amparo.sales import access, queries
from amparo.sales.errors import CannotActivate, CodesShown, MoneyBack
from amparo.sales.machine import LIFE, Move
from amparo.sales.models import Sale, SoldCard

from .shared import locked, tell


def _key() -> str:
    return settings.SECRETS["field_key"]


def give(sale: Sale, *, actor: Actor, at: datetime) -> None:
    """Sell the contract or issue the cards of a paid sale that is locked; part of the caller's transaction.

    Raises what hinders it, whatever that is, and then nothing of it is written.
    """
    sale.state = LIFE.after(sale.state, Move.ACTIVATE)
    with transaction.atomic():
        if sale.plan is not None:
            _give_contract(sale, actor, at)
        else:
            _give_cards(sale, actor, at)
        _give_extra(sale, actor, at)
    sale.activated_at, sale.stuck_because = at, ""
    sale.save(update_fields=["state", "contract", "batch", "activated_at", "stuck_because"])
    tell("sale.activated", sale, actor=actor, at=at, contract=sale.contract.number if sale.contract else "",
         cards=sale.quantity if sale.is_of_cards else 0)  # fmt: skip


def _give_contract(sale: Sale, actor: Actor, at: datetime) -> None:
    assert sale.plan is not None
    agreed, key = sale.what["terms"], f"sale:{sale.pk}"
    if sale.renews is not None:
        sale.contract = contracts.renew(sale.renews, plan=sale.plan, agreed=agreed, key=key, actor=actor, at=at)
        return
    today = at.astimezone(service_zone(at)).date()
    sale.contract = contracts.sell_contract(sale.customer, sale.plan, today, agreed=agreed, key=key, actor=actor, at=at)


def _give_cards(sale: Sale, actor: Actor, at: datetime) -> None:
    sale.batch, codes = contracts.issue_batch(
        f"{sale.number} {sale.name}"[:80], sale.what["units"]["credit"], sale.quantity, key=f"sale:{sale.pk}", actor=actor,
        at=at,
    )  # fmt: skip
    cards = ServiceCard.objects.filter(batch=sale.batch).order_by("position")
    SoldCard.objects.bulk_create(
        SoldCard(sale=sale, position=card.position, card=card, code_sealed=seal(code, _key()))
        for card, code in zip(cards, codes, strict=True)
    )


def _give_extra(sale: Sale, actor: Actor, at: datetime) -> None:
    """Give the extra units of the promotion, into pockets of their own that last as long as what was bought. PRO-1."""
    if sale.contract is not None:
        starts_at, ends_at = sale.contract.starts_at, sale.contract.ends_at
    else:
        assert sale.batch is not None
        starts_at, ends_at = at, contracts.credits_end_at(sale.batch.months, at=at)
    for unit, amount in sorted(sale.extra_units.items()):
        label = f"{sale.promotion['name']} {sale.number}"[:120] if sale.promotion else sale.number
        pocket = ledger.open_pocket(sale.customer_id, unit, sale.subject, label, starts_at, ends_at, actor=actor, at=at)
        ledger.issue(pocket, amount, cause=sale.subject, key=f"{sale.subject}:{unit}:extra", actor=actor, at=at)


@transaction.atomic
def activate(sale: Sale, *, actor: Actor, at: datetime) -> Sale:
    """Try again to activate a sale that was paid and could not be given; again changes nothing.

    Raises NotPermitted, IllegalMove, MoneyBack, CannotActivate.
    """
    if not access.may_sell(actor):
        raise NotPermitted()
    sale = locked(sale.pk)
    if sale.state == "activated":
        return sale
    if 0 < queries.came_in(sale) <= queries.refunded(sale):
        raise MoneyBack()
    try:
        with transaction.atomic():
            give(sale, actor=actor, at=at)
    except Refusal as hindrance:
        raise cannot(hindrance) from None
    return sale


def cannot(hindrance: Refusal) -> CannotActivate:
    """Return the refusal that says what hinders an activation."""
    message = f"{CannotActivate.message} {hindrance}"
    return CannotActivate(message, remedies=hindrance.remedies, because=hindrance.code)


@transaction.atomic
def credit_cards(sale: Sale, *, actor: Actor, at: datetime) -> int:
    """Put the credits of a sale's open cards on the customer's own pockets, without typing a code; again changes nothing.

    A card whose code was shown may be another's by now, so it is left to its code. Returns how many cards. CRD-1.
    Raises NotPermitted.
    """
    sale = locked(sale.pk)
    if not access.may_decide(actor, sale):
        raise NotPermitted()
    done = 0
    for sold in _open_cards(sale):
        contracts.redeem_bought(sold.card, sale.customer_id, actor=actor, at=at)
        sold.code_sealed = ""
        sold.save(update_fields=["code_sealed"])
        done += 1
    if done:
        tell("sale.cards_credited", sale, actor=actor, at=at, cards=done)
    return done


def _open_cards(sale: Sale) -> list[SoldCard]:
    """The cards of a sale whose codes nobody has seen and which nobody redeemed, locked."""
    rows = SoldCard.objects.select_for_update(of=("self",)).select_related("card")
    fresh = rows.filter(sale=sale, shown_at__isnull=True, replaced_at__isnull=True).order_by("pk")
    return [sold for sold in fresh if sold.card.state == "open"]


@transaction.atomic
def show_codes(sale: Sale, *, actor: Actor, at: datetime) -> list[tuple[int, str]]:
    """Return the codes of a sale's cards to the customer, once: they are wiped here as they are shown. CRD-1.

    Raises NotPermitted (staff never see them), CodesShown.
    """
    sale = locked(sale.pk)
    if not access.may_see_codes(actor, sale):
        raise NotPermitted()
    shown = []
    for sold in _open_cards(sale):
        code = unseal(sold.code_sealed, _key())
        if code is None:
            continue
        sold.code_sealed, sold.shown_at, sold.shown_to_id = "", at, actor.user_id
        sold.save(update_fields=["code_sealed", "shown_at", "shown_to"])
        shown.append((sold.position, code))
    if not shown:
        raise CodesShown()
    tell("sale.codes_shown", sale, actor=actor, at=at, cards=len(shown))
    return shown


@transaction.atomic
def issue_again(sale: Sale, reason: str, *, actor: Actor, at: datetime) -> int:
    """Make the shown cards of a sale that nobody redeemed void, and issue as many anew: a lost code harms nobody. CRD-1.

    Returns how many. Raises NotPermitted, Invalid (reason).
    """
    sale = locked(sale.pk)
    if not (access.may_see_codes(actor, sale) or access.may_sell(actor)):
        raise NotPermitted()
    if not reason.strip():
        raise Invalid(field="reason")
    rows = SoldCard.objects.select_for_update(of=("self",)).select_related("card")
    lost = [
        sold for sold in rows.filter(sale=sale, shown_at__isnull=False, replaced_at__isnull=True).order_by("pk")
        if sold.card.state == "open"
    ]  # fmt: skip
    if not lost:
        return 0
    for sold in lost:
        contracts.void_card(sold.card, reason, actor=SYSTEM, at=at)
        sold.replaced_at = at
        sold.save(update_fields=["replaced_at"])
    round_number = SoldCard.objects.filter(sale=sale, replaced_at__isnull=False).count()
    batch, codes = contracts.issue_batch(
        f"{sale.number} {sale.name}"[:80], sale.what["units"]["credit"], len(lost), key=f"sale:{sale.pk}:{round_number}",
        actor=SYSTEM, at=at,
    )  # fmt: skip
    cards = ServiceCard.objects.filter(batch=batch).order_by("position")
    SoldCard.objects.bulk_create(
        SoldCard(sale=sale, position=sold.position, card=card, code_sealed=seal(code, _key()))
        for sold, card, code in zip(lost, cards, codes, strict=True)
    )
    tell("sale.cards_replaced", sale, actor=actor, at=at, cards=len(lost), reason=reason.strip()[:400])
    return len(lost)
