"""Which promotion applies, why or why not, and how much it takes off: pure. PRO-1.

Amounts are whole: centavos of money, credits of services. A per cent is taken off each price by itself, rounded half up
to the whole amount; an amount is taken off the sum of the prices that it is for, never more than they come to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Final

MONEY: Final = "money"
SERVICES: Final = "services"
PERCENT: Final = "percent"
AMOUNT: Final = "amount"
EXTRA: Final = "units"
UNITS: Final = ("event", "incident", "credit")
AMOUNT_MAX: Final = 100_000_000
UNITS_MAX: Final = 100_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What a promotion says. `goods` names what it is for (`plan`, `card`, `plan:3`, a code of the tariff); none: all."""

    id: int
    name: str
    scope: str
    kind: str
    value: int = 0
    units: tuple[tuple[str, int], ...] = ()
    goods: frozenset[str] = frozenset()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    has_code: bool = False
    needs_contract: bool = False
    plans: frozenset[int] = frozenset()
    products: frozenset[int] = frozenset()
    uses_max: int | None = None
    uses_per_customer_max: int | None = None
    published: bool = True

    def as_data(self) -> dict[str, Any]:
        """Plain data, as an order or charge keeps what it took. PRO-1."""
        data = asdict(self)
        return {
            **data,
            "units": dict(self.units),
            "goods": sorted(self.goods),
            "plans": sorted(self.plans),
            "products": sorted(self.products),
            "starts_at": self.starts_at.isoformat() if self.starts_at else None,
            "ends_at": self.ends_at.isoformat() if self.ends_at else None,
        }


def terms_from(data: Mapping[str, Any]) -> Terms:
    """Return terms that were kept as plain data."""
    moments = {
        name: datetime.fromisoformat(data[name]) if data.get(name) else None for name in ("starts_at", "ends_at")
    }
    return Terms(
        **{
            **{name: data[name] for name in Terms.__dataclass_fields__ if name in data},
            "units": tuple(sorted(dict(data.get("units") or {}).items())),
            "goods": frozenset(data.get("goods") or ()),
            "plans": frozenset(data.get("plans") or ()),
            "products": frozenset(data.get("products") or ()),
            **moments,
        }
    )


@dataclass(frozen=True, slots=True)
class Priced:
    """One price: what it is for, by every name that a promotion may call it, and how much."""

    names: tuple[str, ...]
    amount: int


