"""The verbs of calls. TEL-3."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from amparo.history.commands import record, signal
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted, Stale
from amparo.live import access, rules
from amparo.live.errors import CallEnded, CallOpen
from amparo.live.models import Call, Outcome
from amparo.people.models import Contact, Customer


@transaction.atomic
def start_call(
    phone: str,
    *,
    key: str,
    customer_id: int | None = None,
    caller_id: int | None = None,
    caller_name: str = "",
    is_outgoing: bool = False,
    line_id: int | None = None,
    actor: Actor,
    at: datetime,
) -> Call:
    """Begin the record of a call; the same key returns the call that it began. TEL-3.

    `line_id` is the call of an exchange that it is. `caller_id` is the user of a contact of the customer; without one, `caller_name` says who speaks.
    Raises NotPermitted, NumberInvalid, Invalid, Stale (the key was used for another call).
    """
    if not access.may_take_calls(actor) or actor.user_id is None:
        raise NotPermitted
    number = rules.e164(phone)
    if caller_id is not None and not _is_contact(caller_id, customer_id):
        raise Invalid(field="caller")
    if customer_id is not None and not Customer.objects.filter(pk=customer_id).exists():
        raise Invalid(field="customer")
    call, is_new = Call.objects.get_or_create(
        key=key,
        defaults={
            "phone": number,
            "customer_id": customer_id,
            "caller_id": caller_id,
            "caller_name": caller_name.strip()[:120],
            "is_outgoing": is_outgoing,
            "taken_by_id": actor.user_id,
            "line_id": line_id,
            "started_at": at,
        },
    )
    if not is_new:
        if not call.same_request(phone=number, taken_by_id=actor.user_id):
            raise Stale(call=call.pk)
        return call
    record("call.started", subject=call, actor=actor, at=at, phone=number, caller=caller_name, outgoing=is_outgoing)
    signal("calls")
    return call


@transaction.atomic
def identify_caller(call: Call, *, customer_id: int, caller_id: int | None = None, actor: Actor, at: datetime) -> Call:
    """Say which customer a call is with, once it is found or registered. TEL-1.

    Raises NotPermitted, Invalid.
    """
    call = _locked(call, actor)
    if caller_id is not None and not _is_contact(caller_id, customer_id):
        raise Invalid(field="caller")
    if not Customer.objects.filter(pk=customer_id).exists():
        raise Invalid(field="customer")
    if (call.customer_id, call.caller_id) == (customer_id, caller_id or call.caller_id):
        return call
    call.customer_id, call.caller_id = customer_id, caller_id
    call.save(update_fields=["customer", "caller"])
    record("call.identified", subject=call, actor=actor, at=at, caller_user=caller_id)
    return call


@transaction.atomic
def end_call(
    call: Call, *, about: str, outcome: str, notes: str = "", linked: str = "", actor: Actor, at: datetime
) -> Call:
    """End a call with what it was about and what came of it; `linked` names the ticket or case. TEL-3.

    Where an exchange told when it was hung up, the call ended then, not when its outcome was written. Raises NotPermitted, CallEnded, Invalid.
    """
    call = _locked(call, actor)
    if call.ended_at is not None:
        raise CallEnded(call=call.pk)
    if not about.strip():
        raise Invalid(field="about")
    call.ended_at = max(call.hung_up_at or at, call.started_at)
    call.about = about.strip()[:200]
    _take_outcome(call, outcome, notes, linked)
    call.save()
    record(
        "call.ended", subject=call, actor=actor, at=at, about=call.about, outcome=call.outcome, linked=call.linked,
        seconds=call.seconds, notes=call.notes,
    )  # fmt: skip
    signal("calls")
    return call


@transaction.atomic
def note_outcome(call: Call, *, outcome: str, notes: str = "", linked: str = "", actor: Actor, at: datetime) -> Call:
    """Correct or complete what came of a call that has ended; what stood before stays on the record. TEL-3.

    Raises NotPermitted, CallOpen, Invalid.
    """
    call = _locked(call, actor)
    if call.ended_at is None:
        raise CallOpen(call=call.pk)
    before = {"outcome": call.outcome, "notes": call.notes, "linked": call.linked}
    _take_outcome(call, outcome, notes, linked)
    after = {"outcome": call.outcome, "notes": call.notes, "linked": call.linked}
    if after == before:
        return call
    call.save(update_fields=["outcome", "notes", "linked"])
    record("call.noted", subject=call, actor=actor, at=at, before=before, after=after)
    return call


def _locked(call: Call, actor: Actor) -> Call:
    call = Call.objects.select_for_update().get(pk=call.pk)
    if not access.may_note(actor, call):
        raise NotPermitted(call=call.pk)
    return call


def _take_outcome(call: Call, outcome: str, notes: str, linked: str) -> None:
    if outcome not in Outcome.values:
        raise Invalid(field="outcome")
    call.outcome = outcome
    call.notes = notes.strip()
    call.linked = linked or call.linked


def _is_contact(user_id: int, customer_id: int | None) -> bool:
    return Contact.objects.filter(user=user_id, customer=customer_id, removed_at__isnull=True).exists()


@transaction.atomic
def link_call(call: Call, linked: str, *, actor: Actor, at: datetime) -> Call:
    """Say which ticket or case a call that still goes on is about (`case:41`). TEL-2, CAS-1. Raises NotPermitted, Invalid."""
    call = _locked(call, actor)
    kind, _sep, number = linked.partition(":")
    if kind not in ("ticket", "case") or not number.isdecimal():
        raise Invalid(field="linked")
    if call.linked != linked:
        call.linked = linked
        call.save(update_fields=["linked"])
        record("call.linked", subject=call, actor=actor, at=at, linked=linked)
    return call


@transaction.atomic
def pass_on_to_sales(call: Call, *, about: str, notes: str = "", actor: Actor, at: datetime) -> Call:
    """Tell sales of what a caller wants while the call goes on. TEL-2. Fact: `call.lead`. Raises NotPermitted, Invalid."""
    call = _locked(call, actor)
    if not about.strip():
        raise Invalid(field="about")
    if notes.strip() and call.ended_at is None:
        call.notes = "\n".join(filter(None, (call.notes, notes.strip())))
        call.save(update_fields=["notes"])
    record("call.lead", subject=call, actor=actor, at=at, about=about.strip()[:200], notes=notes.strip(), number=call.phone, caller=call.caller_name)
    return call
