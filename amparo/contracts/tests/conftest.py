"""What tests of contracts share: a product with versions, plans, contracts, cards."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from amparo.conftest import NOON
from amparo.contracts import commands
from amparo.kernel.actor import SYSTEM
from amparo.ledger.models import Pocket
from amparo.people.models import Customer
from amparo.products import commands as products

ADDRESS = "203.0.113.7"


@pytest.fixture
def product(db):
    """Caja, of which 10.1 is current since a month."""
    made = products.add_product("caja", "Caja", actor=SYSTEM, at=NOON - timedelta(days=900))
    old = products.add_release(made, "9.2", date(2025, 1, 15), actor=SYSTEM, at=NOON - timedelta(days=600))
    products.make_current(old, actor=SYSTEM, at=NOON - timedelta(days=600))
    new = products.add_release(made, "10.1", date(2026, 10, 12), actor=SYSTEM, at=NOON - timedelta(days=30))
    products.make_current(new, actor=SYSTEM, at=NOON - timedelta(days=30))
    return made


@pytest.fixture
def plan(db):
    return commands.add_plan("Plus", events=12, incidents=4, credits=40, price="9800.00", actor=SYSTEM, at=NOON)


@pytest.fixture
def contract(customer, plan):
    """Plus, taken today."""
    return commands.sell_contract(customer, plan, date(2026, 11, 11), actor=SYSTEM, at=NOON)


@pytest.fixture
def licence(customer, product):
    """Caja on two terminals, with the current version."""
    return products.register_licence(
        "CAJA-7K2M-9XQ4-0001", product, customer, terminals=2,
        installed=product.releases.get(version="10.1"), actor=SYSTEM, at=NOON,
    )


def left(customer: Customer, source: str = "") -> dict[str, int]:
    """What a customer can still spend, by unit, of one source or of all."""
    pockets = Pocket.objects.filter(customer=customer)
    if source:
        pockets = pockets.filter(source=source)
    found = {"event": 0, "incident": 0, "credit": 0}
    for pocket in pockets:
        found[pocket.unit] += pocket.available
    return found
