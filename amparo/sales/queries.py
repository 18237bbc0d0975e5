"""Reads of sales: what can be ordered, what it costs with its promotion and tax, and lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.conf import settings

from amparo.charging import rules as charged
from amparo.charging.queries import tariff_at
from amparo.contracts.models import UNITS, Plan, SupportContract
from amparo.people.rules import unseal
from amparo.policies.queries import value
from amparo.promotions import queries as promotions
from amparo.promotions import rules as promoted
from amparo.promotions.queries import Ground, Judged

from . import access, rules
from .models import CardOffer, FiscalProfile, Payment, Sale, SealedSetting
from .rules import Totals

PAGE = 50


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be ordered. `code` is `plan:3` or `card:2`; `units` those of one piece; `price` centavos without tax."""

    code: str
    name: str
    description: str
    price: int
    currency: str
    units: dict[str, int]
    plan: Plan | None = None
    card: CardOffer | None = None

    @property
    def kind(self) -> str:
        return self.code.partition(":")[0]

    @property
    def number(self) -> int:
        return int(self.code.partition(":")[2])

    def as_data(self) -> dict[str, Any]:
        """Plain data, as a sale keeps it."""
        data: dict[str, Any] = {"code": self.code, "name": self.name, "units": self.units}
        return data | {"terms": self.plan.terms()} if self.plan else data


@dataclass(frozen=True, slots=True)
class Price:
    """What an order would come to now, with the promotion that is taken and why the others are not. PRO-1."""

    offer: Offer
    quantity: int
    totals: Totals
    judged: tuple[Judged, ...]

    @property
    def taken(self) -> Judged | None:
        return next((one for one in self.judged if one.taken), None)

    @property
    def seen(self) -> str:
        """What a page shows of the price; a form sends it back, and a command refuses when it is no longer so."""
        taken = self.taken
        return f"{self.totals.total}:{taken.terms.id if taken else 0}"


def _of_plan(plan: Plan) -> Offer:
    return Offer(
        f"plan:{plan.pk}", plan.name, plan.description, rules.centavos(plan.price), plan.currency, plan.allotments, plan=plan
    )


def _of_card(card: CardOffer) -> Offer:
    units = {"event": 0, "incident": 0, "credit": card.credits}
    return Offer(f"card:{card.pk}", card.name, "", card.price, card.currency, units, card=card)


def offers() -> list[Offer]:
    """Return what can be ordered, plans first, cheaper first. A plan without a price is asked for, not ordered."""
    plans = [_of_plan(plan) for plan in Plan.objects.filter(is_on_sale=True, price__gt=0).order_by("price", "pk")]
    cards = [_of_card(card) for card in CardOffer.objects.filter(is_on_sale=True).order_by("credits", "pk")]
    return plans + cards


def offer(code: str) -> Offer | None:
    """Return one thing that can be ordered now, None where it cannot."""
    kind, _sep, number = code.partition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    if kind == "plan":
        plan = Plan.objects.filter(pk=int(number), is_on_sale=True, price__gt=0).first()
        return _of_plan(plan) if plan else None
    if kind == "card":
        card = CardOffer.objects.filter(pk=int(number), is_on_sale=True).first()
        return _of_card(card) if card else None
    return None


def price(
    asked: Offer, quantity: int, customer_id: int | None, *, at: datetime, ground: Ground | None = None,
    codes: Iterable[int] = (),
) -> Price:  # fmt: skip
    """Return what an order of so many pieces would come to for a customer at a moment. PRO-1.

    `ground`: where the caller holds it already; `codes`: promotions whose code is given for this look alone.
    """
    found = ground or promotions.ground(customer_id, promoted.MONEY, at=at, codes=codes)
    gross = asked.price * quantity
    prices = [promoted.Priced((asked.kind, asked.code), gross)]
    tariff = tariff_at(at)
    worth: dict[str, Fraction] = promoted.worth_of_units(
        asked.price, asked.units, {unit: tariff.value(unit) for unit in UNITS}
    )
    judged = promotions.judged(found, prices, worth=worth, count=quantity)
    discount = next((one.applied.saved for one in judged if one.taken), 0)
    sums = rules.totals(asked.price, quantity, discount, value("sales.tax_percent", at=at))
    return Price(asked, quantity, sums, tuple(judged))


def shelf(customer_id: int | None, *, at: datetime) -> list[Price]:
    """Return everything that can be ordered with its price for a customer, or for anybody. PRO-1."""
    found = promotions.ground(customer_id, promoted.MONEY, at=at)
    return [price(one, 1, customer_id, at=at, ground=found) for one in offers()]


@dataclass(frozen=True, slots=True)
class Simulated:
    """What buying something would meet: the price before, and every promotion with its conditions. PRO-1."""

    name: str
    scope: str
    before: int
    after: int
    judged: tuple[Judged, ...]


