"""What a case does when one of its quotes moved elsewhere, and how a quote of the catalogue begins its case. QUO-2, QUO-3, CHG-2."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from amparo.cases.machine import ENDED, LIFE, ORDERED_KINDS, Move, State
from amparo.cases.models import Case, Order
from amparo.contracts import access as standing
from amparo.deadlines.queries import calendar_for
from amparo.deadlines.rules import add_business_days
from amparo.kernel.actor import Actor
from amparo.quotations import commands as quotations
from amparo.quotations.machine import SERVICES
from amparo.quotations.models import ItemVersion, Quote, ServiceOrder
from amparo.quotations.queries import values_in_words

from .opening import open_case
from .orders import let_go, show_quote, take_up
from .shared import locked, move, place, tell

_WAITS = (State.REQUESTED, State.CLASSIFIED)


@transaction.atomic
def quote_service(
    version: ItemVersion,
    values: Mapping[str, Any],
    *,
    contact_id: int | None = None,
    key: str,
    actor: Actor,
    at: datetime,
) -> Quote:
    """Quote a standard service at once: its case is opened with it, and the quote waits for the customer. QUO-2, CHG-2.

    `contact_id` is the id of a people.Contact, for staff. Nothing is consumed. The same key returns the first quote.
    Raises NotPermitted, NoStanding, NotInCatalogue, ParameterInvalid.
    """
    language = actor.language or "es-mx"
    if actor.is_contact:
        standing.require(actor, SERVICES[version.item.kind], at=at)
    name = version.name(language)
    asked = values_in_words(version, values, language) or name
    case = open_case(name, asked, key=f"quote:{key}", asked_kind=version.item.kind, contact_id=contact_id, actor=actor, at=at)
    quote = quotations.quote_item(version, values, thread=case.thread, key=key, actor=actor, at=at)
    follow_presented(quote, actor=actor, at=at)
    return quote


def _case_of(quote: Quote) -> Case | None:
    thread = quote.thread
    return locked(Case(pk=thread.number)) if thread.kind == "case" else None


@transaction.atomic
def follow_presented(quote: Quote, *, actor: Actor, at: datetime) -> Order | None:
    """A quote was presented: its case waits for the customer with it, unless it is attended already. QUO-1, CHG-1."""
    case = _case_of(quote)
    quote = Quote.objects.select_related("thread").get(pk=quote.pk)
    if case is None or case.state not in _WAITS or case.kind not in ("", *ORDERED_KINDS) or quote.state != "presented":
        return None
    key = f"quote:{quote.pk}:{quote.shown}"
    if first := Order.objects.filter(case=case, quote=quote, quote_version=quote.shown).first():
        return first
    if case.state == State.REQUESTED:
        move(case, Move.CLASSIFY)
        case.kind, case.classification = quote.kind, case.classification + 1
        tell("classified", case, actor=actor, at=at, kind=case.kind, before="", classification=case.classification, told={},
             missing=0, charge=None, explanation="")  # fmt: skip
    version = quote.versions.get(number=quote.shown)
    due = add_business_days(calendar_for(case.customer_id, at), at, version.business_days)
    travel = " ".join(str(part) for part in (version.travel_amount, version.travel_currency) if version.travel_amount is not None)
    lines = "\n".join(f"- {line.text}" for line in version.own_lines)
    return show_quote(
        case, quote, description=version.text or lines, delivery_on=timezone.localtime(due).date(),
        travel=f"{travel} {version.travel_text}".strip(), key=key, actor=actor, at=at,
    )  # fmt: skip


@transaction.atomic
def follow_accepted(order: ServiceOrder, *, actor: Actor, at: datetime) -> Case | None:
    """A quote was accepted: its case is attended by it; a further one in the same case is told on its record. CHG-3, QUO-5."""
    case = _case_of(order.quote)
    if case is None or case.state in ENDED or order.state == "cancelled" or order.charge_id == case.charge_id:
        return case
    if case.state in _WAITS and case.kind in ("", *ORDERED_KINDS):
        follow_presented(order.quote, actor=actor, at=at)
        mine = Order.objects.select_for_update().filter(case=case, quote=order.quote, quote_version=order.version.number).first()
        if case.state == State.REQUESTED:
            move(case, Move.CLASSIFY)
            case.kind, case.classification = order.kind, case.classification + 1
        if mine is None or mine.state != Order.State.PROPOSED:
            mine = _shown_late(case, order, actor, at)
        for other in Order.objects.select_for_update().filter(case=case, state=Order.State.PROPOSED).exclude(pk=mine.pk):
            other.state, other.answered_at = Order.State.REPLACED, at
            other.save(update_fields=["state", "answered_at"])
        take_up(case, mine, order.charge, how="portal", actor=actor, at=at)
    elif not case.orders.filter(quote=order.quote, state=Order.State.ACCEPTED).exists():
        told = {"told": order.told, "charge": order.charge_id, "in_advance": order.charge.state == "final"}
        tell("order_accepted", case, actor=actor, at=at, order=None, delivery_on=timezone.localtime(order.due_at).date(),
             quote=order.quote_id, further=True, **told)  # fmt: skip
    return case


def _shown_late(case: Case, order: ServiceOrder, actor: Actor, at: datetime) -> Order:
    """Return the case's order of a quote that was accepted before the case could show it."""
    version = order.version
    Order.objects.filter(case=case, state=Order.State.PROPOSED).update(state=Order.State.REPLACED, answered_at=at)
    assert order.accepted_by_id is not None
    return Order.objects.create(
        case=case, quote=order.quote, quote_version=version.number, description=version.text or order.title,
        description_html="", needs=version.needs, delivery_on=timezone.localtime(order.due_at).date(), charge=order.charge,
        told=version.told, proposed_by_id=version.presented_by_id or order.accepted_by_id, proposed_at=version.presented_at or at,
        key=f"accepted:{order.pk}",
    )  # fmt: skip


