"""Promotions on prices in money: the best one, frozen in the order, to the centavo. PRO-1."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.conftest import NOON
from amparo.contracts.tests.test_races import at_once
from amparo.ledger.models import Pocket
from amparo.promotions import commands as promotions
from amparo.promotions import rules as promoted
from amparo.promotions.models import PromotionUse
from amparo.promotions.tests.conftest import promote
from amparo.sales import commands, queries, rules
from amparo.sales.errors import PriceMoved
from amparo.sales.models import Sale

from .conftest import credits_of, order, paid_by

pytestmark = pytest.mark.django_db


@given(st.integers(0, 10**9), st.integers(1, 100), st.integers(0, 10**11), st.integers(0, 100))
def test_an_order_adds_up_to_the_centavo(unit_price, quantity, discount, percent):
    """CTR-1, PRO-1"""
    sums = rules.totals(unit_price, quantity, discount, percent)
    assert sums.gross == unit_price * quantity and sums.net == sums.gross - sums.discount and sums.total == sums.net + sums.tax
    assert 0 <= sums.discount <= sums.gross and sums.net >= 0 and 0 <= sums.tax <= sums.net
    assert abs(sums.tax * 100 - sums.net * percent) * 2 <= 100
    if (sums.net * percent) % 100 == 50:
        assert sums.tax * 100 > sums.net * percent, "halves go up"


@given(st.integers(0, 10**12))
def test_money_is_written_and_read_alike(amount):
    assert rules.parsed(rules.written(amount)) == amount


@pytest.mark.parametrize("text", ["", "-1", "1e3", "NaN", "1.234", "1,2,", "٣", "1.", ".5", "0x10", "1 000", "9" * 20])
def test_what_is_no_amount_is_none(text):
    """SEC-49"""
    assert rules.parsed(text) is None or text == "1,2,"


@given(st.integers(1, 100_000), st.integers(1, 100), st.lists(st.tuples(st.sampled_from(("percent", "amount")), st.integers(1, 100)), max_size=4))
def test_more_promotions_never_make_an_order_dearer(unit_price, quantity, given_):
    """PRO-1"""
    context, prices = promoted.Context(NOON), [promoted.Priced(("card",), unit_price * quantity)]
    terms = [promoted.Terms(number, "P", "money", kind, value) for number, (kind, value) in enumerate(given_, 1)]
    before = None
    for count in range(len(terms) + 1):
        best = promoted.best(terms[:count], prices, context)
        sums = rules.totals(unit_price, quantity, best.saved if best else 0, 16)
        assert before is None or sums.total <= before
        before = sums.total


def test_the_order_keeps_the_promotion_that_it_took(customer, contact, cards, sales):
    """PRO-1"""
    made = promote(value=15, name="Buen Fin")
    promote(kind="amount", value=50_000)
    sale = order(customer, cards, contact)
    assert (sale.discount, sale.net, sale.tax, sale.total) == (67_500, 382_500, 61_200, 443_700)
    assert sale.promotion["name"] == "Buen Fin" and sale.promotion["value"] == 15
    promotions.end(made, actor=sales, at=NOON + timedelta(hours=1))
    assert paid_by(sale, sales, at=NOON + timedelta(days=2)).total == 443_700


def test_extra_units_are_given_with_the_activation_once(customer, contact, cards, plan, sales):
    """PRO-1, LED-3"""
    promote(kind="units", value=0, units={"credit": 10}, goods=["card"])
    sale = order(customer, cards, contact, quantity=2)
    assert sale.discount == 0 and sale.extra_units == {"credit": 20}
    paid_by(sale, sales)
    assert credits_of(customer) == 20
    commands.credit_cards(sale, actor=contact, at=NOON)
    assert credits_of(customer) == 120
    pocket = Pocket.objects.get(source=sale.subject)
    assert pocket.issued == 20 and "V-" in pocket.label


def test_a_use_comes_back_where_the_order_came_to_nothing(customer, contact, cards):
    """PRO-1"""
    promote(value=50, uses_max=1)
    sale = order(customer, cards, contact)
    assert sale.discount == 225_000 and order(customer, cards, contact).discount == 0
    commands.cancel(sale, "", actor=contact, at=NOON)
    again = order(customer, cards, contact)
    assert again.discount == 225_000
    commands.expire_due(at=again.expires_at)
    assert not PromotionUse.objects.filter(given_up_at__isnull=True).exists()


def test_what_is_paid_after_it_expired_took_its_promotion_after_all(customer, contact, cards, sales):
    """PRO-1: else one use would be sold to one more each time that somebody pays late."""
    promote(value=50, uses_max=1)
    late = order(customer, cards, contact)
    commands.expire_due(at=late.expires_at)
    paid_by(late, sales, at=late.expires_at)
    assert PromotionUse.objects.get(given_up_at__isnull=True).subject == late.subject
    assert order(customer, cards, contact).discount == 0


def test_late_money_counts_though_another_has_the_last_use(customer, contact, cards, sales):
    """PRO-1, CHG-10"""
    promote(value=50, uses_max=1)
    late = order(customer, cards, contact)
    commands.expire_due(at=late.expires_at)
    assert order(customer, cards, contact).discount == 225_000
    assert paid_by(late, sales, at=late.expires_at).state == "activated"


def test_a_code_must_be_entered_and_counts_for_its_customer_alone(customer, contact, other_customer, other_contact, cards):
    """PRO-1, SEC-7"""
    promote(value=20, code="OTOÑO-20".replace("Ñ", "N"))
    assert order(customer, cards, contact).discount == 0
    promotions.claim_code("otono-20", customer.pk, actor=contact, at=NOON)
    assert order(customer, cards, contact).discount == 90_000
    assert order(other_customer, cards, other_contact).discount == 0


def test_a_discount_is_never_taken_twice(customer, contact, cards, sales):
    """SEC-49, PRO-1"""
    promote(value=50), promote(value=60)
    sale = order(customer, cards, contact)
    assert sale.discount == 270_000
    paid_by(sale, sales)
    assert PromotionUse.objects.count() == 1


def test_the_whole_price_may_be_taken_off_and_no_more(customer, contact, cards, sales):
    """PRO-1: never below zero; staff still confirm it."""
    promote(kind="amount", value=100_000_000)
    sale = order(customer, cards, contact)
    assert (sale.net, sale.tax, sale.total) == (0, 0, 0)
    assert paid_by(sale, sales).state == "activated"


def test_the_simulation_tells_of_every_promotion(client_for, customer, contact, operator, cards, plan):
    """PRO-1"""
    promote(name="Para todos", value=10), promote(name="Con póliza", value=30, needs_contract=True)
    promote(name="Con código", value=40, code="SUR"), promote(name="Del año pasado", ends_at=NOON - timedelta(hours=2))
    promote(name="Borrador", publish=False), promote(name="Visita", scope="services", value=50, goods=["home_visit"])
    desk = client_for(operator)
    text = desk.get(f"/desk/sales/simulate/?customer={customer.nic_shown}&on=2026-11-11&what=card:{cards.pk}&quantity=1&code=").text
    for name in ("Para todos", "Con póliza", "Con código", "Del año pasado", "Borrador"):
        assert name in text
    assert "4,050.00" in text
    text = desk.get(f"/desk/sales/simulate/?customer=&on=2026-11-11&what=card:{cards.pk}&quantity=1&code=sur").text
    assert "2,700.00" in text
    text = desk.get("/desk/sales/simulate/?customer=&on=2026-11-11&what=home_visit&quantity=3&code=").text
    assert "Visita" in text and "3 créditos" in text
    assert not PromotionUse.objects.exists()
    for query in ("what=card:999&on=2026-11-11&quantity=1", "what=x", "what=home_visit&on=x&quantity=1", "what=home_visit&on=2026-11-11&quantity=5000", "what=home_visit&on=2026-11-11&quantity=1&customer=1"):
        assert desk.get(f"/desk/sales/simulate/?{query}").status_code == 422
    assert desk.get("/desk/sales/simulate/").status_code == 200


def test_a_wrong_code_in_the_form_orders_nothing(client_for, contact, cards, monkeypatch):
    """PRO-1, SEC-45"""
    from amparo.kernel import clock

    monkeypatch.setattr(clock, "now", lambda: NOON)
    mine = client_for(contact)
    for _try in range(9):
        answer = mine.post(f"/sales/buy/card/{cards.pk}/", {"quantity": "1", "code": "ADIVINA", "act": "order", "key": "k", "seen": "522000:0"})
        assert answer.status_code == 422
    assert not Sale.objects.exists()
    right = mine.post(f"/sales/buy/card/{cards.pk}/", {"quantity": "1", "code": "", "act": "order", "key": "k", "seen": "522000:0"})
    assert right.status_code == 302


def test_the_shelf_shows_the_price_that_the_order_has(client_for, customer, contact, cards):
    """PRO-1"""
    promote(value=10, at=NOON - timedelta(days=2))
    shown = queries.shelf(customer.pk, at=NOON)[0]
    assert order(customer, cards, contact, seen=shown.seen).total == shown.totals.total


@pytest.mark.django_db(transaction=True)
def test_the_last_use_goes_to_one_of_many_orders_at_once(customer, contact, cards):
    """PRO-1, SEC-47"""
    promote(value=50, uses_max=1)
    results = at_once(8, lambda n: order(customer, cards, contact, key=f"race-{n}"))
    cheap = [one for one in results if isinstance(one, Sale) and one.discount]
    assert len(cheap) == 1 and all(isinstance(one, (Sale, PriceMoved)) for one in results)
    assert PromotionUse.objects.count() == 1
