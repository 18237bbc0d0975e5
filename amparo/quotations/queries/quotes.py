"""Reads of quotes: the page, lists and counts, and what belongs to a case's file. QUO-3, CAS-7."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.translation import gettext as _

from amparo.charging.queries import Explanation, explain
from amparo.kernel.actor import Actor
from amparo.kernel.paging import Page
from amparo.kernel.refusals import Remedy
from amparo.quotations import access
from amparo.quotations.machine import QUOTE_LIFE, QuoteMove, QuoteState
from amparo.quotations.models import Quote, QuoteVersion, ServiceOrder
from amparo.quotations.models.quotes import last_day, quote_number
from amparo.quotations.rules.quotes import Change, compare_lines

from .shared import newest


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """A quote as lists show it."""

    id: int
    number: str
    title: str
    kind: str
    state: str
    customer_id: int
    customer: str
    matter: str
    valid_until: datetime | None
    created_at: datetime

    @property
    def last_day(self) -> date | None:
        return last_day(self.valid_until)

    @property
    def closes_at(self) -> datetime | None:
        """The last minute in which it can be accepted, as people read it."""
        return self.valid_until - timedelta(minutes=1) if self.valid_until else None


@dataclass(slots=True)
class QuotePage:
    """A quote with all that its page shows: the version shown, the one being written, those before, its price of now."""

    quote: Quote
    shown: QuoteVersion | None
    draft: QuoteVersion | None
    versions: list[QuoteVersion]
    order: ServiceOrder | None
    price: Explanation | None
    moves: set[QuoteMove]

    @property
    def version(self) -> QuoteVersion | None:
        """The version that the page is about: what is shown, else what is written."""
        return self.shown or self.draft

    def changes(self, number: int | None = None) -> list[Change]:
        """Return the lines of a version (default: the one shown) beside those of the version before it. QUO-3."""
        by_number = {one.number: one for one in self.versions}
        after = by_number.get(number or (self.shown.number if self.shown else 0))
        if after is None:
            return []
        before = [one for one in self.versions if one.number < after.number and one.presented_at]
        return compare_lines(before[-1].own_lines if before else (), after.own_lines)


def quote_page(actor: Actor, quote_id: int, *, at: datetime) -> QuotePage | None:
    """Return a quote as its page shows it, None for who may not see it. ACC-11, QUO-3."""
    found = access.visible_to(actor).select_related("thread", "customer", "contact", "created_by", "changes_order")
    quote = found.filter(pk=quote_id).first()
    if quote is None:
        return None
    versions = list(QuoteVersion.objects.filter(quote=quote).select_related("charge", "presented_by", "drafted_by").order_by("number"))
    draft = next((one for one in versions if one.presented_at is None), None) if actor.is_staff else None
    versions = [one for one in versions if one.presented_at or actor.is_staff]
    shown = next((one for one in versions if one.number == quote.shown), None)
    order = ServiceOrder.objects.filter(quote=quote).first() if quote.state == QuoteState.ACCEPTED else None
    price = None
    if shown is not None and shown.charge is not None:
        live = quote.state == QuoteState.PRESENTED
        price = explain(shown.charge, translation.get_language() or "es", at=at if live else None)
    moves = access.quote_moves(actor, quote)
    if not quote.is_valid(at):
        moves.discard(QuoteMove.ACCEPT)
        if quote.state == QuoteState.PRESENTED and QUOTE_LIFE.may(quote.state, QuoteMove.ASK_CHANGE):
            moves.discard(QuoteMove.REJECT)
    return QuotePage(quote, shown, draft, versions, order, price, moves)


_VIEWS = {
    "open": [QuoteState.DRAFT, QuoteState.PRESENTED, QuoteState.CHANGE_ASKED, QuoteState.EXPIRED],
    "ours": [QuoteState.DRAFT, QuoteState.CHANGE_ASKED],
    "waiting": [QuoteState.PRESENTED],
    "accepted": [QuoteState.ACCEPTED],
    "over": [QuoteState.REJECTED, QuoteState.WITHDRAWN, QuoteState.EXPIRED],
}


def quotes_list(
    actor: Actor, *, view: str = "open", words: str = "", customer_id: int | None = None, after: str = "", size: int = 50
) -> Page[QuoteRow]:
    """Return the quotes that the actor may see, newest first, a page of them. One statement."""
    found = access.visible_to(actor).filter(state__in=_VIEWS.get(view, _VIEWS["open"]))
    if customer_id is not None:
        found = found.filter(customer_id=customer_id)
    if words:
        number = words.upper().removeprefix("COT-")
        match = Q(title__icontains=words) | Q(customer__name__icontains=words)
        found = found.filter(match | Q(pk=int(number)) if number.isdecimal() and len(number) < 10 else match)
    return newest(_rows(found), _row, after=after, size=size)


_FIELDS = ("id", "title", "kind", "state", "customer_id", "customer__name", "thread__kind", "thread__number", "valid_until", "created_at", "shown")


def _rows(found: Any) -> Any:
    return found.values(*_FIELDS)


def _row(row: dict[str, Any]) -> QuoteRow:
    return QuoteRow(
        id=row["id"], number=quote_number(row["id"]), title=row["title"], kind=row["kind"], state=row["state"],
        customer_id=row["customer_id"], customer=row["customer__name"], matter=f"{row['thread__kind']}:{row['thread__number']}",
        valid_until=row["valid_until"], created_at=row["created_at"],
    )  # fmt: skip


def counts(actor: Actor) -> dict[str, int]:
    """Return how many quotes stand in each view, for tabs. One statement."""
    by_state = dict(access.visible_to(actor).order_by().values_list("state").annotate(Count("pk")))
    return {view: sum(by_state.get(state, 0) for state in states) for view, states in _VIEWS.items()}


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """What belongs to a case's file: subjects whose facts do, and the quotes and orders as plain data. CAS-7."""

    subjects: list[str]
    quotes: list[dict[str, Any]]
    orders: list[dict[str, Any]]


