"""Statements of units as they are shown: on screen, as PDF, as CSV; the same rows in each. LED-4."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.complaints import access as complaints
from amparo.kernel import sheets
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid
from amparo.ledger.queries import Line, Statement, Sums, statement
from amparo.quotations import access as quotations
from amparo.sales import access as sales
from amparo.threads.access import visible_to as visible_threads
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
    if kind not in ("contract", "card", "grace", "sale") or len(text) > 60 or not number:
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


# What may cause a movement: how its number is written, its name, and where it is shown in the portal and at the desk.
_CAUSES: dict[str, tuple[str, Any, str, str]] = {
    "case": ("C-%s", gettext_lazy("Case %(number)s"), "/cases/%s/", "/desk/cases/%s/"),
    "ticket": ("T-%s", gettext_lazy("Ticket %(number)s"), "/tickets/%s/", "/desk/tickets/%s/"),
    "complaint": ("Q-%s", gettext_lazy("Ruling on complaint %(number)s"), "/complaints/%s/", "/desk/complaints/%s/"),
    "order": ("O-%s", gettext_lazy("Order %(number)s"), "/quotations/orders/%s/", "/desk/quotations/orders/%s/"),
    "sale": ("V-%s", gettext_lazy("Promotion of purchase %(number)s"), "/sales/%s/", "/desk/sales/%s/"),
}


def why(line: Line, *, desk: bool, titles: Mapping[str, str] | None = None) -> tuple[str, str]:
    """Return a movement's cause in words, and where it is shown. LED-4."""
    kind, _sep, rest = line.cause.partition(":")
    number, _sep, more = rest.partition(":")
    if kind in _CAUSES:
        written, name, portal, own = _CAUSES[kind]
        words = str(name) % {"number": written % number}
        if title := (titles or {}).get(f"{kind}:{number}"):
            words = f"{words} · {title}"
        return words, (own if desk else portal) % number
    if line.kind == "expired":
        return _("What is left when a pocket ends expires"), ""
    if kind == "contract":
        words = {
            "before": _("Used before the contract was written down here"),
        }.get(more) or {"added": _("Allotment of the contract")}.get(line.kind, _("Contract"))
        return words, f"/desk/contracts/{number}/" if desk else f"/contracts/{number}/"
    if kind == "card":
        return _("Service card"), ""
    return line.cause, ""


def titles(found: Statement, actor: Actor) -> dict[str, str]:
    """Return the titles of the tickets and cases that a statement names, those that the actor may see. One statement.

    ACC-11: who sees only his own matters reads the others' numbers, not their titles.
    """
    of_any = Q()
    for kind, wanted in _named(found).items():
        if kind in ("case", "ticket"):
            of_any |= Q(kind=kind, number__in=wanted)
    if not of_any:
        return {}
    rows = visible_threads(actor).filter(of_any).values_list("kind", "number", "title")
    return {f"{kind}:{number}": title for kind, number, title in rows}


def _named(found: Statement) -> dict[str, set[int]]:
    """The numbers that a statement names, by kind."""
    numbers: dict[str, set[int]] = {}
    for line in found.lines:
        kind, _sep, rest = line.cause.partition(":")
        number = rest.partition(":")[0]
        if kind in _CAUSES and number.isdecimal():
            numbers.setdefault(kind, set()).add(int(number))
    return numbers


def sees_all_causes(actor: Actor) -> bool:
    """Whether each cause leads its reader somewhere: not those who see only their own matters."""
    return not (actor.is_contact and actor.company_role == "own")


def shut_to(actor: Actor) -> frozenset[str]:
    """Return the kinds of causes whose pages are not for this member of staff."""
    if not actor.is_staff:
        return frozenset()
    open_to = {"complaint": actor.has_role(*complaints.READING), "sale": actor.has_role("sales", "operator")}
    return frozenset(kind for kind, is_open in open_to.items() if not is_open)


def leading(found: Statement, actor: Actor) -> frozenset[str]:
    """Return the causes whose page the reader may open, as `case:41`. ACC-11."""
    seen = {"complaint": complaints.visible_to, "order": quotations.orders_visible_to, "sale": sales.visible_to}
    kept = set(titles(found, actor))
    for kind, wanted in _named(found).items():
        if kind in seen:
            kept |= {f"{kind}:{pk}" for pk in seen[kind](actor).filter(pk__in=wanted).values_list("pk", flat=True)}
    return frozenset(kept)


def rows(
    found: Statement, *, desk: bool = False, titles: Mapping[str, str] | None = None, shut: Collection[str] = (), leads: Collection[str] | None = None
) -> list[Row]:
    """Return the movements in words, oldest first; a cause of a kind that is shut, or not among those that lead, is no link."""
    words = _words()
    made = []
    for line in found.lines:
        what, tone = _WHAT[line.kind]
        reason, url = why(line, desk=desk, titles=titles)
        kind, _sep, rest = line.cause.partition(":")
        if kind in shut or (leads is not None and kind in _CAUSES and f"{kind}:{rest.partition(':')[0]}" not in leads):
            url = ""
        made.append(
            Row(line.at, words[what], reason, url, line.unit, line.amount, line.reserved, line.left, line.label,
                line.tariff_version, tone)
        )  # fmt: skip
    return made


_RARE = ("moved", "taken_back")


def sums(found: Statement) -> list[dict[str, Any]]:
    """Return the figures of each unit that the period knows of, in the order event, incident, credit."""
    known = [(unit, found.sums[unit]) for unit in ("event", "incident", "credit") if not found.sums[unit].is_empty]
    rare = [name for name in _RARE if any(getattr(one, name) for _unit, one in known)]
    return [
        {"unit": unit, "name": formats.unit_name(unit), "sum": one, "figures": figures(one, rare)} for unit, one in known
    ]


def figures(one: Sums, rare: Sequence[str] = ()) -> list[tuple[str, int]]:
    """Return a unit's figures in the order in which they add up, with what is rare only where it is asked for. LED-4."""
    signed = [
        ("added", _("Added"), one.added),
        ("moved", _("Moved to another pocket"), one.moved),
        ("used", _("Used"), -one.used),
        ("given_back", _("Given back"), one.given_back),
        ("taken_back", _("Taken back"), -one.taken_back),
        ("expired", _("Expired"), -one.expired),
    ]
    return [
        (_("Starting"), one.starting),
        *((label, amount) for name, label, amount in signed if name not in _RARE or name in rare),
        (_("Left"), one.left),
        (_("Of it reserved"), one.reserved),
        (_("Reserved in the period"), one.set_aside),
    ]


def as_csv(found: Statement, made: Sequence[Row], *, zone: ZoneInfo) -> bytes:
    """Return the statement as CSV for spreadsheets. SEC-56."""
    head = [_("Day and hour"), _("Movement"), _("Reason"), _("Unit"), _("Amount"), _("Reserved"), _("Left"), _("Pocket"), _("Tariff version")]
    rows: list[Sequence[object]] = [head]
    for one in sums(found):
        rows.append(["", _("Starting balance"), "", one["unit"], "", one["sum"].reserved_before, one["sum"].starting, "", ""])
    for row in made:
        at = row.at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        rows.append([at, row.what, row.why, row.unit, row.amount, row.reserved, row.left, row.pocket, row.tariff_version or ""])
    for one in sums(found):
        for label, amount in one["figures"]:
            rows.append(["", _("Sum: %(figure)s") % {"figure": label}, "", one["unit"], amount, "", "", "", ""])
    return sheets.as_csv(rows)
