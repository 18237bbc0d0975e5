"""What a charge says of itself: why this way, why not the others."""

from __future__ import annotations

import pytest

from amparo.charging import commands, queries
from amparo.charging.errors import BaseMissing
from amparo.charging.machine import ENDED, LIFE, Move, State
from amparo.charging.rules import Need
from amparo.conftest import NOON

from .conftest import CARD_END, give


def quote(customer, *needs):
    return queries.quote(customer.pk, needs, at=NOON)


def test_a_quote_takes_three_statements(customer, contract, django_assert_num_queries):
    """CHG-8"""
    with django_assert_num_queries(3):
        assert quote(customer, Need("incident")).chosen.amounts == {"incident": 1}


def test_the_card_says_why_an_exhausted_incident_costs_credits(customer, contract, engineer, contact):
    """CHG-6, CHG-8: in both languages, with the price and the version of the tariff."""
    first = commands.propose("case:1", customer.pk, [Need("incident")], key="a", actor=engineer, at=NOON)
    commands.consent(first, how="portal", actor=contact, at=NOON)
    commands.reserve(first, actor=engineer, at=NOON)
    second = commands.propose("case:2", customer.pk, [Need("incident")], key="b", actor=engineer, at=NOON)
    spanish, english = (queries.explain(second, language) for language in ("es-mx", "en"))
    assert english.cost == spanish.cost == [("credit", 4)]
    assert "no incidents left" in english.why and "4 credits" in english.why and "version 1" in english.why
    assert "No lawful way costs you less" in english.why
    assert "No le quedan incidentes" in spanish.why and "4 créditos" in spanish.why
    assert "Ninguna forma permitida le cuesta menos" in spanish.why
    [other] = english.alternatives
    assert (other["label"], other["cost"], other["loses"]) == (
        "4 credits from Tarjeta 9",
        [("credit", 4)],
        "expires_later",
    )
    assert "ends sooner" in other["why"]


def test_the_card_says_that_the_contract_pays(customer, contract, engineer):
    """CHG-8"""
    charge = commands.propose(
        "case:1", customer.pk, [Need("advisory_event")], key="a", actor=engineer, at=NOON
    )
    told = queries.explain(charge, "en")
    assert told.title == "Advice (event)"
    assert told.cost == [("event", 1)] and told.value == 1
    assert "what your contract includes" in told.why
    assert told.takes == [
        {"label": "P-1001", "unit": "event", "amount": 1, "until": "Wednesday 31 March 2027"}
    ]


def test_the_card_says_how_many_credits_are_missing(customer, contract):
    """CHG-3"""
    told = queries.explain_quote(quote(customer, Need("general_quote", 33)), "en")
    assert told.missing == 1 and told.missing_text.startswith("1 more credit is needed")
    assert told.cost == [] and told.seen == ""
    assert queries.explain_quote(quote(customer, Need("general_quote", 35)), "es-mx").missing_text.startswith(
        "Faltan 3 créditos"
    )


@pytest.mark.parametrize("language", ["es-mx", "en"])
@pytest.mark.parametrize(
    "needs",
    [
        [Need("install_server"), Need("further_terminal", 5)],
        [Need("install_terminals", 9)],
        [Need("incident", 3), Need("advisory_event", 4)],
        [Need("online_hour", 2, participants=25), Need("technical_hour", minutes=90), Need("outside_hours")],
        [Need("home_visit", 2), Need("urgent_on_site")],
        [Need("general_quote", 17)],
    ],
)
def test_every_service_can_be_explained(customer, contract, language, needs):
    """CHG-1, CHG-7: lines add up to the cost, whatever the service."""
    give(customer, "credit", 300, source="card:10", label="Tarjeta 10", ends_at=CARD_END)
    told = queries.explain_quote(quote(customer, *needs), language)
    total = {}
    for line in told.lines:
        assert line["label"]
        for unit, count in line["cost"]:
            total[unit] = total.get(unit, 0) + count
    assert total == dict(told.cost)
    assert told.what and told.why and "%(" not in told.why + told.what


def test_a_bundle_is_explained(customer, contract):
    """TAR-3, CHG-8: a second incident for three more terminals would be worth a credit more."""
    give(customer, "incident", 4, source="contract:2", label="P-1002", ends_at=CARD_END)
    told = queries.explain_quote(quote(customer, Need("install_terminals", 7)), "en")
    assert told.cost == [("incident", 1), ("credit", 3)]
    assert "One incident covers an installation" in told.why
    assert {"dearer"} < {other["loses"] for other in told.alternatives}
    dearer = next(other for other in told.alternatives if other["loses"] == "dearer")
    assert dearer["cost"] == [("incident", 2)] and "1 credit more" in dearer["why"]


def test_the_summary_names_each_service_and_what_it_charged(customer, contract, engineer, contact):
    """CHG-7"""
    for number, need in enumerate([Need("incident"), Need("technical_hour", 2), Need("home_visit")]):
        charge = commands.propose("case:1", customer.pk, [need], key=f"{number}", actor=engineer, at=NOON)
        commands.consent(charge, how="portal", actor=contact, at=NOON)
        commands.reserve(charge, actor=engineer, at=NOON)
        if number == 2:
            commands.release(charge, reason="not needed", actor=engineer, at=NOON)
    told = queries.summary("case:1", "en")
    assert [(row["label"], row["cost"]) for row in told] == [
        ("Incident: diagnosis and solution", [("incident", 1)]),
        ("Technical service, 2 h", [("credit", 8)]),
        ("Home visit", []),
    ]


def test_a_further_terminal_without_its_base_is_refused(customer, contract):
    """TAR-2"""
    with pytest.raises(BaseMissing):
        quote(customer, Need("further_terminal", 2))


def test_the_life_of_a_charge_is_the_table():
    """CHG-1, CHG-4: every state with every move; nothing moves after the end but a giving back."""
    allowed = {(state, move): after for state, move, after in LIFE.cells() if after is not None}
    assert len(allowed) == 12
    for state in ENDED:
        moves = {move for (begin, move) in allowed if begin == state}
        assert moves == ({Move.GIVE_BACK} if state == State.FINAL else set())
    assert (State.PROPOSED, Move.RESERVE) not in allowed and (State.PROPOSED, Move.CHARGE) not in allowed
