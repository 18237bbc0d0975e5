"""What the ledger's tests share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections

from amparo.conftest import make_customer
from amparo.kernel.actor import SYSTEM
from amparo.ledger import commands

START = datetime(2026, 1, 1, 6, tzinfo=UTC)
END = datetime(2027, 1, 1, 6, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = datetime(2026, 11, 11, 18, tzinfo=UTC)
WHO = {"actor": SYSTEM, "at": NOW}


def filled(customer_id: int, unit: str = "credit", amount: int = 10, *, source: str = "contract:1", ends_at: datetime = END):
    """A pocket with units in it."""
    pocket = commands.open_pocket(customer_id, unit, source, "P-1", START, ends_at, actor=SYSTEM, at=START)
    if amount:
        commands.issue(pocket, amount, cause=source, key=f"issue:{source}:{unit}", actor=SYSTEM, at=START)
    pocket.refresh_from_db()
    return pocket


@pytest.fixture
def pocket(customer):
    return filled(customer.pk)


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    """A customer in a database where everything is really committed; what the test wrote is removed after it."""
    with django_db_blocker.unblock():
        customer = make_customer("Concurrida")
        yield customer
        connections.close_all()
        mine = {"c": customer.pk, "subject": f"customer:{customer.pk}"}
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            for table in ("ledger_transfer", "ledger_pocket", "history_fact"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(
                "DELETE FROM history_delivery WHERE fact_id IN (SELECT id FROM history_fact WHERE customer_id = %(c)s)", mine
            )
            cursor.execute(
                "DELETE FROM history_chain WHERE subject IN (SELECT subject FROM history_fact WHERE customer_id = %(c)s)", mine
            )
            cursor.execute("DELETE FROM history_fact WHERE customer_id = %(c)s", mine)
            cursor.execute(
                "DELETE FROM ledger_pocketwarning WHERE pocket_id IN (SELECT id FROM ledger_pocket WHERE customer_id = %(c)s)", mine
            )
            cursor.execute("DELETE FROM ledger_transfer WHERE customer_id = %(c)s", mine)
            cursor.execute("DELETE FROM ledger_pocket WHERE customer_id = %(c)s", mine)
            cursor.execute("DELETE FROM people_customer WHERE id = %(c)s", mine)
            for table in ("ledger_transfer", "ledger_pocket", "history_fact"):
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute("COMMIT")
        connections.close_all()
