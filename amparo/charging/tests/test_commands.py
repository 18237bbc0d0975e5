"""The life of a charge, with what it takes and what the record tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from amparo.charging import commands, queries
from amparo.charging.errors import CreditsMissing, NeedInvalid, NotCheaper, NotGiven, PriceChanged
from amparo.charging.models import Charge, Part
from amparo.charging.rules import Need
from amparo.conftest import NOON
from amparo.kernel.machine import IllegalMove
from amparo.kernel.refusals import NotPermitted
from amparo.ledger import commands as ledger
from amparo.ledger import queries as ledger_queries
from amparo.ledger.errors import AmountInvalid, KeyReused
from amparo.ledger.models import Pocket, Transfer

from .conftest import CARD_END, END, give

DAY = timedelta(days=1)
INCIDENT = [Need("incident")]


@pytest.fixture
def proposed(customer, contract, engineer):
    return lambda *needs, subject="case:1", key="k": commands.propose(
        subject, customer.pk, needs or INCIDENT, key=key, actor=engineer, at=NOON
    )


@pytest.fixture
def agreed(proposed, contact):
    return lambda *needs, **kw: commands.consent(proposed(*needs, **kw), how="portal", actor=contact, at=NOON)


@pytest.fixture
def reserved(agreed, engineer):
    return lambda *needs, **kw: commands.reserve(agreed(*needs, **kw), actor=engineer, at=NOON)


def sound():
    return ledger_queries.check()["differences"] == []


def test_an_incident_is_proposed_consented_reserved_and_charged(reserved, engineer, contact, left, facts):
    """CHG-1, CHG-4, CHG-8"""
    charge = reserved()
    assert (charge.state, charge.amounts, charge.tariff_value) == ("reserved", {"incident": 1}, 4)
    assert left()["incident"] == (1, 1)
    charge = commands.settle(charge, actor=contact, at=NOON + DAY)
    assert (charge.state, charge.ended_at) == ("final", NOON + DAY)
    assert left()["incident"] == (0, 0)
    assert queries.charged(charge) == {"incident": 1}
    assert facts("case:1") == ["charge.proposed", "charge.consented", "charge.reserved", "charge.final"]
    assert sound()


def test_a_proposal_takes_nothing(proposed, left):
    """CHG-2, CHG-1"""
    before = left()
    proposed()
    assert left() == before
    assert Transfer.objects.filter(cause="case:1").count() == 0


def test_the_same_key_returns_the_first_proposal(proposed, facts):
    """CHG-10, SEC-48"""
    assert proposed().pk == proposed().pk
    assert facts("case:1") == ["charge.proposed"]
    with pytest.raises(KeyReused):
        proposed(Need("home_visit"))
    with pytest.raises(KeyReused):
        proposed(subject="case:2")


def test_the_same_key_of_another_customer_is_another_charge(proposed, other_customer, engineer):
    """SEC-48"""
    mine = proposed()
    theirs = commands.propose("case:9", other_customer.pk, INCIDENT, key="k", actor=engineer, at=NOON)
    assert theirs.pk != mine.pk


def test_a_released_reservation_comes_back_whole(reserved, engineer, left):
    """CHG-4"""
    charge = commands.release(reserved(), reason="not_technically_possible", actor=engineer, at=NOON + DAY)
    assert (charge.state, charge.ended_because) == ("released", "not_technically_possible")
    assert left()["incident"] == (1, 0)
    assert sound()


def test_a_proposal_can_be_withdrawn(proposed, contact, facts):
    """CHG-1"""
    assert commands.release(proposed(), reason="no", actor=contact, at=NOON).state == "withdrawn"
    assert facts("case:1") == ["charge.proposed", "charge.withdrawn"]


def test_nothing_is_reserved_without_consent(proposed, engineer):
    """CHG-1"""
    charge = proposed()
    with pytest.raises(IllegalMove):
        commands.reserve(charge, actor=engineer, at=NOON)
    with pytest.raises(IllegalMove):
        commands.charge_now(charge, actor=engineer, at=NOON)


def test_consent_is_the_customers(proposed, other_contact, engineer, quality, contact, operator):
    """CHG-1: in the portal the customer's own contact, else staff record how he agreed."""
    charge = proposed()
    for actor, how in (
        (other_contact, "portal"),
        (engineer, "portal"),
        (quality, "telephone"),
        (contact, "telephone"),
        (engineer, "x"),
    ):
        with pytest.raises(NotPermitted):
            commands.consent(charge, how=how, actor=actor, at=NOON)
    charge = commands.consent(charge, how="telephone", actor=operator, at=NOON)
    assert (charge.state, charge.consent_how, charge.consented_by) == ("consented", "telephone", operator.ref)


