"""What the verbs of quotes and orders share: lock, price, take, tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import ngettext

from amparo.charging import commands as charging
from amparo.charging.errors import CreditsMissing
from amparo.charging.models import Charge
from amparo.charging.queries import tariff_numbered
from amparo.charging.rules import CREDIT, Need, PocketView, lawful_ways, most_beneficial
from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import NotPermitted
from amparo.quotations.errors import UnitsMissing
from amparo.quotations.models import Quote, QuoteVersion, ServiceOrder
from amparo.quotations.queries import ways_to_credits

_PLENTY = PocketView(0, CREDIT, 10**9, datetime.max.replace(tzinfo=UTC))


def locked(quote: Quote) -> Quote:
    """Return the quote as it stands, locked to the end of the transaction."""
    return Quote.objects.select_for_update(of=("self",)).select_related("thread", "customer").get(pk=quote.pk)


def locked_order(order: ServiceOrder) -> ServiceOrder:
    """Return the order as it stands, locked to the end of the transaction."""
    found = ServiceOrder.objects.select_for_update(of=("self",)).select_related("thread", "quote", "version", "charge")
    return found.get(pk=order.pk)


def permit(allowed: bool, **context: Any) -> None:
    """Raise NotPermitted where an act is not allowed."""
    if not allowed:
        raise NotPermitted(**context)


def draft_of(quote: Quote) -> QuoteVersion | None:
    """Return the version that is being written, locked."""
    return QuoteVersion.objects.select_for_update().filter(quote=quote, presented_at__isnull=True).first()


def shown_of(quote: Quote) -> QuoteVersion | None:
    """Return the version that the customer sees."""
    return QuoteVersion.objects.filter(quote=quote, number=quote.shown).select_related("charge").first()


def told(charge: Charge, needs: Sequence[Need]) -> dict[str, int]:
    """Return what the customer is told it costs: the best way's units, or what it would take in credits. CHG-8."""
    if charge.way:
        return charge.amounts
    tariff = tariff_numbered(charge.tariff_version).as_tariff()
    return most_beneficial(lawful_ways(needs, tariff, [_PLENTY])).amounts


def take(charge: Charge, *, quote: Quote, price: str | None, actor: Actor, at: datetime) -> Charge:
    """Put the customer's yes on the record and charge the credits in advance. CHG-3.

    What spends an incident or event is reserved instead, and charged when the case's closing is accepted (CHG-4).
    Raises UnitsMissing, PriceChanged.
    """
    with counted(quote):
        charge = charging.consent(charge, how="portal", seen=price, actor=actor, at=at)
        if set(charge.amounts) <= {CREDIT}:
            return charging.charge_now(charge, actor=actor, at=at)
        return charging.reserve(charge, actor=SYSTEM, at=at)


def drop(charge: Charge | None, *, reason: str, actor: Actor, at: datetime) -> None:
    """Let go of a charge of which nothing was taken."""
    if charge is None:
        return
    charge.refresh_from_db()
    if charge.state in ("proposed", "consented"):
        charging.release(charge, reason=reason, actor=actor if actor.is_staff or actor.is_contact else SYSTEM, at=at)


def undo(charge: Charge, *, reason: str, actor: Actor, at: datetime) -> None:
    """Give back what a charge took in advance, or what it reserved. CHG-3, LED-6."""
    charge.refresh_from_db()
    if charge.state == "final":
        charging.give_back(charge, reason=reason, actor=SYSTEM, at=at)
    elif charge.state in ("proposed", "consented", "reserved"):
        charging.release(charge, reason=reason, actor=actor, at=at)


@contextmanager
def counted(quote: Quote) -> Iterator[None]:
    """Tell how many credits are missing, how they are got, and the way back to the quote. CHG-3."""
    try:
        yield
    except CreditsMissing as short:
        missing = int(short.context.get("missing", 0))
        raise UnitsMissing(missing_text(missing), missing=missing, remedies=ways_to_credits(quote, missing)) from None


def missing_text(missing: int) -> str:
    """Return how many credits are missing, as a sentence. CHG-3."""
    return ngettext(
        "%(count)s credit is missing to accept this quote. Nothing was charged. Redeem a service card and come back; the quote stays as it is.",
        "%(count)s credits are missing to accept this quote. Nothing was charged. Redeem a service card and come back; the quote stays as it is.",
        missing,
    ) % {"count": missing}


def tell(name: str, thing: Quote | ServiceOrder, *, actor: Actor, at: datetime, **data: Any) -> None:
    """Put a fact on the record of a quote or an order. CAS-1."""
    record(name, subject=thing, actor=actor, at=at, matter=thing.thread.subject, **data)
