"""The verbs of a charge. A charge's story is told on the record of its subject, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from amparo.charging import access, queries, rules
from amparo.charging.errors import CreditsMissing, NeedInvalid, NotCheaper, NotGiven, PriceChanged
from amparo.charging.machine import LIFE, Move, State
from amparo.charging.models import CONSENT_HOW, Charge, Part
from amparo.charging.queries import ChargeQuote
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.ledger import commands as ledger
from amparo.ledger.errors import AmountInvalid, KeyReused
from amparo.ledger.models import Pocket, Transfer
from amparo.promotions import commands as promotions
from amparo.promotions.errors import UsedUp


@transaction.atomic
def propose(
    subject: Any,
    customer_id: int,
    needs: Sequence[rules.Need],
    *,
    key: str,
    tariff_until: datetime | None = None,
    actor: Actor,
    at: datetime,
) -> Charge:
    """Say what a service would cost, in the way that costs the customer least; its alternatives are kept. CHG-1, CHG-8.

    `subject` is a typed string or a thing that has one. Nothing is taken yet. With too few units the charge is proposed
    with `missing` credits and cannot be consented to until they are there (CHG-3). Until `tariff_until` it keeps the tariff
    of now, as a quote does (QUO-3). The same key returns the first. Raises NotPermitted, NeedInvalid, BaseMissing, KeyReused.
    """
    if not access.may_propose(actor, customer_id):
        raise NotPermitted
    ref = subject if isinstance(subject, str) else subject.subject
    found = queries.quote(customer_id, needs, at=at)
    charge, made = Charge.objects.get_or_create(
        customer_id=customer_id,
        key=key,
        defaults={
            "subject": ref,
            "proposed_at": at,
            "proposed_by": actor.ref,
            "tariff_ends_at": tariff_until,
            **_priced(found),
        },
    )
    if not made:
        if (charge.subject, charge.needs) != (ref, [need.as_data() for need in needs]):
            raise KeyReused(key=key)
        return charge
    _tell("charge.proposed", charge, actor, at, alternatives=charge.alternatives, missing=charge.missing)
    return charge


@transaction.atomic
def requote(charge: Charge, *, actor: Actor, at: datetime) -> Charge:
    """Price a charge anew, before anything was taken; a consent given to the old price no longer counts. TAR-1, CHG-1."""
    charge = _locked(charge)
    if not access.may_propose(actor, charge.customer_id):
        raise NotPermitted
    state = LIFE.after(charge.state, Move.REQUOTE)
    if charge.consented_at is not None:
        _free_promotion(charge, actor, at)
    charge.consented_at, charge.consented_by, charge.consented_name, charge.consent_how = None, "", "", ""
    _put(charge, _quoted(charge, queries.needs_of(charge), at))
    charge.state, charge.proposed_at, charge.proposed_by = state, at, actor.ref
    charge.save()
    _tell("charge.proposed", charge, actor, at, alternatives=charge.alternatives, missing=charge.missing)
    return charge


@transaction.atomic
def consent(charge: Charge, *, how: str, seen: str | None = None, actor: Actor, at: datetime) -> Charge:
    """Put the customer's consent to the price on the record. CHG-1.

    `how` is one of `models.CONSENT_HOW`; a contact agrees in the portal or its chat, staff record what he said elsewhere. `seen` is
    the price that the page showed (`Explanation.seen`); without it, the price that was proposed. What is agreed to is
    the price of now: raises PriceChanged, with the new quote, where that is another. Raises NotPermitted, IllegalMove,
    CreditsMissing.
    """
    charge = _locked(charge)
    if how not in CONSENT_HOW or not access.may_consent(actor, charge, how):
        raise NotPermitted
    state = LIFE.after(charge.state, Move.CONSENT)
    found = _quoted(charge, queries.needs_of(charge), at)
    if found.chosen is None:
        raise CreditsMissing(missing=found.missing, quote=found)
    if found.seen != (seen or charge.seen):
        raise PriceChanged(quote=found)
    _put(charge, found)
    charge.state, charge.consented_at, charge.consent_how = state, at, how
    charge.consented_by, charge.consented_name = actor.ref, actor.name[:160]
    charge.save()
    _keep_promotion(charge, found, actor, at)
    _tell("charge.consented", charge, actor, at, how=how)
    return charge


@transaction.atomic
def reserve(charge: Charge, *, actor: Actor, at: datetime) -> Charge:
    """Set the units aside, when attention starts. CHG-4.

    The tariff is that of now, for the service is attended now (TAR-1); it must ask no more than was agreed to. Raises
    NotPermitted, IllegalMove, CreditsMissing, PriceChanged.
    """
    charge = _locked(charge)
    if not access.may_attend(actor, charge):
        raise NotPermitted
    state = LIFE.after(charge.state, Move.RESERVE)
    _take(charge, ledger.reserve, "reserve", charged=False, actor=actor, at=at)
    charge.state, charge.reserved_at = state, at
    charge.save()
    _tell("charge.reserved", charge, actor, at)
    return charge


@transaction.atomic
def charge_now(charge: Charge, *, actor: Actor, at: datetime) -> Charge:
    """Charge at once, when an order is accepted. CHG-3.

    Raises NotPermitted, IllegalMove, PriceChanged, and CreditsMissing, which says how many.
    """
    charge = _locked(charge)
    if not access.may_settle(actor, charge):
        raise NotPermitted
    state = LIFE.after(charge.state, Move.CHARGE)
    _take(charge, ledger.spend, "spend", charged=True, actor=actor, at=at)
    charge.state, charge.ended_at = state, at
    charge.save()
    _tell("charge.final", charge, actor, at, charged=charge.amounts)
    return charge


@transaction.atomic
def settle(
    charge: Charge, *, amount_by_unit: Mapping[str, int] | None = None, actor: Actor, at: datetime
) -> Charge:
    """Make a reserved charge final, whole or less of a unit; the rest goes back. CHG-4, CAS-4.

    Also after the end of what was reserved (LED-6). Raises NotPermitted, IllegalMove, AmountInvalid.
    """
    charge = _locked(charge)
    if not access.may_settle(actor, charge):
        raise NotPermitted
    state = LIFE.after(charge.state, Move.SETTLE)
    parts = _parts(charge)
    for part, amount in _shares(parts, amount_by_unit):
        key = f"charge:{charge.pk}:settle:{part.pk}"
        if amount:
            part.ended_by = ledger.post(part.transfer, amount, key=key, actor=actor, at=at)
        else:
            part.ended_by = ledger.void(part.transfer, key=key, actor=actor, at=at)
        part.charged = amount
    Part.objects.bulk_update(parts, ["ended_by", "charged"])
    charge.state, charge.ended_at = state, at
    charge.save()
    _tell("charge.final", charge, actor, at, charged=_sum(parts, "charged"))
    return charge


@transaction.atomic
def release(charge: Charge, *, reason: str, actor: Actor, at: datetime) -> Charge:
    """Give back what was reserved, whole; or withdraw what was only proposed. CHG-4.

    Raises NotPermitted, IllegalMove.
    """
    charge = _locked(charge)
    if not access.may_settle(actor, charge):
        raise NotPermitted
    parts = _parts(charge)
    state = LIFE.after(charge.state, Move.RELEASE if charge.state == State.RESERVED else Move.WITHDRAW)
    for part in parts:
        key = f"charge:{charge.pk}:settle:{part.pk}"
        part.ended_by = ledger.void(part.transfer, key=key, actor=actor, at=at)
    if parts:
        Part.objects.bulk_update(parts, ["ended_by"])
    charge.state, charge.ended_at, charge.ended_because = state, at, reason[:400]
    charge.save()
    _free_promotion(charge, actor, at)
    _tell(f"charge.{state.value}", charge, actor, at, reason=reason)
    return charge


@transaction.atomic
def give_back(
    charge: Charge,
    *,
    amount_by_unit: Mapping[str, int] | None = None,
    reason: str,
    key: str = "all",
    actor: Actor,
    at: datetime,
) -> Charge:
    """Reverse a final charge, whole or some units of it, into what lasts longest. CHG-3, LED-6.

    Once all of it is back, the use of its promotion is free again (PRO-1); so it is where the promotion took everything
    off and there is nothing to reverse. The same key again changes nothing. Raises NotPermitted, IllegalMove, NotGiven.
    """
    charge = _locked(charge)
    if not access.may_attend(actor, charge):
        raise NotPermitted
    LIFE.after(charge.state, Move.GIVE_BACK)
    parts = _parts(charge)
    if Transfer.objects.filter(
        reverses__in=[part.spent_by for part in parts],
        key__startswith=f"{charge.customer_id}:charge:{charge.pk}:back:{key}:",
    ).exists():
        return charge
    if amount_by_unit is None and not any(part.charged for part in parts):
        _free_promotion(charge, actor, at)
        return charge
    open_parts = [part for part in parts if part.charged > part.given_back]
    left = {unit: sum(p.charged - p.given_back for p in open_parts if p.unit == unit) for unit in rules.UNITS}
    wanted = dict(amount_by_unit) if amount_by_unit is not None else {u: n for u, n in left.items() if n}
    if not wanted or any(type(n) is not int or n < 1 or n > left.get(u, 0) for u, n in wanted.items()):
        raise NotGiven(left=left)
    given = dict(wanted)
    for part in sorted(open_parts, key=_end_of, reverse=True):
        amount = min(wanted.get(part.unit, 0), part.charged - part.given_back)
        if amount:
            transfer_key = f"charge:{charge.pk}:back:{key}:{part.pk}"
            ledger.give_back(
                part.spent_by, amount, cause=charge.subject, key=transfer_key, actor=actor, at=at
            )
            part.given_back += amount
            wanted[part.unit] -= amount
    Part.objects.bulk_update(parts, ["given_back"])
    if all(part.given_back == part.charged for part in parts):
        _free_promotion(charge, actor, at)
    _tell("charge.given_back", charge, actor, at, given_back=given, reason=reason)
    return charge


@transaction.atomic
def charge_less(
    charge: Charge, needs: Sequence[rules.Need], *, reason: str, actor: Actor, at: datetime
) -> Charge:
    """Charge less than the tariff asks: fewer or smaller needs, for a reason that is kept. CHG-8.

    Before anything was reserved. A consent to the dearer price holds for the cheaper. Raises NotPermitted, IllegalMove,
    NotCheaper.
    """
    charge = _locked(charge)
    if not access.may_choose(actor, charge):
        raise NotPermitted
    state = LIFE.after(charge.state, Move.CHOOSE)
    found = _quoted(charge, needs, at)
    if found.chosen is None or not _is_cheaper(found.chosen, charge):
        raise NotCheaper
    if not reason.strip():
        raise NeedInvalid(field="reason")
    _put(charge, found)
    charge.state, charge.lessened_because = state, reason[:400]
    charge.save()
    _swap_promotion(charge, found, actor, at)
    _tell("charge.lessened", charge, actor, at, reason=reason)
    return charge


# --- what they share ------------------------------------------------------------------------------------------------


def _locked(charge: Charge) -> Charge:
    return Charge.objects.select_for_update(no_key=True).get(pk=charge.pk)


def _quoted(
    charge: Charge, needs: Sequence[rules.Need], at: datetime, pockets: Sequence[Pocket] | None = None
) -> ChargeQuote:
    """Price a charge anew, by the tariff and promotion that it keeps, or those in force. PRO-1, TAR-1, QUO-3."""
    tariff, promotion = queries.kept_tariff(charge, at), queries.kept_promotion(charge, at)
    return queries.quote(
        charge.customer_id, needs, at=at, pockets=pockets, tariff_number=tariff, kept=promotion
    )


def _priced(found: ChargeQuote) -> dict[str, Any]:
    return {
        "needs": [need.as_data() for need in found.needs],
        "way": found.chosen.as_data() if found.chosen else None,
        "alternatives": queries.alternatives_data(found),
        "tariff_value": found.chosen.tariff_value if found.chosen else 0,
        "missing": found.missing,
        "tariff_version": found.tariff_version,
    }


def _put(charge: Charge, found: ChargeQuote) -> None:
    for name, value in _priced(found).items():
        setattr(charge, name, value)


def _keep_promotion(charge: Charge, found: ChargeQuote, actor: Actor, at: datetime) -> None:
    """Count the promotion that was agreed to; its terms stay with the charge. PRO-1. Raises PriceChanged where it is used up."""
    taken = charge.promotion
    if not taken:
        return
    try:
        promotions.use(
            taken["id"], charge.customer_id, f"charge:{charge.pk}", taken["saved"], actor=actor, at=at
        )
    except UsedUp:
        raise PriceChanged(quote=found) from None


def _free_promotion(charge: Charge, actor: Actor, at: datetime) -> None:
    """Let others have the use of the promotion of a charge that came to nothing. PRO-1."""
    if charge.promotion:
        promotions.give_up(f"charge:{charge.pk}", actor=actor, at=at)


def _swap_promotion(charge: Charge, found: ChargeQuote, actor: Actor, at: datetime) -> None:
    """Count the promotion of the way that an agreed charge has now instead of the one before. PRO-1."""
    if charge.consented_at is not None:
        promotions.give_up(f"charge:{charge.pk}", actor=actor, at=at)
        _keep_promotion(charge, found, actor, at)


def _is_cheaper(way: rules.Way, charge: Charge) -> bool:
    """Worth less, and not at the price of credits that were not asked before. CHG-8."""
    if charge.way is None or way.tariff_value >= charge.tariff_value:
        return False
    return rules.is_within(way, charge.amounts, charge.tariff_value)


def _take(charge: Charge, verb: Any, word: str, *, charged: bool, actor: Actor, at: datetime) -> None:
    """Take the units from the pockets of the best way of now, in key order. CHG-8, CHG-10, TAR-1."""
    pockets = {pocket.pk: pocket for pocket in ledger.hold_pockets(charge.customer_id, at=at)}
    needs = queries.needs_of(charge)
    found = _quoted(charge, needs, at, list(pockets.values()))
    if found.chosen is None:
        raise CreditsMissing(missing=found.missing, quote=found)
    if not rules.is_within(found.chosen, charge.amounts, charge.tariff_value):
        raise PriceChanged(quote=found)
    _put(charge, found)
    parts = []
    for take in sorted(found.chosen.takes, key=lambda take: take.pocket):
        transfer = verb(
            pockets[take.pocket],
            take.amount,
            cause=charge.subject,
            key=f"charge:{charge.pk}:{word}:{take.pocket}",
            tariff_version=found.tariff_version,
            actor=actor,
            at=at,
        )
        parts.append(
            Part(
                charge=charge,
                pocket_id=take.pocket,
                unit=take.unit,
                amount=take.amount,
                transfer=transfer,
                charged=take.amount if charged else 0,
            )
        )
    Part.objects.bulk_create(parts)


def _parts(charge: Charge) -> list[Part]:
    """The parts of a charge in the order in which their pockets are locked."""
    found = Part.objects.filter(charge=charge).select_related("transfer", "ended_by", "pocket")
    return list(found.order_by("pocket_id", "pk"))


def _end_of(part: Part) -> datetime:
    assert part.pocket.ends_at is not None
    return part.pocket.ends_at


def _shares(parts: list[Part], amount_by_unit: Mapping[str, int] | None) -> list[tuple[Part, int]]:
    """Spread what is charged over the parts, what expires first first. CHG-8."""
    reserved = _sum(parts, "amount")
    wanted = dict(reserved if amount_by_unit is None else amount_by_unit)
    if any(type(n) is not int or n < 0 or n > reserved.get(unit, 0) for unit, n in wanted.items()):
        raise AmountInvalid(reserved=reserved)
    share: dict[int, int] = {}
    for part in sorted(parts, key=lambda p: (_end_of(p), p.pk)):
        share[part.pk] = min(part.amount, wanted.get(part.unit, 0))
        wanted[part.unit] = wanted.get(part.unit, 0) - share[part.pk]
    return [(part, share[part.pk]) for part in parts]


def _sum(parts: Sequence[Part], name: str) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        total[part.unit] = total.get(part.unit, 0) + getattr(part, name)
    return total


def _tell(name: str, charge: Charge, actor: Actor, at: datetime, **data: Any) -> None:
    record(
        name,
        subject=charge.subject,
        actor=actor,
        at=at,
        customer=charge.customer_id,
        charge=charge.pk,
        amounts=charge.amounts,
        tariff_value=charge.tariff_value,
        tariff_version=charge.tariff_version,
        **data,
    )
