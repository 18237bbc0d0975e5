"""Reads of promotions: what applies to a price, why or why not, and the whole list for a simulation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet

from amparo.contracts.models import Plan
from amparo.products.models import Product

from . import rules
from .models import Promotion, PromotionUse
from .rules import Applied, Check, Context, Priced, Terms


@dataclass(frozen=True, slots=True)
class Ground:
    """What the choice of a promotion asks of the database: the promotions, and the customer. One statement."""

    promotions: tuple[Terms, ...]
    context: Context


@dataclass(frozen=True, slots=True)
class Judged:
    """One promotion with its conditions and what it would take off; `taken` marks the one that is."""

    terms: Terms
    checks: tuple[Check, ...]
    applied: Applied
    taken: bool = False

    @property
    def applies(self) -> bool:
        return all(check.passed for check in self.checks)


_GROUND = """
SELECT
    coalesce((SELECT json_agg(json_build_object('id', p.id, 'name', p.name, 'scope', p.scope, 'kind', p.kind,
            'value', p.value, 'units', p.units, 'goods', p.goods, 'starts_at', p.starts_at, 'ends_at', p.ends_at,
            'has_code', p.code <> '', 'needs_contract', p.needs_contract, 'plans', p.plans, 'products', p.products,
            'uses_max', p.uses_max, 'uses_per_customer_max', p.uses_per_customer_max,
            'published', p.published_at IS NOT NULL,
            'claimed', EXISTS (SELECT 1 FROM promotions_promotionclaim c
                WHERE c.promotion_id = p.id AND c.customer_id = %(customer)s),
            'used', CASE WHEN p.uses_max IS NOT NULL OR p.uses_per_customer_max IS NOT NULL THEN
                (SELECT json_build_array(count(*), count(*) FILTER (WHERE u.customer_id = %(customer)s))
                 FROM promotions_promotionuse u WHERE u.promotion_id = p.id AND u.given_up_at IS NULL) END
            ) ORDER BY p.id)
        FROM promotions_promotion p WHERE p.scope = %(scope)s
            AND (%(all)s OR (p.published_at IS NOT NULL AND p.starts_at <= %(at)s
                AND (p.ends_at IS NULL OR p.ends_at > %(at)s)))), '[]') AS promotions,
    coalesce((SELECT json_agg(json_build_array(k.id, k.plan_id, k.number, k.terms ->> 'plan_name',
            (k.terms -> 'benefits' ->> 'discount_percent')::int) ORDER BY k.id)
        FROM contracts_supportcontract k WHERE k.customer_id = %(customer)s AND k.starts_at <= %(at)s
            AND k.ends_at > %(at)s AND (k.cancelled_at IS NULL OR k.cancelled_at > %(at)s)), '[]') AS contracts,
    coalesce((SELECT json_agg(DISTINCT l.product_id) FROM products_licence l
        WHERE l.customer_id = %(customer)s AND l.withdrawn_at IS NULL), '[]') AS products
