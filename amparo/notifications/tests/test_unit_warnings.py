"""Units that run low or end, and contracts that end: one letter a day. LED-5."""

from datetime import UTC, date, datetime, timedelta

import pytest

from amparo.contracts import commands as contracts
from amparo.contracts import tasks as contracts_tasks
from amparo.kernel.actor import SYSTEM
from amparo.ledger import commands as ledger
from amparo.ledger import tasks as ledger_tasks
from amparo.ledger.models import Pocket
from amparo.notifications import commands, tasks
from amparo.notifications.models import Letter, Notice, UnitWarning
from amparo.notifications.reactions import units

LONG_AGO = datetime(2026, 1, 5, 16, 0, tzinfo=UTC)


@pytest.fixture
def contract(customer):
    plan = contracts.add_plan("Plus", events=5, incidents=4, credits=40, months=12, price=1, actor=SYSTEM, at=LONG_AGO)
    return contracts.sell_contract(customer, plan, date(2026, 1, 5), actor=SYSTEM, at=LONG_AGO)


@pytest.fixture
def tick(deliver):
    """A moment of the worker: what came round, what follows, what is told, what is sent."""

    def at(moment):
        ledger_tasks.tick(at=moment)
        contracts_tasks.tick(at=moment)
        deliver()
        tasks.tick(at=moment)

    return at


def letters(actor):
    return list(Letter.objects.filter(user_id=actor.user_id, kind__startswith="units").order_by("pk"))


@pytest.mark.django_db
def test_a_contract_that_ends_is_one_letter_with_all_its_units(contract, contact, member, tick):
    """LED-5: three pockets and the contract itself, one letter, to the company's administrator."""
    end = contract.ends_at - timedelta(days=29, hours=8)
    tick(end)
    assert UnitWarning.objects.count() == 4 and letters(contact) == []  # more may come in these minutes
    tick(end + timedelta(minutes=6))
    [letter] = letters(contact)
    assert letter.words["title"].startswith(f"Su póliza {contract.number} termina el")
    told = dict((label, figure) for label, figure in letter.words["figures"])
    assert len(letter.words["figures"]) == 4 and any("5 eventos" in figure for _label, figure in letter.words["figures"])
    assert f"Póliza {contract.number}" in told
    assert Notice.objects.filter(user_id=contact.user_id, kind="units_ending").count() == 1
    assert letters(member) == []
    for minutes in (10, 30, 600):
        tick(end + timedelta(minutes=minutes))
    assert len(letters(contact)) == 1


@pytest.mark.django_db
def test_what_comes_later_on_the_same_day_waits_for_the_next(contract, customer, contact, tick):
    """LED-5: a pocket that falls to a fifth after the day's letter is told the next day, with what is left by then."""
    end = contract.ends_at - timedelta(days=29, hours=12)
    tick(end)
    tick(end + timedelta(minutes=6))
    pocket = Pocket.objects.get(customer=customer, unit="incident")
    ledger.spend(pocket, 4, cause="case:1", key="a", actor=SYSTEM, at=end + timedelta(hours=1))
    card = ledger.open_pocket(customer.pk, "credit", "card:7", "Tarjeta 7", end, end + timedelta(days=300), actor=SYSTEM, at=end)
    ledger.issue(card, 10, cause="card:7", key="b", actor=SYSTEM, at=end)
    ledger.spend(card, 9, cause="case:1", key="c", actor=SYSTEM, at=end + timedelta(hours=1))
    for hours in (2, 3, 4):
        tick(end + timedelta(hours=hours))
    assert len(letters(contact)) == 1
    tick(end + timedelta(days=1))
    _first, second = letters(contact)
    assert second.words["title"] == "Le queda poco de varias unidades" and second.kind == "units_low"
    assert sorted(figure for _label, figure in second.words["figures"]) == ["1 crédito", "agotado"]


@pytest.mark.django_db
def test_what_is_no_longer_true_is_not_told(contract, customer, contact, tick):
    """LED-5: a contract that was renewed while its warning waited."""
    end = contract.ends_at - timedelta(days=29, hours=8)
    tick(end)
    contracts.renew(contract, actor=SYSTEM, at=end + timedelta(minutes=1))
    for pocket in Pocket.objects.filter(customer=customer, ends_at=contract.ends_at):
        ledger.spend(pocket, pocket.available, cause="case:1", key=str(pocket.pk), actor=SYSTEM, at=end + timedelta(minutes=2))
    commands.tell_gathered(tasks.units.tell_customer, at=end + timedelta(minutes=7))
    assert letters(contact) == [] and UnitWarning.objects.filter(told_at=None).count() == 0


@pytest.mark.django_db
def test_each_is_told_of_what_he_wants_to_hear(contract, customer, contact, tick):
    """LED-5"""
    commands.choose({"units_ending": (False, False), "units_low": (True, True)}, actor=contact, at=LONG_AGO)
    end = contract.ends_at - timedelta(days=29, hours=8)
    pocket = Pocket.objects.get(customer=customer, unit="incident")
    ledger.spend(pocket, 4, cause="case:1", key="a", actor=SYSTEM, at=end)
    tick(end + timedelta(minutes=1))
    tick(end + timedelta(minutes=7))
    [letter] = letters(contact)
    assert letter.kind == "units_low" and [figure for _l, figure in letter.words["figures"]] == ["agotado"]


@pytest.mark.django_db
def test_each_threshold_is_one_letter(contract, contact, tick):
    """LED-5: 30, 15 and 5 days, for a contract with three pockets; a worker that looks every half day."""
    moment = contract.ends_at - timedelta(days=40)
    while moment < contract.ends_at:
        tick(moment)
        moment += timedelta(hours=12)
    assert len(letters(contact)) == 3


@pytest.mark.django_db(transaction=True)
def test_several_workers_tell_once(contract, contact, deliver):
    """LED-5, TIM-10"""
    from threading import Thread

    from django.db import connections

    end = contract.ends_at - timedelta(days=29, hours=8)
    ledger_tasks.tick(at=end)
    deliver()

    def run():
        try:
            commands.tell_gathered(tasks.units.tell_customer, at=end + timedelta(minutes=6))
        finally:
            connections.close_all()

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(letters(contact)) == 1


@pytest.mark.django_db
def test_what_fails_for_one_customer_keeps_no_letter_of_another(customer, other_customer):
    """LED-5, TIM-10: it is tried again; the others are told."""
    for number, owner in enumerate((customer, other_customer)):
        commands.gather("units_low", {}, subject=f"pocket:{number}", customer_id=owner.pk, fact_id=number, at=LONG_AGO)
    told = []

    def tell(customer_id, lines, at):
        if customer_id == customer.pk:
            raise KeyError("unit")
        told.append(customer_id)

    assert commands.tell_gathered(tell, at=LONG_AGO + timedelta(minutes=6)) == 1 and told == [other_customer.pk]
    assert UnitWarning.objects.get(told_at__isnull=True).customer_id == customer.pk


@pytest.mark.django_db
def test_the_last_evening_of_a_contract_is_still_its_last_day():
    """LED-5: in the service's own zone, where it is already tomorrow in Greenwich."""
    ends_on = date(2026, 11, 20)
    line = UnitWarning(subject_ref="contract:1", kind="units_ending", said={"ends_on": ends_on.isoformat()})
    evening = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)  # 20:00 of the 20th in Mexico City
    assert units.still_true([line], evening) == [line]
    assert units.still_true([line], evening + timedelta(hours=5)) == []
