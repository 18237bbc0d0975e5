"""The record. CAS-1."""

import threading

import pytest
from django.db import DatabaseError, connection, transaction

from amparo.conftest import NOON
from amparo.history import commands, queries, subscriptions
from amparo.history.models import Delivery, Fact
from amparo.kernel.actor import SYSTEM

SEEN: list[int] = []


def note_it(fact):
    SEEN.append(fact.id)


def fail(fact):
    raise ValueError("the other side is down")


@pytest.fixture
def subscribed(monkeypatch):
    SEEN.clear()
    table = {"thing.done": ("amparo.history.tests.test_history.note_it",), "thing.failed": ("amparo.history.tests.test_history.fail",)}
    monkeypatch.setattr(subscriptions, "table", lambda: table)


def record(name="thing.done", subject="thing:1", **data):
    with transaction.atomic():
        return commands.record(name, subject=subject, actor=SYSTEM, at=NOON, **data)


@pytest.mark.django_db
def test_facts_of_a_subject_form_a_chain(facts):
    """CAS-1"""
    first, second = record(amount=1), record("thing.changed", words="señal")
    record(subject="thing:2")
    assert (first.seq, second.seq) == (1, 2)
    assert facts("thing:1") == ["thing.done", "thing.changed"]
    assert list(queries.faults_of_chain("thing:1")) == []


@pytest.mark.django_db
@pytest.mark.parametrize("sql", ["UPDATE history_fact SET name = 'x'", "DELETE FROM history_fact"])
def test_the_database_refuses_to_change_the_record(sql):
    """CAS-1: also by plain SQL."""
    record()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE history_fact SET body = replace(body, '1', '2') WHERE seq = 2",
        "DELETE FROM history_fact WHERE seq = 2",
        "DELETE FROM history_fact WHERE seq = 3",
        "UPDATE history_fact SET hash = repeat('0', 64) WHERE seq = 3",
    ],
)
def test_whatever_is_altered_behind_the_guards_is_found(damage):
    """CAS-1"""
    for n in range(3):
        record(amount=n + 1)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(damage)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert list(queries.faults_of_chain("thing:1"))


@pytest.mark.django_db
def test_a_fact_costs_one_statement(django_assert_num_queries):
    with transaction.atomic(), django_assert_num_queries(1):
        commands.record("thing.done", subject="thing:9", actor=SYSTEM, at=NOON, a=1)


@pytest.mark.django_db
def test_a_reaction_runs_once_after_the_fact(subscribed, deliver):
    ref = record()
    assert SEEN == []
    assert deliver() == 1 and [ref.id] == SEEN
    assert deliver() == 0 and [ref.id] == SEEN


@pytest.mark.django_db
def test_a_failing_reaction_is_kept_for_later_and_does_not_hold_up_others(subscribed, deliver):
    record("thing.failed")
    record()
    deliver()
    assert len(SEEN) == 1
    failed = Delivery.objects.get(done_at=None)
    assert failed.attempts == 1 and "ValueError" in failed.error


@pytest.mark.django_db(transaction=True)
def test_chains_hold_under_concurrency(subscribed):
    """CAS-1: facts of one subject wait for each other."""

    def write(count):
        try:
            for _ in range(count):
                record()
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(15,)) for _ in range(6)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert Fact.objects.filter(subject="thing:1").count() == 90
    assert list(queries.faults_of_chain("thing:1")) == []


@pytest.mark.django_db(transaction=True)
def test_several_workers_run_each_reaction_once(subscribed):
    for n in range(40):
        record(subject=f"thing:{n}")

    def work():
        try:
            while commands.deliver_pending(at=NOON):
                pass
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(SEEN) == 40 == len(set(SEEN))
