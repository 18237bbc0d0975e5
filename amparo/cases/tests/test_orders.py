"""General services and developments are ordered for a price in credits, seen and accepted first. CHG-2, CHG-3, TAR-2."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.cases import commands
from amparo.cases.errors import DateInvalid, NotOffered, TextMissing, UnitsMissing
from amparo.cases.models import Order
from amparo.charging.errors import BaseMissing, NeedInvalid
from amparo.charging.queries import charged, explain
from amparo.charging.rules import Need
from amparo.conftest import NOON
from amparo.deadlines.queries import open_promises
from amparo.kernel.machine import IllegalMove
from amparo.kernel.refusals import NotPermitted, Stale

from .world import (
    accepted,
    asked,
    attended,
    card_for,
    classified,
    contract_for,
    fresh,
    key,
    left,
    ordered,
    proposed,
    reserved,
)

SOON = (NOON + timedelta(days=5)).date()


def _propose(case, staff, needs, **more):
    given = {"description": "Importar el catálogo", "delivery_on": SOON, "key": key()} | more
    return commands.propose_order(case, needs=needs, **given, actor=staff, at=NOON)


def test_asking_quoting_and_ordering_consumes_no_event_and_no_incident(contract, contact, engineer):
    """CHG-2"""
    case = classified(contact, engineer, "general")
    _propose(case, engineer, [Need("general_quote", 6)])
    assert left(case.customer_id) == {"event": 5, "incident": 3, "credit": 20}
    assert fresh(case).thread.queue == "consent" and open_promises(case.subject) == []


def test_accepting_an_order_charges_its_credits_in_advance(contract, contact, engineer, facts):
    """CHG-3"""
    case = ordered(contact, engineer, credits=6)
    assert left(case.customer_id)["credit"] == 14 and reserved(case.customer_id)["credit"] == 0
    assert (case.state, case.thread.queue, case.told) == ("attention", "attention", {"credit": 6})
    assert charged(case.charge) == {"credit": 6} and "case.order_accepted" in facts(case)


def test_a_double_click_accepts_one_order_once(contract, contact, engineer):
    """CHG-10"""
    case = ordered(contact, engineer, credits=6)
    order = Order.objects.get(case=case)
    commands.accept_order(case, seen=order.pk, actor=contact, at=NOON)
    assert left(case.customer_id)["credit"] == 14


def test_without_enough_credits_it_is_refused_with_how_many_are_missing_and_how(contract, contact, engineer):
    """CHG-3"""
    case = classified(contact, engineer, "development")
    order = _propose(case, engineer, [Need("general_quote", 26)])
    assert order.told == {"credit": 26} and order.charge.missing == 6
    with pytest.raises(UnitsMissing) as refused:
        commands.accept_order(case, seen=order.pk, actor=contact, at=NOON)
    assert refused.value.context["missing"] == 6 and "6" in str(refused.value)
    assert fresh(case).state == "classified" and left(case.customer_id)["credit"] == 20
    card_for(case.customer_id, 10)
    order.charge.refresh_from_db()
    price = explain(order.charge, "es", at=NOON).seen
    commands.accept_order(case, seen=order.pk, price=price, actor=contact, at=NOON)
    assert left(case.customer_id)["credit"] == 4


def test_an_installation_is_paid_by_one_incident_and_charged_with_its_closing(contract, contact, engineer):
    """TAR-2, CHG-4"""
    case = classified(contact, engineer, "general")
    order = _propose(case, engineer, [Need("install_server"), Need("further_terminal", 2)])
    assert order.told == {"incident": 1, "credit": 2}
    commands.accept_order(case, seen=order.pk, actor=contact, at=NOON)
    assert reserved(case.customer_id) == {"event": 0, "incident": 1, "credit": 2}
    accepted(proposed(fresh(case), engineer, "service_completed"), contact)
    assert left(case.customer_id) == {"event": 5, "incident": 2, "credit": 18} and reserved(case.customer_id)["incident"] == 0


def test_terminals_alone_are_covered_up_to_four_by_one_incident(contract, contact, engineer):
    """TAR-3"""
    case = classified(contact, engineer, "general")
    assert _propose(case, engineer, [Need("install_terminals", 4)]).told == {"incident": 1}
    assert _propose(case, engineer, [Need("install_terminals", 5)]).told == {"incident": 1, "credit": 1}


def test_a_further_terminal_needs_its_base(contract, contact, engineer):
    """TAR-2"""
    case = classified(contact, engineer, "general")
    with pytest.raises(BaseMissing):
        _propose(case, engineer, [Need("further_terminal", 2)])
    assert not Order.objects.exists()


def test_only_the_customer_accepts_an_order(contract, contact, engineer, administrator, other_contact):
    """CHG-3, ACC-11"""
    case = classified(contact, engineer, "general")
    order = _propose(case, engineer, [Need("general_quote", 6)])
    for actor in (engineer, administrator, other_contact):
        with pytest.raises(NotPermitted):
            commands.accept_order(case, seen=order.pk, actor=actor, at=NOON)


def test_a_new_order_takes_the_place_of_the_one_that_waits(contract, contact, engineer):
    """CHG-3"""
    case = classified(contact, engineer, "general")
    first = _propose(case, engineer, [Need("general_quote", 6)])
    second = _propose(case, engineer, [Need("general_quote", 5)])
    with pytest.raises(Stale):
        commands.accept_order(case, seen=first.pk, actor=contact, at=NOON)
    commands.accept_order(case, seen=second.pk, actor=contact, at=NOON)
    first.refresh_from_db()
    assert first.state == "replaced" and left(case.customer_id)["credit"] == 15


def test_an_order_that_is_not_wanted_is_declined_and_another_may_follow(contract, contact, engineer):
    """CHG-3"""
    case = classified(contact, engineer, "general")
    order = _propose(case, engineer, [Need("general_quote", 6)])
    for _ in range(2):
        commands.decline_order(case, seen=order.pk, reason="Es mucho", actor=contact, at=NOON)
    assert fresh(case).thread.queue == "answer"
    order.charge.refresh_from_db()
    assert order.charge.state == "withdrawn"
    commands.accept_order(case, seen=_propose(case, engineer, [Need("general_quote", 4)]).pk, actor=contact, at=NOON)
    assert left(case.customer_id)["credit"] == 16


@pytest.mark.parametrize("amount", [0, -3, 10**9])
def test_an_order_of_no_lawful_amount_is_refused(contract, contact, engineer, amount):
    """SEC-49"""
    with pytest.raises(NeedInvalid):
        _propose(classified(contact, engineer, "general"), engineer, [Need("general_quote", amount)])


def test_an_order_says_what_and_until_when(contract, contact, engineer):
    """CHG-3"""
    case = classified(contact, engineer, "general")
    with pytest.raises(TextMissing):
        _propose(case, engineer, [Need("general_quote", 6)], description=" ")
    with pytest.raises(DateInvalid):
        _propose(case, engineer, [Need("general_quote", 6)], delivery_on=(NOON - timedelta(days=1)).date())


def test_an_incident_is_not_ordered(contract, contact, engineer):
    """CHG-1"""
    with pytest.raises(NotOffered):
        _propose(classified(contact, engineer, "incident"), engineer, [Need("general_quote", 6)])


def test_the_same_key_proposes_one_order_and_a_stale_page_none(contract, contact, engineer, operator):
    """CHG-10"""
    case = classified(contact, engineer, "general")
    seen = fresh(case).moves
    first = _propose(case, engineer, [Need("general_quote", 6)], key="a", seen=seen)
    assert _propose(case, engineer, [Need("general_quote", 6)], key="a", seen=seen).pk == first.pk
    with pytest.raises(Stale):
        _propose(case, operator, [Need("general_quote", 9)], key="b", seen=seen)


@pytest.mark.parametrize("kind", ["general", "development"])
def test_before_its_order_is_accepted_it_may_be_withdrawn(contract, contact, engineer, kind):
    """CAS-3"""
    case = classified(contact, engineer, kind)
    _propose(case, engineer, [Need("general_quote", 6)])
    ended = commands.withdraw(case, reason="Ya no", actor=contact, at=NOON)
    assert (ended.state, ended.closed_how) == ("withdrawn", "withdrawn") and fresh(case).thread.queue == "closed"
    assert left(case.customer_id)["credit"] == 20 and open_promises(case.subject) == []


def test_what_was_accepted_is_not_withdrawn(contract, contact, engineer):
    """CAS-3"""
    with pytest.raises(IllegalMove):
        commands.withdraw(ordered(contact, engineer), actor=contact, at=NOON)


@pytest.mark.parametrize("kind", ["advisory", "incident"])
def test_advice_and_incidents_are_not_withdrawn(contract, contact, engineer, kind):
    """CAS-3"""
    for case in (asked(contact, kind=kind), classified(contact, engineer, kind), attended(contact, engineer, kind)):
        with pytest.raises(NotOffered):
            commands.withdraw(case, actor=contact, at=NOON)


def test_a_delivered_development_closes_with_what_was_charged_in_advance(contract, contact, engineer):
    """CAS-3, CHG-3, CHG-7"""
    case = proposed(ordered(contact, engineer, "development", credits=8), engineer, "delivered")
    assert case.closings.get().effects[0]["effect"] == "keep"
    accepted(case, contact)
    assert left(case.customer_id)["credit"] == 12


def test_what_was_charged_in_advance_may_be_given_back_by_the_proposal(customer, contact, engineer):
    """CHG-3"""
    contract_for(customer.pk, credits=10)
    case = ordered(contact, engineer, credits=8)
    case = proposed(case, engineer, "service_completed", effects={case.charge_id: "give_back"})
    assert left(customer.pk)["credit"] == 2
    accepted(case, contact)
    assert left(customer.pk)["credit"] == 10