def test_an_order_is_charged_in_advance(agreed, contact, left):
    """CHG-3: what ends first is spent first, over two pockets."""
    charge = commands.charge_now(agreed(Need("general_quote", 15), subject="case:3"), actor=contact, at=NOON)
    assert charge.state == "final"
    assert left()["credit"] == (0, 0)
    assert left()["card:9"] == (17, 0)
    assert queries.charged(charge) == {"credit": 15}
    assert sound()


def test_an_order_without_enough_credits_says_how_many_are_missing(proposed, contact):
    """CHG-3"""
    charge = proposed(Need("general_quote", 40))
    assert (charge.missing, charge.way) == (8, None)
    with pytest.raises(CreditsMissing) as refusal:
        commands.consent(charge, how="portal", actor=contact, at=NOON)
    assert refusal.value.context["missing"] == 8


def test_an_order_is_payable_once_a_card_is_redeemed(proposed, contact, customer):
    """CHG-3"""
    charge = proposed(Need("general_quote", 40))
    give(customer, "credit", 8, source="card:10", label="Tarjeta 10")
    quote = queries.explain(charge, "en", at=NOON)
    assert quote.missing == 0
    charge = commands.consent(charge, how="portal", seen=quote.seen, actor=contact, at=NOON)
    assert commands.charge_now(charge, actor=contact, at=NOON).state == "final"


def test_the_second_incident_is_exchanged_for_four_credits(reserved, agreed, engineer, left):
    """CHG-6"""
    reserved()
    second = agreed(subject="case:2", key="k2")
    assert second.amounts == {"credit": 4}
    commands.reserve(second, actor=engineer, at=NOON)
    assert left()["credit"] == (12, 4)
    assert left()["incident"] == (1, 1)


def test_an_incident_that_another_case_took_meanwhile_asks_for_consent_again(
    agreed, proposed, engineer, contact, left
):
    """CHG-1, CHG-10, TAR-1: two cases at once, one incident left."""
    first, second = agreed(), agreed(subject="case:2", key="k2")
    commands.reserve(first, actor=engineer, at=NOON)
    with pytest.raises(PriceChanged) as refusal:
        commands.reserve(second, actor=engineer, at=NOON)
    assert refusal.value.context["quote"].chosen.amounts == {"credit": 4}
    second = commands.requote(second, actor=engineer, at=NOON)
    assert (second.state, second.consented_at, second.amounts) == ("proposed", None, {"credit": 4})
    second = commands.consent(second, how="portal", actor=contact, at=NOON)
    assert commands.reserve(second, actor=engineer, at=NOON).state == "reserved"
    assert left()["credit"] == (12, 4)


def test_another_pocket_of_the_same_unit_needs_no_new_consent(agreed, engineer, customer, left):
    """CHG-8: what was agreed to is a price; which pocket pays it is the choice of the moment."""
    other = give(customer, "incident", 1, source="contract:2", label="P-1002", ends_at=CARD_END)
    first, second = agreed(), agreed(subject="case:2", key="k2")
    commands.reserve(first, actor=engineer, at=NOON)
    second = commands.reserve(second, actor=engineer, at=NOON)
    assert Part.objects.get(charge=second).pocket_id == other.pk