def simulate(what: str, quantity: int, customer_id: int | None, *, at: datetime, codes: Iterable[int] = ()) -> Simulated | None:
    """Return what a customer would meet at a moment who buys something (`plan:3`, `card:2`, a code of the tariff). PRO-1.

    Drafts, coming and past promotions too, each with why it does or does not apply. A service is priced in credits, as
    if no unit of a contract paid for it.
    """
    if what in charged.CODES:
        tariff = tariff_at(at)
        need = charged.Need(what, quantity)
        found = promotions.ground(customer_id, promoted.SERVICES, at=at, codes=codes, whole=True)
        views = [charged.PocketView(1, charged.CREDIT, 10**9, at)]
        needs = [charged.Need(charged.INSTALL_TERMINALS), need] if what == charged.FURTHER_TERMINAL else [need]
        way = charged.most_beneficial(charged.lawful_ways(needs, tariff, views))
        prices = [promoted.Priced((line.code,), line.amount) for line in way.lines]
        judged, name = promotions.judged(found, prices), what
        before = sum(line.amount for line in way.lines)
    else:
        asked = offer(what)
        if asked is None:
            return None
        found = promotions.ground(customer_id, promoted.MONEY, at=at, codes=codes, whole=True)
        looked = price(asked, quantity, customer_id, at=at, ground=found)
        judged, name, before = list(looked.judged), asked.name, looked.totals.gross
    saved = next((one.applied.saved for one in judged if one.taken), 0)
    scope = promoted.SERVICES if what in charged.CODES else promoted.MONEY
    return Simulated(name, scope, before, before - saved, tuple(judged))


def renewable(customer_id: int, *, at: datetime) -> SupportContract | None:
    """Return the contract of a customer that an order of a plan would follow: the last one, in force, not yet followed."""
    last = (
        SupportContract.objects.filter(customer_id=customer_id, cancelled_at__isnull=True, ends_at__gt=at, renewal__isnull=True)
        .order_by("-ends_at", "-pk")
        .first()
    )
    if last is None:
        return None
    waiting = Sale.objects.filter(renews=last, state__in=["placed", "paid"]).exists()
    return None if waiting else last


def fiscal_of(customer_id: int) -> dict[str, str]:
    """Return what invoices to a customer are made out to, empty where nothing is known yet."""
    profile = FiscalProfile.objects.filter(customer_id=customer_id).first()
    return profile.as_data() if profile else {}


def sales_of(actor: Any, *, after: int | None = None, limit: int = PAGE) -> list[Sale]:
    """Return the sales that a contact sees, newest first, one more than a page. One statement."""
    rows = access.visible_to(actor).order_by("-pk")
    return list(rows.filter(pk__lt=after)[: limit + 1] if after else rows[: limit + 1])


SHOWN = {
    "open": ("placed", "paid"),
    "placed": ("placed",),
    "paid": ("paid",),
    "activated": ("activated",),
    "over": ("cancelled", "expired"),
    "all": ("placed", "paid", "activated", "cancelled", "expired"),
}


def for_desk(
    *, show: str = "open", words: str = "", customer_id: int | None = None, after: int | None = None, limit: int = PAGE
) -> list[Sale]:
    """Return sales for the desk, newest first, one more than a page. One statement."""
    rows = Sale.objects.select_related("customer").filter(state__in=SHOWN.get(show, SHOWN["open"])).order_by("-pk")
    if customer_id is not None:
        rows = rows.filter(customer_id=customer_id)
    plain = words.strip()
    if plain:
        digits = "".join(sign for sign in plain if sign.isdecimal())
        if plain.upper().startswith("V-") and digits and len(digits) < 19:
            rows = rows.filter(pk=int(digits))
        elif digits and len(digits) >= 5 and not any(sign.isalpha() for sign in plain):
            rows = rows.filter(customer__nic=digits)
        else:
            rows = rows.filter(customer__name__icontains=plain)
    return list(rows.filter(pk__lt=after)[: limit + 1] if after else rows[: limit + 1])


def counts() -> dict[str, int]:
    """Return how many sales wait for something of staff. One statement."""
    from django.db.models import Count, Q

    return Sale.objects.aggregate(placed=Count("pk", filter=Q(state="placed")), paid=Count("pk", filter=Q(state="paid")))


def payments_of(sale: Sale) -> list[Payment]:
    return list(sale.payments.select_related("by").order_by("pk"))


def came_in(sale: Sale) -> int:
    """Return the centavos that came in for a sale, what came twice too."""
    return sum(payment.amount for payment in sale.payments.all())


def refunded(sale: Sale) -> int:
    """Return the centavos of a sale that were given back."""
    return sum(refund.amount for refund in sale.refunds.all())


def for_accounting(since: datetime, until: datetime) -> Sequence[Sale]:
    """Return the sales that were placed in a span, oldest first, with what their report shows."""
    rows = Sale.objects.filter(placed_at__gte=since, placed_at__lt=until).order_by("pk")
    return list(rows.select_related("customer").prefetch_related("payments", "refunds"))


def secret(name: str) -> str | None:
    """Return a secret of a payment provider, None where it is not set or cannot be opened."""
    kept = SealedSetting.objects.filter(name=name).first()
    return unseal(kept.sealed, settings.SECRETS["field_key"]) if kept else None


def secrets_shown() -> dict[str, dict[str, Any]]:
    """Return which secrets are set, by their last signs: never more."""
    return {one.name: one.as_shown() for one in SealedSetting.objects.all()}
