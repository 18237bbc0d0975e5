"""What every verb of a case does first and last: lock and look, place and tell."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from amparo.cases.errors import Uncertain
from amparo.cases.machine import LIFE, ORDERED_KINDS, Consent, Move, State
from amparo.cases.models import Case, Closing
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted, Stale
from amparo.threads import commands as threads

QUEUES = {
    State.REQUESTED: "answer",
    State.CLASSIFIED: "consent",
    State.ATTENTION: "attention",
    State.PROCEDURE: "attention",
    State.CLOSING_PROPOSED: "closing",
    State.SILENT: "silent",
    State.COMPLAINT: "quality",
    State.CLOSED: "closed",
    State.WITHDRAWN: "closed",
}
PRIORITY_HIGH = 1  # TIM-4
PURGED = "—"  # stands where a text must not be empty. CAS-2


def locked(case: Case, *, seen: int | None = None) -> Case:
    """Return the case as it stands, locked to the end of the transaction.

    `seen` is the count of moves that the page showed. Raises Stale where it moved since.
    """
    fresh = Case.objects.select_for_update(of=("self",)).select_related("thread").get(pk=case.pk)
    if seen is not None and seen != fresh.moves:
        raise Stale(case=fresh.pk)
    return fresh


def permit(allowed: bool, case: Case) -> None:
    """Raise NotPermitted for the case where an act is not allowed."""
    if not allowed:
        raise NotPermitted(case=case.pk)


def move(case: Case, made: Move) -> None:
    """Make a move by the table. Raises IllegalMove. The caller saves."""
    case.state = LIFE.after(case.state, made).value
    case.moves += 1


def queue_of(case: Case, *, order_waits: bool = False) -> str:
    """Return where a case waits: what is classified and has no order yet waits for us."""
    if case.state == State.CLASSIFIED and case.kind in ORDERED_KINDS and not order_waits:
        return "answer"
    return QUEUES[State(case.state)]


def place(case: Case, *, order_waits: bool = False, queue: str = "", at: datetime) -> None:
    """Put the case's thread where it waits now."""
    queue = queue or queue_of(case, order_waits=order_waits)
    threads.place(case.thread, state=case.state, queue=queue, priority=PRIORITY_HIGH, at=at)


def tell(name: str, case: Case, *, actor: Actor, at: datetime, **told: Any) -> None:
    """Put a fact on the case's record. CAS-1."""
    record(f"case.{name}", subject=case, actor=actor, at=at, **told)


def how_said(actor: Actor, how: str, given_by: str) -> tuple[str, str]:
    """Return how the customer said it and who said it. CHG-1.

    A contact says it here, on the case's page or in its chat. What staff note down was said by somebody by name, by telephone, by chat, by mail or on site.
    Raises Uncertain.
    """
    if actor.is_contact:
        return (Consent.CHAT if how == Consent.CHAT else Consent.PORTAL).value, actor.name
    if how not in list(Consent) or how == Consent.PORTAL:
        raise Uncertain(field="how")
    if not given_by.strip():
        raise Uncertain(field="given_by")
    return Consent(how).value, given_by.strip()[:160]


def open_closing(case: Case) -> Closing | None:
    """Return the closing that waits for an answer, locked."""
    return Closing.objects.select_for_update().filter(case=case, answer="").first()


def who(actor: Actor) -> int:
    """Return the id of the person who acts; the service itself never does what a person must answer for."""
    assert actor.user_id is not None
    return actor.user_id
