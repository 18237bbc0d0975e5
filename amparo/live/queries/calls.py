"""Reads of calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from amparo.kernel.actor import Actor
from amparo.live import access
from amparo.live.rules import shown

_COLUMNS = (
    "id", "phone", "customer_id", "customer__name", "caller_name", "taken_by_id", "taken_by__name", "is_outgoing",
    "started_at", "hung_up_at", "ended_at", "about", "outcome", "linked", "line_id",
)  # fmt: skip


def calls_of(customer_id: int, actor: Actor, *, limit: int = 20) -> list[dict[str, Any]]:
    """Return the latest calls with a customer, newest first, each number also as people read it. TEL-1."""
    calls = access.visible_to(actor).filter(customer=customer_id)
    return [{**one, "shown": shown(one["phone"])} for one in calls.order_by("-started_at", "-id").values(*_COLUMNS)[:limit]]


def calls_about(subject: str, actor: Actor) -> list[dict[str, Any]]:
    """Return the calls linked to a thing (`case:41`), oldest first. CAS-1."""
    calls = access.visible_to(actor).filter(linked=subject)
    return list(calls.order_by("started_at", "id").values(*_COLUMNS))


def open_calls(actor: Actor) -> list[dict[str, Any]]:
    """Return the calls that the actor is in, oldest first."""
    calls = access.visible_to(actor).filter(taken_by=actor.user_id, ended_at__isnull=True)
    return list(calls.order_by("started_at", "id").values(*_COLUMNS))


def calls_between(since: datetime, until: datetime, actor: Actor) -> list[dict[str, Any]]:
    """Return the calls begun in an interval, oldest first, for reports."""
    calls = access.visible_to(actor).filter(started_at__gte=since, started_at__lt=until)
    return list(calls.order_by("started_at", "id").values(*_COLUMNS))
