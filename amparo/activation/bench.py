"""The figures of activation for `amparo bench`: statements, seats under many at once, activations a second. LIC-1, LIC-2.

The database is to be empty. Devices and keys are made before the clock runs; threads wait behind a barrier.
"""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from statistics import median
from time import perf_counter

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext

from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM
from amparo.people.commands import register_customer
from amparo.people.models import Customer
from amparo.policies.commands import set_value
from amparo.products import commands as products
from amparo.products.models import Licence, Product

from . import commands, errors
from .models import Activation
from .rules.devices import COMPONENTS, b64, component
from .rules.offline import Request

THREADS, SEATS, ROUNDS, WORKERS = 36, 5, 300, 4
STATEMENTS_MAX = 6
CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def run(rounds: int = ROUNDS) -> list[dict[str, object]]:
    """Return the figures as plain data."""
    at = clock.now()
    customer, product = _world(at)
    found = [_statements(customer, product, at), *_seats(customer, product, at)]
    return [*found, _speed(customer, product, at, rounds), _refreshing(customer, product, at, rounds // 3)]


def _world(at: datetime) -> tuple[Customer, Product]:
    before = at - timedelta(days=30)
    customer = register_customer("Medida de licencias", actor=SYSTEM, at=before)
    product = products.add_product("medida", "Medida", actor=SYSTEM, at=before)
    products.make_current(products.add_release(product, "1.0", before.date(), actor=SYSTEM, at=before), actor=SYSTEM, at=before)
    set_value("activation.acts_hour", 10_000, from_at=before, actor=SYSTEM, at=before)
    commands.ensure_keys(at=at)
    return customer, product


def _licence(customer: Customer, product: Product, serial: str, terminals: int, at: datetime) -> Licence:
    return products.register_licence(serial, product, customer, terminals=terminals, actor=SYSTEM, at=at)


def _request(word: str, built_on: date, at: datetime, number: int = 1) -> tuple[Ed25519PrivateKey, Request]:
    key = Ed25519PrivateKey.generate()
    parts = {name: component("medida", name, f"{word}-{name}") for name in COMPONENTS}
    return key, Request("medida", "1.0", built_on, b64(key.public_key().public_bytes_raw()), parts, f"{number:016x}", at)


def _statements(customer: Customer, product: Product, at: datetime) -> dict[str, object]:
    licence = _licence(customer, product, "MEDIDA-0001", 10, at)
    commands.activate(licence.serial, _request("warm", at.date(), at)[1], terminal="0", address="a", at=at)
    with CaptureQueriesContext(connection) as captured:
        commands.activate(licence.serial, _request("one", at.date(), at)[1], terminal="1", address="a", at=at)
    done = [one["sql"] for one in captured.captured_queries if not one["sql"].startswith(CONTROL)]
    return {"name": "an activation that takes a seat", "value": float(len(done)), "unit": "statements", "most": STATEMENTS_MAX}


def _seats(customer: Customer, product: Product, at: datetime) -> list[dict[str, object]]:
    licence = _licence(customer, product, "MEDIDA-0002", SEATS, at)
    asked = [_request(f"seat{number}", at.date(), at)[1] for number in range(THREADS // 2)]
    spent: list[float] = []
    barrier = threading.Barrier(THREADS)

    def act(number: int) -> None:
        try:
            barrier.wait()
            began = perf_counter()
            commands.activate(licence.serial, asked[number % len(asked)], terminal=str(number), address=str(number), at=at)
        except errors.SeatsExhausted:
            pass
        finally:
            spent.append((perf_counter() - began) * 1000)
            close_old_connections()
            connection.close()

    _together(THREADS, act)
    taken = Activation.objects.filter(licence=licence, state="active").count()
    return [
        {"name": f"{THREADS} threads of {len(asked)} devices on {SEATS} seats: too many or too few", "value": float(abs(taken - SEATS)), "unit": "seats", "most": 0},
        {"name": "the slowest of those threads", "value": max(spent), "unit": "ms"},
    ]  # fmt: skip


def _together(count: int, act: object) -> None:
    threads = [threading.Thread(target=act, args=(number,)) for number in range(count)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _speed(customer: Customer, product: Product, at: datetime, rounds: int) -> dict[str, object]:
    """Activations of as many licences by a few threads, durable."""
    licences = [_licence(customer, product, f"RAPIDA-{number:04}", 2, at) for number in range(rounds)]
    asked = [_request(f"fast{number}", at.date(), at)[1] for number in range(rounds)]

    def act(worker: int) -> None:
        try:
            for number in range(worker, rounds, WORKERS):
                commands.activate(licences[number].serial, asked[number], terminal="1", address=str(number), at=at)
        finally:
            close_old_connections()
            connection.close()

    began = perf_counter()
    _together(WORKERS, act)
    return {"name": f"activations a second, {WORKERS} threads, each of its own licence", "value": rounds / (perf_counter() - began), "unit": "a second"}


def _refreshing(customer: Customer, product: Product, at: datetime, rounds: int) -> dict[str, object]:
    licence = _licence(customer, product, "MEDIDA-0003", 2, at)
    key, request = _request("refresh", at.date(), at)
    made = commands.activate(licence.serial, request, terminal="1", address="r", at=at)
    spent = []
    for number in range(2, rounds + 2):
        signed = commands.Signed(b"m", key.sign(b"m"), f"{number:016x}", at)
        began = perf_counter()
        commands.refresh(made.activation.public_id, signed, version="1.0", built_on=at.date(), components=request.components, at=at)
        spent.append((perf_counter() - began) * 1000)
    return {"name": "renewing a lease, signature and token included", "value": median(spent), "unit": "ms"}
