"""The figures of a lapse for `amparo bench`: 10,000 promises that lapse at once, complaints with all that follows among them.

One worker comes late, as after a stop, and does what is due: each promise gets its one lapse and its one fact, each complaint
its linked case and its units back, in a transaction of its own. Beside it stands the bare writing of as many rows. COM-6, TIM-10.
"""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from amparo.cases import commands as cases
from amparo.cases.models import Case, CaseLink
from amparo.complaints import commands, tasks
from amparo.complaints.models import Complaint
from amparo.contracts.commands import add_plan, sell_contract
from amparo.deadlines import commands as deadlines
from amparo.deadlines import tasks as deadline_tasks
from amparo.deadlines.models import PromiseLapse
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.ids import make_nic
from amparo.ledger import queries as ledger
from amparo.people.models import Contact, Customer, StaffRole, User
from amparo.people.queries import actor_by_id

PROMISES, COMPLAINTS = 10_000, 300
SECONDS_MAX = 60.0


def run(promises: int = PROMISES, complaints: int = COMPLAINTS) -> list[dict[str, object]]:
    """Measure and return figures as plain data, in the form of `amparo.ledger.bench`."""
    at = timezone.now() - timedelta(days=30)
    contact, engineer = _people(at, complaints)
    for number in range(complaints):
        _complaint(contact, engineer, number, at)
    with transaction.atomic():
        for number in range(promises - complaints):
            deadlines.promise("answer.case", subject=f"case:{10**9 + number}", customer_id=contact.customer_id, actor=SYSTEM, at=at)
    now = timezone.now()
    began = time.perf_counter()
    tasks.tick(at=now)
    judged = time.perf_counter() - began
    deadline_tasks.tick(at=now)
    seconds = time.perf_counter() - began
    bare = _bare(promises)
    _each_once(contact.customer_id or 0, promises, complaints)
    return [
        _figure(f"{promises:,} promises lapsing at once, one worker", seconds, "s", SECONDS_MAX, bare,
                f"{complaints:,} of them complaints with their linked case and units given back; each once; the ledger reconciles"),
        _figure("a complaint that lapses, with all that follows", judged / complaints * 1000, "ms", None, None,
                "its case closed, units given back, the linked case opened with its promise, in one transaction"),
    ]  # fmt: skip


def _people(at: datetime, complaints: int) -> tuple[Actor, Actor]:
    user = User.objects.create(email="contacto@medida.example", name="Contacto Medida")
    staff = User.objects.create(email="ingeniera@medida.example", name="Ingeniera Medida")
    StaffRole.objects.create(user=staff, role="engineer")
    customer = Customer.objects.create(nic=make_nic(90_001), name="Medida", created_at=at)
    Contact.objects.create(user=user, customer=customer, company_role="administrator", created_at=at)
    plan = add_plan("Medida", events=0, incidents=complaints, credits=0, months=12, price=1, currency="MXN", actor=SYSTEM, at=at)
    sell_contract(customer, plan, (at - timedelta(days=1)).date(), actor=SYSTEM, at=at)
    return actor_by_id(user.pk), actor_by_id(staff.pk)


def _complaint(contact: Actor, engineer: Actor, number: int, at: datetime) -> None:
    """A case proposed for closing and refused, through the commands."""
    with transaction.atomic():
        case = cases.open_case("Medida", "Texto", key=f"m{number}", actor=contact, at=at)
        case = cases.classify(case, kind="incident", explanation="x", key="c", actor=engineer, at=at)
        case = cases.consent(case, seen=1, actor=contact, at=at)
        closing = cases.propose_closing(case, reason="solved", summary="x", key="p", actor=engineer, at=at)
        commands.raise_complaint(case, seen=closing.pk, reasons="No.", key="q", actor=contact, at=at)


def _bare(rows: int) -> float:
    """The time that as many rows take of a table that nothing guards, one statement each, in batches of 200."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE bare (id bigint PRIMARY KEY, at timestamptz, body text)")
        began = time.perf_counter()
        for start in range(0, rows, 200):
            with transaction.atomic():
                for number in range(start, min(start + 200, rows)):
                    cursor.execute("INSERT INTO bare VALUES (%s, now(), %s)", [number, "promise.lapsed"])
        return time.perf_counter() - began


def _each_once(customer_id: int, promises: int, complaints: int) -> None:
    """What was promised is checked before a figure is told."""
    assert PromiseLapse.objects.count() == promises
    assert Complaint.objects.filter(state="lapsed").count() == complaints == CaseLink.objects.filter(why="complaint").count()
    with connection.cursor() as cursor:
        for name, times in (("promise.lapsed", promises), ("complaint.lapsed", complaints)):
            cursor.execute("SELECT count(*), count(DISTINCT subject) FROM history_fact WHERE name = %s", [name])
            assert cursor.fetchone() == (times, times), name
    held = ledger.pockets(customer_id, timezone.now())
    assert sum(pocket.available for pocket in held if pocket.unit == "incident") == complaints
    assert not Case.objects.filter(state="complaint").exists() and not ledger.check()["differences"]


def _figure(name: str, value: float, unit: str, most: float | None, beside: float | None, note: str) -> dict[str, object]:
    return {
        "name": name, "value": round(value, 2), "unit": unit, "beside_name": "as many bare rows" if beside else "", "beside": round(beside, 2) if beside else None,
        "share": round(value / beside, 1) if beside else None, "target": f"≤ {most:g} {unit}" if most else "",
        "holds": value <= most if most else None, "note": note,
    }  # fmt: skip


if __name__ == "__main__":
    for figure in run():
        print(json.dumps(figure, ensure_ascii=False))
