"""Several workers and people at once, over real connections: each consequence happens once. TIM-10."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction

from amparo.conftest import NOON, make_customer
from amparo.deadlines import commands, tasks
from amparo.deadlines.models import Promise, PromiseLapse, PromiseWarning
from amparo.history.commands import record
from amparo.history.models import Fact
from amparo.kernel.actor import SYSTEM

from .at_once import at_once
from .calendars import local

HOUR = timedelta(hours=1)
DUE = local("2026-11-13 12:00")


pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    """A customer whose rows other connections see."""
    return make_customer("Papelería Ocho")


def promised(world, count: int, subjects: int | None = None) -> list[Promise]:
    with transaction.atomic():
        return [
            commands.promise(
                "answer.ticket",
                subject=f"ticket:{900_000 + number % (subjects or count)}",
                customer_id=world.pk,
                actor=SYSTEM,
                at=NOON + timedelta(seconds=number),
            )
            for number in range(count)
        ]


def told(name: str) -> Counter:
    return Counter(Fact.objects.filter(name=name).values_list("data__promise", flat=True))


def test_eight_workers_lapse_each_promise_once(world):
    """TIM-10: also where many promises share a subject, whose record only one can hold."""
    made = promised(world, 400, subjects=40)
    results = at_once(*[lambda: tasks.tick(at=DUE + HOUR)] * 8)
    assert results == [None] * 8
    tasks.tick(at=DUE + HOUR)
    assert told("promise.lapsed") == {row.pk: 1 for row in made}
    assert PromiseLapse.objects.filter(promise__in=made).count() == 400
    assert not Promise.objects.filter(state="open").exists()


def test_eight_workers_warn_of_each_threshold_once(world):
    """TIM-10"""
    made = promised(world, 200, subjects=20)
    for hours in (25, 37, 44):
        assert at_once(*[lambda at=NOON + hours * HOUR: tasks.tick(at=at)] * 8) == [None] * 8
        tasks.tick(at=NOON + hours * HOUR)
    assert told("promise.warned") == {row.pk: 3 for row in made}
    assert PromiseWarning.objects.filter(promise__in=made).count() == 600


def test_an_answer_and_a_lapse_at_once_agree(world):
    """TIM-9, TIM-10: whoever comes first, each promise is kept or lapsed, never both."""
    made = promised(world, 60)
    acts = []
    for number, row in enumerate(made):
        moment = DUE if number % 2 else DUE + 2 * HOUR
        acts.append(lambda row=row, at=moment: commands.keep(row, actor=SYSTEM, at=at))

    def answer_all():
        for act in acts:
            act()

    assert at_once(answer_all, *[lambda: tasks.tick(at=DUE + 3 * HOUR)] * 3) == [None] * 4
    rows = list(Promise.objects.filter(pk__in=[row.pk for row in made]).order_by("pk"))
    lapsed = told("promise.lapsed")
    for number, row in enumerate(rows):
        kept = row.state == "kept"
        assert kept == (lapsed[row.pk] == 0) and lapsed[row.pk] <= 1
        if not number % 2:
            assert row.state == "lapsed" and row.met_at == DUE + 2 * HOUR
        elif not kept:
            assert row.met_at == DUE + 3 * HOUR  # begun in time, but its lapse was on the record first


def test_the_same_key_at_once_makes_one_promise(world):
    """TIM-8"""

    def make():
        return commands.promise(
            "callback", subject="ticket:999001", customer_id=world.pk, actor=SYSTEM, at=NOON, key="call:1"
        ).pk

    assert len(set(at_once(*[make] * 8))) == 1
    assert Fact.objects.filter(subject="ticket:999001", name="promise.made").count() == 1


def test_a_worker_never_stands_in_the_way_of_a_person(world):
    """TIM-10: a person's act holds the record of its subject and then asks for its promise; the worker gives way,
    does the others of its batch, and the one that it left lapses in the next round."""
    made = promised(world, 5)
    held, go_on = threading.Event(), threading.Event()

    def person():
        with transaction.atomic():
            record("ticket.answered", subject=made[2].subject_ref, actor=SYSTEM, at=DUE + HOUR)
            held.set()
            go_on.wait(60)
            return [
                row.state
                for row in commands.keep_open(
                    made[2].subject_ref, "answer.ticket", actor=SYSTEM, at=DUE + HOUR
                )
            ]

    def worker():
        held.wait(60)
        begun = time.monotonic()
        lapsed = commands.lapse_due(at=DUE + HOUR)
        go_on.set()
        return lapsed, time.monotonic() - begun

    answered, (lapsed, seconds) = at_once(person, worker)
    assert answered == ["lapsed"] and lapsed == 4 and seconds < 30, "it waited for the person"
    tasks.tick(at=DUE + HOUR)
    assert told("promise.lapsed") == {row.pk: 1 for row in made}


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(world):
    """TIM-10: its connection ends before the commit; the next one does the whole batch again."""
    made = promised(world, 10)

    def killed():
        with transaction.atomic():
            commands.lapse_due(at=DUE + HOUR)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    (error,) = at_once(killed)
    assert isinstance(error, Exception)
    assert Promise.objects.filter(pk__in=[row.pk for row in made], state="open").count() == 10
    tasks.tick(at=DUE + HOUR)
    assert told("promise.lapsed") == {row.pk: 1 for row in made}


def test_a_thousand_lapses_take_seconds(world):
    """TIM-10: ten thousand within a minute by one worker; a tenth of that here, with room."""
    promised(world, 1000)
    begun = time.monotonic()
    tasks.tick(at=DUE + HOUR)
    assert time.monotonic() - begun < 6
    assert PromiseLapse.objects.count() >= 1000
