"""The verbs of plans. A plan's change makes later contracts differ; those that exist keep their terms. CTR-1."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from amparo.contracts import access
from amparo.contracts.errors import PlanNameTaken
from amparo.contracts.models import Plan
from amparo.contracts.rules.terms import benefits_of
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted, Stale

FIELDS = ("name", "description", "events", "incidents", "credits", "months", "price", "currency", "benefits")


def _checked(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan's fields, each of its type. Raises Invalid."""
    unknown = set(terms) - set(FIELDS)
    assert not unknown, f"a plan has no {unknown}"
    checked = dict(terms)
    if "name" in checked:
        checked["name"] = checked["name"].strip()
        if not checked["name"]:
            raise Invalid(field="name")
    for unit in ("events", "incidents", "credits"):
        if not 0 <= int(checked.get(unit, 0)) <= 100_000:
            raise Invalid(field=unit)
    if not 1 <= int(checked.get("months", 12)) <= 120:
        raise Invalid(field="months")
    if Decimal(checked.get("price", 0)) < 0:
        raise Invalid(field="price")
    if "benefits" in checked:
        checked["benefits"] = benefits_of(checked["benefits"])
    return checked


@transaction.atomic
def add_plan(name: str, *, actor: Actor, at: datetime, **terms: Any) -> Plan:
    """Add a plan on sale. `terms`: description, events, incidents, credits, months, price, currency, benefits. CTR-1.

    Raises NotPermitted, PlanNameTaken, Invalid.
    """
    if not access.may_sell(actor):
        raise NotPermitted()
    checked = _checked({"benefits": {}, **terms, "name": name})
    try:
        with transaction.atomic():
            plan = Plan.objects.create(**checked, created_at=at, changed_at=at)
    except IntegrityError:
        raise PlanNameTaken(field="name") from None
    record("plan.added", subject=plan, actor=actor, at=at, terms=plan.terms())
    return plan


@transaction.atomic
def change_plan(plan: Plan, *, seen: datetime | None = None, actor: Actor, at: datetime, **terms: Any) -> Plan:
    """Change what later contracts of a plan will be. CTR-1.

    `seen`: when the plan that was shown had last changed. Raises NotPermitted, Stale, PlanNameTaken, Invalid.
    """
    if not access.may_sell(actor):
        raise NotPermitted()
    plan = Plan.objects.select_for_update().get(pk=plan.pk)
    if seen is not None and seen != plan.changed_at:
        raise Stale()
    before = plan.terms()
    checked = _checked(terms)
    for name, new in checked.items():
        setattr(plan, name, new)
    plan.changed_at = at
    try:
        with transaction.atomic():
            plan.save(update_fields=[*checked, "changed_at"])
    except IntegrityError:
        raise PlanNameTaken(field="name") from None
    record("plan.changed", subject=plan, actor=actor, at=at, before=before, after=plan.terms())
    return plan


def put_on_sale(plan: Plan, *, actor: Actor, at: datetime) -> Plan:
    """Let a plan be sold again."""
    return _sale(plan, True, actor, at)


def take_off_sale(plan: Plan, *, actor: Actor, at: datetime) -> Plan:
    """Sell a plan no more; its contracts go on."""
    return _sale(plan, False, actor, at)


@transaction.atomic
def _sale(plan: Plan, on: bool, actor: Actor, at: datetime) -> Plan:
    if not access.may_sell(actor):
        raise NotPermitted()
    plan = Plan.objects.select_for_update().get(pk=plan.pk)
    if plan.is_on_sale != on:
        plan.is_on_sale, plan.changed_at = on, at
        plan.save(update_fields=["is_on_sale", "changed_at"])
        record("plan.put_on_sale" if on else "plan.taken_off_sale", subject=plan, actor=actor, at=at)
    return plan
