"""What tests of cases share: a customer with a contract, and cases brought to a state."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

from amparo.cases import commands
from amparo.cases.models import Case
from amparo.charging.rules import Need
from amparo.conftest import NOON
from amparo.contracts.commands import add_plan, sell_contract
from amparo.contracts.models import SupportContract
from amparo.kernel.actor import SYSTEM, Actor
from amparo.ledger import commands as ledger
from amparo.ledger import queries as ledger_queries
from amparo.people.models import Contact

_keys = itertools.count(1)
MINUTE = timedelta(minutes=1)
LONG_AGO = NOON - timedelta(days=30)


def key() -> str:
    return f"k{next(_keys)}"


def contract_for(customer_id: int, *, events: int = 5, incidents: int = 3, credits: int = 20, starts_on=None, months: int = 12) -> SupportContract:
    plan = add_plan(
        f"Plan {key()}", events=events, incidents=incidents, credits=credits, months=months, price="1000.00", actor=SYSTEM, at=LONG_AGO
    )
    return sell_contract(plan=plan, customer=_customer(customer_id), starts_on=starts_on or LONG_AGO.date(), key=key(), actor=SYSTEM, at=LONG_AGO)


def _customer(customer_id: int):
    from amparo.people.models import Customer

    return Customer.objects.get(pk=customer_id)


def card_for(customer_id: int, credits: int, *, at: datetime = NOON) -> None:
    pocket = ledger.open_pocket(customer_id, "credit", f"card:{next(_keys)}", "Tarjeta", at, at + timedelta(days=365), actor=SYSTEM, at=at)
    ledger.issue(pocket, credits, cause="card:1", key=key(), actor=SYSTEM, at=at)


def left(customer_id: int, at: datetime = NOON) -> dict[str, int]:
    """Units that can still be spent, by unit."""
    found = {"event": 0, "incident": 0, "credit": 0}
    for pocket in ledger_queries.pockets(customer_id, at):
        found[pocket.unit] += pocket.available
    return found


def reserved(customer_id: int, at: datetime = NOON) -> dict[str, int]:
    found = {"event": 0, "incident": 0, "credit": 0}
    for pocket in ledger_queries.pockets(customer_id, at):
        found[pocket.unit] += pocket.reserved
    return found


def asked(contact: Actor, *, kind: str = "", at: datetime = NOON) -> Case:
    return commands.open_case("No abre la caja 3", "Desde ayer no abre.", key=key(), asked_kind=kind, actor=contact, at=at)


def classified(contact: Actor, staff: Actor, kind: str, *, at: datetime = NOON) -> Case:
    return commands.classify(asked(contact, at=at), kind=kind, explanation=f"Es {kind}.", key=key(), actor=staff, at=at)


def attended(contact: Actor, staff: Actor, kind: str, *, at: datetime = NOON) -> Case:
    case = classified(contact, staff, kind, at=at)
    return commands.consent(case, seen=case.classification, actor=contact, at=at)


def ordered(contact: Actor, staff: Actor, kind: str = "general", *, credits: int = 6, at: datetime = NOON) -> Case:
    case = classified(contact, staff, kind, at=at)
    order = commands.propose_order(
        case, description="Importar el catálogo", needs=[Need("general_quote", credits)], delivery_on=at.date() + timedelta(days=5),
        key=key(), actor=staff, at=at,
    )  # fmt: skip
    commands.accept_order(case, seen=order.pk, actor=contact, at=at)
    return fresh(case)


def closing_of(case: Case):
    return case.closings.get(answer="")


def proposed(case: Case, staff: Actor, reason: str, *, at: datetime = NOON, **more) -> Case:
    texts = {"explanation": "No hay controlador.", "procedure": "Cambiar la impresora."} if reason == "not_technically_possible" else {}
    commands.propose_closing(case, reason=reason, summary="Se hizo lo pedido.", **(texts | more), key=key(), actor=staff, at=at)
    return fresh(case)


def accepted(case: Case, contact: Actor, *, at: datetime = NOON) -> Case:
    return commands.accept_closing(case, seen=closing_of(case).pk, actor=contact, at=at)


def fresh(case: Case) -> Case:
    return Case.objects.select_related("thread").get(pk=case.pk)


def run_clock(case: Case, staff: Actor, minutes: float, *, at: datetime = NOON) -> Case:
    commands.start_clock(case, actor=staff, at=at)
    return commands.stop_clock(case, actor=staff, at=at + timedelta(minutes=minutes))


def contact_row(actor: Actor) -> Contact:
    return Contact.objects.get(pk=actor.contact_id)
