"""The figure of quoting for `amparo bench`: a service of the catalogue with parameters, from the request to the page. QUO-2.

A page of the portal is asked for through the whole server stack of the process (middleware, session, view, template),
with other values each time; the median of many is what one customer waits for, network apart.
"""

from __future__ import annotations

from datetime import timedelta
from statistics import median
from time import perf_counter, process_time

from django.test import Client

from amparo.contracts.commands import add_plan, sell_contract
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM, Actor
from amparo.people.commands import add_contact, register_customer, register_user
from amparo.people.models import User

from . import commands
from .rules.catalogue import Parameter, TariffLine, Terms

ROUNDS, WARM = 60, 5
TARGET_MS = 50.0


def run(rounds: int = ROUNDS) -> list[dict[str, object]]:
    """Measure the page and its region of the price; return figures as plain data. The database is to be empty."""
    client, addresses = _world()
    return [_figure(client, name, address, headers, rounds) for name, address, headers in addresses]


def _world() -> tuple[Client, list[tuple[str, str, dict[str, str]]]]:
    at = clock.now() - timedelta(days=30)
    user = register_user("medida@example.com", name="Medida", password="una clave larga de medida", email_verified=True, actor=SYSTEM, at=at)
    customer = register_customer("Medida", actor=SYSTEM, at=at)
    add_contact(customer, "medida@example.com", "Medida", "administrator", actor=SYSTEM, at=at)
    plan = add_plan("Medida de cotizaciones", events=9, incidents=9, credits=90, months=12, price="1000.00", actor=SYSTEM, at=at)
    sell_contract(plan=plan, customer=customer, starts_on=at.date(), key="medida", actor=SYSTEM, at=at)
    admin = Actor(kind="staff", user_id=user.pk, name="Medida", roles=frozenset({"administrator"}))
    asked = tuple(Parameter(name, "count", 1, 50, 4, name, name) for name in ("terminals", "hours", "modules"))
    formula = Terms((*asked, Parameter("urgent", "yes_no", 0, 1, 0, "Urgente", "Urgent")), "formula",
                    formula="max(4, 2 * ceil(terminals / 3)) + hours * tariff.technical_hour + 3 * modules + if(urgent, 5, 0)",
                    days="if(urgent, 1, 3 + ceil(hours / 8))")  # fmt: skip
    tariff = Terms(asked[:1], "tariff", lines=(TariffLine("install_server"), TariffLine("further_terminal", "terminals - 1")), days="2")
    found: list[tuple[str, str, dict[str, str]]] = []
    for name, terms in (("a formula over four parameters", formula), ("services of the tariff", tariff)):
        draft = commands.add_item("general", texts={"name_es": name}, terms=terms, actor=admin, at=at)
        item = commands.publish_version(draft, actor=admin, at=at).item_id
        found.append((f"a page with {name}", f"/quotations/catalogue/{item}/?asked=1&hours=3&modules=2&urgent=1", {}))
        found.append((f"the price of {name} alone", f"/quotations/catalogue/{item}/?asked=1&hours=3&modules=2", {"HX-Request": "true", "HX-Target": "price"}))
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(pk=user.pk), backend="amparo.people.backends.PeopleBackend")
    return client, found


def _figure(client: Client, name: str, address: str, headers: dict[str, str], rounds: int) -> dict[str, object]:
    spent, worked = [], []
    for turn in range(rounds + WARM):
        began, busy = perf_counter(), process_time()
        answer = client.get(f"{address}&terminals={1 + turn % 40}", headers=headers)
        spent.append((perf_counter() - began) * 1000)
        worked.append((process_time() - busy) * 1000)
        assert answer.status_code == 200, (answer.status_code, address)
    spent = sorted(spent[WARM:])
    return {"name": name, "milliseconds": median(spent), "slowest": spent[-1 - len(spent) // 20], "processor": median(worked[WARM:])}
