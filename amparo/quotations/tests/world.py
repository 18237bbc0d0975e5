"""What tests of quotations share: a covered customer with a case's thread, quotes and orders brought to a state."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

from django.db import transaction

from amparo.conftest import NOON
from amparo.contracts.commands import add_plan, sell_contract
from amparo.kernel.actor import SYSTEM, Actor
from amparo.ledger import commands as ledger
from amparo.ledger import queries as ledger_queries
from amparo.people.models import Customer
from amparo.quotations import commands
from amparo.quotations.models import ItemVersion, Quote, ServiceOrder
from amparo.quotations.rules.catalogue import Parameter, TariffLine, Terms
from amparo.quotations.rules.quotes import Content, Line, Travel
from amparo.threads import commands as threads
from amparo.threads.models import Thread

_keys = itertools.count(1)
LONG_AGO = NOON - timedelta(days=30)
DAY = timedelta(days=1)


def key() -> str:
    return f"k{next(_keys)}"


def contract_for(customer_id: int, *, events: int = 5, incidents: int = 3, credits: int = 20, months: int = 12):
    plan = add_plan(
        f"Plan {key()}", events=events, incidents=incidents, credits=credits, months=months, price="1000.00", actor=SYSTEM, at=LONG_AGO
    )
    customer = Customer.objects.get(pk=customer_id)
    return sell_contract(plan=plan, customer=customer, starts_on=LONG_AGO.date(), key=key(), actor=SYSTEM, at=LONG_AGO)


def card_for(customer_id: int, credits: int, *, at: datetime = NOON) -> None:
    pocket = ledger.open_pocket(customer_id, "credit", f"card:{next(_keys)}", "Tarjeta", at, at + timedelta(days=365), actor=SYSTEM, at=at)
    ledger.issue(pocket, credits, cause="card:1", key=key(), actor=SYSTEM, at=at)


def left(customer_id: int, at: datetime = NOON) -> dict[str, int]:
    """Units that can still be spent, by unit."""
    found = {"event": 0, "incident": 0, "credit": 0}
    for pocket in ledger_queries.pockets(customer_id, at):
        found[pocket.unit] += pocket.available
    return found


@transaction.atomic
def thread_for(contact: Actor, *, at: datetime = NOON) -> Thread:
    """The conversation of a case, as cases open it."""
    assert contact.customer_id
    return threads.open_thread(
        "case", customer_id=contact.customer_id, title="Reporte de ventas", body="Quiero un reporte.", state="requested", queue="answer",
        priority=1, promise_kind="answer.case", key=key(), actor=contact, at=at,
    ).thread  # fmt: skip


def content(*lines: Line, **more) -> Content:
    given = {"business_days": 5, "text": "Un reporte de ventas por caja.", "terms": "Por adelantado.", "valid_days": 15} | more
    return Content(lines=lines or (Line("Reporte de ventas por caja", 1, 6),), **given)


def drafted(contact: Actor, staff: Actor, *lines: Line, kind: str = "development", thread: Thread | None = None, at: datetime = NOON, **more) -> Quote:
    return commands.draft_quote(
        thread or thread_for(contact, at=at), kind=kind, title="Reporte de ventas por caja", content=content(*lines, **more), key=key(),
        actor=staff, at=at,
    )  # fmt: skip


def presented(contact: Actor, staff: Actor, *lines: Line, at: datetime = NOON, **more) -> Quote:
    return commands.present_quote(drafted(contact, staff, *lines, at=at, **more), actor=staff, at=at)


def ordered(contact: Actor, staff: Actor, *lines: Line, at: datetime = NOON, **more) -> ServiceOrder:
    return commands.accept_quote(presented(contact, staff, *lines, at=at, **more), seen=1, actor=contact, at=at)


def delivered(contact: Actor, staff: Actor, *, at: datetime = NOON) -> ServiceOrder:
    order = commands.start_order(ordered(contact, staff, at=at), actor=staff, at=at)
    commands.deliver(order, "Aquí está el reporte.", key=key(), actor=staff, at=at)
    return fresh(order)


def fresh(thing):
    return type(thing).objects.get(pk=thing.pk)


TERMINALS = Parameter("terminals", "count", 1, 50, 4, "Terminales", "Terminals")
HOURS = Parameter("hours", "count", 1, 40, 2, "Horas", "Hours")
PEOPLE = Parameter("participants", "count", 1, 60, 10, "Participantes", "Participants")
URGENT = Parameter("urgent", "yes_no", 0, 1, 0, "Urgente", "Urgent")


def formula_terms(formula: str = "4 + 2 * terminals + if(urgent, 5, 0)", *, parameters=(TERMINALS, URGENT), days: str = "if(urgent, 1, 3)") -> Terms:
    return Terms(parameters=tuple(parameters), pricing="formula", formula=formula, days=days)


def install_terms() -> Terms:
    lines = (TariffLine("install_server"), TariffLine("further_terminal", "terminals - 1"))
    return Terms(parameters=(TERMINALS,), pricing="tariff", lines=lines, days="2")


def item(administrator: Actor, terms: Terms | None = None, *, kind: str = "general", name: str = "Importar catálogo", at: datetime = NOON) -> ItemVersion:
    version = commands.add_item(
        kind, texts={"name_es": name, "name_en": "Import the catalogue", "text_es": "De Excel.", "text_en": "From Excel."},
        terms=terms or formula_terms(), actor=administrator, at=at,
    )  # fmt: skip
    return commands.publish_version(version, actor=administrator, at=at)


MONEY = Travel
