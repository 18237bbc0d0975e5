"""What is purged when, what stops it, and what was purged. CAS-2."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count

from amparo.casefiles.models import Hold, Retention
from amparo.complaints.queries import holds as complaints_that_hold
from amparo.files.models import StoredFile
from amparo.history.queries import owes_reactions
from amparo.kernel.paging import Page, page_of, unmark
from amparo.kernel.refusals import Invalid
from amparo.people.models import Customer
from amparo.threads.models import Entry

PAGE = 50

# Cases that are linked, one way or the other and by however many links, to one that is not over.
_LINKED = """
WITH RECURSIVE family (root, member) AS (
    SELECT id, id FROM cases_case WHERE id = ANY(%(ids)s)
    UNION
    SELECT f.root, CASE WHEN l.case_id = f.member THEN l.follow_up_id ELSE l.case_id END
    FROM family f JOIN cases_caselink l ON f.member IN (l.case_id, l.follow_up_id)
)
SELECT DISTINCT f.root FROM family f JOIN cases_case c ON c.id = f.member WHERE c.closed_at IS NULL
"""


def blocks(case_ids: Collection[int]) -> dict[int, list[str]]:
    """Return what keeps each of some closed cases from being purged; a case that nothing keeps is not named. CAS-2.

    A hold on it or on its customer, an open complaint, a linked case that is still open (what was agreed under one
    reservation is one story), a reaction to one of its facts that is still owed.
    """
    ids = list(case_ids)
    found: dict[int, list[str]] = {}
    customers = dict(Retention.objects.filter(pk__in=ids).values_list("case_id", "customer_id"))
    held = Hold.objects.filter(lifted_at__isnull=True)
    held_cases = set(held.filter(case__in=ids).values_list("case_id", flat=True))
    held_customers = set(held.filter(case__isnull=True, customer__in=set(customers.values())).values_list("customer_id", flat=True))
    complained = complaints_that_hold(ids)
    with connection.cursor() as cursor:
        cursor.execute(_LINKED, {"ids": ids})
        linked = {row[0] for row in cursor.fetchall()}
    owed = {int(one.rpartition(":")[2]) for one in owes_reactions([f"case:{pk}" for pk in ids])}
    for pk in ids:
        why = [
            name for name, stops in (
                ("hold_case", pk in held_cases), ("hold_customer", customers.get(pk) in held_customers),
                ("complaint", pk in complained), ("linked", pk in linked), ("reaction", pk in owed),
            ) if stops
        ]  # fmt: skip
        if why:
            found[pk] = why
    return found


def held_customers(ids: Collection[int]) -> set[int]:
    """Return those of some customers of whom nothing is purged for now. CAS-2."""
    held = Hold.objects.filter(lifted_at__isnull=True, case__isnull=True, customer__in=set(ids))
    return set(held.values_list("customer_id", flat=True))


def _place(after: str) -> tuple[datetime, int] | None:
    """Return the moment and number that a mark of a list names. Raises Invalid where it was tampered with. SEC-30."""
    marked = unmark(after, 2)
    if marked is None:
        return None
    try:
        moment = datetime.fromisoformat(marked[0])
        if moment.tzinfo is None or not 0 <= marked[1] < 2**62:
            raise Invalid(field="after")
        return moment, int(marked[1])
    except (TypeError, ValueError):
        raise Invalid(field="after") from None


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A closed case and what will become of its content."""

    case_id: int
    number: str
    customer_id: int
    customer: str
    kind: str
    closed_at: datetime
    due_at: datetime
    told_at: datetime | None
    purge_at: datetime | None
    blocks: list[str]
    entries: int = 0
    files: int = 0
    octets: int = 0
    is_ready: bool = False

    def as_data(self) -> dict[str, Any]:
        return {
            "case": self.number, "customer": self.customer, "closed_at": self.closed_at.isoformat(),
            "due_at": self.due_at.isoformat(), "told_at": self.told_at.isoformat() if self.told_at else None,
            "purge_at": self.purge_at.isoformat() if self.purge_at else None, "blocked_by": self.blocks,
            "entries": self.entries, "files": self.files, "octets": self.octets, "purged_now": self.is_ready,
        }  # fmt: skip


