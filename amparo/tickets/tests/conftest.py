"""A product with versions, a customer with a licence and a contract, and tickets."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from amparo.conftest import NOON
from amparo.contracts import commands as contracts
from amparo.kernel.actor import SYSTEM
from amparo.products import commands as products
from amparo.tickets import commands


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    return settings.MEDIA_ROOT


@pytest.fixture
def product(db):
    """Caja, of which 10.1 is current since a hundred days; 9.2 no longer counts."""
    made = products.add_product("caja", "Caja", actor=SYSTEM, at=NOON - timedelta(days=900))
    for version, days in (("9.2", 600), ("10.1", 100)):
        moment = NOON - timedelta(days=days)
        release = products.add_release(made, version, moment.date(), actor=SYSTEM, at=moment)
        products.make_current(release, actor=SYSTEM, at=moment)
    return made


def give_licence(customer, product, version: str | None = "10.1", serial: str = "CAJA-7K2M-9XQ4-0001"):
    installed = product.releases.get(version=version) if version else None
    return products.register_licence(
        serial, product, customer, terminals=2, installed=installed, actor=SYSTEM, at=NOON - timedelta(days=50)
    )


@pytest.fixture
def licence(customer, product):
    return give_licence(customer, product)


@pytest.fixture
def contract(customer):
    plan = contracts.add_plan("Plus", events=12, incidents=4, credits=40, price="9800.00", actor=SYSTEM, at=NOON - timedelta(days=400))
    return contracts.sell_contract(customer, plan, date(2026, 6, 1), actor=SYSTEM, at=NOON - timedelta(days=160))


@pytest.fixture
def open_one(contact, product, licence):
    def opened(title="No abre la caja 3", body="Desde ayer **no abre** la caja.", *, actor=None, at=NOON, **more):
        return commands.open_ticket(title, body, product.pk, actor=actor or contact, at=at, **more)

    return opened


@pytest.fixture
def ticket(open_one):
    return open_one()
