"""Calls back that are owed: a promise for each caller who reached nobody, kept by calling or by saying why. TEL-3, TIM-8."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from amparo.deadlines.commands import end_open, keep_open, promise
from amparo.deadlines.errors import NeverOpen, UnknownKind
from amparo.history.commands import record, signal
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.live import access
from amparo.live.errors import CallbackSettled
from amparo.live.machine import State
from amparo.live.models import Callback, ExchangeCall
from amparo.people.queries import actor_by_id

KIND = "callback"


@transaction.atomic
def owe(call: ExchangeCall, *, at: datetime) -> Callback | None:
    """Owe the caller of a missed call one call back, however often he calls; who withheld his number cannot be owed one.

    Nor is who was spoken to since: the missed call was told late. The promise counts from when the first call was missed, in
    the service calendar, at any hour. Fact: `call.missed`.
    """
    if not call.number or call.direction != "in":
        return None
    missed_at = call.ended_at or at
    if _was_reached_since(call, missed_at):
        return None
    row = Callback.objects.select_for_update().filter(number=call.number, state="open").first()
    is_new = row is None
    if row is None:
        row, is_new = Callback.objects.get_or_create(
            number=call.number, state="open",
            defaults={"exchange_id": call.exchange_id, "customer_id": call.customer_id, "caller_name": call.name_text,
                      "called": call.called, "first_at": missed_at, "last_at": missed_at},
        )  # fmt: skip
    if is_new:
        try:
            made = promise(KIND, subject=row, customer_id=row.customer_id, key=f"callback:{row.pk}", started_at=missed_at, actor=SYSTEM, at=at)
        except (NeverOpen, UnknownKind):  # a calendar that never opens promises nothing; the caller still stands on the list
            pass
        else:
            row.due_at = made.due_at
            row.save(update_fields=["due_at"])
    else:
        row.times, row.last_at = row.times + 1, max(row.last_at, missed_at)
        row.customer_id, row.caller_name = row.customer_id or call.customer_id, row.caller_name or call.name_text
        row.save(update_fields=["times", "last_at", "customer", "caller_name"])
    record(
        "call.missed", subject=row, actor=SYSTEM, at=at, customer=row.customer_id, number=row.number, times=row.times, caller=row.caller_name,
        abandoned=call.told.was_abandoned, due_at=row.due_at,
    )  # fmt: skip
    return row


def _was_reached_since(call: ExchangeCall, missed_at: datetime) -> bool:
    """True where a call with the same number was answered after this one was missed, whoever placed it."""
    since = ExchangeCall.objects.filter(number=call.number, rang_at__gte=call.rang_at, answered_at__gte=missed_at)
    return since.exclude(state=State.MISSED).exclude(direction="internal").exclude(pk=call.pk).exists()


@transaction.atomic
def reached(call: ExchangeCall, *, at: datetime) -> None:
    """Keep what was owed to a number: a call with it was answered, whoever placed it, after it was missed."""
    assert call.answered_at is not None
    row = Callback.objects.select_for_update().filter(number=call.number, state="open", first_at__lte=call.answered_at).first()
    if row is not None:
        actor = actor_by_id(call.operator_id) if call.operator_id else SYSTEM
        _settle(row, Callback.State.CALLED, "", actor=actor, at=max(call.answered_at, row.first_at), recorded_at=at)


@transaction.atomic
def was_answered(call: ExchangeCall, *, at: datetime) -> None:
    """Owe nothing for a call that turned out to have been answered: that was told late."""
    missed_at = call.events.filter(state__in=("ended", "missed")).aggregate(last=Max("at"))["last"]
    row = Callback.objects.select_for_update().filter(number=call.number, state="open", first_at__lte=missed_at).first()
    if row is None:  # settled since; what is owed now is owed for another call
        return
    if row.times > 1:
        row.times -= 1
        row.save(update_fields=["times"])
        return
    row.state, row.settled_at = Callback.State.ANSWERED, at
    row.save(update_fields=["state", "settled_at"])
    end_open(row, reason="answered", kind_code=KIND, actor=SYSTEM, at=at)


@transaction.atomic
def settle_callback(callback: Callback, *, reason: str, actor: Actor, at: datetime) -> Callback:
    """Say why a call back is done with: spoken to otherwise, wrong number. The reason stays on the record.

    Raises NotPermitted, Invalid, CallbackSettled.
    """
    row = Callback.objects.select_for_update().get(pk=callback.pk)
    if not access.may_take_calls(actor):
        raise NotPermitted()
    if not reason.strip():
        raise Invalid(field="reason")
    if row.state != Callback.State.OPEN:
        raise CallbackSettled(callback=row.pk)
    return _settle(row, Callback.State.MARKED, reason.strip()[:300], actor=actor, at=at, recorded_at=at)


def _settle(row: Callback, state: str, reason: str, *, actor: Actor, at: datetime, recorded_at: datetime) -> Callback:
    row.state, row.reason, row.settled_at, row.settled_by_id = state, reason, at, actor.user_id
    row.save(update_fields=["state", "reason", "settled_at", "settled_by"])
    keep_open(row, KIND, actor=actor, at=at)
    record("call.called_back", subject=row, actor=actor, at=recorded_at, customer=row.customer_id, how=state, reason=reason)
    signal("calls")
    return row
