"""Reports for the head of support: promises, attention, units. Each figure has the list behind it, and a CSV. TIM-9."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _

from amparo.cases.words import KINDS
from amparo.deadlines.queries import promise_counts
from amparo.kernel.refusals import Invalid
from amparo.ui import formats

GROUPS = ("kind", "person", "customer", "month")
STATES = ("kept", "late", "owed_late", "open")


@dataclass(frozen=True, slots=True)
class Span:
    """The days that a report tells of, both included, and the moments that bound them."""

    since: date
    until: date
    begin: datetime
    end: datetime

    @property
    def query(self) -> str:
        return f"since={self.since}&until={self.until}"


def read_span(since: str, until: str, *, at: datetime, zone: ZoneInfo) -> Span:
    """Return the period asked for; without one, this month and the eleven before it. Raises Invalid."""
    today = at.astimezone(zone).date()
    try:
        last = date.fromisoformat(until) if until else today
        first = date.fromisoformat(since) if since else (last.replace(day=1) - timedelta(days=330)).replace(day=1)
    except ValueError:
        raise Invalid(_("Write the days as year-month-day, like 2026-01-31."), field="since") from None
    if first > last or (last - first).days > 366 * 5:
        raise Invalid(_("The first day must not lie after the last one, nor more than five years before it."), field="since")
    return Span(first, last, datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone))


def months(span: Span) -> list[date]:
    """Return the first days of the months that a period touches."""
    found, day = [], span.since.replace(day=1)
    while day <= span.until:
        found.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    return found


def month_name(day: date) -> str:
    """Return a month as a label: «nov 2026»."""
    return formats.month(day)


# --- promises --------------------------------------------------------------------------------------------------------


def promises(by: str, span: Span, *, zone: ZoneInfo, kind: str | None = None) -> list[Any]:
    """Return promises kept, late and open by kind, person, customer or month. Raises Invalid. TIM-9, SEC-30."""
    if by not in GROUPS:
        raise Invalid(field="by")
    return promise_counts(by, since=span.begin, until=span.end, zone=str(zone), kind=kind)  # type: ignore[arg-type]


def promise_label(row: Any, by: str) -> str:
    """Return what a row of the report is about."""
    if by == "month":
        return month_name(row.key)
    return row.label or {"person": _("Nobody yet"), "customer": _("No customer")}.get(by, str(row.key))


def promise_query(row: Any, by: str, span: Span) -> str:
    """Return the address of the list behind a row."""
    if by == "month":
        last = (row.key + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        return f"since={max(row.key, span.since)}&until={min(last, span.until)}"
    if row.key is None:
        return span.query
    return f"{span.query}&{by}={row.key}"


# --- attention -------------------------------------------------------------------------------------------------------

_ATTENTION = """
SELECT what, month, sum(opened)::int, sum(closed)::int, sum(seconds)::bigint FROM (
    SELECT CASE WHEN k.id IS NULL THEN 'ticket' WHEN k.kind = '' THEN 'unclassified' ELSE k.kind END AS what,
           date_trunc('month', t.created_at AT TIME ZONE %(zone)s)::date AS month, 1 AS opened, 0 AS closed, 0 AS seconds
    FROM threads_thread t LEFT JOIN cases_case k ON t.kind = 'case' AND k.id = t.number
    WHERE t.created_at >= %(begin)s AND t.created_at < %(end)s
    UNION ALL
    SELECT CASE WHEN k.id IS NULL THEN 'ticket' WHEN k.kind = '' THEN 'unclassified' ELSE k.kind END,
           date_trunc('month', t.closed_at AT TIME ZONE %(zone)s)::date, 0, 1, coalesce(k.clock_seconds, 0)
    FROM threads_thread t LEFT JOIN cases_case k ON t.kind = 'case' AND k.id = t.number
    WHERE t.closed_at >= %(begin)s AND t.closed_at < %(end)s
) both_ways GROUP BY 1, 2 ORDER BY 2, 1
"""


@dataclass(frozen=True, slots=True)
class Attention:
    """How many of a kind came in and were closed in a month, and the minutes of attention of those closed."""

    what: str
    month: date
    opened: int
    closed: int
    seconds: int

    @property
    def label(self) -> str:
        return attention_label(self.what)


def attention_label(what: str) -> str:
    """Return a kind of matter in words."""
    return {"ticket": _("Tickets"), "unclassified": _("Cases not yet classified")}.get(what) or str(KINDS[what])


def attention(span: Span, *, zone: ZoneInfo) -> list[Attention]:
    """Return what came in and was closed by kind and month. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_ATTENTION, {"begin": span.begin, "end": span.end, "zone": str(zone)})
        return [Attention(*row) for row in cursor.fetchall()]


_MATTERS = """
SELECT t.id, t.kind, t.number, t.title, c.name AS customer, u.name AS person, t.created_at, t.closed_at,
    coalesce(k.clock_seconds, 0) AS seconds, {moment} AS moment
FROM threads_thread t
JOIN people_customer c ON c.id = t.customer_id
LEFT JOIN people_user u ON u.id = t.assignee_id
LEFT JOIN cases_case k ON t.kind = 'case' AND k.id = t.number
WHERE {moment} >= %(begin)s AND {moment} < %(end)s
    AND (%(what)s = '' OR CASE WHEN k.id IS NULL THEN 'ticket' WHEN k.kind = '' THEN 'unclassified' ELSE k.kind END = %(what)s)
    AND (%(moment)s::timestamptz IS NULL OR ({moment}, t.id) < (%(moment)s, %(id)s))
ORDER BY {moment} DESC, t.id DESC LIMIT %(limit)s
"""
CAME, CLOSED = "came", "closed"
_MOMENTS = {CAME: "t.created_at", CLOSED: "t.closed_at"}