"""


def ground(
    customer_id: int | None, scope: str, *, at: datetime, codes: Iterable[int] = (), whole: bool = False
) -> Ground:
    """Return the promotions of a scope and what they ask of a customer at a moment. One statement. PRO-1.

    `codes`: promotions whose code is given for this look alone; `whole`: drafts, coming and over ones too.
    """
    with connection.cursor() as cursor:
        cursor.execute(_GROUND, {"customer": customer_id, "scope": scope, "at": at, "all": whole})
        rows, contracts, products = (json.loads(one) if isinstance(one, str) else one for one in cursor.fetchone())
    promotions = [_terms(row) for row in rows]
    if scope == rules.SERVICES:
        promotions += [_benefit(*contract) for contract in contracts if contract[4]]
    context = Context(
        at=at,
        contract_plans=frozenset(contract[1] for contract in contracts),
        has_contract=bool(contracts),
        products=frozenset(products),
        codes=frozenset(codes) | {row["id"] for row in rows if row["claimed"]},
        uses={row["id"]: tuple(row["used"]) for row in rows if row["used"]},
    )
    return Ground(tuple(promotions), context)


def _terms(row: Mapping[str, Any]) -> Terms:
    return rules.terms_from(row)


def _benefit(contract_id: int, plan_id: int, number: str, plan_name: str, percent: int) -> Terms:
    """The discount on services that a contract includes, as a promotion of its own. CTR-1, PRO-1."""
    return Terms(
        id=-contract_id, name=f"{plan_name} {number}", scope=rules.SERVICES, kind=rules.PERCENT, value=percent,
        plans=frozenset({plan_id}),
    )  # fmt: skip


def judged(
    found: Ground, prices: Sequence[Priced], *, worth: Mapping[str, Fraction] | None = None, count: int = 1
) -> list[Judged]:
    """Return every promotion with its conditions, the one that is taken first, then those that apply. PRO-1."""
    chosen = rules.best(found.promotions, prices, found.context, worth=worth, count=count)
    rows = []
    for terms in found.promotions:
        checks = rules.why(terms, prices, found.context)
        does = rules.applied(terms, prices, worth=worth, count=count)
        rows.append(Judged(terms, checks, does, chosen is not None and terms.id == chosen.terms.id))
    return sorted(rows, key=lambda row: (not row.taken, not row.applies, -row.applied.benefit, row.terms.id))


def usable_code(code: str, *, at: datetime) -> Promotion | None:
    """Return the published promotion that has a code at a moment, None where there is none."""
    normal = rules.normal_code(code)
    if not normal:
        return None
    running = Promotion.objects.filter(code=normal, published_at__isnull=False, starts_at__lte=at)
    return running.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at)).order_by("-starts_at").first()


def with_code(code: str) -> list[int]:
    """Return every promotion that has a code, for a simulation."""
    normal = rules.normal_code(code)
    return list(Promotion.objects.filter(code=normal).values_list("pk", flat=True)) if normal else []


def for_list() -> QuerySet[Promotion]:
    """Return promotions for the desk, newest first, with how often each was taken."""
    taken = Count("uses", filter=Q(uses__given_up_at__isnull=True))
    return Promotion.objects.annotate(taken=taken).order_by("published_at", "-pk")


def uses_of(promotion: Promotion, limit: int = 50) -> list[PromotionUse]:
    return list(promotion.uses.select_related("customer").order_by("-pk")[:limit])


def names_of_goods() -> dict[str, str]:
    """Return the plans as goods of promotions: `plan:3` -> its name."""
    return {f"plan:{pk}": name for pk, name in Plan.objects.values_list("pk", "name")}


def names_of_products() -> dict[int, str]:
    return dict(Product.objects.values_list("pk", "name"))


def names_of_plans() -> dict[int, str]:
    return dict(Plan.objects.values_list("pk", "name"))


def is_used_up(promotion: Promotion, customer_id: int) -> bool:
    """True where a promotion may be taken no more, by anybody or by this customer. PRO-1."""
    taken = PromotionUse.objects.filter(promotion=promotion, given_up_at__isnull=True)
    if promotion.uses_max is not None and taken.count() >= promotion.uses_max:
        return True
    own_max = promotion.uses_per_customer_max
    return own_max is not None and taken.filter(customer_id=customer_id).count() >= own_max


def may_still_take(promotion_id: int, customer_id: int) -> bool:
    """True where a promotion that was promised before has a use left; a contract's own discount (below zero) always. PRO-1."""
    return promotion_id <= 0 or not is_used_up(Promotion.objects.get(pk=promotion_id), customer_id)


def for_customer(customer_id: int, *, at: datetime) -> list[Judged]:
    """Return what runs now for a customer, whatever is bought, each with its conditions; codes not entered stay unsaid. PRO-1."""
    rows = []
    for scope in (rules.MONEY, rules.SERVICES):
        found = ground(customer_id, scope, at=at)
        for terms in found.promotions:
            if terms.has_code and terms.id not in found.context.codes:
                continue
            prices = [Priced(tuple(sorted(terms.goods)) or ("",), 0)]
            rows.append(Judged(terms, rules.why(terms, prices, found.context), rules.applied(terms, prices)))
    return sorted(rows, key=lambda row: (not row.applies, row.terms.id < 0, row.terms.id))
