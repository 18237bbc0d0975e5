"""Reads of the catalogue: what is offered, what it costs for given values, worked examples. QUO-2, CHG-2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from amparo.charging import queries as charging
from amparo.charging.queries import Explanation
from amparo.charging.rules import Tariff
from amparo.deadlines.queries import calendar_for
from amparo.deadlines.rules import add_business_days
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Refusal
from amparo.quotations import access
from amparo.quotations.models import CatalogueItem, ItemVersion
from amparo.quotations.rules.catalogue import YES_NO, Terms, example_values, priced, values_from


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """One item as lists show it; `price` is in words of units, empty where it depends on what is asked."""

    item_id: int
    kind: str
    version: ItemVersion
    is_offered: bool
    has_draft: bool
    name: str
    text: str
    credits: int
    days: int | None


def catalogue(actor: Actor, *, kind: str = "", words: str = "") -> list[CatalogueRow]:
    """Return the items that the actor may see, by kind and name; one statement. QUO-2."""
    language = actor.language or "es-mx"
    items = access.items_visible_to(actor).select_related("current")
    if actor.is_staff:
        items = items.prefetch_related("versions")
    if kind:
        items = items.filter(kind=kind)
    found = []
    for item in items:
        draft = next((v for v in item.versions.all() if v.is_draft), None) if actor.is_staff else None
        version = item.current or draft
        if version is None:
            continue
        days = int(version.days) if version.days.isdecimal() else None
        found.append(
            CatalogueRow(
                item.pk, item.kind, version, item.is_offered, draft is not None, version.name(language), version.text(language),
                version.credits if version.pricing == "fixed" else 0, days,
            )
        )
    if words:
        wanted = words.casefold()
        found = [row for row in found if wanted in row.name.casefold() or wanted in row.text.casefold()]
    return sorted(found, key=lambda row: (row.kind, row.name.casefold()))


def item_page(actor: Actor, item_id: int) -> CatalogueItem | None:
    """Return an item with its current version, None for who may not see it. One statement."""
    return access.items_visible_to(actor).select_related("current").filter(pk=item_id).first()


@dataclass(frozen=True, slots=True)
class Shown:
    """What an item would cost and when it would be delivered, were it accepted now. QUO-2.

    `problem` says in words why it cannot be priced; then nothing else stands.
    """

    values: dict[str, int | bool]
    days: int = 0
    due_at: datetime | None = None
    price: Explanation | None = None
    problem: str = ""
    field: str = ""


def quoted(version: ItemVersion, given: Mapping[str, Any], *, customer_id: int, language: str, at: datetime) -> Shown:
    """Return price and exact delivery for values of an item; nothing is consumed and nothing written. QUO-2, CHG-2."""
    try:
        values = values_from(version.declared, given)
        found = priced(version.terms, values, charging.tariff_at(at))
    except Refusal as refused:
        return Shown({}, problem=str(refused), field=getattr(refused, "field", "") or "")
    price = charging.explain_quote(charging.quote(customer_id, found.needs, at=at), language)
    due_at = add_business_days(calendar_for(customer_id, at), at, found.days)
    return Shown(values, found.days, due_at, price)


def values_in_words(version: ItemVersion, values: Mapping[str, Any], language: str) -> str:
    """Return the values of an item's parameters as one line: «Terminales: 4, Urgente: sí»."""
    yes, no = (gettext("yes"), gettext("no"))
    parts = []
    for one in version.declared:
        value = values.get(one.name, one.default)
        if one.kind == YES_NO and not value:
            continue
        parts.append(f"{one.label(language)}: {(yes if value else no) if one.kind == YES_NO else value}")
    return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Example:
    """One worked example: the values, and what they cost and take, or why not."""

    values: list[tuple[str, str]]
    credits: int
    needs: Sequence[Any]
    days: int
    problem: str = ""


def worked_examples(terms: Terms, tariff: Tariff, language: str) -> list[Example]:
    """Return what some values cost and take, computed: for the editor and for who checks a formula. QUO-2."""
    found = []
    for values in example_values(terms.parameters):
        shown = [
            (one.label(language), (gettext("yes") if values[one.name] else gettext("no")) if one.kind == YES_NO else str(values[one.name]))
            for one in terms.parameters
        ]  # fmt: skip
        try:
            price = priced(terms, values, tariff)
        except Refusal as refused:
            found.append(Example(shown, 0, (), 0, str(refused)))
        else:
            found.append(Example(shown, price.credits, price.needs, price.days))
    return found
