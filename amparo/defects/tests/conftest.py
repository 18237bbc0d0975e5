"""A product, a covered customer, an uncovered one, and a thread of each that reports a fault."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import transaction

from amparo.conftest import NOON, make_staff
from amparo.contracts import commands as contracts
from amparo.kernel.actor import SYSTEM
from amparo.products import commands as products
from amparo.threads import commands as threads


@pytest.fixture
def product(db):
    made = products.add_product("caja", "Caja", actor=SYSTEM, at=NOON - timedelta(days=900))
    for version, days in (("10.1", 100), ("10.2", 1)):
        moment = NOON - timedelta(days=days)
        products.add_release(made, version, moment.date(), actor=SYSTEM, at=moment)
    return made


@pytest.fixture
def covered(customer):
    """A contract from June 2026 to the end of May 2027."""
    plan = contracts.add_plan("Plus", events=12, incidents=4, credits=40, price="9800.00", actor=SYSTEM, at=NOON - timedelta(days=400))
    return contracts.sell_contract(customer, plan, date(2026, 6, 1), actor=SYSTEM, at=NOON - timedelta(days=160))


@pytest.fixture
def thread_of():
    def opened(actor, *, kind="ticket", at=NOON, title="El corte sale en ceros"):
        with transaction.atomic():
            return threads.open_thread(
                kind, customer_id=actor.customer_id, title=title, body="Siempre.", state="open", queue="answer",
                priority=2, promise_kind="answer.ticket", actor=actor, at=at,
            ).thread  # fmt: skip

    return opened


@pytest.fixture
def developer(db):
    return make_staff("Dora Desarrolladora", "developer")
