"""What the verbs of the classroom share: lock, permit, tell."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from amparo.classroom import access
from amparo.classroom.errors import NotRunning
from amparo.classroom.machine import State
from amparo.classroom.models import LiveClass, Participant
from amparo.history.commands import record, signal
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted


def permit(allowed: bool, **context: Any) -> None:
    """Raise NotPermitted where an act is not allowed."""
    if not allowed:
        raise NotPermitted(**context)


def locked(live_class: LiveClass) -> LiveClass:
    """Return the class as it stands, locked to the end of the transaction."""
    found = LiveClass.objects.select_for_update(of=("self",), no_key=True)
    return found.select_related("course", "case__thread", "customer", "charge", "more_charge", "instructor", "cohort").get(pk=live_class.pk)


def running(live_class: LiveClass) -> LiveClass:
    """Return the class locked. Raises NotRunning."""
    live_class = locked(live_class)
    if live_class.state != State.RUNNING:
        raise NotRunning(live_class=live_class.pk)
    return live_class


def led(participant: Participant, *, actor: Actor) -> tuple[LiveClass, Participant]:
    """Return a running class and a place in it, both locked, for whoever leads it. Raises NotPermitted, NotRunning."""
    live_class = running(participant.live_class)
    permit(access.may_lead(actor, live_class), live_class=live_class.pk)
    return live_class, Participant.objects.select_for_update(no_key=True).get(pk=participant.pk)


def tell(name: str, live_class: LiveClass, *, actor: Actor, at: datetime, above: bool = False, **data: Any) -> None:
    """Put a fact on the record of the class; with `above` also on that of its case or course. LIV-3."""
    more = {"class": live_class.pk, "title": live_class.title, "kind": live_class.kind, **data}
    record(f"class.{name}", subject=live_class.subject, actor=actor, at=at, customer=live_class.customer_id, **more)
    if above and live_class.belongs_to != live_class.subject:
        record(f"class.{name}", subject=live_class.belongs_to, actor=actor, at=at, customer=live_class.customer_id, **more)


def stir(live_class: LiveClass) -> None:
    """Let the pages of the class show what changed; nothing is recorded."""
    signal(live_class.subject)


def new_word(beginning: str) -> str:
    """Return a word that says nothing and that nobody guesses."""
    return f"{beginning}-{secrets.token_hex(12)}"