@dataclass(frozen=True, slots=True)
class Context:
    """Who buys, when, and what he has. `codes` are the promotions whose code he gave; `uses` what was taken already."""

    at: datetime
    contract_plans: frozenset[int] = frozenset()
    has_contract: bool = False
    products: frozenset[int] = frozenset()
    codes: frozenset[int] = frozenset()
    uses: Mapping[int, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """One condition: its code, whether it is met, and what was found."""

    code: str
    passed: bool
    found: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """A promotion with what it does to a price. `worth` is what the extra units count for in the comparison."""

    terms: Terms
    saved: int
    units: tuple[tuple[str, int], ...]
    worth: int

    @property
    def benefit(self) -> int:
        """What it is worth to the customer, all together."""
        return self.saved + self.worth


def half_up(numerator: int, denominator: int) -> int:
    """Return a quotient of whole numbers above zero, rounded to the nearest, halves up."""
    return (2 * numerator + denominator) // (2 * denominator)


def is_for(terms: Terms, price: Priced) -> bool:
    """True where a promotion is for what a price is of."""
    return not terms.goods or bool(terms.goods.intersection(price.names))


def reductions(terms: Terms, prices: Sequence[Priced]) -> list[int]:
    """Return what a promotion takes off each price: never below zero, never more than the price. PRO-1."""
    if terms.kind == PERCENT:
        percent = max(0, min(100, terms.value))
        return [half_up(price.amount * percent, 100) if is_for(terms, price) else 0 for price in prices]
    left = terms.value if terms.kind == AMOUNT else 0
    taken = []
    for price in prices:
        part = min(left, price.amount) if is_for(terms, price) else 0
        left -= part
        taken.append(part)
    return taken


def applied(
    terms: Terms, prices: Sequence[Priced], *, worth: Mapping[str, Fraction] | None = None, count: int = 1
) -> Applied:
    """Return what a promotion does to prices, whether or not it may be taken. PRO-1.

    `worth` says what one unit counts for in the comparison; `count` how many pieces are bought, each with its extra
    units.
    """
    saved = sum(reductions(terms, prices))
    units: tuple[tuple[str, int], ...] = ()
    if terms.kind == EXTRA and any(is_for(terms, price) for price in prices):
        units = tuple((unit, amount * count) for unit, amount in terms.units if amount > 0)
    value = sum((amount * (worth or {}).get(unit, Fraction(0)) for unit, amount in units), Fraction(0))
    return Applied(terms, saved, units, int(value))


def why(terms: Terms, prices: Sequence[Priced], context: Context) -> tuple[Check, ...]:
    """Return each condition of a promotion and whether it is met: «por qué (no) aplica». PRO-1."""
    checks = [Check("published", terms.published)] if not terms.published else []
    if terms.starts_at is not None:
        checks.append(Check("begun", terms.starts_at <= context.at, (("at", terms.starts_at),)))
    if terms.ends_at is not None:
        checks.append(Check("not_over", context.at < terms.ends_at, (("at", terms.ends_at - timedelta(microseconds=1)),)))
    if terms.goods:
        checks.append(Check("goods", any(is_for(terms, price) for price in prices), (("goods", tuple(sorted(terms.goods))),)))
    if terms.plans:
        met = bool(terms.plans & context.contract_plans)
        checks.append(Check("plan", met, (("plans", tuple(sorted(terms.plans))),)))
    elif terms.needs_contract:
        checks.append(Check("contract", context.has_contract))
    if terms.products:
        met = bool(terms.products & context.products)
        checks.append(Check("product", met, (("products", tuple(sorted(terms.products))),)))
    if terms.has_code:
        checks.append(Check("code", terms.id in context.codes))
    total, own = context.uses.get(terms.id, (0, 0))
    if terms.uses_max is not None:
        left = max(0, terms.uses_max - total)
        checks.append(Check("uses", left > 0, (("left", left), ("of", terms.uses_max))))
    if terms.uses_per_customer_max is not None:
        left = max(0, terms.uses_per_customer_max - own)
        checks.append(Check("own_uses", left > 0, (("left", left), ("of", terms.uses_per_customer_max))))
    return tuple(checks)


def may_take(terms: Terms, prices: Sequence[Priced], context: Context) -> bool:
    """True where every condition of a promotion is met. PRO-1."""
    return all(check.passed for check in why(terms, prices, context))


def rank(one: Applied) -> tuple[int, int, int, int]:
    """Order by what it is worth to the customer; then money before units; then unlimited first; then the older."""
    return (one.benefit, one.saved, -(one.terms.uses_max is not None), -one.terms.id)


def best(
    promotions: Iterable[Terms],
    prices: Sequence[Priced],
    context: Context,
    *,
    worth: Mapping[str, Fraction] | None = None,
    count: int = 1,
) -> Applied | None:
    """Return the promotion that is best for the customer of those that apply, None where none helps. PRO-1."""
    found = [
        applied(terms, prices, worth=worth, count=count) for terms in promotions if may_take(terms, prices, context)
    ]
    return max((one for one in found if one.benefit > 0), key=rank, default=None)


def worth_of_units(price: int, units: Mapping[str, int], values: Mapping[str, int]) -> dict[str, Fraction]:
    """Return what a unit counts for in centavos, at the price of what is bought.

    `units` are those that the bought thing has, `values` what each unit is worth in credits. What is bought without units
    tells nothing, so extra units count for nothing there.
    """
    credits = sum(amount * values[unit] for unit, amount in units.items())
    if credits <= 0:
        return {}
    return {unit: Fraction(price * values[unit], credits) for unit in values}


def normal_code(text: str) -> str:
    """Return a promotion's code as it is kept and compared: capitals, digits and dashes."""
    return "".join(sign for sign in text.upper().strip() if sign.isascii() and (sign.isalnum() or sign == "-"))[:40]


def overlap(starts: datetime, ends: datetime | None, other_starts: datetime, other_ends: datetime | None) -> bool:
    """True where two spans share a moment; no end: for ever. Ends are exclusive."""
    return (other_ends is None or starts < other_ends) and (ends is None or other_starts < ends)
