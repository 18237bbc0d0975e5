"""Orders of a case: each stands for a quote, which the customer sees and accepts before anything is charged. CHG-2, CHG-3.

A quote decides; the case shows it and moves with it. What is done here is done to the quote in the same transaction;
what is done to a quote elsewhere comes here as a fact (reactions.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from django.db import transaction
from django.utils import timezone

from amparo.cases import access
from amparo.cases.errors import DateInvalid, NotOffered, TextMissing, UnitsMissing
from amparo.cases.machine import LIFE, ORDERED_KINDS, Move
from amparo.cases.models import Case, Order
from amparo.charging.queries import tariff_at
from amparo.charging.rules import Need, demand
from amparo.contracts import access as standing
from amparo.deadlines import commands as deadlines
from amparo.deadlines.queries import calendar_for
from amparo.deadlines.rules import business_days_between
from amparo.kernel import markdown
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Stale
from amparo.policies.queries import value
from amparo.quotations import commands as quotations
from amparo.quotations.errors import UnitsMissing as QuoteUnitsMissing
from amparo.quotations.models import Quote
from amparo.quotations.rules.quotes import Content, Line, Travel

from . import charges
from .shared import locked, move, permit, place, tell

ONE_LINE = 300


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
    """Offer a general service or development for a price, with its date of delivery: a quote of few lines. CHG-2, CHG-3, TAR-2, TAR-3.

    `travel` says in words what travelling costs in money (CHG-9). Offered again, the quote gets a new version, which takes
    the place of the one that waits. The same key returns the first. Nothing is charged. Fact: `case.order_proposed`.
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
    content = _content(case, description, needs, delivery_on, travel, at)
    waiting = Order.objects.select_for_update().filter(case=case, state=Order.State.PROPOSED).first()
    if waiting is not None and waiting.quote is not None:
        quote = waiting.quote
        quotations.revise_quote(quote, content, actor=actor, at=at)
    else:
        quote = quotations.draft_quote(
            case.thread, kind=case.kind, title=case.thread.title, content=content, key=f"case:{case.pk}:{key}", actor=actor, at=at
        )
    quote = quotations.present_quote(quote, actor=actor, at=at)
    return show_quote(
        case, quote, description=description, delivery_on=delivery_on, travel=travel, key=key, actor=actor, at=at
    )


def _content(
    case: Case, description: str, needs: Sequence[Need], delivery_on: date, travel: str, at: datetime
) -> Content:
    """Return a quote's content for needs: each a line with the first words of the description. Raises NeedInvalid, BaseMissing."""
    demand(needs, tariff_at(at))
    calendar = calendar_for(case.customer_id, at)
    evening = datetime.combine(delivery_on, time(23, 59, 59), tzinfo=timezone.get_current_timezone())
    words = description.strip().splitlines()[0][:ONE_LINE]
    lines = [
        Line(words, 1, need.quantity) if need.code == "general_quote"
        else Line(words, need.quantity, code=need.code, participants=need.participants)
        for need in needs
    ]  # fmt: skip
    return Content(
        lines=tuple(lines), business_days=max(1, business_days_between(calendar, at, evening)), text=description,
        valid_days=value("quotations.valid_days", at=at), travel=Travel(text=travel.strip()[:200]),
    )  # fmt: skip


def show_quote(
    case: Case, quote: Quote, *, description: str, delivery_on: date, travel: str, key: str, actor: Actor, at: datetime
) -> Order:
    """Show a presented quote in its locked case: the order that waits for the customer. Fact: `case.order_proposed`."""
    version = quote.versions.get(number=quote.shown)
    assert version.charge is not None
    _end_waiting(case, quote, actor, at)
    order = Order.objects.create(
        case=case, quote=quote, quote_version=version.number, description=description.strip(),
        description_html=markdown.render(description), needs=version.needs, travel=travel.strip()[:200], delivery_on=delivery_on,
        charge=version.charge, told=version.told, proposed_by_id=_author(case, quote, actor), proposed_at=at, key=key,
    )  # fmt: skip
    move(case, Move.PROPOSE_ORDER)
    case.save()
    deadlines.keep_open(case.subject, "answer.case", actor=actor, at=at)
    place(case, order_waits=True, at=at)
    tell(
        "order_proposed", case, actor=actor, at=at, order=order.pk, told=order.told, missing=version.charge.missing,
        delivery_on=delivery_on, travel=order.travel, description=order.description, quote=quote.pk, version=version.number,
    )  # fmt: skip
    return order


def _author(case: Case, quote: Quote, actor: Actor) -> int:
    """Return who stands for the offer: who acts, or of a quote of the catalogue who asked for it."""
    found = actor.user_id or quote.created_by_id or case.contact_id
    assert found is not None
    return found


