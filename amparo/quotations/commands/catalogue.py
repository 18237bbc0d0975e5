"""The verbs of the catalogue: a version is drafted, proved, published; what is published never changes. QUO-2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from amparo.charging.queries import tariff_at
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Stale
from amparo.quotations import access
from amparo.quotations.errors import DeclarationInvalid, ItemFixed, TextMissing
from amparo.quotations.machine import Kind
from amparo.quotations.models import CatalogueItem, ItemVersion
from amparo.quotations.rules.catalogue import Terms, check_terms, parameters_from

from .shared import permit

TEXTS = {"name_es": 120, "name_en": 120, "text_es": 4000, "text_en": 4000}


@transaction.atomic
def add_item(kind: str, *, texts: Mapping[str, str], terms: Terms, actor: Actor, at: datetime) -> ItemVersion:
    """Add a standard service with its first version, a draft. Fact: `item.added`.

    Raises NotPermitted, FormulaWrong (with the field and the column), DeclarationInvalid, TextMissing.
    """
    permit(access.may_edit_catalogue(actor))
    if kind not in list(Kind):
        raise DeclarationInvalid(field="kind")
    item = CatalogueItem.objects.create(kind=kind, created_at=at)
    version = ItemVersion(item=item, number=1, drafted_by_id=actor.user_id, drafted_at=at)
    _put(version, texts, terms, at)
    version.save()
    record("item.added", subject=item, actor=actor, at=at, kind=kind, title=version.name_es)
    return version


@transaction.atomic
def draft_version(item: CatalogueItem, *, actor: Actor, at: datetime) -> ItemVersion:
    """Draft a new version as a copy of the current one; one draft at a time, so the open one is returned. QUO-2.

    Raises NotPermitted.
    """
    permit(access.may_edit_catalogue(actor))
    item = CatalogueItem.objects.select_for_update().get(pk=item.pk)
    if opened := ItemVersion.objects.filter(item=item, published_at__isnull=True).first():
        return opened
    assert item.current_id is not None, "an item without a draft has been published"
    current = ItemVersion.objects.get(pk=item.current_id)
    number = (ItemVersion.objects.filter(item=item).aggregate(last=Max("number"))["last"] or 0) + 1
    kept = {name: getattr(current, name) for name in (*TEXTS, "parameters", "pricing", "credits", "formula", "lines", "days")}
    version = ItemVersion.objects.create(item=item, number=number, drafted_by_id=actor.user_id, drafted_at=at, **kept)
    record("item.drafted", subject=item, actor=actor, at=at, number=number)
    return version


@transaction.atomic
def revise_version(
    version: ItemVersion, *, texts: Mapping[str, str], terms: Terms, seen: int | None = None, actor: Actor, at: datetime
) -> ItemVersion:
    """Change a draft; it is proved for all values of its parameters before it is kept. QUO-2.

    `seen` counts the changes that the page showed. Raises NotPermitted, ItemFixed, Stale, FormulaWrong, DeclarationInvalid.
    """
    permit(access.may_edit_catalogue(actor))
    version = _draft(version, seen)
    _put(version, texts, terms, at)
    version.changes += 1
    version.save()
    record("item.revised", subject=version.item, actor=actor, at=at, number=version.number)
    return version


@transaction.atomic
def publish_version(version: ItemVersion, *, seen: int | None = None, actor: Actor, at: datetime) -> ItemVersion:
    """Publish a draft: from now on it is what is quoted, and nobody changes it. Fact: `item.published`. QUO-2.

    Raises NotPermitted, ItemFixed, Stale, and what no longer holds with the tariff of now.
    """
    permit(access.may_edit_catalogue(actor))
    version = _draft(version, seen)
    check_terms(version.terms, tariff_at(at))
    version.published_at, version.published_by_id = at, actor.user_id
    version.save()
    item = CatalogueItem.objects.select_for_update().get(pk=version.item_id)
    item.current, item.is_offered = version, True
    item.save(update_fields=["current", "is_offered"])
    record("item.published", subject=item, actor=actor, at=at, number=version.number, title=version.name_es)
    return version


@transaction.atomic
def discard_version(version: ItemVersion, *, actor: Actor, at: datetime) -> None:
    """Drop a draft that was never published; an item without any version goes with it. Raises NotPermitted, ItemFixed."""
    permit(access.may_edit_catalogue(actor))
    version = _draft(version, None)
    item = version.item
    record("item.discarded", subject=item, actor=actor, at=at, number=version.number)
    version.delete()
    if item.current_id is None:
        CatalogueItem.objects.filter(pk=item.pk).delete()


@transaction.atomic
def withdraw_item(item: CatalogueItem, *, actor: Actor, at: datetime) -> CatalogueItem:
    """Offer a service no longer; its quotes stay as they are. Fact: `item.withdrawn`. Raises NotPermitted."""
    return _offer(item, False, actor, at)


@transaction.atomic
def offer_item(item: CatalogueItem, *, actor: Actor, at: datetime) -> CatalogueItem:
    """Offer a service again. Fact: `item.offered`. Raises NotPermitted, DeclarationInvalid (never published)."""
    return _offer(item, True, actor, at)


def _offer(item: CatalogueItem, offered: bool, actor: Actor, at: datetime) -> CatalogueItem:
    permit(access.may_edit_catalogue(actor))
    item = CatalogueItem.objects.select_for_update().get(pk=item.pk)
    if offered and item.current_id is None:
        raise DeclarationInvalid(field="pricing")
    if item.is_offered != offered:
        item.is_offered = offered
        item.save(update_fields=["is_offered"])
        record("item.offered" if offered else "item.withdrawn", subject=item, actor=actor, at=at)
    return item


def _draft(version: ItemVersion, seen: int | None) -> ItemVersion:
    found = ItemVersion.objects.select_for_update(of=("self",)).select_related("item").get(pk=version.pk)
    if not found.is_draft:
        raise ItemFixed(item=found.item_id)
    if seen is not None and seen != found.changes:
        raise Stale(item=found.item_id)
    return found


def _put(version: ItemVersion, texts: Mapping[str, str], terms: Terms, at: datetime) -> None:
    """Prove the terms and set the draft. Raises FormulaWrong, DeclarationInvalid, TextMissing."""
    for name, most in TEXTS.items():
        setattr(version, name, str(texts.get(name, "")).strip()[:most])
    if not version.name_es:
        raise TextMissing(field="name_es")
    parameters = parameters_from([one.as_data() for one in terms.parameters])
    check_terms(terms, tariff_at(at))
    version.parameters = [one.as_data() for one in parameters]
    version.pricing, version.days = terms.pricing, terms.days.strip()
    version.credits = terms.credits if terms.pricing == "fixed" else 0
    version.formula = terms.formula.strip() if terms.pricing == "formula" else ""
    version.lines = [asdict(line) for line in terms.lines] if terms.pricing == "tariff" else []
