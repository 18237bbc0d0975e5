"""Reads of notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amparo.kernel.actor import Actor
from amparo.kernel.paging import Page, page_of, unmark

from . import access
from .kinds import Kind, kinds_for
from .models import Preference

PAGE = 30


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of a person's matrix."""

    kind: Kind
    page: bool
    mail: bool


def choices(actor: Actor) -> list[Choice]:
    """Return the matrix of kinds by ways as the person has chosen it."""
    own = {row.kind: row for row in Preference.objects.filter(user_id=actor.user_id or 0)}
    return [
        Choice(kind, own[kind.code].page, own[kind.code].mail or kind.must_mail)
        if kind.code in own
        else Choice(kind, kind.page, kind.mail)
        for kind in kinds_for("staff" if actor.is_staff else "customer")
    ]


def unread_count(actor: Actor) -> int:
    """Return how many notices are new, at most 100: the badge says 99+ beyond."""
    return access.visible_to(actor).filter(read_at__isnull=True)[:100].count()


def notices(actor: Actor, after: str = "") -> Page[dict[str, Any]]:
    """Return a page of the person's notices, newest first."""
    rows = access.visible_to(actor).order_by("-id")
    if place := unmark(after, 1):
        rows = rows.filter(pk__lt=int(place[0]))
    found: list[dict[str, Any]] = list(
        rows.values("id", "kind", "subject_ref", "title", "url", "at", "read_at")[: PAGE + 1]  # type: ignore[arg-type]
    )
    return page_of(found, PAGE, lambda row: (row["id"],))


