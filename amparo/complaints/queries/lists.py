"""Lists of complaints: quality's queue, the director's questions, a customer's own. One statement each. COM-2, COM-7."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from amparo.complaints import access
from amparo.complaints.machine import OPEN
from amparo.complaints.models import Complaint, Opinion
from amparo.kernel.actor import Actor
from amparo.kernel.paging import Page, page_of, unmark
from amparo.threads.rules import read_mark

PAGE = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A complaint in a list."""

    id: int
    number: str
    state: str
    title: str
    case_id: int
    customer: str
    judge: str
    raised_at: datetime
    due_at: datetime
    decided_at: datetime | None
    dispute: dict[str, int]


_FIELDS = (
    "id", "state", "case__thread__title", "case_id", "customer__name", "judge__name", "raised_at", "due_at", "decided_at",
    "dispute",
)  # fmt: skip


def open_list(actor: Actor, *, mine: bool = False) -> list[Row]:
    """Return the open complaints that the actor may see, what lapses first first: it decides against the house. COM-6."""
    rows = access.visible_to(actor).filter(state__in=OPEN)
    if mine:
        rows = rows.filter(judge=actor.user_id)
    return [_row(row) for row in rows.order_by("due_at", "id").values(*_FIELDS)[:500]]


def decided_list(actor: Actor, *, after: str = "", size: int = PAGE) -> Page[Row]:
    """Return the decided complaints that the actor may see, the latest first."""
    rows: QuerySet[Complaint, Any] = access.visible_to(actor).filter(decided_at__isnull=False)
    if marked := read_mark(unmark(after, 2), "ti"):
        rows = rows.extra(where=["(complaints_complaint.decided_at, complaints_complaint.id) < (%s, %s)"], params=marked)
    found = [_row(row) for row in rows.order_by("-decided_at", "-id").values(*_FIELDS)[: size + 1]]
    return page_of(found, size, lambda row: (row.decided_at, row.id))


def _row(row: dict[str, Any]) -> Row:
    dispute: dict[str, int] = {}
    for one in row["dispute"]:
        if one["effect"] != "give_back":
            for unit, count in one["amounts"].items():
                dispute[unit] = dispute.get(unit, 0) + count
    return Row(
        row["id"], f"Q-{row['id']}", row["state"], row["case__thread__title"], row["case_id"], row["customer__name"],
        row["judge__name"] or "", row["raised_at"], row["due_at"], row["decided_at"], dispute,
    )  # fmt: skip


def opinions_asked(actor: Actor) -> list[Opinion]:
    """Return the questions that wait for the director, what is due first first; none for anybody else. TIM-7."""
    if not access.answers_opinions(actor):
        return []
    rows = Opinion.objects.filter(answered_at=None, ended_at=None).select_related("complaint__case__thread", "complaint__customer", "asked_by")
    return list(rows.order_by("due_at", "pk"))


def opinion_for(actor: Actor, number: int) -> Opinion | None:
    """Return an opinion for its page: the director's, asked or given; None for anybody else. TIM-7."""
    if not access.answers_opinions(actor):
        return None
    return Opinion.objects.select_related("complaint__case__thread", "complaint__customer", "asked_by").filter(pk=number).first()


def open_of_case(actor: Actor, case_id: int) -> int | None:
    """Return the number of the open complaint of a case, None where there is none that the actor may see."""
    return access.visible_to(actor).filter(case=case_id, state__in=OPEN).values_list("pk", flat=True).first()
