"""Everybody at once: on one last unit, one key, one reservation, one hot pocket."""

from __future__ import annotations

import random
from datetime import timedelta

from amparo.kernel.actor import SYSTEM
from amparo.ledger import commands, queries
from amparo.ledger.errors import AlreadyEnded, NotEnough, TooMuchGivenBack
from amparo.ledger.models import Transfer

from .conftest import END, NOW, WHO, filled
from .rig import race

MANY = 50


def sound():
    return queries.check()["differences"] == []


def kinds(results):
    return {
        kind: sum(type(r).__name__ == kind for r in results) for kind in {type(r).__name__ for r in results}
    }


def test_fifty_at_once_want_the_last_credit(committed):
    """CHG-10, LED-2, SEC-47"""
    pocket = filled(committed.pk, amount=1)
    results = race(
        [lambda i=i: commands.spend(pocket, 1, cause=f"case:{i}", key=f"k{i}", **WHO) for i in range(MANY)]
    )
    assert kinds(results) == {"Transfer": 1, "NotEnough": MANY - 1}
    assert queries.balance(pocket.pk) == queries.Balance(0, 0)
    assert sound()


def test_fifty_at_once_reserve_the_last_credit(committed):
    """CHG-10, SEC-47"""
    pocket = filled(committed.pk, amount=3)
    results = race(
        [lambda i=i: commands.reserve(pocket, 2, cause=f"case:{i}", key=f"k{i}", **WHO) for i in range(MANY)]
    )
    assert kinds(results) == {"Transfer": 1, "NotEnough": MANY - 1}
    assert queries.balance(pocket.pk) == queries.Balance(3, 2)


def test_the_same_request_fifty_times_at_once_has_one_effect(committed):
    """CHG-10, SEC-47, SEC-48: who comes while the first is under way waits and gets its result."""
    pocket = filled(committed.pk, amount=MANY)
    results = race([lambda: commands.spend(pocket, 1, cause="case:1", key="same", **WHO)] * MANY)
    assert len({result.pk for result in results}) == 1
    assert queries.balance(pocket.pk).balance == MANY - 1


def test_a_reservation_ends_once_whoever_is_first(committed):
    """LED-1, SEC-47: one closing accepted and given back fifty times at once."""
    pocket = filled(committed.pk, amount=9)
    reservation = commands.reserve(pocket, 5, cause="case:1", key="r", **WHO)
    acts = [
        (lambda i=i: commands.post(reservation, 1 + i % 5, key=f"p{i}", **WHO))
        if i % 2
        else (lambda i=i: commands.void(reservation, key=f"v{i}", **WHO))
        for i in range(MANY)
    ]
    results = race(acts)
    assert kinds(results) == {"Transfer": 1, "AlreadyEnded": MANY - 1}
    [winner] = [r for r in results if isinstance(r, Transfer)]
    charged = winner.amount if winner.kind == "post" else 0
    assert queries.balance(pocket.pk) == queries.Balance(9 - charged, 0)
    assert all(isinstance(r, Transfer | AlreadyEnded) for r in results)


def test_no_more_is_given_back_than_was_charged_however_many_ask(committed):
    """LED-1, SEC-47: also when it goes to extensions after the end."""
    for source, at in (("contract:1", NOW), ("contract:2", END + timedelta(days=1))):
        pocket = filled(committed.pk, amount=9, source=source)
        spent = commands.spend(pocket, 7, cause="case:1", key=f"s{source}", **WHO)
        results = race(
            [
                lambda i=i, spent=spent, at=at: commands.give_back(
                    spent, 2, cause="x:1", key=f"b{spent.pk}{i}", actor=SYSTEM, at=at
                )
                for i in range(20)
            ]
        )
        assert kinds(results) == {"Transfer": 3, "TooMuchGivenBack": 17}, [
            r for r in results if not isinstance(r, Transfer | TooMuchGivenBack)
        ]
    assert sound()


def test_workers_expire_each_pocket_once(committed):
    """LED-3, TIM-10"""
    for number in range(30):
        filled(committed.pk, amount=5, source=f"contract:{number}")
    results = race([lambda: commands.expire_due(at=END, limit=7)] * 6)
    assert not [r for r in results if isinstance(r, Exception)]
    while commands.expire_due(at=END):
        pass
    assert Transfer.objects.filter(customer=committed, credit__holder="expired").count() == 30
    assert sound()


def test_a_hot_pocket_has_no_deadlock_and_no_wrong_balance(committed):
    """LED-2, CHG-10"""
    pocket = filled(committed.pk, amount=200)

    def work(worker):
        rng = random.Random(worker)
        for step in range(12):
            key = f"{worker}:{step}"
            try:
                if rng.random() < 0.5:
                    commands.spend(pocket, rng.randint(1, 4), cause=f"case:{key}", key=key, **WHO)
                else:
                    held = commands.reserve(pocket, rng.randint(1, 4), cause=f"case:{key}", key=key, **WHO)
                    end = rng.choice([commands.post, commands.void])
                    end(held, key=f"{key}:end", **WHO)
            except NotEnough:
                pass

    results = race([lambda worker=worker: work(worker) for worker in range(16)])
    assert results == [None] * 16
    assert queries.balance(pocket.pk) == queries.balance_at(pocket, NOW)
    assert queries.balance(pocket.pk).reserved == 0
    assert sound()