@transaction.atomic
def follow_ended(quote: Quote, *, how: str, reason: str = "", actor: Actor, at: datetime) -> Case | None:
    """A quote was rejected, expired, withdrawn, or a change is asked for: its case waits for us again. QUO-3."""
    case = _case_of(quote)
    if case is None:
        return None
    order = Order.objects.select_for_update().filter(case=case, quote=quote, state=Order.State.PROPOSED).first()
    if order is not None and case.state not in ENDED:
        state = Order.State.DECLINED if how == "rejected" else Order.State.WITHDRAWN if how == "withdrawn" else Order.State.REPLACED
        let_go(case, order, state, reason=reason, actor=actor, at=at)
    return case


@transaction.atomic
def follow_cancelled(order: ServiceOrder, *, actor: Actor, at: datetime) -> Case | None:
    """An order was cancelled before its work: a case that was attended by it alone waits for another quote. CHG-3."""
    case = _case_of(order.quote)
    if case is None or case.state in ENDED:
        return case
    waits = Order.objects.select_for_update().filter(case=case, quote=order.quote, state=Order.State.PROPOSED).first()
    if waits is not None:  # cancelled before the case had heard of its acceptance
        let_go(case, waits, Order.State.REPLACED, reason="", actor=actor, at=at)
    if case.charge_id != order.charge_id or not LIFE.may(State(case.state), Move.CANCEL_ORDER):
        return case
    Order.objects.filter(case=case, quote=order.quote, state=Order.State.ACCEPTED).update(state=Order.State.CANCELLED)
    move(case, Move.CANCEL_ORDER)
    case.charge, case.told = None, {}
    case.consent_at, case.consent_how, case.consent_by = None, "", ""
    case.save()
    place(case, at=at)
    tell("order_cancelled", case, actor=actor, at=at, quote=order.quote_id, given_back=order.told)
    return case

