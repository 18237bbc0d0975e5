"""Contracts: sold, renewed, cancelled, told of. CTR-1, LED-3, LED-5."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from amparo.conftest import NOON
from amparo.contracts import commands, queries
from amparo.contracts.errors import AlreadyRenewed, ContractOver, NamesFull, NumberTaken, PlanNotOnSale
from amparo.contracts.models import SupportContract
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.ledger import commands as ledger
from amparo.ledger.errors import NotInForce
from amparo.ledger.models import Pocket
from amparo.people.models import Contact

from .conftest import left


def test_a_contract_opens_a_pocket_for_each_unit_until_midnight_after_its_last_day(customer, plan, sales, facts):
    """CTR-1, LED-3"""
    contract = commands.sell_contract(customer, plan, date(2026, 11, 11), actor=sales, at=NOON)
    assert contract.ends_on == date(2027, 11, 10)
    assert contract.ends_at == datetime(2027, 11, 11, 6, tzinfo=UTC)  # midnight in Mexico City
    pockets = Pocket.objects.filter(customer=customer, source=contract.subject)
    assert {(p.unit, p.issued, p.ends_at) for p in pockets} == {
        ("event", 12, contract.ends_at), ("incident", 4, contract.ends_at), ("credit", 40, contract.ends_at)
    }
    assert facts(contract) == ["contract.sold"]


def test_a_plan_without_a_unit_opens_no_pocket_of_it(customer, sales):
    """LED-3"""
    plan = commands.add_plan("Solo créditos", credits=10, actor=sales, at=NOON)
    contract = commands.sell_contract(customer, plan, date(2026, 11, 11), actor=sales, at=NOON)
    assert list(Pocket.objects.filter(source=contract.subject).values_list("unit", flat=True)) == ["credit"]


def test_the_same_key_sells_once(customer, plan, sales):
    """CHG-10"""
    first = commands.sell_contract(customer, plan, date(2026, 11, 11), actor=sales, at=NOON, key="k")
    again = commands.sell_contract(customer, plan, date(2026, 11, 11), actor=sales, at=NOON, key="k")
    assert again == first
    assert left(customer) == {"event": 12, "incident": 4, "credit": 40}


def test_a_plan_that_changes_leaves_contracts_as_they_were(customer, plan, contract, sales):
    """CTR-1"""
    commands.change_plan(plan, events=99, price="1.00", benefits={"discount_percent": 50}, actor=sales, at=NOON)
    contract.refresh_from_db()
    assert contract.allotments["event"] == 12 and contract.terms["price"] == "9800.00"
    later = commands.sell_contract(customer, plan, date(2026, 12, 1), actor=sales, at=NOON)
    assert later.allotments["event"] == 99 and later.terms["benefits"]["discount_percent"] == 50


def test_the_database_refuses_changed_terms(contract):
    """CTR-1, SEC-54"""
    for change in ({"terms": {}}, {"ends_on": date(2030, 1, 1)}, {"number": "P-9"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            SupportContract.objects.filter(pk=contract.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        SupportContract.objects.filter(pk=contract.pk).delete()


def test_a_contract_is_in_force_from_its_first_midnight_to_its_last(contract):
    """Section 2: inclusive, in the service's time zone"""
    assert not contract.in_force(datetime(2026, 11, 11, 5, 59, tzinfo=UTC))
    assert contract.in_force(datetime(2026, 11, 11, 6, 0, tzinfo=UTC))
    assert contract.in_force(datetime(2027, 11, 11, 5, 59, 59, tzinfo=UTC))
    assert not contract.in_force(datetime(2027, 11, 11, 6, 0, tzinfo=UTC))


def test_a_renewal_follows_without_a_gap_and_leaves_what_was_unused_behind(customer, contract, sales):
    """CTR-1, LED-3"""
    at = NOON + timedelta(days=350)
    new = commands.renew(contract, actor=sales, at=at)
    assert new.starts_on == contract.ends_on + timedelta(days=1)
    assert new.starts_at == contract.ends_at and new.renewed_from == contract
    assert left(customer, new.subject) == {"event": 12, "incident": 4, "credit": 40}
    ledger.expire_due(at=contract.ends_at)
    assert left(customer, contract.subject) == {"event": 0, "incident": 0, "credit": 0}
    assert left(customer, new.subject) == {"event": 12, "incident": 4, "credit": 40}


def test_a_contract_that_is_over_is_renewed_from_today(contract, sales):
    """CTR-1"""
    new = commands.renew(contract, actor=sales, at=NOON + timedelta(days=400))
    assert new.starts_on == date(2027, 12, 16)


def test_a_contract_is_renewed_once(contract, sales):
    """CTR-1"""
    commands.renew(contract, actor=sales, at=NOON)
    with pytest.raises(AlreadyRenewed):
        commands.renew(contract, actor=sales, at=NOON)


