"""Statements, past balances and the check."""

from __future__ import annotations

import pytest
from django.db import connection

from amparo.kernel.actor import SYSTEM, VISITOR
from amparo.ledger import access, commands, queries
from amparo.ledger.models import VENDOR_POCKETS, Pocket, Transfer
from amparo.ledger.queries import Balance, Sums

from .conftest import DAY, END, START, filled


def at(day):
    return {"actor": SYSTEM, "at": START + day * DAY}


@pytest.fixture
def year(customer):
    """A year with everything in it: a contract's credits and events, and a card that ends in June."""
    credit = filled(customer.pk, "credit", 40)
    event = filled(customer.pk, "event", 3)
    card = filled(customer.pk, "credit", 10, source="card:9", ends_at=START + 150 * DAY)
    commands.spend(event, 1, cause="case:1", key="a", tariff_version=1, **at(10))
    first = commands.reserve(credit, 8, cause="case:2", key="b", tariff_version=1, **at(20))
    posted = commands.post(first, 6, key="c", **at(40))
    commands.give_back(posted, 2, cause="complaint:1", key="d", **at(50))
    held = commands.reserve(card, 4, cause="case:3", key="e", tariff_version=1, **at(100))
    commands.reserve(credit, 5, cause="case:4", key="g", tariff_version=1, **at(120))
    commands.expire_due(at=START + 150 * DAY)
    commands.void(held, key="f", **at(160))
    commands.take_back(credit, 3, cause="contract:1", key="h", **at(170))
    return customer


def test_a_statement_reconciles_to_the_unit(year):
    """LED-4: starting, added, used, given back, expired, taken back, left; each line with its cause."""
    told = queries.statement(year.pk, START - DAY, END)
    assert told.sums["credit"] == Sums(
        starting=0, added=50, used=6, given_back=2, expired=6, taken_back=3, moved=0, left=37, reserved=5,
        set_aside=17, released=6, settled=6,
    )  # fmt: skip
    assert told.sums["event"] == Sums(added=3, used=1, left=2)
    assert told.sums["incident"].is_empty
    assert all(sums.reconciles for sums in told.sums.values())
    assert [(line.kind, line.unit, line.amount, line.reserved, line.cause) for line in told.lines] == [
        ("added", "credit", 40, 0, "contract:1"),
        ("added", "event", 3, 0, "contract:1"),
        ("added", "credit", 10, 0, "card:9"),
        ("used", "event", -1, 0, "case:1"),
        ("reserved", "credit", 0, 8, "case:2"),
        ("used", "credit", -6, -8, "case:2"),
        ("given_back", "credit", 2, 0, "complaint:1"),
        ("reserved", "credit", 0, 4, "case:3"),
        ("reserved", "credit", 0, 5, "case:4"),
        ("expired", "credit", -6, 0, "card:9"),
        ("released", "credit", 0, -4, "case:3"),
        ("extended", "credit", -4, 0, "case:3"),
        ("extended", "credit", 4, 0, "case:3"),
        ("taken_back", "credit", -3, 0, "contract:1"),
    ]
    assert [line.left for line in told.lines if line.unit == "credit"] == [
        40,
        50,
        50,
        44,
        46,
        46,
        46,
        40,
        40,
        36,
        40,
        37,
    ]
    assert all(line.label_of_kind for line in told.lines)


def test_statements_of_adjoining_periods_join(year):
    """LED-4: what one ends with the next begins with, wherever the cut lies."""
    for cut in range(0, 200, 7):
        before = queries.statement(year.pk, START - DAY, START + cut * DAY)
        after = queries.statement(year.pk, START + cut * DAY, END)
        for unit, sums in after.sums.items():
            assert sums.starting == before.sums[unit].left
            assert sums.reconciles and before.sums[unit].reconciles
        assert len(before.lines) + len(after.lines) == 14


def test_a_statement_of_one_contract_or_card_has_its_pockets_only(year):
    """LED-4: what went on into an extension leaves it."""
    card = queries.statement(year.pk, START - DAY, END, source="card:9")
    assert card.sums["credit"] == Sums(added=10, expired=6, moved=-4, left=0, set_aside=4, released=4)
    assert {line.source for line in card.lines} == {"card:9"}
    contract = queries.statement(year.pk, START - DAY, END, source="contract:1")
    assert contract.sums["credit"] == Sums(
        added=40, used=6, given_back=2, taken_back=3, left=33, reserved=5, set_aside=13, released=2, settled=6
    )  # fmt: skip
    grace = Pocket.objects.get(source__startswith="grace:")
    assert queries.statement(year.pk, START, END, source=grace.source).sums["credit"].left == 4


