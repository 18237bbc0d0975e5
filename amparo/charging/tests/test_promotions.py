"""Promotions on services: off the prices in credits, before the choice of charge, frozen once agreed to. PRO-1, CHG-8."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.charging import commands, queries, rules
from amparo.charging.errors import PriceChanged
from amparo.charging.rules import Need
from amparo.conftest import NOON
from amparo.contracts import commands as contracts
from amparo.kernel.actor import SYSTEM
from amparo.promotions import commands as promotions
from amparo.promotions.models import PromotionUse
from amparo.promotions.rules import SERVICES, Terms
from amparo.promotions.tests.conftest import promote

from .test_rules import DEFAULT, pocket

CODES = ("advisory_event", "incident", "technical_hour", "home_visit", "install_terminals", "general_quote")


@st.composite
def offered(draw, first=1):
    found = []
    for number in range(first, first + draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(("percent", "amount")))
        value = draw(st.integers(1, 100) if kind == "percent" else st.integers(1, 30))
        found.append(Terms(number, f"P{number}", SERVICES, kind, value, goods=draw(st.frozensets(st.sampled_from(CODES), max_size=2))))
    return found


needed = st.lists(st.builds(Need, st.sampled_from(CODES), st.integers(1, 9)), min_size=1, max_size=3)
held = st.lists(st.builds(pocket, st.integers(1, 99), st.sampled_from(("event", "incident", "credit")), st.integers(0, 60)), max_size=4, unique_by=lambda one: one.key)


@given(needed, held, offered())
def test_the_way_taken_is_the_best_under_any_promotion(needs, pockets, promotions_):
    """PRO-1, CHG-8"""
    taken = rules.best_ways(needs, DEFAULT, pockets, promotions_)
    each = [rules.lawful_ways(needs, DEFAULT, pockets, one) for one in [None, *promotions_]]
    values = [ways[0].tariff_value for ways in each if ways]
    assert bool(taken) == bool(values)
    if taken:
        assert taken[0].tariff_value == min(values) >= 0
        assert all(line.amount >= 0 and line.saved >= 0 for line in taken[0].lines)
        assert all(not line.saved or line.unit == "credit" for way in taken for line in way.lines)


@given(needed, held, offered(), offered(first=50))
def test_more_promotions_never_make_a_service_dearer(needs, pockets, some, others):
    """PRO-1"""
    few, many = rules.best_ways(needs, DEFAULT, pockets, some), rules.best_ways(needs, DEFAULT, pockets, [*some, *others])
    if few:
        assert many and many[0].tariff_value <= few[0].tariff_value


@given(needed, held, offered())
def test_a_promotion_changes_the_price_and_nothing_else(needs, pockets, promotions_):
    """PRO-1"""
    for one in promotions_:
        for way in rules.lawful_ways(needs, DEFAULT, pockets, one):
            plain = {unit: sum(line.amount for line in way.lines if line.unit == unit) for unit in rules.UNITS}
            assert {unit: way.amount(unit) for unit in rules.UNITS} == plain


@pytest.fixture
def card(customer):
    """Forty credits."""
    _batch, codes = contracts.issue_batch("x", 40, 1, actor=SYSTEM, at=NOON)
    return contracts.redeem_card(codes[0], customer.pk, address="", actor=SYSTEM, at=NOON)


def quoted(customer, *needs, at=NOON):
    return queries.quote(customer.pk, needs, at=at)


def test_what_a_plan_gives_off_services_is_given(customer, db):
    """CTR-1, PRO-1"""
    plan = contracts.add_plan("Oro", credits=100, benefits={"discount_percent": 25}, actor=SYSTEM, at=NOON)
    contracts.sell_contract(customer, plan, NOON.date(), actor=SYSTEM, at=NOON)
    found = quoted(customer, Need("technical_hour", 3))
    assert found.chosen.amounts == {"credit": 9} and found.chosen.saved == 3
    data = found.chosen.as_data()["promotion"]
    assert data["name"].startswith("Oro P-") and data["value"] == 25
    explained = queries.explain_quote(found, "es-mx")
    assert "3 créditos" in explained.why


def test_the_better_of_two_is_taken_and_they_are_not_added_up(customer, card):
    """PRO-1"""
    promote(scope="services", value=10), promote(scope="services", kind="amount", value=3, goods=["home_visit"])
    assert quoted(customer, Need("technical_hour", 5)).chosen.amounts == {"credit": 18}
    assert quoted(customer, Need("home_visit", 2)).chosen.amounts == {"credit": 1}


def test_units_of_a_contract_are_no_price(customer, db):
    """PRO-1, CHG-6"""
    plan = contracts.add_plan("Mixta", incidents=1, credits=20, actor=SYSTEM, at=NOON)
    contracts.sell_contract(customer, plan, NOON.date(), actor=SYSTEM, at=NOON)
    promote(scope="services", value=50)
    assert quoted(customer, Need("incident")).chosen.amounts == {"incident": 1}
    assert quoted(customer, Need("incident", 2)).chosen.amounts == {"incident": 1, "credit": 2}


def test_a_promotion_may_be_what_makes_it_payable(customer, card):
    """PRO-1, CHG-3"""
    assert quoted(customer, Need("technical_hour", 11)).missing == 4
    promote(scope="services", value=5)
    assert quoted(customer, Need("technical_hour", 11)).missing == 2
    promote(scope="services", value=10)
    assert quoted(customer, Need("technical_hour", 11)).chosen.amounts == {"credit": 40}


def agreed(customer, engineer, contact, *needs, key="a"):
    charge = commands.propose("case:1", customer.pk, list(needs), key=key, actor=engineer, at=NOON)
    return commands.consent(charge, how="portal", actor=contact, at=NOON)


def test_what_was_agreed_to_holds_though_the_promotion_ended(customer, card, engineer, contact):
    """PRO-1"""
    made = promote(scope="services", value=50)
    charge = agreed(customer, engineer, contact, Need("technical_hour", 2))
    promotions.end(made, actor=SYSTEM, at=NOON + timedelta(hours=1))
    charge = commands.reserve(charge, actor=engineer, at=NOON + timedelta(hours=2))
    assert charge.amounts == {"credit": 4} and charge.promotion["saved"] == 4
    charge = commands.settle(charge, actor=engineer, at=NOON + timedelta(hours=3))
    assert charge.state == "final" and charge.promotion["name"] == "Otoño"


def test_what_was_only_proposed_does_not(customer, card, engineer, contact):
    """PRO-1, CHG-1"""
    made = promote(scope="services", value=50)
    charge = commands.propose("case:1", customer.pk, [Need("technical_hour", 2)], key="a", actor=engineer, at=NOON)
    promotions.end(made, actor=SYSTEM, at=NOON + timedelta(hours=1))
    with pytest.raises(PriceChanged):
        commands.consent(charge, how="portal", actor=contact, at=NOON + timedelta(hours=2))


def test_a_use_is_counted_when_agreed_and_free_again_when_nothing_came_of_it(customer, card, engineer, contact):
    """PRO-1, CHG-10"""
    promote(scope="services", value=50, uses_max=1)
    charge = agreed(customer, engineer, contact, Need("technical_hour", 2))
    assert PromotionUse.objects.get().saved == 4
    assert quoted(customer, Need("technical_hour", 2)).chosen.amounts == {"credit": 8}, "the only use is taken"
    charge = commands.reserve(charge, actor=engineer, at=NOON)
    assert charge.amounts == {"credit": 4}
    commands.release(charge, reason="no se hizo", actor=engineer, at=NOON)
    assert quoted(customer, Need("technical_hour", 2)).chosen.amounts == {"credit": 4}


def test_two_who_agree_to_the_last_use_get_one(customer, card, engineer, contact):
    """PRO-1, SEC-47"""
    promote(scope="services", value=50, uses_max=1)
    first = commands.propose("case:1", customer.pk, [Need("technical_hour", 2)], key="a", actor=engineer, at=NOON)
    second = commands.propose("case:2", customer.pk, [Need("technical_hour", 2)], key="b", actor=engineer, at=NOON)
    commands.consent(first, how="portal", actor=contact, at=NOON)
    with pytest.raises(PriceChanged) as refused:
        commands.consent(second, how="portal", actor=contact, at=NOON)
    assert refused.value.context["quote"].chosen.amounts == {"credit": 8}


def test_a_promised_price_whose_promotion_was_used_up_is_asked_anew_and_can_be_paid(customer, card, engineer, contact):
    """PRO-1, QUO-3: two quotes promise the last use; who accepts the second is asked its price without it, and may pay that."""
    promote(scope="services", value=50, uses_per_customer_max=1)
    until, needs = NOON + timedelta(days=9), [Need("technical_hour", 2)]
    first, second = (
        commands.propose("case:1", customer.pk, needs, key=key, tariff_until=until, actor=engineer, at=NOON) for key in "ab"
    )
    commands.consent(first, how="portal", actor=contact, at=NOON)
    with pytest.raises(PriceChanged) as refused:
        commands.consent(second, how="portal", actor=contact, at=NOON)
    assert refused.value.context["quote"].chosen.amounts == {"credit": 8}
    assert queries.explain(second, "es-mx", at=NOON).cost == [("credit", 8)]
    second = commands.requote(second, actor=contact, at=NOON)
    assert commands.consent(second, how="portal", actor=contact, at=NOON).amounts == {"credit": 8}


def test_the_use_of_a_charge_that_was_given_back_whole_is_free_again(customer, card, engineer, contact):
    """PRO-1, CHG-3: an order that is cancelled before its work begins costs nothing, its promotion neither."""
    promote(scope="services", value=50, uses_max=1)
    charge = commands.charge_now(agreed(customer, engineer, contact, Need("technical_hour", 2)), actor=engineer, at=NOON)
    commands.give_back(charge, amount_by_unit={"credit": 1}, reason="una parte", key="some", actor=engineer, at=NOON)
    assert quoted(customer, Need("technical_hour", 2)).chosen.amounts == {"credit": 8}, "what is charged still has its use"
    commands.give_back(charge, reason="se canceló", actor=engineer, at=NOON)
    assert quoted(customer, Need("technical_hour", 2)).chosen.amounts == {"credit": 4}


def test_what_costs_nothing_is_reserved_and_released_as_anything_else(customer, card, engineer, contact):
    """PRO-1: never below zero."""
    promote(scope="services", value=100)
    for key, end in (("a", commands.settle), ("b", lambda one, **who: commands.release(one, reason="x", **who))):
        charge = commands.reserve(agreed(customer, engineer, contact, Need("home_visit"), key=key), actor=engineer, at=NOON)
        assert charge.amounts == {}
        assert end(charge, actor=engineer, at=NOON).state in ("final", "released")
        assert queries.explain(charge, "es-mx").title


def test_a_code_counts_for_services_once_it_was_entered(customer, card, contact):
    """PRO-1"""
    promote(scope="services", value=50, code="HORA2X1")
    assert quoted(customer, Need("technical_hour", 2)).chosen.amounts == {"credit": 8}
    promotions.claim_code("hora2x1", customer.pk, actor=contact, at=NOON)
    assert quoted(customer, Need("technical_hour", 2)).chosen.amounts == {"credit": 4}