def test_a_renewal_can_take_another_plan(contract, sales):
    """CTR-1"""
    other = commands.add_plan("Básico", events=3, actor=sales, at=NOON)
    assert commands.renew(contract, plan=other, actor=sales, at=NOON).allotments["event"] == 3


def test_a_cancelled_contract_covers_nobody_and_its_rest_expires(customer, contract, sales, facts):
    """CTR-1, LED-3"""
    at = NOON + timedelta(days=3)
    commands.cancel(contract, "Devolución acordada", actor=sales, at=at)
    assert not queries.in_force(customer.pk, at)
    pocket = Pocket.objects.get(source=contract.subject, unit="event")
    with pytest.raises(NotInForce):
        ledger.spend(pocket, 1, cause="case:1", key="x", actor=SYSTEM, at=at)
    ledger.expire_due(at=at)
    assert left(customer) == {"event": 0, "incident": 0, "credit": 0}
    assert facts(contract) == ["contract.sold", "contract.cancelled"]
    with pytest.raises(ContractOver):
        commands.cancel(contract, "otra vez", actor=sales, at=at)
    with pytest.raises(ContractOver):
        commands.renew(contract, actor=sales, at=at)


def test_what_was_reserved_before_a_cancellation_can_still_be_charged(contract, sales):
    """LED-6"""
    pocket = Pocket.objects.get(source=contract.subject, unit="incident")
    reservation = ledger.reserve(pocket, 1, cause="case:1", key="r", actor=SYSTEM, at=NOON)
    at = NOON + timedelta(days=1)
    commands.cancel(contract, "Devolución", actor=sales, at=at)
    ledger.expire_due(at=at)
    pocket.refresh_from_db()
    assert (pocket.balance, pocket.reserved) == (1, 1)
    ledger.post(reservation, key="p", actor=SYSTEM, at=at + timedelta(days=1))
    pocket.refresh_from_db()
    assert pocket.balance == 0


def test_a_cancellation_needs_a_reason(contract, sales):
    """CTR-1"""
    with pytest.raises(Invalid):
        commands.cancel(contract, "  ", actor=sales, at=NOON)


def test_a_contract_brought_from_elsewhere_keeps_its_number_and_what_was_used(customer, plan, sales):
    """CTR-1, LED-4"""
    contract = commands.sell_contract(
        customer, plan, date(2026, 6, 1), number="pol-17", used={"event": 5, "credit": 40}, actor=sales, at=NOON
    )
    assert contract.number == "POL-17"
    assert left(customer) == {"event": 7, "incident": 4, "credit": 0}
    with pytest.raises(NumberTaken):
        commands.sell_contract(customer, plan, date(2026, 6, 1), number="POL-17", actor=sales, at=NOON)
    with pytest.raises(Invalid):
        commands.sell_contract(customer, plan, date(2026, 6, 1), used={"event": 13}, actor=sales, at=NOON)


def test_a_contract_that_is_over_when_it_is_written_down_has_no_units(customer, plan, sales):
    """LED-3"""
    commands.sell_contract(customer, plan, date(2024, 1, 1), actor=sales, at=NOON)
    assert left(customer) == {"event": 0, "incident": 0, "credit": 0}


def test_a_plan_that_is_off_sale_is_not_sold(customer, plan, sales):
    """CTR-1"""
    commands.take_off_sale(plan, actor=sales, at=NOON)
    with pytest.raises(PlanNotOnSale):
        commands.sell_contract(customer, plan, date(2026, 11, 11), actor=sales, at=NOON)


def test_only_sales_and_administrators_sell(customer, plan, contract, engineer, operator, contact, quality, administrator):
    """ACC-11"""
    for actor in (engineer, operator, contact, quality):
        with pytest.raises(NotPermitted):
            commands.sell_contract(customer, plan, date(2026, 11, 11), actor=actor, at=NOON)
        with pytest.raises(NotPermitted):
            commands.renew(contract, actor=actor, at=NOON)
        with pytest.raises(NotPermitted):
            commands.cancel(contract, "no", actor=actor, at=NOON)
        with pytest.raises(NotPermitted):
            commands.add_plan("Otro", actor=actor, at=NOON)
        with pytest.raises(NotPermitted):
            commands.change_plan(plan, events=1, actor=actor, at=NOON)
    assert commands.sell_contract(customer, plan, date(2026, 11, 11), actor=administrator, at=NOON).pk