def record_of(case_subject: str) -> CaseRecord:
    """Return what of this app belongs to the file of a case (`case:41`). Files of deliveries hang on the case itself. CAS-7."""
    kind, _sep, number = case_subject.partition(":")
    quotes = list(
        Quote.objects.filter(thread__kind=kind, thread__number=int(number), shown__gte=1).prefetch_related("versions").order_by("pk")
    )
    orders = list(ServiceOrder.objects.filter(thread__kind=kind, thread__number=int(number)).prefetch_related("deliveries", "delays").order_by("pk"))
    return CaseRecord(
        subjects=[*(quote.subject for quote in quotes), *(order.subject for order in orders)],
        quotes=[_quote_data(quote) for quote in quotes],
        orders=[_order_data(order) for order in orders],
    )


def _quote_data(quote: Quote) -> dict[str, Any]:
    shown: Sequence[QuoteVersion] = sorted((v for v in quote.versions.all() if v.presented_at), key=lambda v: v.number)
    return {
        "number": quote.number, "title": quote.title, "kind": quote.kind, "state": quote.state, "decided_at": quote.decided_at,
        "versions": [
            {
                "number": v.number, "lines": v.lines, "text": v.text, "business_days": v.business_days, "terms": v.terms,
                "travel": {k: str(x) for k, x in v.travel.items() if x not in (None, "")}, "told": v.told,
                "tariff_version": v.tariff_version, "presented_at": v.presented_at, "valid_until": v.valid_until,
            }
            for v in shown
        ],
    }  # fmt: skip


def _order_data(order: ServiceOrder) -> dict[str, Any]:
    return {
        "number": order.number, "quote": quote_number(order.quote_id), "state": order.state, "told": order.told,
        "accepted_at": order.accepted_at, "first_due_at": order.first_due_at, "due_at": order.due_at, "ended_at": order.ended_at,
        "ended_how": order.ended_how,
        "deliveries": [
            {"number": d.number, "note": d.note, "delivered_at": d.delivered_at, "answer": d.answer, "reasons": d.reasons}
            for d in sorted(order.deliveries.all(), key=lambda d: d.number)
        ],
        "delays": [
            {"due_before": d.due_before, "due_after": d.due_after, "reason": d.reason, "told_at": d.told_at}
            for d in sorted(order.delays.all(), key=lambda d: d.number)
        ],
    }  # fmt: skip


def ways_to_credits(quote: Quote, missing: int = 0) -> tuple[Remedy, ...]:
    """Return how credits are got: redeem a card that one has, or buy one that suffices; both lead back to the quote. CHG-3."""
    back = f"?next={reverse('quotations:quote', args=[quote.pk])}" + (f"&credits={missing}" if missing else "")
    found = []
    for label, names in ((_("Redeem a service card"), ("contracts:redeem",)), (_("Buy a service card"), ("sales:shelf",))):
        for name in names:
            try:
                found.append(Remedy(label, reverse(name) + back))
                break
            except NoReverseMatch:
                continue
    return tuple(found)
