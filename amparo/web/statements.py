"""Statements of units as they are shown: on screen, as PDF, as CSV; the same rows in each. LED-4."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _

from amparo.kernel.refusals import Invalid
from amparo.ledger.queries import Line, Statement, statement
from amparo.ui import formats

YEARS_MAX = 3


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a statement tells of, both included."""

    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Row:
    """A movement in words: what moved, why, from which pocket, and what was left after it."""

    at: datetime
    what: str
    why: str
    url: str
    unit: str
    amount: int
    reserved: int
    left: int
    pocket: str
    tariff_version: int | None
    tone: str


def read_period(since: str, until: str, *, today: date) -> Period:
    """Return the period asked for; without one, the twelve months up to today. Raises Invalid."""
    try:
        last = date.fromisoformat(until) if until else today
        first = date.fromisoformat(since) if since else last - timedelta(days=364)
    except ValueError:
        raise Invalid(_("Write the days as year-month-day, like 2026-01-31."), field="since") from None
    if first > last:
        raise Invalid(_("The first day must not lie after the last one."), field="since")
    if (last - first).days > 366 * YEARS_MAX:
        raise Invalid(_("Choose at most three years at a time."), field="since")
    return Period(first, last)


def read_source(text: str) -> str | None:
    """Return the source asked for, `contract:5` or `card:9`, None for everything. Raises Invalid. SEC-30."""
    kind, _sep, number = text.partition(":")
    if not text:
        return None
    if kind not in ("contract", "card", "grace") or len(text) > 60 or not number:
        raise Invalid(field="source")
    return text


def load(customer_id: int, period: Period, source: str | None, *, zone: ZoneInfo) -> Statement:
    """Return a customer's statement for whole days of a zone."""
    begin = datetime.combine(period.since, time(), zone)
    end = datetime.combine(period.until + timedelta(days=1), time(), zone)
    return statement(customer_id, begin, end, source)


def sources(found: Statement) -> list[tuple[str, str]]:
    """Return what a statement can be narrowed to: each contract and card that ever held units.

    A statement of everything has them at hand; one that is narrowed asks.
    """
    if not found.source:
        return sorted({pocket.source: pocket.label for pocket in found.held}.items(), key=lambda one: _since(found, one[0]))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT source, min(label) FROM ledger_pocket WHERE customer_id = %s GROUP BY source ORDER BY min(starts_at) DESC",
            [found.customer_id],
        )
        return [(source, label) for source, label in cursor.fetchall()]


def _since(found: Statement, source: str) -> float:
    """Newest first."""
    return -min(p.starts_at.timestamp() for p in found.held if p.source == source and p.starts_at)


_WHAT = {
    "added": ("Added", "done"),
    "reserved": ("Reserved", "money"),
    "released": ("Reservation given up", "neutral"),
    "used": ("Used", "money"),
    "given_back": ("Given back", "done"),
    "expired": ("Expired", "neutral"),
    "extended": ("Moved to another pocket", "neutral"),
    "taken_back": ("Taken back", "neutral"),
}


def _words() -> dict[str, str]:
    return {
        "Added": _("Added"),
        "Reserved": _("Reserved"),
        "Reservation given up": _("Reservation given up"),
        "Used": _("Used"),
        "Given back": _("Given back"),
        "Expired": _("Expired"),
        "Moved to another pocket": _("Moved to another pocket"),
        "Taken back": _("Taken back"),
    }


def why(line: Line, *, desk: bool) -> tuple[str, str]:
    """Return a movement's cause in words, and where it is shown."""
    kind, _sep, number = line.cause.partition(":")
    number = number.partition(":")[0]
    head = "/desk" if desk else ""
    if kind == "case":
        return _("Case %(number)s") % {"number": f"C-{number}"}, f"{head}/cases/{number}/"
    if kind == "ticket":
        return _("Ticket %(number)s") % {"number": f"T-{number}"}, f"{head}/tickets/{number}/"
    if kind == "contract":
        return _("Allotment of the contract"), ""
    if kind == "card":
        return _("Service card"), ""
    if line.kind == "expired":
        return _("What is left when a pocket ends expires"), ""
    return line.cause, ""


def rows(found: Statement, *, desk: bool = False) -> list[Row]:
    """Return the movements in words, oldest first."""
    words = _words()
    made = []
    for line in found.lines:
        what, tone = _WHAT[line.kind]
        reason, url = why(line, desk=desk)
        made.append(
            Row(line.at, words[what], reason, url, line.unit, line.amount, line.reserved, line.left, line.label,
                line.tariff_version, tone)
        )  # fmt: skip
    return made


def sums(found: Statement) -> list[dict[str, Any]]:
    """Return the figures of each unit that the period knows of, in the order event, incident, credit."""
    return [
        {"unit": unit, "name": formats.unit_name(unit), "sum": found.sums[unit]}
        for unit in ("event", "incident", "credit")
        if not found.sums[unit].is_empty
    ]


def cell(value: object) -> str:
    """Return a value that a spreadsheet will not take for a formula. SEC-56."""
    text = str(value).replace("\x00", "")
    return f"'{text}" if text[:1] in ("=", "+", "@", "\t", "\r") or (text[:1] == "-" and not text[1:].isdigit()) else text


def as_csv(found: Statement, made: Sequence[Row], *, zone: ZoneInfo) -> str:
    """Return the statement as CSV with a byte-order mark, as spreadsheets read it."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow([_("Day and hour"), _("Movement"), _("Reason"), _("Unit"), _("Amount"), _("Reserved"), _("Left"),
                     _("Pocket"), _("Tariff version")])  # fmt: skip
    for one in sums(found):
        writer.writerow(["", _("Starting balance"), "", one["unit"], "", "", one["sum"].starting, "", ""])
    for row in made:
        at = row.at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        writer.writerow([cell(part) for part in (at, row.what, row.why, row.unit, row.amount, row.reserved, row.left,
                                                row.pocket, row.tariff_version or "")])  # fmt: skip
    for one in sums(found):
        writer.writerow(["", _("Left"), "", one["unit"], "", one["sum"].reserved, one["sum"].left, "", ""])
    return out.getvalue()