def plan(*, at: datetime, until: datetime | None = None, after: str = "", size: int = PAGE) -> Page[PlanRow]:
    """Return the cases whose content is purged next, the earliest first, up to a moment. CAS-2. At most nine statements."""
    rows = Retention.objects.filter(purged_at__isnull=True).select_related("case", "case__customer").order_by("due_at", "case_id")
    if until is not None:
        rows = rows.filter(due_at__lte=until)
    if place := _place(after):
        rows = rows.filter(due_at__gte=place[0]).exclude(due_at=place[0], case_id__lte=place[1])
    return page_of(_planned(list(rows[: size + 1]), at), size, lambda row: (row.due_at.isoformat(), row.case_id))


def plan_of(case_ids: Collection[int], *, at: datetime) -> list[PlanRow]:
    """Return the plan of some cases."""
    return _planned(list(Retention.objects.filter(pk__in=list(case_ids)).select_related("case", "case__customer").order_by("due_at", "case_id")), at)


def _planned(rows: list[Retention], at: datetime) -> list[PlanRow]:
    ids = [row.case_id for row in rows]
    stopped = blocks(ids) if ids else {}
    said = dict(Entry.objects.filter(thread__case__in=ids).order_by().values_list("thread__number").annotate(count=Count("pk")))
    kept: dict[str, list[int]] = {}
    subjects = [f"{kind}:{pk}" for pk in ids for kind in ("case", "case-desk")]
    for subject, size in StoredFile.objects.filter(subject__in=subjects, purged_at__isnull=True).values_list("subject", "size"):
        kept.setdefault(subject.rpartition(":")[2], []).append(size)
    return [
        PlanRow(
            row.case_id, row.case.number, row.customer_id, row.case.customer.name, row.case.kind, row.closed_at, row.due_at,
            row.told_at, row.purge_at, stopped.get(row.case_id, []), said.get(row.case_id, 0),
            len(kept.get(str(row.case_id), [])), sum(kept.get(str(row.case_id), [])),
            is_ready=row.purge_at is not None and row.purge_at <= at and row.case_id not in stopped,
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Purged:
    """A case whose content is gone, and what was emptied."""

    case_id: int
    number: str
    customer_id: int
    customer: str
    closed_at: datetime
    purged_at: datetime
    counts: dict[str, int] = field(default_factory=dict)


def purged(*, after: str = "", size: int = PAGE) -> Page[Purged]:
    """Return the report: which cases were purged, whose, when, and how much, the newest first. One statement."""
    rows = Retention.objects.filter(purged_at__isnull=False).select_related("case__customer").order_by("-purged_at", "-case_id")
    if place := _place(after):
        rows = rows.filter(purged_at__lte=place[0]).exclude(purged_at=place[0], case_id__gte=place[1])
    found = [
        Purged(row.case_id, row.case.number, row.customer_id, row.case.customer.name, row.closed_at, row.purged_at, row.counts)
        for row in rows[: size + 1]
        if row.purged_at is not None
    ]
    return page_of(found, size, lambda row: (row.purged_at.isoformat(), row.case_id))


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold as the desk shows it."""

    id: int
    case_id: int | None
    customer_id: int
    customer: str
    reason: str
    set_by: str
    set_at: datetime
    lifted_by: str
    lifted_at: datetime | None
    lifted_because: str

    @property
    def what(self) -> str:
        return f"C-{self.case_id}" if self.case_id else self.customer


def holds(*, case_id: int | None = None, customer_id: int | None = None, size: int = 200) -> list[HoldRow]:
    """Return holds, those that stand first, the newest first; of one case (with its customer's) or customer if asked."""
    rows = Hold.objects.select_related("customer", "set_by", "lifted_by").order_by("lifted_at", "-set_at", "-pk")
    if case_id is not None:
        own = Customer.objects.filter(cases=case_id).values("pk")
        rows = rows.filter(case=case_id) | rows.filter(case__isnull=True, customer__in=own)
    if customer_id is not None:
        rows = rows.filter(customer=customer_id)
    found = [
        HoldRow(
            row.pk, row.case_id, row.customer_id, row.customer.name, row.reason, row.set_by.name, row.set_at,
            row.lifted_by.name if row.lifted_by else "", row.lifted_at, row.lifted_because,
        )
        for row in rows[:size]
    ]  # fmt: skip
    return sorted(found, key=lambda row: row.lifted_at is not None)


def state_of(case_id: int) -> Retention | None:
    """Return when a case's content is or was purged; None while it is open, and in the minute after its closing."""
    return Retention.objects.filter(pk=case_id).first()
