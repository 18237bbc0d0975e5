"""A covered customer with a licence, engineers on duty, and chats."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from amparo.chat import commands
from amparo.conftest import NOON, make_staff
from amparo.contracts import commands as contracts
from amparo.kernel.actor import SYSTEM
from amparo.products import commands as products


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    return settings.MEDIA_ROOT


@pytest.fixture
def product(db):
    made = products.add_product("caja", "Caja", actor=SYSTEM, at=NOON - timedelta(days=900))
    moment = NOON - timedelta(days=100)
    release = products.add_release(made, "10.1", moment.date(), actor=SYSTEM, at=moment)
    products.make_current(release, actor=SYSTEM, at=moment)
    return made


@pytest.fixture
def licence(customer, product):
    return products.register_licence(
        "CAJA-7K2M-9XQ4-0001", product, customer, terminals=2, installed=product.releases.get(), actor=SYSTEM, at=NOON - timedelta(days=50)
    )


@pytest.fixture
def contract(customer):
    plan = contracts.add_plan("Plus", events=12, incidents=4, credits=40, price="9800.00", actor=SYSTEM, at=NOON - timedelta(days=400))
    return contracts.sell_contract(customer, plan, date(2026, 6, 1), actor=SYSTEM, at=NOON - timedelta(days=160))


@pytest.fixture
def on_duty(db):
    """Return a maker of engineers who attend chats."""

    def made(name="Elena Ingeniera", *, at=NOON):
        actor = make_staff(name, "engineer")
        commands.set_duty(True, actor=actor, at=at)
        return actor

    return made


@pytest.fixture
def elena(on_duty):
    return on_duty()


@pytest.fixture
def ask(contact, contract, licence, elena):
    """Return what opens a chat of the customer."""

    def asked(body="No abre la **caja** 3", *, actor=None, key="k1", at=NOON, **more):
        return commands.open_chat(body, key=key, actor=actor or contact, at=at, **more)

    return asked


@pytest.fixture
def chat(ask):
    return ask()


@pytest.fixture
def taken(chat, elena):
    return commands.take(chat, actor=elena, at=NOON + timedelta(seconds=5))
