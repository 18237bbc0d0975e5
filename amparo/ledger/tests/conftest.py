"""What the ledger's tests share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from amparo.conftest import make_customer
from amparo.kernel.actor import SYSTEM
from amparo.ledger import commands

START = datetime(2026, 1, 1, 6, tzinfo=UTC)
END = datetime(2027, 1, 1, 6, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = datetime(2026, 11, 11, 18, tzinfo=UTC)
WHO = {"actor": SYSTEM, "at": NOW}


def filled(
    customer_id: int,
    unit: str = "credit",
    amount: int = 10,
    *,
    source: str = "contract:1",
    ends_at: datetime = END,
):
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
def committed(transactional_db):
    """A customer in a database where everything is really committed, for threads and processes; emptied after."""
    return make_customer("Concurrida")