def test_named_contacts_are_limited_by_the_plan(customer, contact, member, own_only, other_contact, sales):
    """CTR-1"""
    plan = commands.add_plan("Dos", events=1, benefits={"named_contacts_max": 2}, actor=sales, at=NOON)
    contract = commands.sell_contract(customer, plan, date(2026, 11, 11), actor=sales, at=NOON)
    one, two, three = (Contact.objects.get(pk=actor.contact_id) for actor in (contact, member, own_only))
    commands.name_contact(contract, one, actor=contact, at=NOON)
    commands.name_contact(contract, one, actor=contact, at=NOON)
    commands.name_contact(contract, two, actor=contact, at=NOON)
    with pytest.raises(NamesFull):
        commands.name_contact(contract, three, actor=contact, at=NOON)
    with pytest.raises(NotPermitted):
        commands.name_contact(contract, three, actor=member, at=NOON)
    with pytest.raises(Invalid):
        commands.name_contact(contract, Contact.objects.get(pk=other_contact.contact_id), actor=sales, at=NOON)
    commands.unname_contact(contract, two.pk, actor=contact, at=NOON)
    commands.name_contact(contract, three, actor=contact, at=NOON)


def test_that_a_contract_ends_is_told_once_for_each_threshold(contract, facts):
    """LED-5"""
    def told(days: float) -> int:
        return commands.tell_endings(at=contract.ends_at - timedelta(days=days))

    assert [told(31), told(30), told(29), told(15), told(14), told(5), told(1), told(0)] == [0, 1, 0, 1, 0, 1, 0, 0]
    assert facts(contract)[1:] == ["contract.ending"] * 3


def test_after_a_stop_only_the_tightest_threshold_is_told(contract, facts):
    """LED-5"""
    assert commands.tell_endings(at=contract.ends_at - timedelta(days=3)) == 1
    assert commands.tell_endings(at=contract.ends_at - timedelta(days=2)) == 0


def test_a_renewed_or_cancelled_contract_is_not_told_of(customer, plan, contract, sales):
    """LED-5"""
    other = commands.sell_contract(customer, plan, date(2026, 11, 11), actor=sales, at=NOON)
    commands.renew(contract, actor=sales, at=NOON)
    commands.cancel(other, "Devuelto", actor=sales, at=NOON)
    assert commands.tell_endings(at=contract.ends_at - timedelta(days=4)) == 0


def test_the_list_tells_how_each_contract_stands(customer, other_customer, plan, contract, sales):
    """CTR-1"""
    upcoming = commands.sell_contract(customer, plan, date(2026, 12, 1), actor=sales, at=NOON)
    ended = commands.sell_contract(customer, plan, date(2025, 1, 1), actor=sales, at=NOON - timedelta(days=600))
    used = commands.sell_contract(customer, plan, date(2026, 11, 1), used={"event": 6}, actor=sales, at=NOON)
    spent = commands.sell_contract(
        customer, plan, date(2026, 11, 1), used={"event": 12, "incident": 4, "credit": 40}, actor=sales, at=NOON
    )
    cancelled = commands.cancel(
        commands.sell_contract(customer, plan, date(2026, 11, 1), actor=sales, at=NOON), "x", actor=sales, at=NOON
    )
    ending = commands.sell_contract(customer, plan, date(2025, 11, 25), actor=sales, at=NOON - timedelta(days=300))
    commands.sell_contract(other_customer, plan, date(2026, 11, 1), actor=sales, at=NOON)
    states = {row.id: row.state for row in queries.contracts(at=NOON, customer_id=customer.pk)}
    assert states == {
        contract.pk: "new", upcoming.pk: "upcoming", ended.pk: "ended", used.pk: "used", spent.pk: "exhausted",
        cancelled.pk: "cancelled", ending.pk: "ending",
    }
    shown = {show: {row.id for row in queries.contracts(at=NOON, show=show, customer_id=customer.pk)} for show in queries.SHOWN}
    assert shown["in_force"] == {contract.pk, used.pk, spent.pk, ending.pk}
    assert shown["ending"] == {ending.pk} and shown["upcoming"] == {upcoming.pk}
    assert shown["over"] == {ended.pk, cancelled.pk}
    assert {row.id for row in queries.contracts(at=NOON, words=f"{customer.nic[:-2]}-{customer.nic[-2:]}")} == set(states)
    assert {row.id for row in queries.contracts(at=NOON, words="100%")} == set()


def test_the_tick_tells_drops_and_forgets(contract, administrator, facts):
    """LED-5, SEC-58: what the worker calls"""
    from amparo.contracts.models import CardAttempt, ImportRun
    from amparo.contracts.tasks import tick

    at = contract.ends_at - timedelta(days=4)
    commands.upload_import("customers", b"Referencia;Nombre\nA;B\n", "c.csv", actor=administrator, at=NOON)
    CardAttempt.objects.create(address_hash="0" * 64, customer_id=contract.customer_id, at=NOON)
    tick(at=at)
    tick(at=at)
    assert facts(contract)[1:] == ["contract.ending"]
    assert ImportRun.objects.get().state == "dropped" and not CardAttempt.objects.exists()