def new_tariff(administrator, starts_at, **prices):
    version = commands.draft_tariff(actor=administrator, at=NOON)
    commands.revise_tariff(version, prices, actor=administrator, at=NOON)
    return commands.publish_tariff(version, starts_at=starts_at, actor=administrator, at=NOON)


def test_a_tariff_that_starts_between_quote_and_charge_asks_again(agreed, engineer, administrator, left):
    """TAR-1: the price of the day of attention, and only with consent to it."""
    charge = agreed(Need("home_visit"))
    new_tariff(administrator, NOON + DAY, home_visit=3)
    with pytest.raises(PriceChanged) as refusal:
        commands.reserve(charge, actor=engineer, at=NOON + DAY)
    assert refusal.value.context["quote"].chosen.amounts == {"credit": 3}
    assert left()["credit"] == (12, 0)
    assert commands.reserve(charge, actor=engineer, at=NOON + DAY / 2).tariff_version == 1


def test_a_tariff_that_became_cheaper_is_used_at_once(agreed, engineer, administrator, left):
    """TAR-1, CHG-8"""
    charge = agreed(Need("home_visit"))
    version = new_tariff(administrator, NOON + DAY, home_visit=1)
    charge = commands.reserve(charge, actor=engineer, at=NOON + DAY)
    assert (charge.amounts, charge.tariff_version) == ({"credit": 1}, version.number)
    assert Transfer.objects.get(cause="case:1").tariff_version == version.number


def test_a_tariff_that_starts_between_page_and_consent_asks_again(proposed, contact, administrator):
    """TAR-1: with what the page showed, and with what was proposed."""
    charge = proposed(Need("home_visit"))
    seen = queries.explain(charge, "en", at=NOON).seen
    new_tariff(administrator, NOON + DAY, home_visit=3)
    for shown in (seen, None):
        with pytest.raises(PriceChanged):
            commands.consent(charge, how="portal", seen=shown, actor=contact, at=NOON + DAY)
    fresh = queries.explain(charge, "en", at=NOON + DAY)
    assert fresh.changed and fresh.cost == [("credit", 3)]
    assert commands.consent(charge, how="portal", seen=fresh.seen, actor=contact, at=NOON + DAY).amounts == {
        "credit": 3
    }


def test_a_price_of_ones_own_is_refused(proposed, contact):
    """SEC-49: the form says only what was seen."""
    with pytest.raises(PriceChanged):
        commands.consent(proposed(), how="portal", seen="0:0-0-0", actor=contact, at=NOON)


def test_less_than_reserved_may_be_charged(reserved, engineer, left):
    """CHG-4: a part of the credits; the rest goes back, from what lasts longest."""
    charge = reserved(Need("general_quote", 15))
    assert (left()["credit"], left()["card:9"]) == ((12, 12), (20, 3))
    charge = commands.settle(charge, amount_by_unit={"credit": 5}, actor=engineer, at=NOON)
    assert (left()["credit"], left()["card:9"]) == ((7, 0), (20, 0))
    assert queries.charged(charge) == {"credit": 5}
    assert sound()


@pytest.mark.parametrize("amount", [{"credit": 16}, {"event": 1}, {"credit": -1}, {"credit": 1.5}])
def test_no_more_than_reserved_is_charged(reserved, engineer, amount):
    """CHG-10, SEC-49"""
    charge = reserved(Need("general_quote", 15))
    with pytest.raises(AmountInvalid):
        commands.settle(charge, amount_by_unit=amount, actor=engineer, at=NOON)


def test_nothing_is_charged_twice(reserved, engineer, left):
    """CHG-10"""
    charge = reserved()
    commands.settle(charge, actor=engineer, at=NOON)
    for again in (commands.settle, commands.reserve):
        with pytest.raises(IllegalMove):
            again(charge, actor=engineer, at=NOON)
    with pytest.raises(IllegalMove):
        commands.release(charge, reason="x", actor=engineer, at=NOON)
    assert left()["incident"] == (0, 0)


