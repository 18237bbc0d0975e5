"""Units that run low or end, and contracts that end: gathered, and told in one letter a day. LED-5."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from amparo.contracts.commands.contracts import service_zone
from amparo.contracts.models import SupportContract
from amparo.history.queries import FactRow
from amparo.ledger.models import Pocket
from amparo.ui import formats

from .. import commands, readers
from ..commands import Reader, Words
from ..kinds import KINDS
from ..models import Preference, UnitWarning
from .shared import moment, when

LOW, ENDING = "units_low", "units_ending"
_SAID = ("unit", "label", "source", "available", "ends_at", "number", "ends_on")


def warned(fact: FactRow) -> None:
    """Keep what a pocket or a contract warns of for the customer's letter of the day. LED-5."""
    if fact.customer_id is None:
        return
    said = {name: fact.data[name] for name in _SAID if name in fact.data}
    kind = LOW if fact.name == "pocket.low" else ENDING
    commands.gather(
        kind, said, subject=fact.subject, customer_id=fact.customer_id, fact_id=fact.id, at=moment(fact)
    )  # fmt: skip


def tell_customer(customer_id: int, warnings: list[UnitWarning], at: datetime) -> None:
    """Tell a customer's administrators all that was gathered, each of what he wants to hear. LED-5."""
    lines = still_true(warnings, at)
    if not lines:
        return
    people = readers.administrators_of(customer_id)
    own = {
        (row.user_id, row.kind): row.page or row.mail
        for row in Preference.objects.filter(user_id__in=[one.user_id for one in people], kind__in=(LOW, ENDING))
    }
    told: dict[str, list[tuple[Reader, Words]]] = {}
    for reader in people:
        wanted = [line for line in lines if own.get((reader.user_id, line.kind), KINDS[line.kind].page or KINDS[line.kind].mail)]
        if wanted:
            kind = ENDING if any(line.kind == ENDING for line in wanted) else LOW
            with translation.override(reader.language):
                told.setdefault(kind, []).append((reader, words(wanted, reader)))
    for kind, pairs in told.items():
        commands.tell(
            kind, pairs, subject=f"customer:{customer_id}", customer_id=customer_id, fact_id=lines[0].fact_id, at=at
        )  # fmt: skip


def still_true(warnings: Sequence[UnitWarning], at: datetime) -> list[UnitWarning]:
    """Return what still holds, with the amounts of now: a warning may have waited for a day."""
    numbers = [int(line.subject_ref.partition(":")[2]) for line in warnings if line.subject_ref.startswith("pocket:")]
    pockets = Pocket.objects.in_bulk(numbers)
    renewed = set(
        SupportContract.objects.filter(
            renewed_from_id__in=[_number(line) for line in warnings if line.subject_ref.startswith("contract:")]
        ).values_list("renewed_from_id", flat=True)
    )
    today = at.astimezone(service_zone(at)).date()  # a contract's last day is one of the service's zone
    found = []
    for line in warnings:
        if line.subject_ref.startswith("contract:"):
            if _number(line) not in renewed and date.fromisoformat(line.said["ends_on"][:10]) >= today:
                found.append(line)
            continue
        pocket = pockets.get(_number(line))
        if pocket is None or pocket.ends_at is None or pocket.ends_at <= at:
            continue
        line.said["available"] = pocket.available
        if pocket.available or line.kind == LOW:
            found.append(line)
    return found


def _number(line: UnitWarning) -> int:
    return int(line.subject_ref.partition(":")[2])


def words(lines: Sequence[UnitWarning], reader: Reader) -> Words:
    """Return one letter for several warnings: a title that fits them all, and a figure for each pocket and contract."""
    contracts = [line for line in lines if "number" in line.said]
    sources = {_source(line) for line in lines}
    paragraphs = []
    if contracts:
        paragraphs.append(_("Preferential service goes on without a gap if it is renewed before. Unused units end with the contract."))
    elif any(line.kind == ENDING for line in lines):
        paragraphs.append(_("What is left when a pocket ends expires."))
    if any(line.kind == LOW for line in lines):
        paragraphs.append(_("A service card brings credits at once; a renewal brings a new allotment."))
    if len(contracts) == 1 and len(sources) == 1:
        title = _("Your contract %(number)s ends on %(day)s") % _ends(contracts[0].said)
    elif len(lines) == 1:
        left = {"left": formats.amounts([(lines[0].said["unit"], lines[0].said["available"])])}
        title = (_("You have %(left)s left") if lines[0].kind == LOW else _("%(left)s end soon")) % left
    elif all(line.kind == LOW for line in lines):
        title = _("Several of your units run low")
    else:
        title = _("Some of what you have ends soon or runs low")
    only = len(contracts) == len(lines)
    return Words(
        title=title,
        url="/contracts/" if only else "/statements/",
        paragraphs=tuple(paragraphs),
        figures=tuple(_figure(line, reader) for line in lines),
        action=_("See the contract") if only else _("See the statement"),
    )


def _source(line: UnitWarning) -> str:
    return line.subject_ref if "number" in line.said else line.said.get("source", line.subject_ref)


def _ends(said: dict[str, Any]) -> dict[str, str]:
    return {"number": said["number"], "day": formats.day_full(date.fromisoformat(said["ends_on"][:10]))}


def _figure(line: UnitWarning, reader: Reader) -> tuple[str, str]:
    said = line.said
    if "number" in said:
        return _("Contract %(number)s") % {"number": said["number"]}, _("ends on %(day)s") % _ends(said)
    left = formats.amounts([(said["unit"], said["available"])]) if said["available"] else _("used up")
    if line.kind == LOW:
        return said["label"], left
    return said["label"], _("%(left)s, ends %(moment)s") % {"left": left, "moment": when(said["ends_at"], reader)}
