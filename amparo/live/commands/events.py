"""What exchanges tell, taken in: each thing once, in whatever order it comes. TEL-3, SEC-42."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from amparo.history.commands import record, signal
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.live import access, rules
from amparo.live.errors import Replayed, SignatureWrong
from amparo.live.machine import LIVE, State, merge
from amparo.live.models import Call, Delivery, Exchange, ExchangeCall, ExchangeEvent, Line
from amparo.people.models import Customer
from amparo.people.queries import Found, actor_by_id, find
from amparo.people.rules import unseal

from . import callbacks
from .calls import identify_caller, start_call

ALIAS_WITHIN = timedelta(seconds=120)
_TOLD = ("answered_at", "ended_at", "gave_up", "live", "live_at", "extension", "extension_at", "extensions", "rang_at")


@dataclass(frozen=True, slots=True)
class Taken:
    """How many events of a delivery were new, and how many had been told before."""

    new: int
    repeated: int


@transaction.atomic
def take_delivery(exchange_id: int, body: bytes, *, timestamp: str, signature: str, at: datetime) -> Taken:
    """Take a signed delivery of an exchange: all of it or nothing. SEC-42.

    Raises SignatureMissing, SignatureWrong (also for an exchange that there is not), SignatureOld, Replayed, EventInvalid.
    """
    exchange = Exchange.objects.filter(pk=exchange_id, kind="webhook", is_active=True).first()
    secret = unseal(exchange.secret_sealed, settings.SECRETS["field_key"]) if exchange else None
    rules.verify(secret or "", timestamp, signature, body, now=int(at.timestamp()))
    if exchange is None:
        raise SignatureWrong
    seen = Delivery(exchange=exchange, signature=signature.removeprefix("sha256="), signed_at=at)
    if Delivery.objects.filter(exchange=exchange, signature=seen.signature).exists():
        raise Replayed
    Delivery.objects.bulk_create([seen], ignore_conflicts=True)
    Exchange.objects.filter(pk=exchange.pk).update(seen_at=at, error="", failing_since=None)
    new = [_take(exchange, event, at)[1] for event in rules.parse_events(body, at=at)]
    return Taken(sum(new), len(new) - sum(new))


@transaction.atomic
def take_event(exchange: Exchange, event: rules.Event, *, at: datetime) -> ExchangeCall:
    """Take one event of an exchange that we listen to; told again it does nothing. TEL-3."""
    return _take(exchange, event, at)[0]


@transaction.atomic
def tell_of_browser(line: Line, event: rules.Event, *, goes_on: bool = False, actor: Actor, at: datetime) -> ExchangeCall:
    """Take what the browser of a line's person tells of a call on it.

    The exchange may call it by another name: then it is the one that rings with the same number since a moment ago. Where it ended for
    this person alone, passed on to another (`goes_on`), an exchange that tells of it by itself says when it is over. Raises NotPermitted.
    """
    if not access.may_use_line(actor, line):
        raise NotPermitted()
    known = ExchangeCall.objects.select_for_update().filter(exchange=line.exchange_id)
    if not known.filter(call_id=event.call).exists():
        number, text = rules.number_of(event.caller if event.direction == "in" else event.called, line.exchange.region)
        same = Q(number=number) if number else Q(number="", number_text=text)
        other = known.filter(
            Q(also_known__contains=[event.call])
            | same & Q(state__in=LIVE, direction=event.direction, rang_at__gte=event.at - ALIAS_WITHIN), rang_at__gte=event.at - timedelta(days=1),
        ).order_by("-rang_at").first()  # fmt: skip
        if other is not None:
            if event.call not in other.also_known:
                other.also_known = [*other.also_known, event.call][-20:]
                other.save(update_fields=["also_known"])
            if goes_on and line.exchange.kind != "sip":
                other.conversations.filter(taken_by=actor.user_id, hung_up_at__isnull=True).update(hung_up_at=max(at, other.rang_at))
                signal("calls", f"user:{actor.user_id}")
                return other
            event = _renamed(event, other.call_id)
    return _take(line.exchange, event, at)[0]


@transaction.atomic
def choose_caller(call: ExchangeCall, *, customer_id: int, actor: Actor, at: datetime) -> ExchangeCall:
    """Say which of several customers a call is with. TEL-1. Raises NotPermitted, Invalid."""
    call = ExchangeCall.objects.select_for_update().get(pk=call.pk)
    if not access.may_take_calls(actor):
        raise NotPermitted()
    if not Customer.objects.filter(pk=customer_id).exists():
        raise Invalid(field="customer")
    if call.customer_id != customer_id:
        call.customer_id, call.contact_user_id = customer_id, None
        call.save(update_fields=["customer", "contact_user_id"])
        for conversation in call.conversations.filter(taken_by=actor.user_id):
            identify_caller(conversation, customer_id=customer_id, actor=actor, at=at)
    signal("calls", *(f"user:{user}" for user in call.offered_to))
    return call


def _renamed(event: rules.Event, call_id: str) -> rules.Event:
    return rules.Event(
        event.id, call_id, event.state, event.at, event.direction, event.caller, event.caller_name, event.called, event.extension, event.recording
    )


def _take(exchange: Exchange, event: rules.Event, at: datetime) -> tuple[ExchangeCall, bool]:
    call = _locked(exchange, event, at)
    row = ExchangeEvent(exchange=exchange, event_id=event.id, call=call, state=event.state, extension=event.extension, at=event.at, taken_at=at)
    if ExchangeEvent.objects.filter(exchange=exchange, event_id=event.id).exists():
        return call, False
    row.save(force_insert=True)
    if call.seen_late_at is not None and event.state in ("ended", "missed"):  # its end is told after all: that is when it was
        call.conversations.filter(hung_up_at=call.ended_at, ended_at__isnull=True).update(hung_up_at=None)
        call.ended_at = call.seen_late_at = None
    was_state, was_operator, was_offered = call.state, call.operator_id, set(call.offered_to)
    told = merge(call.told, event)
    for name in _TOLD:
        setattr(call, name, getattr(told, name))
    call.extensions = list(told.extensions)
    call.state = told.state
    call.changed_at = at
    _whose(call)
    if event.recording and exchange.recording != "off":
        call.recording = rules.recording_link(event.recording, exchange.recording_base) or call.recording
    call.save()
    _follow(call, was_state, was_operator, at)
    signal("calls", *(f"user:{user}" for user in sorted(was_offered | set(call.offered_to))))
    return call, True


def _locked(exchange: Exchange, event: rules.Event, at: datetime) -> ExchangeCall:
    known = ExchangeCall.objects.select_for_update().filter(exchange=exchange, call_id=event.call).first()
    if known is not None:
        return known
    other = event.called if event.direction == "out" else event.caller
    number, text = rules.number_of(other, exchange.region)
    found = _callers(number, exchange.region)
    one = found[0] if len(found) == 1 else (None, None)
    call, is_new = ExchangeCall.objects.get_or_create(
        exchange=exchange, call_id=event.call,
        defaults={
            "direction": event.direction, "number": number, "number_text": text, "name_text": event.caller_name[:120],
            "called": event.called[:80], "state": State.RINGING, "rang_at": event.at, "changed_at": at,
            "customer_id": one[0], "contact_user_id": one[1], "matches": min(len(found), 99),
        },
    )  # fmt: skip
    return call if is_new else ExchangeCall.objects.select_for_update().get(pk=call.pk)


def _callers(number: str, region: str) -> list[tuple[int, int | None]]:
    """Return the customers that a number belongs to, with the contact by whom where it is his alone."""
    found = find(rules.national(number), limit=12) if number else []
    exact = [one for one in found if rules.number_of(one.phone, region)[0] == number]
    people: dict[int, list[int | None]] = {}
    for one in exact or [one for one in found if _may_be(one, number, region)]:
        people.setdefault(one.customer_id, []).append(one.user_id)
    return [(customer, users[0] if len(users) == 1 else None) for customer, users in people.items()]


def _may_be(one: Found, number: str, region: str) -> bool:
    """False for who was found by the same digits in another number (of another country, say) or in a NIC: that is somebody else."""
    digits = rules.national(number)
    if digits in re.sub(r"[^0-9]", "", one.phone):
        return not rules.number_of(one.phone, region)[0]
    return not one.nic.startswith(digits)


def _whose(call: ExchangeCall) -> None:
    """Say whose call it is and on whose screens it opens: whose extension rings; where a group rings, all who are free."""
    if not call.is_live:
        call.offered_to = []
        if call.operator_id or not call.extension:
            return
    lines = list(Line.objects.filter(exchange=call.exchange_id).values("user_id", "extension", "takes_group", "paused_at"))
    owners = {line["extension"]: line["user_id"] for line in lines}
    if call.direction == "out":
        ours = call.extension or next(iter(call.extensions), "")
        call.operator_id = owners.get(ours, call.operator_id)
        call.offered_to = [call.operator_id] if call.operator_id and call.is_live else []
        return
    if call.answered_at is not None:
        only = call.offered_to[0] if len(call.offered_to) == 1 else None
        call.operator_id = owners.get(call.extension) if call.extension else call.operator_id or only
        call.offered_to = [call.operator_id] if call.operator_id and call.is_live else []
        return
    direct = {owners[extension] for extension in (*call.extensions, call.called) if extension in owners}
    group = {line["user_id"] for line in lines if line["takes_group"] and line["paused_at"] is None}
    if not direct and call.direction == "in":
        group -= set(ExchangeCall.objects.filter(state__in=(State.ANSWERED, State.HELD)).exclude(pk=call.pk).values_list("operator_id", flat=True))
    call.offered_to = sorted(direct or (group if call.direction == "in" else set()))


def _follow(call: ExchangeCall, was_state: str, was_operator: int | None, at: datetime) -> None:
    """Let the records follow: who talks has a conversation; who was missed is owed a call back; who was reached is not."""
    answered = call.told.was_answered
    if answered and call.operator_id and call.operator_id != was_operator:
        open_ones = call.conversations.filter(hung_up_at__isnull=True, ended_at__isnull=True)
        open_ones.exclude(taken_by=call.operator_id).update(hung_up_at=max(call.extension_at or at, call.rang_at))
    if answered and call.operator_id:
        _begin(call)
    if call.ended_at is not None:
        call.conversations.filter(hung_up_at__isnull=True).update(hung_up_at=call.ended_at)
    if answered and call.number and call.direction != "internal":
        callbacks.reached(call, at=at)
    if was_state == State.MISSED and call.state != State.MISSED:
        callbacks.was_answered(call, at=at)
    elif call.state == State.MISSED and was_state != State.MISSED:
        callbacks.owe(call, at=at)


def _begin(call: ExchangeCall) -> None:
    """Begin the record of the conversation, once for each person who takes the call. TEL-3."""
    assert call.operator_id is not None
    key = f"line:{call.pk}:{call.operator_id}"
    if Call.objects.filter(key=key).exists():
        return
    actor = actor_by_id(call.operator_id)
    if not access.may_take_calls(actor):
        return
    started_at = max(call.answered_at or call.rang_at, call.extension_at or call.rang_at)
    if call.conversations.exists() is False:
        started_at = call.answered_at or call.rang_at
    try:
        start_call(
            call.number, key=key, customer_id=call.customer_id, caller_id=call.contact_user_id, caller_name=call.name_text,
            is_outgoing=call.direction == "out", line_id=call.pk, actor=actor, at=started_at,
        )  # fmt: skip
    except Invalid:  # the contact left the company since it rang
        start_call(call.number, key=key, customer_id=call.customer_id, caller_name=call.name_text,
                   is_outgoing=call.direction == "out", line_id=call.pk, actor=actor, at=started_at)  # fmt: skip


@transaction.atomic
def compare_calls(exchange_id: int, going_on: Collection[str], *, at: datetime) -> dict[str, bool]:
    """End the calls of an exchange that it does not have any more: their end came while it was not heard. TEL-3. Fact: `line.lost`.

    Return those that go on, True where somebody answered. What only a browser named is not the exchange's to tell.
    """
    exchange = Exchange.objects.get(pk=exchange_id)
    known = {}
    for call in ExchangeCall.objects.select_for_update(of=("self",)).filter(exchange=exchange_id, state__in=LIVE).select_related("exchange").order_by("id"):
        if call.call_id in going_on:
            known[call.call_id] = call.answered_at is not None
        elif rules.is_linked(call.call_id):
            _end_late(call, max(call.changed_at, min(exchange.seen_at or call.changed_at, at)), at)
    return known


def _end_late(call: ExchangeCall, until: datetime, at: datetime) -> None:
    """End a call whose end nobody told: it surely went on `until` then, and is over now."""
    call, is_new = _take(call.exchange, rules.Event(f"late:{call.pk}:{until.isoformat()}", call.call_id, "ended", until, call.direction), at)
    if is_new:
        call.seen_late_at = at
        call.save(update_fields=["seen_late_at"])
        record("line.lost", subject=call, actor=SYSTEM, at=at, customer=call.customer_id, until=until)


RINGS_MAX, TALKS_MAX = timedelta(minutes=10), timedelta(hours=6)


@transaction.atomic
def sweep(*, at: datetime) -> int:
    """End calls whose end nobody told, and forget signatures that are too old to be taken. Return how many ended."""
    unseen = Q(state__in=LIVE, operator=None, exchange__kind="sip")  # a listening extension sees no end of what others took
    stale = (Q(state=State.RINGING) | unseen) & Q(changed_at__lt=at - RINGS_MAX) | Q(state__in=LIVE, changed_at__lt=at - TALKS_MAX)
    calls = list(ExchangeCall.objects.select_for_update(skip_locked=True, of=("self",)).filter(stale).select_related("exchange").order_by("id")[:50])
    for call in calls:
        _end_late(call, call.changed_at, at)
    Delivery.objects.filter(signed_at__lt=at - timedelta(seconds=4 * rules.OLD_AFTER)).delete()
    return len(calls)
