"""The reconciliation over all customers: it says zero, and finds what is off. LED-4."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import NotPermitted
from amparo.ledger import commands, queries, tasks
from amparo.ledger.commands import reconciliations
from amparo.ledger.models import Pocket, Reconciliation

from .conftest import DAY, START, filled


def moved(customer, unit="credit", source="contract:1"):
    pocket = filled(customer.pk, unit, 10, source=source)
    held = commands.reserve(pocket, 4, cause="case:1", key=f"{unit}{source}r", actor=SYSTEM, at=START)
    posted = commands.post(held, 3, key=f"{unit}{source}p", actor=SYSTEM, at=START)
    commands.give_back(posted, 1, cause="case:1", key=f"{unit}{source}g", actor=SYSTEM, at=START)
    commands.reserve(pocket, 2, cause="case:2", key=f"{unit}{source}h", actor=SYSTEM, at=START)
    return pocket


def ran(administrator):
    run = commands.reconcile(actor=administrator, at=START + DAY)
    while commands.work(at=START + DAY, seconds=0):
        pass
    run.refresh_from_db()
    return run


def test_it_says_zero_over_all_customers(customer, other_customer, administrator, monkeypatch, facts):
    """LED-4: figures by unit that add up, in as many steps as it takes."""
    monkeypatch.setattr(reconciliations, "STEP", 1)
    moved(customer)
    moved(customer, "event")
    ended = filled(other_customer.pk, "credit", 7, source="card:9", ends_at=START + 5 * DAY)
    commands.expire_due(at=START + 5 * DAY)
    run = ran(administrator)
    assert run.state == "done" and run.agrees and run.differences == []
    assert (run.customers, run.customers_done, run.percent) == (2, 2, 100)
    assert run.pockets == 3 and run.transfers == 12
    assert run.units["credit"] == {"issued": 17, "spent": 2, "expired": 7, "left": 8, "reserved": 2, "off": 0}
    assert run.units["event"] == {"issued": 10, "spent": 2, "expired": 0, "left": 8, "reserved": 2, "off": 0}
    assert facts(run) == ["ledger.reconciliation_begun", "ledger.reconciled"] and ended.pk


def test_what_is_off_is_named(customer, administrator, facts):
    """LED-4: a balance that somebody changed past every guard."""
    pocket = moved(customer)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE ledger_pocket SET balance = balance + 5 WHERE id = %s", [pocket.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")
    run = ran(administrator)
    assert not run.agrees and run.units["credit"]["off"] == 5
    assert run.differences == [
        {"customer": customer.pk, "pocket": pocket.pk, "what": "balance", "shown": 13, "recomputed": 8}
    ]
    assert facts(run)[-1] == "ledger.off"


def test_a_worker_that_is_killed_costs_one_step(customer, other_customer, administrator, monkeypatch):
    """LED-4: what was done stands; the next worker goes on behind it."""
    monkeypatch.setattr(reconciliations, "STEP", 1)
    moved(customer)
    moved(other_customer)
    run = commands.reconcile(actor=administrator, at=START)
    commands.work(at=START, seconds=0)
    run.refresh_from_db()
    assert (run.state, run.customers_done) == ("running", 1)

    def dies(_after, _limit):
        raise RuntimeError

    with monkeypatch.context() as broken, pytest.raises(RuntimeError):
        broken.setattr(queries, "check_customers", dies)
        commands.work(at=START, seconds=0)
    run.refresh_from_db()
    assert run.customers_done == 1
    commands.work(at=START)
    run.refresh_from_db()
    assert run.state == "done" and run.agrees and run.units["credit"]["issued"] == 20


def test_one_runs_at_a_time_and_only_administrators_ask(db, administrator, engineer, contact):
    """LED-4"""
    first = commands.reconcile(actor=administrator, at=START)
    assert commands.reconcile(actor=administrator, at=START).pk == first.pk
    for stranger in (engineer, contact):
        with pytest.raises(NotPermitted):
            commands.reconcile(actor=stranger, at=START)


def test_each_night_once(db):
    """LED-4: after three o'clock in Mexico City; results without a difference are forgotten after a year and more."""
    night = (START + DAY).replace(hour=9, minute=5)  # 03:05
    assert commands.reconcile_nightly(at=night - timedelta(hours=1)) is None
    for _ in range(3):
        tasks.reconcile(at=night)
    assert Reconciliation.objects.count() == 1 and Reconciliation.objects.get().agrees
    tasks.reconcile(at=night + DAY)
    assert Reconciliation.objects.count() == 2
    tasks.reconcile(at=night + 500 * DAY)
    assert Reconciliation.objects.count() == 1


def test_the_two_checks_agree(customer, administrator):
    """LED-4: `amparo check-ledger` and the reconciliation count the same."""
    moved(customer)
    run, found = ran(administrator), queries.check()
    assert (run.pockets, run.transfers) == (found["pockets"], found["transfers"])
    assert run.differences == found["differences"] == [] and Pocket.objects.filter(customer=customer).count() == 1
