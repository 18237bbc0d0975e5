"""The verbs of the kinds of service cards on sale. CRD-1."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted, Stale
from amparo.sales import access, rules
from amparo.sales.models import CardOffer

CREDITS_MAX = 100_000


def _check(name: str, credits: int, price: int) -> None:
    if not name.strip():
        raise Invalid(field="name")
    if type(credits) is not int or not 1 <= credits <= CREDITS_MAX:
        raise Invalid(field="credits")
    if type(price) is not int or not 1 <= price <= rules.CENTAVOS_MAX // rules.QUANTITY_MAX // 2:
        raise Invalid(field="price")


@transaction.atomic
def add_card_offer(name: str, credits: int, price: int, *, currency: str = "MXN", actor: Actor, at: datetime) -> CardOffer:
    """Put a kind of service card on sale; `price` in centavos, without tax. Raises NotPermitted, Invalid."""
    if not access.may_sell(actor):
        raise NotPermitted()
    _check(name, credits, price)
    try:
        with transaction.atomic():
            made = CardOffer.objects.create(
                name=name.strip()[:80], credits=credits, price=price, currency=currency, made_at=at, changed_at=at
            )
    except IntegrityError:
        raise Invalid(field="name") from None
    record("card_offer.added", subject=made, actor=actor, at=at, title=made.name, credits=credits, price=price)
    return made


@transaction.atomic
def change_card_offer(
    offer: CardOffer, *, name: str, credits: int, price: int, is_on_sale: bool, seen: datetime | None = None, actor: Actor,
    at: datetime,
) -> CardOffer:  # fmt: skip
    """Change what later orders of a kind of card will be; orders that were placed keep theirs. Raises NotPermitted, Stale, Invalid."""
    if not access.may_sell(actor):
        raise NotPermitted()
    _check(name, credits, price)
    offer = CardOffer.objects.select_for_update().get(pk=offer.pk)
    if seen is not None and seen != offer.changed_at:
        raise Stale()
    offer.name, offer.credits, offer.price, offer.is_on_sale = name.strip()[:80], credits, price, is_on_sale
    offer.changed_at = at
    try:
        with transaction.atomic():
            offer.save()
    except IntegrityError:
        raise Invalid(field="name") from None
    record("card_offer.changed", subject=offer, actor=actor, at=at, title=offer.name, credits=credits, price=price,
           is_on_sale=is_on_sale)  # fmt: skip
    return offer