def test_a_final_charge_is_given_back_into_what_lasts_longest(agreed, engineer, contact, left, facts):
    """CHG-3, LED-6"""
    charge = commands.charge_now(agreed(Need("general_quote", 15), subject="case:3"), actor=contact, at=NOON)
    commands.give_back(
        charge, amount_by_unit={"credit": 5}, reason="withdrawn", key="a", actor=engineer, at=NOON
    )
    commands.give_back(
        charge, amount_by_unit={"credit": 5}, reason="withdrawn", key="a", actor=engineer, at=NOON
    )
    assert (left()["credit"], left()["card:9"]) == ((2, 0), (20, 0))
    commands.give_back(charge, reason="rest", key="b", actor=engineer, at=NOON)
    assert (left()["credit"], left()["card:9"]) == ((12, 0), (20, 0))
    assert queries.charged(charge) == {}
    with pytest.raises(NotGiven):
        commands.give_back(charge, reason="more", key="c", actor=engineer, at=NOON)
    assert facts("case:3")[-2:] == ["charge.given_back", "charge.given_back"]
    assert sound()


def test_what_is_released_after_the_end_lasts_thirty_days_more(reserved, engineer, customer):
    """LED-6"""
    commands.release(reserved(), reason="x", actor=engineer, at=END + DAY)
    extension = Pocket.objects.get(customer=customer, source__startswith="grace:")
    assert (extension.unit, extension.balance, extension.ends_at) == ("incident", 1, END + 31 * DAY)


def test_a_reservation_is_charged_after_the_end(reserved, engineer, contact):
    """LED-6"""
    charge = reserved()
    ledger.expire_due(at=END)
    assert queries.charged(commands.settle(charge, actor=contact, at=END + DAY)) == {"incident": 1}
    assert sound()


def test_an_engineer_may_charge_less_but_never_more(agreed, engineer, contact, left, facts):
    """CHG-8"""
    charge = agreed(Need("technical_hour", 2), Need("outside_hours"))
    assert charge.amounts == {"credit": 13}
    for dearer in ([Need("technical_hour", 4)], [Need("technical_hour", 2), Need("urgent_on_site")]):
        with pytest.raises(NotCheaper):
            commands.charge_less(charge, dearer, reason="x", actor=engineer, at=NOON)
    with pytest.raises(NeedInvalid):
        commands.charge_less(charge, [Need("technical_hour")], reason=" ", actor=engineer, at=NOON)
    with pytest.raises(NotPermitted):
        commands.charge_less(charge, [Need("technical_hour")], reason="x", actor=contact, at=NOON)
    charge = commands.charge_less(
        charge, [Need("technical_hour", 2)], reason="por cortesía", actor=engineer, at=NOON
    )
    assert (charge.state, charge.amounts, charge.lessened_because) == (
        "consented",
        {"credit": 8},
        "por cortesía",
    )
    commands.reserve(charge, actor=engineer, at=NOON)
    assert left()["credit"] == (12, 8)
    assert "charge.lessened" in facts("case:1")


def test_the_alternatives_are_kept_with_the_charge(proposed):
    """CHG-8"""
    charge = proposed(Need("home_visit"))
    assert [take["label"] for take in charge.takes] == ["P-1001"]
    assert [(way["takes"][0]["label"], way["loses"]) for way in charge.alternatives] == [
        ("Tarjeta 9", "expires_later")
    ]


def test_a_charge_names_its_tariff_version(reserved):
    """TAR-1"""
    charge = reserved()
    assert charge.tariff_version == 1
    assert Transfer.objects.get(cause="case:1").tariff_version == 1


def test_a_visitor_proposes_nothing(customer, contract, other_contact, registered):
    """ACC-11"""
    for actor in (other_contact, registered, replace(registered, kind="visitor", user_id=None)):
        with pytest.raises(NotPermitted):
            commands.propose("case:1", customer.pk, INCIDENT, key="k", actor=actor, at=NOON)
    assert not Charge.objects.exists()