def test_a_statement_of_a_year_takes_three_statements(year, django_assert_max_num_queries):
    """LED-4"""
    with django_assert_max_num_queries(3):
        queries.statement(year.pk, START, END)


def test_a_statement_shows_nobody_elses(year, other_customer):
    """LED-4, ACC-11"""
    filled(other_customer.pk, amount=7, source="contract:77")
    assert "contract:77" not in {line.cause for line in queries.statement(year.pk, START, END).lines}
    theirs = queries.statement(other_customer.pk, START, END)
    assert [line.cause for line in theirs.lines] == ["contract:77"]
    assert queries.statement(other_customer.pk, START, END, source="card:9").lines == ()


def test_a_past_balance_comes_from_transfers_alone(year):
    """LED-4"""
    credit = Pocket.objects.get(customer=year, unit="credit", source="contract:1")
    days = {
        0: (40, 0),
        19: (40, 0),
        20: (40, 8),
        40: (34, 0),
        50: (36, 0),
        120: (36, 5),
        170: (33, 5),
        300: (33, 5),
    }
    for day, (balance, reserved) in days.items():
        assert queries.balance_at(credit, START + day * DAY) == Balance(balance, reserved)
    assert queries.balance_at(credit, START - DAY) == Balance(0, 0)


def test_what_was_learnt_later_was_not_shown_before(pocket):
    """LED-4: a transfer of yesterday that is written today changes yesterday, not what was shown yesterday."""
    first = Transfer.objects.get()
    commands.spend(pocket, 4, cause="case:1", key="a", actor=SYSTEM, at=START + DAY)
    assert queries.balance_at(pocket, START + 2 * DAY).balance == 6
    assert queries.balance_at(pocket, START + 2 * DAY, known_at=first.recorded_at).balance == 10


def test_pockets_in_force_come_with_what_ends_first_first(customer, django_assert_num_queries):
    """LED-3"""
    late = filled(customer.pk, amount=1)
    soon = filled(customer.pk, amount=1, source="card:2", ends_at=START + 90 * DAY)
    with django_assert_num_queries(1):
        assert [p.pk for p in queries.pockets(customer.pk, START + DAY)] == [soon.pk, late.pk]
    assert [p.pk for p in queries.pockets(customer.pk, START + 90 * DAY)] == [late.pk]
    assert queries.pockets(customer.pk, END) == []


def test_the_check_counts_and_finds_nothing(year):
    """LED-4"""
    assert queries.check() == {"pockets": 4, "transfers": 13, "differences": []}


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        ("UPDATE ledger_pocket SET balance = balance + 1 WHERE id = %(p)s", "balance"),
        ("UPDATE ledger_pocket SET reserved = reserved + 1 WHERE id = %(p)s", "reserved"),
        ("UPDATE ledger_pocket SET issued = issued + 1 WHERE id = %(p)s", "issued"),
        ("UPDATE ledger_transfer SET unit = 'event' WHERE credit_id = %(p)s AND reverses_id IS NULL", "unit"),
        ("UPDATE ledger_transfer SET amount = 9 WHERE kind = 'post'", "posted"),
        ("UPDATE ledger_transfer SET amount = 7 WHERE reverses_id IS NOT NULL", "given back"),
    ],
)
def test_the_check_finds_what_somebody_spoilt_behind_the_guards(year, spoil, what):
    """LED-4, LED-2: with the triggers taken off by the owner of the tables."""
    pocket = Pocket.objects.get(customer=year, unit="credit", source="contract:1")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("ledger_pocket", "ledger_transfer"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(spoil, {"p": pocket.pk})
        for table in ("ledger_pocket", "ledger_transfer"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    assert what in {difference["what"] for difference in queries.check()["differences"]}


def test_pockets_are_seen_by_staff_and_by_their_own_customer(
    pocket, contact, other_contact, engineer, registered
):
    """ACC-11: and the vendor's by nobody."""
    assert VENDOR_POCKETS["spent", "credit"] not in access.visible_to(engineer).values_list("pk", flat=True)
    seen = [
        (who, access.visible_to(who).filter(pk=pocket.pk).exists()) for who in (engineer, contact, SYSTEM)
    ]
    assert all(found for _who, found in seen)
    for who in (other_contact, registered, VISITOR):
        assert not access.visible_to(who).exists()
