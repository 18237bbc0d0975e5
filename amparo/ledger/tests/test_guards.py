"""What the database refuses by itself, behind the commands' back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from amparo.kernel.actor import SYSTEM
from amparo.ledger import commands, queries
from amparo.ledger.models import VENDOR_POCKETS, Pocket, Transfer

from .conftest import DAY, END, NOW, WHO, filled

SPENT = {unit: VENDOR_POCKETS["spent", unit] for unit in ("event", "incident", "credit")}
ISSUED = VENDOR_POCKETS["issued", "credit"]
EXPIRED = VENDOR_POCKETS["expired", "credit"]


def raw(**changes):
    """Insert a transfer by plain SQL."""
    row = {
        "kind": "single",
        "unit": "credit",
        "amount": 1,
        "cause": "x:1",
        "key": "raw",
        "actor_ref": "x",
        "at": NOW,
    }
    row |= changes
    names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO ledger_transfer ({names}) VALUES ({marks}) RETURNING id", list(row.values())
        )
        return cursor.fetchone()[0]


def refused(sql, *params):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


def refuses(**row):
    with pytest.raises(DatabaseError), transaction.atomic():
        raw(**row)


@pytest.fixture
def whole(pocket):
    """The pocket, and the assertion that nothing changed in it."""
    before = Pocket.objects.values().get(pk=pocket.pk)
    count = Transfer.objects.count()
    yield pocket
    assert Pocket.objects.values().get(pk=pocket.pk) == before
    assert Transfer.objects.count() == count
    assert queries.check()["differences"] == []


def test_raw_sql_may_do_what_a_command_may(pocket):
    """LED-2: the guards let the lawful through and apply it, whoever sends it."""
    raw(debit_id=pocket.pk, credit_id=SPENT["credit"], amount=4)
    assert queries.balance(pocket.pk).balance == 6
    assert queries.check()["differences"] == []


def test_no_negative_balance(whole):
    """LED-2, SEC-49, CHG-10"""
    for kind in ("single", "reserve"):
        refuses(kind=kind, debit_id=whole.pk, credit_id=SPENT["credit"], amount=11)
    for amount in (0, -1, -5):
        refuses(debit_id=whole.pk, credit_id=SPENT["credit"], amount=amount)
    refuses(debit_id=whole.pk, credit_id=SPENT["credit"], amount=2**31)


def test_what_is_reserved_is_not_spent(pocket):
    """LED-2"""
    commands.reserve(pocket, 8, cause="case:1", key="r", **WHO)
    refuses(debit_id=pocket.pk, credit_id=SPENT["credit"], amount=3)


def test_no_change_or_removal_of_a_transfer(whole):
    """LED-2, SEC-50: by ORM, by SQL, row by row or all at once."""
    transfer = Transfer.objects.get()
    refused("UPDATE ledger_transfer SET amount = 1")
    refused("UPDATE ledger_transfer SET cause = cause")
    refused("DELETE FROM ledger_transfer")
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL amparo.may_truncate = off"
        )  # the tests' sessions may empty the tests' database
    refused("TRUNCATE ledger_transfer")
    refused("TRUNCATE ledger_pocket CASCADE")
    with pytest.raises(DatabaseError), transaction.atomic():
        transfer.amount = 99
        transfer.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        Transfer.objects.all().update(amount=2)
    with pytest.raises(DatabaseError), transaction.atomic():
        transfer.delete()


def test_no_transfer_across_units(whole):
    """LED-2, SEC-49"""
    refuses(debit_id=whole.pk, credit_id=SPENT["event"])
    refuses(debit_id=whole.pk, credit_id=SPENT["event"], unit="event")
    refuses(debit_id=whole.pk, credit_id=SPENT["credit"], unit="gold")


def test_no_second_transfer_with_the_same_key(whole):
    """LED-2, CHG-10"""
    refuses(debit_id=ISSUED, credit_id=whole.pk, key=Transfer.objects.get().key)


def test_no_more_is_posted_than_was_reserved(pocket):
    """LED-2, SEC-50"""
    reservation = commands.reserve(pocket, 3, cause="case:1", key="r", **WHO)
    sides = {"debit_id": pocket.pk, "credit_id": SPENT["credit"], "pending_id": reservation.pk}
    refuses(kind="post", amount=4, **sides)
    refuses(kind="void", amount=2, **sides)
    refuses(kind="post", amount=3, **(sides | {"pending_id": reservation.pk + 1000}))
    other = filled(pocket.customer_id, source="card:2")
    refuses(kind="post", amount=3, **(sides | {"debit_id": other.pk}))
    refuses(kind="single", amount=3, **sides)
    raw(kind="post", amount=3, **sides)
    refuses(kind="post", amount=3, key="late", **sides)
    refuses(kind="void", amount=3, key="later", **sides)
    assert queries.balance(pocket.pk) == queries.Balance(7, 0)
    assert queries.check()["differences"] == []


def test_units_come_from_nowhere_but_the_vendor(whole, other_customer):
    """LED-1, SEC-50"""
    theirs = filled(other_customer.pk, amount=0, source="contract:9")
    refuses(debit_id=whole.pk, credit_id=theirs.pk)
    refuses(debit_id=ISSUED, credit_id=SPENT["credit"])
    refuses(debit_id=SPENT["credit"], credit_id=whole.pk)
    refuses(debit_id=EXPIRED, credit_id=whole.pk)
    refuses(debit_id=whole.pk, credit_id=whole.pk)
    refuses(debit_id=whole.pk, credit_id=999_999_999)
    refuses(kind="reserve", debit_id=ISSUED, credit_id=whole.pk)


def test_no_units_go_between_two_pockets_of_a_customer(whole):
    """LED-3: each pocket keeps its end; only an extension takes over, after the end."""
    card = filled(whole.customer_id, amount=0, source="card:7")
    grace = filled(whole.customer_id, amount=0, source="grace:7")
    refuses(debit_id=whole.pk, credit_id=card.pk)
    refuses(debit_id=whole.pk, credit_id=grace.pk)


def test_no_more_is_given_back_than_was_spent(pocket):
    """LED-1"""
    spent = commands.spend(pocket, 3, cause="case:1", key="s", **WHO)
    sides = {"debit_id": SPENT["credit"], "credit_id": pocket.pk, "reverses_id": spent.pk}
    refuses(amount=4, **sides)
    raw(amount=2, **sides)
    refuses(amount=2, key="again", **sides)
    reservation = commands.reserve(pocket, 3, cause="case:1", key="r", **WHO)
    refuses(amount=1, key="r1", **(sides | {"reverses_id": reservation.pk}))


def test_nothing_is_spent_outside_its_time_nor_expired_before_it(whole):
    """LED-3"""
    refuses(debit_id=whole.pk, credit_id=SPENT["credit"], at=END)
    refuses(kind="reserve", debit_id=whole.pk, credit_id=SPENT["credit"], at=END + DAY)
    refuses(debit_id=whole.pk, credit_id=EXPIRED, at=END - timedelta(seconds=1))


def test_a_pocket_changes_only_by_transfers(whole):
    """LED-2, SEC-50"""
    refused("UPDATE ledger_pocket SET balance = balance + 1 WHERE id = %s", whole.pk)
    refused("UPDATE ledger_pocket SET reserved = 1 WHERE id = %s", whole.pk)
    refused("UPDATE ledger_pocket SET issued = 99 WHERE id = %s", whole.pk)
    refused("UPDATE ledger_pocket SET unit = 'event' WHERE id = %s", whole.pk)
    refused("UPDATE ledger_pocket SET customer_id = NULL, holder = 'spent' WHERE id = %s", whole.pk)
    refused("DELETE FROM ledger_pocket WHERE id = %s", whole.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        Pocket.objects.filter(pk=whole.pk).update(balance=1000)


def test_a_pocket_begins_empty(customer):
    """LED-2"""
    refused(
        "INSERT INTO ledger_pocket (customer_id, holder, unit, source, label, starts_at, ends_at, balance, reserved, issued) "
        "VALUES (%s, 'customer', 'credit', 'x:1', '', %s, %s, 5, 0, 5)",
        customer.pk,
        NOW,
        END,
    )


def test_no_setting_of_a_session_switches_the_guards_off(whole):
    """LED-2, SEC-50: the switch of django-pgtrigger does nothing here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL pgtrigger.ignore = '{public.ledger_transfer:transfer_is_final,transfer_is_final}'"
        )
    refused("DELETE FROM ledger_transfer")


def test_a_backdated_transfer_tells_when_it_was_recorded(pocket):
    """LED-4: nobody chooses `recorded_at`, nor the customer of a transfer."""
    pk = raw(
        debit_id=pocket.pk, credit_id=SPENT["credit"], at=NOW - DAY, recorded_at=NOW - DAY, customer_id=1
    )
    written = Transfer.objects.get(pk=pk)
    assert written.recorded_at > NOW - DAY and written.recorded_at != NOW - DAY
    assert written.customer_id == pocket.customer_id


def test_the_vendors_pockets_are_those_that_the_code_knows(db):
    """LED-1"""
    vendor = Pocket.objects.filter(customer__isnull=True)
    assert {(p.holder, p.unit): p.pk for p in vendor} == VENDOR_POCKETS
    assert SYSTEM.ref == "system"
