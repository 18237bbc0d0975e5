"""What the tests of charging share: a customer with a contract's pockets, and a card."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from amparo.conftest import NOON
from amparo.kernel.actor import SYSTEM
from amparo.ledger import commands as ledger
from amparo.ledger.models import Pocket

START = datetime(2026, 4, 1, 6, tzinfo=UTC)
END = datetime(2027, 4, 1, 6, tzinfo=UTC)
CARD_END = datetime(2027, 9, 1, 6, tzinfo=UTC)
STORY = {"at": NOON}


def give(customer, unit, amount, *, source="contract:1", label="P-1001", ends_at=END):
    """Units of a customer, in a pocket of their own."""
    pocket = ledger.open_pocket(customer.pk, unit, source, label, START, ends_at, actor=SYSTEM, at=START)
    if amount:
        ledger.issue(pocket, amount, cause=source, key=f"issue:{source}:{unit}", actor=SYSTEM, at=START)
    return pocket


@pytest.fixture
def contract(customer):
    """2 events, 1 incident, 12 credits until April, and a card of 20 credits until September."""
    return {
        "event": give(customer, "event", 2),
        "incident": give(customer, "incident", 1),
        "credit": give(customer, "credit", 12),
        "card": give(customer, "credit", 20, source="card:9", label="Tarjeta 9", ends_at=CARD_END),
    }


@pytest.fixture
def left(customer):
    """What is left: {"event": (balance, reserved), …}; both kinds of credit pockets by their source."""

    def read():
        found = {}
        for pocket in Pocket.objects.filter(customer=customer):
            name = pocket.unit if pocket.source == "contract:1" else pocket.source
            found[name] = (pocket.balance, pocket.reserved)
        return found

    return read
