"""What tests of sales share: a plan and cards on sale, and orders of them."""

from __future__ import annotations

import itertools
from datetime import date

import pytest

from amparo.conftest import NOON
from amparo.contracts import commands as contracts
from amparo.kernel.actor import SYSTEM
from amparo.ledger.models import Pocket
from amparo.sales import commands
from amparo.sales.commands import Order, Received

FISCAL = {"rfc": "AAA010101AAA", "legal_name": "ABARROTES LUPITA", "regime": "601", "use": "G03", "postal_code": "06600"}
_keys = itertools.count(1)


@pytest.fixture
def plan(db):
    return contracts.add_plan("Plus", events=12, incidents=4, credits=40, price="9800.00", actor=SYSTEM, at=NOON)


@pytest.fixture
def cards(db):
    """Fifty credits for 4,500.00."""
    return commands.add_card_offer("Tarjeta de 50 créditos", 50, 450_000, actor=SYSTEM, at=NOON)


def order(customer, thing, actor, *, at=NOON, key="", **more):
    """Place an order of a plan or of cards."""
    code = f"{'plan' if hasattr(thing, 'months') else 'card'}:{thing.pk}"
    return commands.place(customer, Order(code, **more), key=key or f"order-{next(_keys)}", actor=actor, at=at)


def paid_by(sale, actor, *, at=NOON, amount=None, reference="SPEI 8812", method="transfer"):
    """Let staff confirm a transfer."""
    received = Received(method, sale.total if amount is None else amount, reference, date(2026, 11, 11))
    return commands.confirm_payment(sale, received, actor=actor, at=at)


def credits_of(customer) -> int:
    return sum(pocket.available for pocket in Pocket.objects.filter(customer=customer, unit="credit"))
