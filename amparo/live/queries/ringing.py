"""What rings, what was missed and what is owed, as pages show it. TEL-1, TEL-3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from amparo.kernel.actor import Actor
from amparo.live import access, rules
from amparo.live.errors import REFUSED_HERE, NoAnswer, not_placed
from amparo.live.machine import LIVE, State
from amparo.live.models import STATE_LABELS, Callback, Dial, Exchange, ExchangeCall, ExchangeEvent
from amparo.people.queries import find
from amparo.policies.queries import value


@dataclass(frozen=True, slots=True)
class OnScreen:
    """A call that opens on somebody's screen."""

    id: int
    exchange_id: int
    call_id: str
    state: str
    direction: str
    number: str
    shown: str
    name: str
    called: str
    customer_id: int | None
    customer_name: str
    matches: int
    since: datetime
    recording: str
    is_mine: bool

    @property
    def label(self) -> Any:
        return STATE_LABELS[State(self.state)]

    @property
    def is_withheld(self) -> bool:
        return not self.shown

    @property
    def is_ringing(self) -> bool:
        return self.state == State.RINGING


_FIELDS = (
    "id", "exchange_id", "call_id", "state", "direction", "number", "number_text", "name_text", "called", "customer_id", "customer__name", "matches",
    "rang_at", "answered_at", "exchange__recording", "exchange__region", "operator_id",
)  # fmt: skip


def on_screen(actor: Actor) -> list[OnScreen]:
    """Return the calls that open on a person's screen now, whose own one first, then the oldest. One statement. TEL-1."""
    if not access.may_take_calls(actor):
        return []
    rows = ExchangeCall.objects.filter(state__in=LIVE, offered_to__contains=[actor.user_id]).order_by("rang_at").values(*_FIELDS)[:5]
    return sorted((_on_screen(row, actor) for row in rows), key=lambda one: (not one.is_mine, one.since))


def one_on_screen(number: int, actor: Actor) -> OnScreen | None:
    """Return one call of an exchange, of any state, as a page about it shows it."""
    row = access.lines_visible_to(actor).filter(pk=number).values(*_FIELDS).first()
    return _on_screen(row, actor) if row else None


def _on_screen(row: dict[str, Any], actor: Actor) -> OnScreen:
    return OnScreen(
        row["id"], row["exchange_id"], row["call_id"], row["state"], row["direction"], row["number"],
        rules.shown(row["number"], row["exchange__region"]) or row["number_text"], row["name_text"], row["called"], row["customer_id"],
        row["customer__name"] or "", row["matches"], row["answered_at"] or row["rang_at"], row["exchange__recording"],
        row["operator_id"] == actor.user_id,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer that a caller may be."""

    customer_id: int
    name: str
    nic: str
    by: str
    is_active: bool


def candidates(number: str) -> list[Candidate]:
    """Return the customers that have a number, each once: to choose from. TEL-1."""
    seen: dict[int, Candidate] = {}
    for one in find(rules.national(number), limit=12) if number else []:
        seen.setdefault(one.customer_id, Candidate(one.customer_id, one.name, one.nic_shown, one.contact_name, one.is_active))
    return list(seen.values())


def callers_waiting() -> int:
    """Return how many callers nobody has answered yet."""
    return ExchangeCall.objects.filter(state=State.RINGING, direction="in").count()


def owed_callbacks(actor: Actor, *, limit: int = 100) -> list[dict[str, Any]]:
    """Return the calls back that are owed, the one due first first. One statement. TEL-3, TIM-8."""
    rows = access.callbacks_visible_to(actor).filter(state=Callback.State.OPEN).select_related("customer")
    return [_callback(row) for row in rows.order_by("due_at", "first_at", "id")[:limit]]


def callbacks(actor: Actor, *, owed: int, settled: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the calls back that are owed, the one due first first, and those settled lately, newest first. One statement. TEL-3, TIM-8."""
    rows = access.callbacks_visible_to(actor).select_related("customer", "settled_by")
    due = rows.filter(state=Callback.State.OPEN).order_by("due_at", "first_at", "id")[:owed]
    found = list(due.union(rows.exclude(settled_at=None).order_by("-settled_at")[:settled], all=True))
    first = sorted((row for row in found if row.settled_at is None), key=lambda row: (row.due_at is None, row.due_at, row.first_at, row.pk))
    latest = sorted((row for row in found if row.settled_at is not None), key=lambda row: row.settled_at or row.first_at, reverse=True)
    return [_callback(row) for row in first], [_callback(row) for row in latest]


def _callback(row: Callback) -> dict[str, Any]:
    return {
        "id": row.pk, "number": row.number, "shown": rules.shown(row.number), "customer_id": row.customer_id, "times": row.times,
        "name": row.customer.name if row.customer else row.caller_name, "first_at": row.first_at, "last_at": row.last_at, "due_at": row.due_at,
        "state": row.get_state_display(), "reason": row.reason, "settled_at": row.settled_at,
        "settled_by": row.settled_by.get_full_name() if row.settled_at and row.settled_by else "",
    }  # fmt: skip


def recent_lines(actor: Actor, *, limit: int = 30) -> list[dict[str, Any]]:
    """Return the latest calls of all exchanges, newest first. One statement."""
    rows = access.lines_visible_to(actor).order_by("-rang_at", "-id").values(
        *_FIELDS, "ended_at", "seen_late_at", "operator__name", "recording", "gave_up",
    )[:limit]  # fmt: skip
    return [
        {**row, "shown": rules.shown(row["number"], row["exchange__region"]) or row["number_text"], "label": STATE_LABELS[State(row["state"])]}
        for row in rows
    ]


def refused_dials(actor: Actor, *, since: datetime, by_exchange: bool = False, limit: int = 20) -> list[dict[str, Any]]:
    """Return the calls that a person asked for and that were not placed, with the reason in words, newest first. One statement. TEL-3.

    What our own list refused is said at once; what the exchange refused (`by_exchange`) comes later, and has to be shown.
    """
    dials = Dial.objects.filter(user=actor.user_id, asked_at__gte=since)
    return _refused(dials.exclude(error__in=REFUSED_HERE) if by_exchange else dials, limit)


def refused_at(exchange: Exchange, actor: Actor, *, limit: int = 20) -> list[dict[str, Any]]:
    """Return the same of all who have a line at an exchange, for who sets it up. One statement."""
    return _refused(Dial.objects.filter(line__exchange=exchange), limit) if access.may_configure(actor) else []


def _refused(dials: QuerySet[Dial], limit: int) -> list[dict[str, Any]]:
    rows = dials.filter(state="refused").order_by("-asked_at", "-id").values("id", "number", "error", "asked_at", "user__name", "line__extension")[:limit]
    return [{**row, "shown": rules.shown(row["number"]), "why": not_placed(row["error"])} for row in rows]


def events_of(call: ExchangeCall) -> Sequence[dict[str, Any]]:
    """Return what was told of a call, oldest first."""
    rows = ExchangeEvent.objects.filter(call=call).order_by("at", "id").values("state", "extension", "at", "taken_at")
    return [dict(row) for row in rows]


def announcement(at: datetime) -> str:
    """Return what whoever answers says where calls are recorded."""
    return value("live.announcement", at=at) or _("This call is recorded to attend you better. If you do not agree, tell me.")


def trouble(error: str) -> str:
    """Return in words what is wrong with an exchange that we listen to, nothing where it is well."""
    return str(NoAnswer(why=error)) if error in NoAnswer._SAID else error
