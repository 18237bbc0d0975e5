"""The verbs of a quote: written and presented by staff or made of the catalogue, decided by the customer alone. QUO-1 to QUO-3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from amparo.charging import commands as charging
from amparo.charging.queries import tariff_at
from amparo.charging.rules import Need
from amparo.contracts import access as standing
from amparo.deadlines import commands as deadlines
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Invalid, Stale
from amparo.policies.queries import value
from amparo.quotations import access
from amparo.quotations.errors import (
    MatterInvalid,
    NotInCatalogue,
    QuoteDecided,
    QuoteExpired,
    QuoteReplaced,
    TextMissing,
)
from amparo.quotations.machine import QUOTE_ENDED, QUOTE_LIFE, SERVICES, Kind, QuoteMove, QuoteState
from amparo.quotations.models import CatalogueItem, ItemVersion, Quote, QuoteVersion, ServiceOrder
from amparo.quotations.queries import values_in_words
from amparo.quotations.rules.catalogue import priced, values_from
from amparo.quotations.rules.quotes import Content, Line, days_from, lines_from, needs_of, validity_from
from amparo.threads import commands as threads
from amparo.threads.models import Thread

from .orders import open_order
from .requests import freeze_request
from .shared import draft_of, drop, locked, permit, shown_of, take, tell, told


@transaction.atomic
def draft_quote(
    thread: Thread,
    *,
    kind: str,
    title: str,
    content: Content,
    key: str,
    changes_order: ServiceOrder | None = None,
    actor: Actor,
    at: datetime,
) -> Quote:
    """Begin a quote in a case; the customer sees nothing of it until it is presented. QUO-1, QUO-3, CHG-2.

    `changes_order` names the order whose delivery met its specification and is to be changed (CAS-6). The same key
    returns the first. Fact: `quote.drafted`. Raises NotPermitted, MatterInvalid, TextMissing, LineInvalid, DaysInvalid.
    """
    permit(access.may_quote(actor))
    made, is_new = _made(thread, kind, title, key, changes_order=changes_order, actor=actor, at=at)
    if is_new:
        version = _version(made, 1, content, actor, at)
        version.save()
        tell("quote.drafted", made, actor=actor, at=at, version=1)
    return made


@transaction.atomic
def revise_quote(quote: Quote, content: Content, *, seen: int | None = None, actor: Actor, at: datetime) -> QuoteVersion:
    """Write the next version, or go on writing it; what the customer sees stands until it is presented. QUO-3.

    `seen` counts the moves that the page showed. Fact: `quote.revised`. Raises NotPermitted, Stale, IllegalMove, and
    what is wrong with its content.
    """
    quote = locked(quote)
    permit(access.may_quote(actor), quote=quote.pk)
    _not_stale(quote, seen)
    QUOTE_LIFE.after(quote.state, QuoteMove.REVISE)
    draft = draft_of(quote)
    number = draft.number if draft else quote.versions.count() + 1
    version = _version(quote, number, content, actor, at)
    version.pk = draft.pk if draft else None
    version.save()
    quote.moves += 1
    quote.save(update_fields=["moves"])
    tell("quote.revised", quote, actor=actor, at=at, version=number)
    return version


@transaction.atomic
def present_quote(quote: Quote, *, seen: int | None = None, actor: Actor, at: datetime) -> Quote:
    """Show the written version to the customer: priced in the way that costs him least, valid from now. QUO-1, CHG-8.

    What was shown before no longer counts. Nothing is charged. Fact: `quote.presented`.
    Raises NotPermitted, Stale, IllegalMove, NothingToCharge, NeedInvalid, BaseMissing.
    """
    quote = locked(quote)
    permit(access.may_quote(actor), quote=quote.pk)
    _not_stale(quote, seen)
    draft = draft_of(quote)
    if draft is None:
        raise Stale(quote=quote.pk)
    _present(quote, draft, needs_of(draft.own_lines), actor, at)
    return quote


@transaction.atomic
def quote_item(
    version: ItemVersion, values: Mapping[str, Any], *, thread: Thread, key: str, actor: Actor, at: datetime
) -> Quote:
    """Quote a standard service at once, for a customer in its case: price, delivery and validity stand. QUO-2, CHG-2.

    The customer may do so itself. The quote keeps the version's terms whatever becomes of the item. The same key returns
    the first. Facts: `quote.presented`. Raises NotPermitted, NoStanding, NotInCatalogue, ParameterInvalid, FormulaWrong.
    """
    permit(access.may_quote(actor) or (actor.is_contact and actor.customer_id == thread.customer_id))
    if not actor.is_staff:
        standing.require(actor, SERVICES[version.item.kind], at=at)
    item = CatalogueItem.objects.get(pk=version.item_id)
    if not item.is_offered or item.current_id != version.pk:
        raise NotInCatalogue(item=item.pk)
    language = actor.language or "es-mx"
    chosen = values_from(version.declared, values)
    quote, is_new = _made(thread, item.kind, version.name(language), key, item_version=version, actor=actor, at=at)
    if not is_new:
        return quote
    price = priced(version.terms, chosen, tariff_at(at))
    content = Content(
        lines=_lines(version, price.needs, chosen, language), business_days=price.days, text=version.text(language),
        terms=_usual_terms(language, at), valid_days=value("quotations.valid_days", at=at),
    )  # fmt: skip
    draft = _version(quote, 1, content, actor, at)
    draft.values = chosen
    draft.save()
    _present(quote, draft, price.needs, actor, at)
    return quote


def _lines(version: ItemVersion, needs: Sequence[Need], values: Mapping[str, Any], language: str) -> tuple[Line, ...]:
    """Return the lines of a quoted item: its name with the values, or each service of the tariff."""
    name = version.name(language)
    words = values_in_words(version, values, language)
    text = f"{name} ({words})" if words else name
    rows = []
    for need in needs:
        if need.code == "general_quote":
            rows.append({"text": text[:300], "quantity": 1, "credits": need.quantity})
        else:
            rows.append({"text": text[:300], "quantity": need.quantity, "code": need.code, "participants": need.participants})
    return lines_from(rows)


@transaction.atomic
def accept_quote(quote: Quote, *, seen: int, price: str | None = None, actor: Actor, at: datetime) -> ServiceOrder:
    """Accept a quote for the customer: its credits are charged in advance and the order with its due date stands. CHG-3, QUO-2.

    `seen` is the number of the version that was shown, `price` what stood beside it. The same version again, also by
    another contact at the same moment, returns the one order. Within its validity it keeps its tariff; from the end of
    it, to the second, it is refused. Facts: `quote.accepted`, `order.accepted`, and charging's on the case.
    Raises NotPermitted, QuoteExpired, QuoteReplaced, QuoteDecided, NoStanding, UnitsMissing (with how many and the way
    to a card and back), PriceChanged.
    """
    quote = locked(quote)
    permit(access.may_decide(actor, quote), quote=quote.pk)
    if quote.state == QuoteState.ACCEPTED and quote.shown == seen:
        return ServiceOrder.objects.get(quote=quote)
    _decidable(quote, seen, at)
    version = shown_of(quote)
    assert version is not None and version.charge is not None
    back = reverse("quotations:quote", args=[quote.pk])
    standing.require(actor, SERVICES[quote.kind], at=at, customer_id=quote.customer_id, back=back)
    quote.state = QUOTE_LIFE.after(quote.state, QuoteMove.ACCEPT).value
    charge = take(version.charge, quote=quote, price=price, actor=actor, at=at)
    _decide(quote, actor, at)
    if draft := draft_of(quote):
        draft.delete()
    order = open_order(quote, version, charge, actor=actor, at=at)
    freeze_request(quote.thread, order, actor=actor, at=at)
    tell(
        "quote.accepted", quote, actor=actor, at=at, version=version.number, order=order.pk, told=charge.amounts,
        charge=charge.pk, in_advance=charge.state == "final", due_at=order.due_at,
    )  # fmt: skip
    return order


@transaction.atomic
def reject_quote(quote: Quote, *, seen: int, reason: str = "", actor: Actor, at: datetime) -> Quote:
    """Say no to a quote: nothing is charged. Fact: `quote.rejected`. QUO-3.

    Raises NotPermitted, QuoteReplaced, QuoteDecided, IllegalMove.
    """
    quote = locked(quote)
    permit(access.may_decide(actor, quote), quote=quote.pk)
    if quote.state == QuoteState.REJECTED and quote.shown == seen:
        return quote
    if quote.state in QUOTE_ENDED:
        raise QuoteDecided(quote=quote.pk, state=quote.state)
    if quote.shown != seen:
        raise QuoteReplaced(quote=quote.pk)
    quote.state = QUOTE_LIFE.after(quote.state, QuoteMove.REJECT).value
    quote.words = reason.strip()[:400]
    _decide(quote, actor, at)
    _let_go(quote, "rejected", actor, at)
    tell("quote.rejected", quote, actor=actor, at=at, version=quote.shown, reason=quote.words)
    return quote


@transaction.atomic
def ask_change(
    quote: Quote,
    words: str,
    *,
    seen: int,
    key: str,
    files: Sequence[str] = (),
    draft_key: str = "",
    actor: Actor,
    at: datetime,
) -> Quote:
    """Ask for a change of a quote, or for one that expired to be renewed, in words that stand in its case. QUO-3.

    The words start the clock of an answer; asking costs nothing (CHG-2). The same key asks once. Fact:
    `quote.change_asked`. Raises NotPermitted, TextMissing, QuoteReplaced, QuoteDecided, IllegalMove.
    """
    quote = locked(quote)
    permit(access.may_decide(actor, quote), quote=quote.pk)
    if not words.strip():
        raise TextMissing(field="words")
    if quote.state in QUOTE_ENDED:
        raise QuoteDecided(quote=quote.pk, state=quote.state)
    if quote.state == QuoteState.CHANGE_ASKED and quote.thread.entries.filter(key=f"{actor.ref}:quote:{key}").exists():
        return quote
    if quote.shown != seen:
        raise QuoteReplaced(quote=quote.pk)
    quote.state = QUOTE_LIFE.after(quote.state, QuoteMove.ASK_CHANGE).value
    quote.moves, quote.remind_at = quote.moves + 1, None
    quote.save()
    entry = threads.say(
        quote.thread, f"{quote.number}: {words.strip()}", key=f"quote:{key}", files=files, draft_key=draft_key, queue="answer",
        actor=actor, at=at,
    )  # fmt: skip
    tell("quote.change_asked", quote, actor=actor, at=at, version=quote.shown, words=words.strip()[:1000], entry=entry.pk)
    return quote


@transaction.atomic
def withdraw_quote(quote: Quote, *, reason: str = "", actor: Actor, at: datetime) -> Quote:
    """Take a quote back before it is decided, with a reason that the customer reads. Fact: `quote.withdrawn`. QUO-3, QUO-6.

    Staff who take back what the customer saw say what can be done instead: his request stays open to be quoted anew, and
    nobody but he can say no to it. The service itself may, where the quote's case ends.
    Raises NotPermitted, QuoteDecided, TextMissing.
    """
    quote = locked(quote)
    permit(access.may_quote(actor) or actor.is_system or access.may_decide(actor, quote), quote=quote.pk)
    if quote.state == QuoteState.WITHDRAWN:
        return quote
    if quote.state in QUOTE_ENDED:
        raise QuoteDecided(quote=quote.pk, state=quote.state)
    if actor.is_staff and quote.shown and not reason.strip():
        raise TextMissing(field="reason")
    quote.state = QUOTE_LIFE.after(quote.state, QuoteMove.WITHDRAW).value
    quote.words = reason.strip()[:400]
    _decide(quote, actor, at)
    _let_go(quote, "withdrawn", actor, at)
    tell("quote.withdrawn", quote, actor=actor, at=at, version=quote.shown, reason=quote.words)
    return quote


@transaction.atomic
def withdraw_open(thread: Thread, *, actor: Actor, at: datetime) -> int:
    """Take back every quote of a case that is not decided, for its case ends or becomes something else; return how many.

    The right was asked by the case. Raises QuoteDecided where a quote of it was accepted and its order is under way.
    """
    if ServiceOrder.objects.filter(thread=thread, ended_at__isnull=True).exists():
        raise QuoteDecided(thread=thread.pk)
    rows = Quote.objects.select_for_update(of=("self",)).select_related("thread").filter(thread=thread)
    count = 0
    for quote in rows.exclude(state__in=sorted(QUOTE_ENDED)).order_by("pk"):
        quote.state = QUOTE_LIFE.after(quote.state, QuoteMove.WITHDRAW).value
        _decide(quote, actor, at)
        _let_go(quote, "withdrawn", actor, at)
        tell("quote.withdrawn", quote, actor=actor, at=at, version=quote.shown, reason="")
        count += 1
    if ServiceOrder.objects.filter(thread=thread, ended_at__isnull=True).exists():
        raise QuoteDecided(thread=thread.pk)  # accepted while its quote was waited for
    return count


def expire_due(*, at: datetime, limit: int = 200) -> int:
    """Let up to `limit` quotes expire whose validity has ended; each once, effective at that moment. QUO-3."""
    due = Quote.objects.filter(state=QuoteState.PRESENTED.value, valid_until__lte=at).order_by("valid_until", "pk")
    count = 0
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        count += _expire(pk, at)
    return count


@transaction.atomic
def _expire(pk: int, at: datetime) -> int:
    quote = Quote.objects.select_for_update(of=("self",), skip_locked=True).select_related("thread").filter(pk=pk).first()
    if quote is None or quote.state != QuoteState.PRESENTED or quote.is_valid(at):
        return 0
    assert quote.valid_until is not None
    quote.state = QUOTE_LIFE.after(quote.state, QuoteMove.EXPIRE).value
    quote.moves, quote.remind_at = quote.moves + 1, None
    quote.save()
    version = shown_of(quote)
    drop(version.charge if version else None, reason="expired", actor=SYSTEM, at=quote.valid_until)
    tell("quote.expired", quote, actor=SYSTEM, at=quote.valid_until, version=quote.shown, recorded_at=at)
    return 1


def remind_due(*, at: datetime, limit: int = 200) -> int:
    """Remind of up to `limit` quotes that are about to expire, each once. Fact: `quote.expiring`. QUO-3."""
    due = Quote.objects.filter(remind_at__lte=at, state=QuoteState.PRESENTED.value).order_by("remind_at", "pk")
    count = 0
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            quote = Quote.objects.select_for_update(of=("self",), skip_locked=True).select_related("thread").filter(pk=pk).first()
            if quote is None or quote.remind_at is None or quote.state != QuoteState.PRESENTED or quote.remind_at > at:
                continue
            quote.remind_at = None
            quote.save(update_fields=["remind_at"])
            if quote.is_valid(at):
                tell("quote.expiring", quote, actor=SYSTEM, at=at, version=quote.shown, valid_until=quote.valid_until)
                count += 1
    return count


@transaction.atomic
def requote(quote: Quote, *, actor: Actor, at: datetime) -> Quote:
    """Price anew what waits for the customer's yes, for units came or went since; the tariff stays the quote's. CHG-8.

    Raises NotPermitted, QuoteDecided.
    """
    quote = locked(quote)
    permit(access.may_decide(actor, quote) or access.may_quote(actor), quote=quote.pk)
    version = shown_of(quote)
    if quote.state != QuoteState.PRESENTED or version is None or version.charge is None:
        raise QuoteDecided(quote=quote.pk, state=quote.state)
    charging.requote(version.charge, actor=actor, at=at)
    return quote


# -- what they share -------------------------------------------------------------------------------------------------


def _made(
    thread: Thread, kind: str, title: str, key: str, *, item_version: ItemVersion | None = None,
    changes_order: ServiceOrder | None = None, actor: Actor, at: datetime,
) -> tuple[Quote, bool]:  # fmt: skip
    """Insert a quote, or find the one that the key made. Raises MatterInvalid, TextMissing, Invalid."""
    if kind not in list(Kind):
        raise Invalid(field="kind")
    if not title.strip():
        raise TextMissing(field="title")
    if thread.kind != "case" or thread.queue == "closed":
        raise MatterInvalid(field="matter")
    if changes_order is not None and (changes_order.customer_id != thread.customer_id or changes_order.state != "finished"):
        raise MatterInvalid(field="matter")
    return Quote.objects.get_or_create(
        key=f"{actor.ref}:{key}"[:120],
        defaults={
            "thread": thread, "customer_id": thread.customer_id, "contact_id": thread.opened_by_id or None, "kind": kind,
            "title": " ".join(title.split())[:200], "item_version": item_version, "changes_order": changes_order,
            "created_by_id": actor.user_id, "created_at": at,
        },
    )  # fmt: skip


def _version(quote: Quote, number: int, content: Content, actor: Actor, at: datetime) -> QuoteVersion:
    """Return a version that is not stored yet. Raises what is wrong with its content."""
    return QuoteVersion(
        quote=quote, number=number, lines=[line.as_data() for line in lines_from([one.as_data() for one in content.lines])],
        text=content.text.strip()[:8000], business_days=days_from(content.business_days), terms=content.terms.strip()[:4000],
        valid_days=validity_from(content.valid_days), travel_amount=content.travel.amount,
        travel_currency=content.travel.currency, travel_text=content.travel.text, drafted_by_id=actor.user_id, drafted_at=at,
    )  # fmt: skip


def _present(quote: Quote, draft: QuoteVersion, needs: Sequence[Need], actor: Actor, at: datetime) -> None:
    quote.state = QUOTE_LIFE.after(quote.state, QuoteMove.PRESENT).value
    if (before := shown_of(quote)) is not None:
        drop(before.charge, reason="replaced", actor=actor, at=at)
    until = _end_of_validity(at, draft.valid_days)
    charge = charging.propose(
        quote.thread.subject, quote.customer_id, needs, key=f"quote:{quote.pk}:v{draft.number}", tariff_until=until,
        actor=actor, at=at,
    )  # fmt: skip
    draft.charge, draft.needs, draft.told = charge, [need.as_data() for need in needs], told(charge, needs)
    draft.tariff_version, draft.valid_until, draft.presented_at = charge.tariff_version, until, at
    draft.presented_by_id = actor.user_id if actor.is_staff else None
    draft.save()
    warning = until - timedelta(days=value("quotations.warning_days", at=at))
    quote.shown, quote.valid_until, quote.presented_at = draft.number, until, at
    quote.remind_at = warning if warning > at else None
    quote.moves += 1
    quote.save()
    if actor.is_staff:
        deadlines.keep_open(quote.thread.subject, "answer.case", actor=actor, at=at)
    tell(
        "quote.presented", quote, actor=actor, at=at, version=draft.number, told=draft.told, missing=charge.missing,
        charge=charge.pk, valid_until=until, business_days=draft.business_days, title=quote.title, kind=quote.kind,
        travel=_travel_words(draft), by_staff=actor.is_staff,
    )  # fmt: skip


def _travel_words(version: QuoteVersion) -> str:
    amount = f"{version.travel_amount} {version.travel_currency}" if version.travel_amount is not None else ""
    return " ".join(part for part in (amount, version.travel_text) if part)


def _end_of_validity(at: datetime, days: int) -> datetime:
    """Return the end of the last day of validity: exclusive, local midnight."""
    last = timezone.localdate(at) + timedelta(days=days)
    return datetime.combine(last + timedelta(days=1), time(), tzinfo=timezone.get_current_timezone())


def _usual_terms(language: str, at: datetime) -> str:
    return str(value("quotations.terms_en" if language.startswith("en") else "quotations.terms_es", at=at))


def _not_stale(quote: Quote, seen: int | None) -> None:
    if seen is not None and seen != quote.moves:
        raise Stale(quote=quote.pk)


def _decidable(quote: Quote, seen: int, at: datetime) -> None:
    """Raise what stands against accepting the version that was shown. QUO-3."""
    if quote.state in QUOTE_ENDED:
        raise QuoteDecided(quote=quote.pk, state=quote.state)
    if quote.shown != seen:
        raise QuoteReplaced(quote=quote.pk)
    if quote.state == QuoteState.EXPIRED or (quote.state == QuoteState.PRESENTED and not quote.is_valid(at)):
        raise QuoteExpired(quote=quote.pk)
    QUOTE_LIFE.after(quote.state, QuoteMove.ACCEPT)


def _decide(quote: Quote, actor: Actor, at: datetime) -> None:
    quote.decided_at, quote.decided_by_id, quote.remind_at = at, actor.user_id, None
    quote.moves += 1
    quote.save()


def _let_go(quote: Quote, reason: str, actor: Actor, at: datetime) -> None:
    """Drop the charge that was proposed, and a version that nobody will read."""
    if (version := shown_of(quote)) is not None:
        drop(version.charge, reason=reason, actor=actor, at=at)

