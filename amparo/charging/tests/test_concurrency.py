"""Charges at once, and charges whose process dies at each statement in turn."""

from __future__ import annotations

from collections import Counter

import pytest

from amparo.charging import commands, queries
from amparo.charging.models import Charge, Part
from amparo.charging.rules import Need
from amparo.conftest import NOON, make_contact, make_customer, make_staff
from amparo.kernel.machine import IllegalMove
from amparo.ledger import queries as ledger
from amparo.ledger.models import Pocket, Transfer
from amparo.ledger.tests.rig import dies_at, ended, in_child, race

from .conftest import CARD_END, give

MANY = 30


@pytest.fixture
def people(transactional_db):
    """A customer with one incident and plenty of credits, his contact, and an engineer, really committed."""
    customer = make_customer("Abarrotes Lupita")
    give(customer, "incident", 1)
    give(customer, "credit", 7)
    give(customer, "credit", 500, source="card:9", label="Tarjeta 9", ends_at=CARD_END)
    return customer, make_contact(customer, "Lupita Romero"), make_staff("Elena Ingeniera", "engineer")


def agreed(people, number, *needs):
    customer, contact, engineer = people
    charge = commands.propose(
        f"case:{number}", customer.pk, needs or [Need("incident")], key=f"k{number}", actor=engineer, at=NOON
    )
    return commands.consent(charge, how="portal", actor=contact, at=NOON)


def kinds(results):
    return Counter(type(result).__name__ for result in results)


def sound():
    return ledger.check()["differences"] == []


def test_many_cases_at_once_want_the_last_incident(people):
    """CHG-10, CHG-1, SEC-47: one gets it; the others are asked again, for what it costs without."""
    charges = [agreed(people, number) for number in range(MANY)]
    results = race(
        [lambda charge=charge: commands.reserve(charge, actor=people[2], at=NOON) for charge in charges]
    )
    assert kinds(results) == {"Charge": 1, "PriceChanged": MANY - 1}
    assert Pocket.objects.filter(unit="incident", reserved=1).count() == 1
    assert sound()


def test_one_acceptance_many_times_at_once_charges_once(people):
    """CHG-10, CAS-4, SEC-47: double click, two contacts, two tabs."""
    charge = commands.reserve(agreed(people, 1), actor=people[2], at=NOON)
    results = race([lambda: commands.settle(charge, actor=people[1], at=NOON)] * MANY)
    assert kinds(results) == {"Charge": 1, "IllegalMove": MANY - 1}
    assert queries.charged(charge) == {"incident": 1}
    assert sound()


def test_one_order_accepted_many_times_at_once_is_charged_once(people):
    """CHG-3, CHG-10, SEC-47"""
    charge = agreed(people, 1, Need("general_quote", 20))
    results = race([lambda: commands.charge_now(charge, actor=people[1], at=NOON)] * MANY)
    assert kinds(results) == {"Charge": 1, "IllegalMove": MANY - 1}
    assert sum(Transfer.objects.filter(cause="case:1").values_list("amount", flat=True)) == 20


def test_the_same_proposal_many_times_at_once_is_one(people):
    """CHG-10, SEC-48"""
    customer, _contact, engineer = people
    results = race(
        [
            lambda: commands.propose(
                "case:1", customer.pk, [Need("incident")], key="k", actor=engineer, at=NOON
            )
        ]
        * MANY
    )
    assert len({charge.pk for charge in results}) == 1


def story(people, number):
    """Take a charge from wherever it stands to its end; what is done already is left."""
    customer, contact, engineer = people
    needs = [Need("incident"), Need("technical_hour", 2), Need("home_visit")]
    charge = commands.propose(f"case:{number}", customer.pk, needs, key=f"k{number}", actor=engineer, at=NOON)
    steps = {
        "proposed": lambda: commands.consent(charge, how="portal", actor=contact, at=NOON),
        "consented": lambda: commands.reserve(charge, actor=engineer, at=NOON),
        "reserved": lambda: commands.settle(charge, actor=contact, at=NOON),
    }
    while (state := Charge.objects.get(pk=charge.pk).state) in steps:
        steps[state]()


def test_a_charge_survives_death_at_every_statement(people):
    """CHG-10, SEC-47: killed after each statement in turn, then taken up again: every unit is spent exactly once."""
    statement, killed, per_case = 0, True, 10
    while killed:
        statement += 1
        give(people[0], "incident", 1, source=f"contract:{100 + statement}")

        def once(statement=statement):
            with dies_at(statement, after=True):
                story(people, statement)

        killed = not ended(in_child(once))
        story(people, statement)
        charge = Charge.objects.get(subject=f"case:{statement}")
        assert (charge.state, queries.charged(charge)) == ("final", {"incident": 1, "credit": per_case})
        keys = Transfer.objects.filter(cause=f"case:{statement}").values_list("key", flat=True)
        assert len(set(keys)) == len(keys) == 2 * Part.objects.filter(charge=charge).count()
    assert statement > 20
    credit = Pocket.objects.filter(customer=people[0], unit="credit")
    assert sum(p.balance for p in credit) == 507 - per_case * statement
    assert sum(p.reserved for p in credit) == 0
    assert sound()


def test_repeating_an_ended_act_raises(people):
    """CHG-10"""
    story(people, 1)
    with pytest.raises(IllegalMove):
        commands.settle(Charge.objects.get(), actor=people[1], at=NOON)
