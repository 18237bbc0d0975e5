"""Random histories: no unit is ever made or lost, and every balance that was shown can be recomputed. LED-4, CHG-10."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection

from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import Refusal
from amparo.ledger import commands, queries
from amparo.ledger.models import Pocket, Transfer
from amparo.ledger.tasks import tick

from .conftest import DAY, END, START, filled
from .rig import dies_at, ended, in_child

FAR = END + 400 * DAY


def conserved(customer_id):
    """Whatever was issued is in a pocket, was spent, or expired; by unit."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT unit, sum(amount * (CASE WHEN debit_id <= 3 THEN 1 WHEN credit_id <= 3 THEN -1 ELSE 0 END)) AS issued,
                sum(amount * CASE WHEN kind IN ('single', 'post') THEN
                    CASE WHEN credit_id BETWEEN 4 AND 9 THEN 1 WHEN debit_id BETWEEN 4 AND 9 THEN -1 ELSE 0 END ELSE 0 END)
                + (SELECT sum(balance) FROM ledger_pocket p WHERE p.customer_id = %(c)s AND p.unit = t.unit)
            FROM ledger_transfer t WHERE customer_id = %(c)s GROUP BY unit""",
            {"c": customer_id},
        )
        return all(issued == kept for _unit, issued, kept in cursor.fetchall())


def test_a_command_that_was_refused_is_not_in_the_history(pocket):
    """LED-4"""
    before = Transfer.objects.count()
    for act in (commands.spend, commands.reserve):
        with pytest.raises(Refusal):
            act(pocket, 11, cause="case:1", key="x", actor=SYSTEM, at=START)
    assert Transfer.objects.count() == before


@pytest.mark.parametrize("seed", range(12))
def test_a_random_history_reconciles_at_every_moment(customer, seed):
    """LED-1, LED-3, LED-4, LED-6: each command, each refusal, each expiry; shown then and recomputed now."""
    rng = random.Random(seed)
    pockets = [
        filled(
            customer.pk,
            unit,
            rng.randint(0, 8),
            source=f"contract:{n}",
            ends_at=START + rng.randint(5, 60) * DAY,
        )
        for n, unit in enumerate(["event", "incident", "credit", "credit"], start=1)
    ]
    reservations, charges, shown, done = [], [], [], Counter()
    for step in range(70):
        at = START + step * DAY + timedelta(hours=1)
        tick(at=at)
        pockets = list(Pocket.objects.filter(customer=customer).order_by("pk"))
        word = rng.choice(["issue", "reserve", "reserve", "spend", "post", "void", "give_back", "take_back"])
        keyed = {"key": f"{step}", "actor": SYSTEM, "at": at}
        caused = keyed | {"cause": f"case:{step % 5}"}
        try:
            if word in ("issue", "reserve", "spend", "take_back"):
                made = getattr(commands, word)(rng.choice(pockets), rng.randint(1, 5), **caused)
                {"reserve": reservations, "spend": charges}.get(word, []).append(made)
            elif word == "give_back" and charges:
                commands.give_back(rng.choice(charges), rng.randint(1, 3), **caused)
            elif word == "post" and reservations:
                held = rng.choice(reservations)
                charges.append(commands.post(held, rng.choice([None, 1, held.amount]), **keyed))
            elif word == "void" and reservations:
                commands.void(rng.choice(reservations), **keyed)
            done[word] += 1
        except Refusal as refusal:
            done[refusal.code] += 1
        shown += [(p.pk, at, queries.balance(p.pk)) for p in Pocket.objects.filter(customer=customer)]
    assert queries.check()["differences"] == []
    assert conserved(customer.pk)
    by_id = {p.pk: p for p in Pocket.objects.filter(customer=customer)}
    for pocket_id, at, balance in shown:
        assert queries.balance_at(by_id[pocket_id], at) == balance, (pocket_id, at)
    for since, until in (
        (START, FAR),
        (START + 10 * DAY, START + 33 * DAY),
        (START + 33 * DAY, START + 33 * DAY),
    ):
        told = queries.statement(customer.pk, since, until)
        assert all(sums.reconciles for sums in told.sums.values()), told.sums
    assert done["post"] and len(done) > 5


# --- with processes that are killed ------------------------------------------------------------------------------------


def plan(seed, length):
    """What one worker will do: each act refers to earlier acts of its own by their place, so that it can be repeated."""
    rng = random.Random(seed)
    acts = []
    for step in range(length):
        word = rng.choice(
            ["issue", "reserve", "reserve", "spend", "spend", "post", "void", "give_back", "expire"]
        )
        acts.append((word, rng.randrange(3), rng.randint(1, 4), rng.randrange(max(1, step))))
    return acts


def work(name, acts, pockets):
    """Do a plan from its beginning; what was already done returns its first result by its key. CHG-10"""
    made = {}
    for step, (word, which, amount, earlier) in enumerate(acts):
        at = START + (step + 1) * DAY
        keyed = {"key": f"{name}:{step}", "actor": SYSTEM, "at": at}
        origin = made.get(earlier)
        try:
            if word in ("issue", "reserve", "spend"):
                made[step] = getattr(commands, word)(pockets[which], amount, cause=f"case:{name}", **keyed)
            elif word == "expire":
                commands.expire_due(at=at)
            elif origin is None:
                continue
            elif word == "post" and origin.kind == "reserve":
                made[step] = commands.post(origin, min(amount, origin.amount), **keyed)
            elif word == "void" and origin.kind == "reserve":
                commands.void(origin, **keyed)
            elif word == "give_back" and origin.kind in ("single", "post"):
                commands.give_back(origin, 1, cause=f"case:{name}", **keyed)
        except Refusal:
            pass


def observe(customer_id, path, until):
    """Write down what pockets hold, each read under its lock with the moment of the reading."""
    with open(path, "w") as out, connection.cursor() as cursor:
        while not os.path.exists(until):
            cursor.execute("SELECT id FROM ledger_pocket WHERE customer_id = %s", [customer_id])
            for (pocket_id,) in cursor.fetchall():
                cursor.execute(
                    "SELECT id, balance, reserved, clock_timestamp()::text FROM ledger_pocket WHERE id = %s FOR SHARE",
                    [pocket_id],
                )
                out.write(json.dumps(cursor.fetchone()) + "\n")
            time.sleep(0.005)


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_processes_make_and_lose_nothing(committed, tmp_path, seed):
    """CHG-10, LED-1, LED-4, SEC-47, SEC-50: four processes on the same pockets, each killed again and again between or in
    the middle of statements; each begins anew and ends its plan; nothing is doubled, and each balance seen meanwhile is
    recomputed from transfers alone."""
    rng = random.Random(seed)
    pockets = [
        filled(committed.pk, amount=30, source="contract:1"),
        filled(committed.pk, amount=20, source="contract:2", ends_at=START + 12 * DAY),
        filled(committed.pk, "incident", 8, source="contract:1"),
    ]
    until, seen = tmp_path / "end", tmp_path / "seen"
    observer = in_child(lambda: observe(committed.pk, seen, until))
    plans = {name: plan(f"{seed}{name}", 30) for name in "abcd"}
    running, kills = {}, Counter()

    def start(name):
        if kills[name] >= 7:
            act = lambda: work(name, plans[name], pockets)  # noqa: E731
        else:
            where, after = rng.randint(1, 60), rng.random() < 0.5

            def act():
                with dies_at(where, after=after):
                    work(name, plans[name], pockets)

        running[in_child(act)] = name

    for name in plans:
        start(name)
    while running:
        child = next(iter(running))
        if rng.random() < 0.3:  # from outside, wherever it happens to be
            time.sleep(rng.random() * 0.02)
            os.kill(child, signal.SIGKILL)
        name = running.pop(child)
        if not ended(child):
            kills[name] += 1
            start(name)
    until.touch()
    assert ended(observer)
    assert sum(kills.values()) >= 8

    assert queries.check()["differences"] == []
    assert conserved(committed.pk)
    per_key = Counter(Transfer.objects.filter(customer=committed).values_list("key", flat=True))
    assert max(per_key.values()) == 1
    by_id = {p.pk: p for p in Pocket.objects.filter(customer=committed)}
    lines = {tuple(json.loads(line)) for line in seen.read_text().splitlines()}
    assert len(lines) > 20
    for pocket_id, balance, reserved, moment in lines:
        found = queries.balance_at(by_id[pocket_id], FAR, known_at=moment)
        assert (found.balance, found.reserved) == (balance, reserved), (pocket_id, moment)
    told = queries.statement(committed.pk, START, FAR)
    assert all(sums.reconciles for sums in told.sums.values())


@pytest.mark.parametrize("word", ["void", "give_back", "post"])
def test_a_giving_back_after_the_end_is_whole_or_not_at_all(committed, word):
    """LED-6, SEC-47: killed at each of its statements in turn, then repeated: the units are in one extension."""
    at, statement, killed = END + DAY, 0, True
    while killed:
        statement += 1
        pocket = filled(committed.pk, amount=5, source=f"contract:{statement}")
        keyed = {"key": f"{word}{statement}", "actor": SYSTEM, "at": at}
        opened = {"cause": "case:1", "key": f"o{word}{statement}", "actor": SYSTEM, "at": START}
        if word == "give_back":
            spent = commands.spend(pocket, 5, **opened)
            act = lambda: commands.give_back(spent, 4, cause="case:1", **keyed)  # noqa: E731
        else:
            held = commands.reserve(pocket, 5, **opened)
            act = {
                "void": lambda: commands.void(held, **keyed),
                "post": lambda: commands.post(held, 1, **keyed),
            }[word]

        def once(act=act, statement=statement):
            with dies_at(statement, after=True):
                act()

        killed = not ended(in_child(once))
        act()
        act()
        back = {"void": 5, "give_back": 4, "post": 4}[word]
        extensions = Pocket.objects.filter(customer=committed, source__startswith="grace:", balance__gt=0)
        assert [p.balance for p in extensions] == [back] * statement
        assert queries.check()["differences"] == []
    assert statement > 4
