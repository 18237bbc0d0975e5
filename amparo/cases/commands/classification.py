"""What a case is, what it costs, and the customer's yes to it, before anything is attended. CHG-1, CHG-4, CHG-6."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from amparo.cases import access
from amparo.cases.errors import GivenAgain, KindInvalid, NothingAsked, NotOffered, OrderAccepted, TextMissing
from amparo.cases.machine import ATTENDED_KINDS, ORDERED_KINDS, Kind, Move, State
from amparo.cases.models import Case, CaseLink, Order
from amparo.cases.rules import NEED_OF
from amparo.charging import commands as charging
from amparo.charging.queries import needs_of
from amparo.charging.rules import Need
from amparo.contracts import access as standing
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Stale
from amparo.policies.queries import value
from amparo.threads import commands as threads

from . import charges
from .attention import has_consented_further, stop_running
from .shared import how_said, locked, move, permit, place, queue_of, tell


@transaction.atomic
def classify(
    case: Case, *, kind: str, explanation: str, key: str, seen: int | None = None, actor: Actor, at: datetime
) -> Case:
    """Say what a case is and what it would cost; the customer consents before it is attended. CHG-1.

    Advice and incidents get a proposed charge, the most beneficial; general services and developments an order later.
    Classified again, the customer is asked again: what was reserved for the first kind is given back. The explanation
    is told in the thread, which answers what is owed. Fact: `case.classified`.
    Raises NotPermitted, KindInvalid, TextMissing, OrderAccepted, GivenAgain, Stale, IllegalMove.
    """
    case = locked(case)
    permit(access.may_work(actor, case), case)
    if kind not in list(Kind):
        raise KindInvalid(field="kind")
    if not explanation.strip():
        raise TextMissing(field="explanation")
    if f"classify:{key}" == case.last_key:
        return case
    if seen is not None and seen != case.moves:
        raise Stale(case=case.pk)
    if (case.consent_at is not None and case.kind in ORDERED_KINDS) or has_consented_further(case):
        raise OrderAccepted(case=case.pk)
    if case.consent_at is not None and CaseLink.objects.filter(follow_up=case, why=CaseLink.Why.COMPLAINT).exists():
        raise GivenAgain(case=case.pk)
    before = case.kind
    move(case, Move.CLASSIFY)
    stop_running(case, actor=actor, at=at)
    _forget_price(case, words=explanation, actor=actor, at=at)
    case.kind, case.explanation, case.last_key = kind, explanation.strip(), f"classify:{key}"
    case.classification += 1
    _price(case, actor=actor, at=at)
    case.save()
    # Notices tell a classification that asks for consent by its own fact, and leave out the message of this key.
    step = "classify" if kind in ATTENDED_KINDS else "kind"
    threads.say(
        case.thread, explanation, key=f"{step}:{case.classification}", state=case.state, queue=queue_of(case),
        actor=actor, at=at, via="desk",
    )  # fmt: skip
    tell(
        "classified", case, actor=actor, at=at, kind=kind, before=before, classification=case.classification,
        told=case.told, missing=case.charge.missing if case.charge else 0, charge=case.charge_id, explanation=case.explanation,
    )  # fmt: skip
    return case


def _forget_price(case: Case, *, words: str, actor: Actor, at: datetime) -> None:
    """Let go of what an earlier classification proposed or reserved, and start a fresh clock."""
    charges.drop(case.charge, reason="reclassified", actor=actor, at=at)
    for order in Order.objects.select_for_update().filter(case=case, state=Order.State.PROPOSED):
        charges.end_order(order, reason="reclassified", words=words, actor=actor, at=at)
        order.state, order.answered_at = Order.State.REPLACED, at
        order.save(update_fields=["state", "answered_at"])
    case.charge, case.told, case.limit_minutes, case.limit_choice = None, {}, 0, ""
    case.consent_at, case.consent_how, case.consent_by = None, "", ""
    case.clock_seconds, case.warned_at, case.reached_at = 0, None, None


def _price(case: Case, *, actor: Actor, at: datetime) -> None:
    """Propose the charge of an advisory or incident case, which may say how many credits are missing."""
    if case.kind in ATTENDED_KINDS:
        needs = [Need(NEED_OF[Kind(case.kind)])]
        key = f"classification:{case.classification}"
        case.charge = charges.propose(case, needs, key=key, actor=actor, at=at)
        case.told = charges.told(case.charge, needs, at=at)


@transaction.atomic
def requote(case: Case, *, actor: Actor, at: datetime) -> Case:
    """Price anew what waits for the customer's yes: the tariff changed, or units came or went since. CHG-1, TAR-1.

    Raises NotPermitted, NothingAsked. Fact: charging's `charge.proposed`.
    """
    case = locked(case)
    permit(access.may_consent(actor, case), case)
    order = Order.objects.select_for_update().filter(case=case, state=Order.State.PROPOSED).first()
    asked = order or case
    if case.state != State.CLASSIFIED or asked.charge is None:
        raise NothingAsked(case=case.pk)
    charge = charging.requote(asked.charge, actor=actor, at=at)
    asked.told = charges.told(charge, needs_of(charge), at=at)
    asked.save(update_fields=["told"])
    case.moves += 1
    case.save(update_fields=["moves"])
    return case


@transaction.atomic
def consent(
    case: Case,
    *,
    seen: int,
    price: str | None = None,
    how: str = "portal",
    given_by: str = "",
    actor: Actor,
    at: datetime,
) -> Case:
    """Take the customer's yes to the classification and its price: units are reserved, attention starts. CHG-1, CHG-4.

    `seen` is the number of the classification that was shown or read aloud, `price` what stood beside it (charging's
    `seen`). Staff note down who said it and how. To say it again is no second act. Fact: `case.consented`.
    Raises NotPermitted, Stale, NoStanding, UnitsMissing, PriceChanged, Uncertain, IllegalMove.
    """
    case = locked(case)
    permit(access.may_consent(actor, case), case)
    if seen != case.classification:
        raise Stale(case=case.pk)
    if case.consent_at is not None:
        return case
    how, given_by = how_said(actor, how, given_by)
    if case.kind not in ATTENDED_KINDS:
        raise NotOffered(case=case.pk)
    move(case, Move.CONSENT)
    standing.require_going_on(actor, "case", at=at, customer_id=case.customer_id)
    assert case.charge is not None
    case.charge = charges.reserve(case.charge, how=how, price=price, actor=actor, at=at)
    case.told = case.charge.amounts
    case.consent_at, case.consent_how, case.consent_by = at, how, given_by
    case.limit_minutes = value(f"cases.{case.kind}_minutes", at=at)
    case.save()
    place(case, at=at)
    tell(
        "consented", case, actor=actor, at=at, how=how, given_by=given_by, told=case.told, charge=case.charge_id,
        classification=case.classification, limit_minutes=case.limit_minutes,
    )  # fmt: skip
    return case


@transaction.atomic
def decline_consent(
    case: Case, *, seen: int, reason: str = "", how: str = "portal", given_by: str = "", actor: Actor, at: datetime
) -> Case:
    """Take the customer's no: nothing is attended and nothing charged; staff may classify otherwise. CHG-1.

    Fact: `case.consent_declined`. Raises NotPermitted, Stale, Uncertain, IllegalMove.
    """
    case = locked(case)
    permit(access.may_consent(actor, case), case)
    if seen != case.classification:
        raise Stale(case=case.pk)
    how, given_by = how_said(actor, how, given_by)
    move(case, Move.DECLINE)
    _forget_price(case, words=reason, actor=actor, at=at)
    case.save()
    place(case, at=at)
    tell("consent_declined", case, actor=actor, at=at, how=how, given_by=given_by, reason=reason.strip()[:400])
    return case