@transaction.atomic
def accept_order(case: Case, *, seen: int, price: str | None = None, actor: Actor, at: datetime) -> Order:
    """Accept an order for the customer: credits are charged in advance, attention starts. CHG-3.

    An installation that is paid by incidents is reserved and charged when its closing is accepted (CHG-4). `seen` is the
    order's id, `price` what stood beside it; the same one again is no second act. Fact: `case.order_accepted`.
    Raises NotPermitted, Stale, NoStanding, UnitsMissing (with how many), PriceChanged, QuoteExpired, IllegalMove.
    """
    case = locked(case)
    permit(access.may_accept_order(actor, case), case)
    order = Order.objects.select_for_update().filter(case=case, pk=seen).first()
    if order is not None and order.state == Order.State.ACCEPTED:
        return order
    if order is None or order.state != Order.State.PROPOSED:
        raise Stale(case=case.pk)
    LIFE.after(case.state, Move.ACCEPT_ORDER)
    standing.require(actor, "case", at=at, customer_id=case.customer_id)
    if order.quote is not None:
        try:
            made = quotations.accept_quote(order.quote, seen=order.quote_version, price=price, actor=actor, at=at)
        except QuoteUnitsMissing as short:
            raise UnitsMissing(short.text, remedies=short.remedies, **short.context) from None
        charge = made.charge
    else:
        charge = charges.take(order.charge, how="portal", price=price, actor=actor, at=at)
    return take_up(case, order, charge, how="portal", actor=actor, at=at)


def take_up(case: Case, order: Order, charge: charges.Charge, *, how: str, actor: Actor, at: datetime) -> Order:
    """Attend a locked case by the order that was accepted. Fact: `case.order_accepted`. CHG-3."""
    move(case, Move.ACCEPT_ORDER)
    order.charge, order.told, order.state, order.answered_at, order.answered_by_id = (
        charge, charge.amounts, Order.State.ACCEPTED, at, actor.user_id,
    )  # fmt: skip
    order.save(update_fields=["charge", "told", "state", "answered_at", "answered_by"])
    case.charge, case.told = charge, order.told
    case.consent_at, case.consent_how, case.consent_by = at, how, actor.name[:160]
    case.save()
    place(case, at=at)
    tell(
        "order_accepted", case, actor=actor, at=at, order=order.pk, told=order.told, charge=charge.pk,
        in_advance=charge.state == "final", delivery_on=order.delivery_on, quote=order.quote_id,
    )  # fmt: skip
    return order


@transaction.atomic
def decline_order(case: Case, *, seen: int, reason: str = "", actor: Actor, at: datetime) -> Order:
    """Say no to an order: nothing is charged, staff may offer another. Fact: `case.order_declined`.

    Raises NotPermitted, Stale, QuoteDecided.
    """
    case = locked(case)
    permit(access.may_accept_order(actor, case), case)
    order = Order.objects.select_for_update().filter(case=case, pk=seen).first()
    if order is not None and order.state == Order.State.DECLINED:
        return order
    if order is None or order.state != Order.State.PROPOSED:
        raise Stale(case=case.pk)
    if order.quote is not None:
        quotations.reject_quote(order.quote, seen=order.quote_version, reason=reason, actor=actor, at=at)
    else:
        charges.drop(order.charge, reason="declined", actor=actor, at=at)
    return let_go(case, order, Order.State.DECLINED, reason=reason, actor=actor, at=at)


def let_go(case: Case, order: Order, state: str, *, reason: str, actor: Actor, at: datetime) -> Order:
    """Take an order that waits out of its locked case; staff are to offer another. Fact: `case.order_declined` where it was."""
    order.state, order.answered_at, order.answered_by_id = state, at, actor.user_id
    order.save(update_fields=["state", "answered_at", "answered_by"])
    case.moves += 1
    case.save(update_fields=["moves"])
    place(case, at=at)
    if state == Order.State.DECLINED:
        tell("order_declined", case, actor=actor, at=at, order=order.pk, reason=reason.strip()[:400], quote=order.quote_id)
    return order


def _end_waiting(case: Case, quote: Quote, actor: Actor, at: datetime) -> None:
    """Take what waited out of the way; another quote stays open by itself, an order without one lets its charge go."""
    for order in Order.objects.select_for_update().filter(case=case, state=Order.State.PROPOSED):
        if order.quote_id is None:
            charges.drop(order.charge, reason="replaced", actor=actor, at=at)
        order.state, order.answered_at = Order.State.REPLACED, at
        order.save(update_fields=["state", "answered_at"])
