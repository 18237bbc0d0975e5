"""What a case asks of charging: propose, take after the customer's yes, let go. CHG-1, CHG-3, CHG-4, CHG-6."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amparo.cases.errors import OrderAccepted, UnitsMissing
from amparo.cases.models import Case, Order
from amparo.charging import commands as charging
from amparo.charging.errors import CreditsMissing, NotGiven
from amparo.charging.models import Charge
from amparo.charging.queries import held, tariff_at
from amparo.charging.rules import CREDIT, Need, PocketView, lawful_ways, most_beneficial
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Remedy
from amparo.quotations import commands as quotations
from amparo.quotations.errors import QuoteDecided

_PLENTY = PocketView(0, CREDIT, 10**9, datetime.max.replace(tzinfo=UTC))


def propose(case: Case, needs: Sequence[Need], *, key: str, actor: Actor, at: datetime) -> Charge:
    """Propose a charge for a case; where there is not enough of anything it says how many credits are missing. CHG-6."""
    return charging.propose(case.subject, case.customer_id, needs, key=f"{case.subject}:{key}", actor=actor, at=at)


def told(charge: Charge, needs: Sequence[Need], *, at: datetime) -> dict[str, int]:
    """Return what the customer is told that it costs: the best way's units, or what it would take in credits."""
    if charge.way:
        return charge.amounts
    return most_beneficial(lawful_ways(needs, tariff_at(at), [_PLENTY])).amounts


def reserve(charge: Charge, *, how: str, price: str | None, actor: Actor, at: datetime) -> Charge:
    """Put the customer's yes on the record and reserve the units: attention starts. CHG-1, CHG-4.

    Raises UnitsMissing, PriceChanged.
    """
    with counted():
        charge = charging.consent(charge, how=how, seen=price, actor=actor, at=at)
        return charging.reserve(charge, actor=SYSTEM, at=at)


def take(charge: Charge, *, how: str, price: str | None, actor: Actor, at: datetime) -> Charge:
    """Put the customer's yes to an order on the record: credits are charged in advance. CHG-3.

    What spends an incident or event is reserved instead, and charged with the closing (CHG-4).
    Raises UnitsMissing, PriceChanged.
    """
    with counted():
        charge = charging.consent(charge, how=how, seen=price, actor=actor, at=at)
        if set(charge.amounts) <= {CREDIT}:
            return charging.charge_now(charge, actor=actor, at=at)
        return charging.reserve(charge, actor=SYSTEM, at=at)


def drop(charge: Charge | None, *, reason: str, actor: Actor, at: datetime) -> None:
    """Let go of a charge that is not final: what was reserved is given back, what was only proposed is withdrawn."""
    if charge is None:
        return
    charge.refresh_from_db()
    if charge.state in ("proposed", "consented", "reserved"):
        charging.release(charge, reason=reason, actor=actor, at=at)


def end_order(order: Order, *, reason: str, words: str, actor: Actor, at: datetime) -> None:
    """Take back what an order that waits stands for: its quote, or its charge alone; `words` tell the customer why.

    Raises OrderAccepted. QUO-3.
    """
    if order.quote is None:
        drop(order.charge, reason=reason, actor=actor, at=at)
        return
    try:
        quotations.withdraw_quote(order.quote, reason=words, actor=actor, at=at)
    except QuoteDecided:
        raise OrderAccepted(case=order.case_id) from None


def end_quotes(case: Case, *, actor: Actor, at: datetime) -> None:
    """Take back what is quoted in a case and was not decided. Raises OrderAccepted where a quote was accepted meanwhile. QUO-3."""
    try:
        quotations.withdraw_open(case.thread, actor=actor, at=at)
    except QuoteDecided:
        raise OrderAccepted(case=case.pk) from None


def give_back(charge: Charge, *, reason: str, actor: Actor, at: datetime) -> None:
    """Give back what a charge reserved, or what it took in advance. CHG-3, CHG-4, LED-6."""
    if charge.state == "final":
        charging.give_back(charge, reason=reason, actor=SYSTEM, at=at)
    else:
        drop(charge, reason=reason, actor=actor, at=at)


def give_some_back(
    charge: Charge, amounts: Mapping[str, int], *, reason: str, key: str, actor: Actor, at: datetime
) -> dict[str, int]:
    """Give some units of a charge back and make the rest of it final; return what it charges in the end. COM-4, LED-6.

    Raises NotGiven where it holds fewer.
    """
    holds = held(charge)
    if any(count > holds.get(unit, 0) for unit, count in amounts.items()):
        raise NotGiven(left=holds)
    rest = {unit: count - amounts.get(unit, 0) for unit, count in holds.items()}
    if charge.state == "final":
        if any(amounts.values()):
            some = {unit: count for unit, count in amounts.items() if count}
            charging.give_back(charge, amount_by_unit=some, reason=reason, key=key, actor=SYSTEM, at=at)
    elif any(rest.values()):
        charging.settle(charge, amount_by_unit=rest, actor=actor, at=at)
    elif holds:
        charging.release(charge, reason=reason, actor=actor, at=at)
    return {unit: count for unit, count in rest.items() if count}


def total(several: Iterable[dict[str, int]]) -> dict[str, int]:
    """Return several amounts by unit added up."""
    found: dict[str, int] = {}
    for one in several:
        for unit, count in one.items():
            found[unit] = found.get(unit, 0) + count
    return found


@contextmanager
def counted() -> Iterator[None]:
    """Tell the customer how many credits are missing, and how they are got. CHG-3."""
    try:
        yield
    except CreditsMissing as short:
        missing = int(short.context.get("missing", 0))
        raise UnitsMissing(missing_text(missing), missing=missing, remedies=ways_to_credits()) from None


def missing_text(missing: int) -> str:
    """Return how many credits are missing, as a sentence with the way out. CHG-3."""
    return ngettext(
        "%(count)s credit is missing for this service, so it cannot begin. Redeem a service card, or ask us for one.",
        "%(count)s credits are missing for this service, so it cannot begin. Redeem a service card, or ask us for one.",
        missing,
    ) % {"count": missing}


def ways_to_credits() -> tuple[Remedy, ...]:
    """Return how credits are got: the page on which a card is redeemed."""
    try:
        return (Remedy(_("Redeem a service card"), reverse("contracts:redeem")),)
    except NoReverseMatch:
        return ()
