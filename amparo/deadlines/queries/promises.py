"""Promises of a thing, and the figures of the report: kept, late and open. TIM-9."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from django.db import connection
from django.db.models import QuerySet

from amparo.deadlines.machine import State
from amparo.deadlines.models import KIND_LABELS, Promise, ServiceCalendar

Grouping = Literal["kind", "person", "customer", "month"]


def owed(subject: Any, kind_code: str | None = None) -> QuerySet[Promise]:
    """The promises about a subject that are still to be met: open, or lapsed and neither met late nor ended."""
    ref = subject if isinstance(subject, str) else subject.subject
    rows = Promise.objects.filter(
        subject_ref=ref, state__in=[State.OPEN, State.LAPSED], met_at__isnull=True, ended_at__isnull=True
    )
    return rows.filter(kind_code=kind_code) if kind_code else rows


def open_promises(subject: Any, kind_code: str | None = None) -> list[Promise]:
    """What is still owed about a subject, the earliest deadline first. One statement."""
    return list(owed(subject, kind_code).order_by("due_at", "id"))


def promises_of(subject: Any) -> list[Promise]:
    """Every promise ever made about a subject, in the order in which they were made. COM-7."""
    ref = subject if isinstance(subject, str) else subject.subject
    return list(Promise.objects.filter(subject_ref=ref).order_by("started_at", "id"))


def open_count(calendar: ServiceCalendar) -> int:
    """How many promises are open that were computed by a calendar, whatever version."""
    return Promise.objects.filter(state=State.OPEN, calendar_version__calendar=calendar).count()


@dataclass(frozen=True, slots=True)
class PromiseCount:
    """One row of the report. `late` holds all that lapsed; `owed_late` those of them that are still owed."""

    key: str | int | date | None
    label: str
    kept: int
    late: int
    owed_late: int
    open: int
    margin_seconds: int | None
    late_seconds: int | None

    @property
    def judged(self) -> int:
        return self.kept + self.late

    @property
    def kept_percent(self) -> int | None:
        """Of those whose time is over, how many of a hundred were kept; rounded down, so that 100 means all."""
        return self.kept * 100 // self.judged if self.judged else None


_GROUPS: dict[str, tuple[str, str, str]] = {
    "kind": ("p.kind_code", "p.kind_code", ""),
    "person": (
        "COALESCE(p.met_by_id, p.holder_id)",
        "COALESCE(NULLIF(u.name, ''), u.email)",
        "LEFT JOIN people_user u ON u.id = g.key",
    ),
    "customer": ("p.customer_id", "u.name", "LEFT JOIN people_customer u ON u.id = g.key"),
    "month": ("date_trunc('month', p.due_at AT TIME ZONE %(zone)s)::date", "NULL", ""),
}


def promise_counts(
    by: Grouping,
    *,
    since: datetime,
    until: datetime,
    zone: str = "America/Mexico_City",
    kind: str | None = None,
    person: int | None = None,
    customer: int | None = None,
) -> list[PromiseCount]:
    """Count the promises whose deadline falls into a period (end exclusive), by kind, person, customer or month.

    A promise counts for the person who met it, else for its holder. What was ended is not counted: it was no longer
    owed. `margin_seconds` is the median business time left of those kept, `late_seconds` the median by which those
    met late were late. One statement; biggest groups first, months in order.
    """
    key, label, joined = _GROUPS[by]
    where, given = _filters(since, until, kind, person, customer)
    sql = f"""
    SELECT g.key, {label if by in ("person", "customer") else "g.key"}, g.kept, g.late, g.owed_late, g.open,
           g.margin, g.lateness
    FROM (SELECT {key} AS key,
            count(*) FILTER (WHERE p.state = 'kept') AS kept,
            count(*) FILTER (WHERE p.state = 'lapsed') AS late,
            count(*) FILTER (WHERE p.state = 'lapsed' AND p.met_at IS NULL AND p.ended_at IS NULL) AS owed_late,
            count(*) FILTER (WHERE p.state = 'open') AS open,
            percentile_disc(0.5) WITHIN GROUP (ORDER BY p.margin_seconds) FILTER (WHERE p.state = 'kept') AS margin,
            percentile_disc(0.5) WITHIN GROUP (ORDER BY -p.margin_seconds)
                FILTER (WHERE p.state = 'lapsed' AND p.met_at IS NOT NULL) AS lateness
          FROM deadlines_promise p WHERE p.state <> 'ended' AND {where} GROUP BY 1) g {joined}
    ORDER BY {"g.key" if by == "month" else "g.kept + g.late + g.open DESC, g.key"}
    """  # noqa: S608 all parts stand in this module
    with connection.cursor() as cursor:
        cursor.execute(sql, {**given, "zone": zone})
        rows = [PromiseCount(*row) for row in cursor.fetchall()]
    if by == "kind":
        return [_with_label(row, str(KIND_LABELS.get(str(row.key), row.key))) for row in rows]
    return rows


def _with_label(row: PromiseCount, label: str) -> PromiseCount:
    return PromiseCount(
        row.key, label, row.kept, row.late, row.owed_late, row.open, row.margin_seconds, row.late_seconds
    )


def _filters(
    since: datetime, until: datetime, kind: str | None, person: int | None, customer: int | None
) -> tuple[str, dict[str, Any]]:
    parts = ["p.due_at >= %(since)s", "p.due_at < %(until)s"]
    if kind:
        parts.append("p.kind_code = %(kind)s")
    if person is not None:
        parts.append("COALESCE(p.met_by_id, p.holder_id) = %(person)s")
    if customer is not None:
        parts.append("p.customer_id = %(customer)s")
    return " AND ".join(parts), {
        "since": since,
        "until": until,
        "kind": kind,
        "person": person,
        "customer": customer,
    }


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """One promise in the list behind a figure."""

    id: int
    subject_ref: str
    kind_code: str
    customer_id: int | None
    customer_name: str | None
    person: str | None
    started_at: datetime
    due_at: datetime
    state: str
    met_at: datetime | None
    margin_seconds: int | None

    @property
    def label(self) -> str:
        return str(KIND_LABELS.get(self.kind_code, self.kind_code))


_STATES = {
    "kept": "p.state = 'kept'",
    "late": "p.state = 'lapsed'",
    "owed_late": "p.state = 'lapsed' AND p.met_at IS NULL AND p.ended_at IS NULL",
    "open": "p.state = 'open'",
    "": "p.state <> 'ended'",
}


def promise_list(
    *,
    since: datetime,
    until: datetime,
    state: str = "",
    kind: str | None = None,
    person: int | None = None,
    customer: int | None = None,
    after: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[PromiseRow]:
    """The promises behind a figure, the latest deadline first; `after` is (due_at, id) of the last one shown.

    `state` is "kept", "late", "owed_late", "open" or "" for all that was not ended. One statement.
    """
    where, given = _filters(since, until, kind, person, customer)
    if after:
        where += " AND (p.due_at, p.id) < (%(after_at)s, %(after_id)s)"
        given |= {"after_at": after[0], "after_id": after[1]}
    sql = f"""
    SELECT p.id, p.subject_ref, p.kind_code, p.customer_id, c.name, COALESCE(NULLIF(u.name, ''), u.email),
           p.started_at, p.due_at, p.state, p.met_at, p.margin_seconds
    FROM deadlines_promise p LEFT JOIN people_customer c ON c.id = p.customer_id
    LEFT JOIN people_user u ON u.id = COALESCE(p.met_by_id, p.holder_id)
    WHERE {_STATES[state]} AND {where} ORDER BY p.due_at DESC, p.id DESC LIMIT %(limit)s
    """  # noqa: S608 all parts stand in this module
    with connection.cursor() as cursor:
        cursor.execute(sql, {**given, "limit": limit})
        return [PromiseRow(*row) for row in cursor.fetchall()]
