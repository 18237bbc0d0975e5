"""What tests of complaints share: refused closings of every kind of case, and complaints brought to a state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from amparo.cases.models import Case
from amparo.cases.tests.world import attended, closing_of, fresh, key, left, ordered, proposed, reserved
from amparo.complaints import commands
from amparo.complaints.models import Complaint
from amparo.complaints.rules import Consequences
from amparo.conftest import NOON
from amparo.kernel.actor import Actor

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# NOON is Wednesday 11 November 2026; Monday 16 is a public holiday. Five business days end Thursday 19, 18:00 there.
DUE = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)

__all__ = [
    "DAY", "DUE", "MINUTE", "NOON", "attended", "closing_of", "fresh", "key", "left", "now", "opinion", "ordered",
    "proposed", "raised", "refusable", "reserved", "ruled",
]  # fmt: skip


def refusable(contact: Actor, engineer: Actor, kind: str = "incident", *, reason: str = "", at: datetime = NOON) -> Case:
    """A case with an open proposal of closing: an incident reserved, or an order charged in advance."""
    if kind in ("general", "development"):
        reason = reason or {"general": "service_completed", "development": "delivered"}[kind]
        return proposed(ordered(contact, engineer, kind, at=at), engineer, reason, at=at)
    reason = reason or {"advisory": "information_complete", "incident": "solved"}[kind]
    return proposed(attended(contact, engineer, kind, at=at), engineer, reason, at=at)


def raised(contact: Actor, engineer: Actor, kind: str = "incident", *, reason: str = "", at: datetime = NOON) -> Complaint:
    case = refusable(contact, engineer, kind, reason=reason, at=at)
    return commands.raise_complaint(
        case, seen=closing_of(case).pk, reasons="Volvió a fallar.", key=key(), actor=contact, at=at
    )


def opinion(complaint: Complaint, quality: Actor, *, at: datetime = NOON):
    return commands.ask_opinion(complaint, "¿Es un defecto del producto?", key=key(), actor=quality, at=at)


def ruled(complaint: Complaint, quality: Actor, outcome: str = "upheld", *, at: datetime = NOON, **chosen):
    if outcome == "upheld":
        chosen.setdefault("again", True)
    return commands.rule(
        complaint, outcome=outcome, reasons="Por lo que consta.", consequences=Consequences(**chosen), key=key(),
        actor=quality, at=at,
    )  # fmt: skip


def now(complaint: Complaint) -> Complaint:
    return Complaint.objects.select_related("case", "case__thread", "case__charge").get(pk=complaint.pk)