def matters(
    what: str, which: str, span: Span, *, after: Sequence[Any] | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """Return the tickets and cases behind a figure of attention, newest first. One statement. Raises Invalid. SEC-30."""
    if which not in _MOMENTS or what not in ("", "ticket", "unclassified", *KINDS):
        raise Invalid(field="what")
    moment, number = after or (None, None)
    given = {"begin": span.begin, "end": span.end, "what": what, "moment": moment, "id": number, "limit": limit}
    return _named(_MATTERS.format(moment=_MOMENTS[which]), given)


# --- units -----------------------------------------------------------------------------------------------------------

_UNITS = """
SELECT unit, date_trunc('month', at AT TIME ZONE %(zone)s)::date AS month,
    coalesce(sum(amount) FILTER (WHERE kind = 'single' AND debit_id <= 3 AND reverses_id IS NULL), 0)::bigint
      - coalesce(sum(amount) FILTER (WHERE kind = 'single' AND credit_id <= 3), 0)::bigint AS sold,
    coalesce(sum(amount) FILTER (WHERE kind IN ('single', 'post') AND credit_id BETWEEN 4 AND 6), 0)::bigint
      - coalesce(sum(amount) FILTER (WHERE kind = 'single' AND debit_id BETWEEN 4 AND 6), 0)::bigint AS used,
    coalesce(sum(amount) FILTER (WHERE kind = 'single' AND credit_id BETWEEN 7 AND 9), 0)::bigint
      - coalesce(sum(amount) FILTER (WHERE kind = 'single' AND debit_id BETWEEN 7 AND 9), 0)::bigint AS expired
FROM ledger_transfer WHERE at >= %(begin)s AND at < %(end)s GROUP BY 1, 2 ORDER BY 2, 1
"""
_LEFT = """
SELECT unit, sum(balance)::bigint, sum(reserved)::bigint, count(*) FILTER (WHERE balance > 0) FROM ledger_pocket
WHERE customer_id IS NOT NULL AND closed_at IS NULL GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Units:
    """Units of one kind sold, used and expired in a month."""

    unit: str
    month: date
    sold: int
    used: int
    expired: int


def units(span: Span, *, zone: ZoneInfo) -> list[Units]:
    """Return units sold, used and expired by month, from transfers alone. One statement. LED-4."""
    with connection.cursor() as cursor:
        cursor.execute(_UNITS, {"begin": span.begin, "end": span.end, "zone": str(zone)})
        return [Units(*row) for row in cursor.fetchall()]


def left() -> dict[str, tuple[int, int, int]]:
    """Return what customers hold now by unit: (left, of it reserved, pockets that hold any). One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_LEFT)
        return {unit: (int(balance), int(reserved), pockets) for unit, balance, reserved, pockets in cursor.fetchall()}


_HOLDERS = """
SELECT p.customer_id, c.name, p.label, p.unit, p.issued, p.balance, p.reserved, p.ends_at
FROM ledger_pocket p JOIN people_customer c ON c.id = p.customer_id
WHERE p.closed_at IS NULL AND p.unit = %(unit)s AND p.balance > 0 ORDER BY p.balance DESC, p.id LIMIT %(limit)s
"""


def holders(unit: str, *, limit: int = 500) -> list[dict[str, Any]]:
    """Return the pockets behind what is left of a unit, the fullest first. Raises Invalid. SEC-30."""
    if unit not in ("event", "incident", "credit"):
        raise Invalid(field="unit")
    with connection.cursor() as cursor:
        cursor.execute(_HOLDERS, {"unit": unit, "limit": limit})
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# Which transfers a figure counts: the vendor's pockets on the other side, and of which kinds those that add are.
_FIGURES = {
    "sold": (1, 3, "debit_id", "kind = 'single' AND reverses_id IS NULL"),
    "used": (4, 6, "credit_id", "kind IN ('single', 'post')"),
    "expired": (7, 9, "credit_id", "kind = 'single'"),
}
_MOVEMENTS = """
SELECT t.id, t.at, t.sign * t.amount AS amount, t.cause, p.customer_id, c.name AS customer, p.label
FROM (
    SELECT id, at, amount, cause, 1 AS sign, {own} AS pocket FROM ledger_transfer
    WHERE {theirs} BETWEEN {first} AND {last} AND {adding} AND unit = %(unit)s AND at >= %(begin)s AND at < %(end)s
    UNION ALL
    SELECT id, at, amount, cause, -1, {theirs} FROM ledger_transfer
    WHERE {own} BETWEEN {first} AND {last} AND kind = 'single' AND unit = %(unit)s AND at >= %(begin)s AND at < %(end)s
) t
JOIN ledger_pocket p ON p.id = t.pocket
JOIN people_customer c ON c.id = p.customer_id
WHERE %(moment)s::timestamptz IS NULL OR (t.at, t.id) < (%(moment)s, %(id)s)
ORDER BY t.at DESC, t.id DESC LIMIT %(limit)s
"""


def movements(
    unit: str, which: str, span: Span, *, after: Sequence[Any] | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """Return the transfers behind a figure of units, newest first; they add up to it. One statement. LED-4, SEC-30.

    What was taken back or given back counts less than nothing. Raises Invalid.
    """
    if unit not in ("event", "incident", "credit") or which not in _FIGURES:
        raise Invalid(field="which")
    first, last, theirs, adding = _FIGURES[which]
    own = "credit_id" if theirs == "debit_id" else "debit_id"
    moment, number = after or (None, None)
    sql = _MOVEMENTS.format(first=first, last=last, theirs=theirs, own=own, adding=adding)
    return _named(sql, {"unit": unit, "begin": span.begin, "end": span.end, "moment": moment, "id": number, "limit": limit})


def _named(sql: str, given: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
