"""How the large world comes about."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from amparo.cases import commands as cases
from amparo.contracts import tasks as contracts_tasks
from amparo.deadlines import tasks as deadlines_tasks
from amparo.kernel import clock
from amparo.ledger import tasks as ledger_tasks
from amparo.people.models import Customer, User
from amparo.policies.queries import value
from amparo.project.demo.people import DOMAIN as DEMO_DOMAIN
from amparo.project.demo.people import STAFF
from amparo.project.installation import Problem
from amparo.threads import tasks as threads_tasks

from .cases import tell_case
from .people import DOMAIN, PASSWORD, make_clients, make_vendor
from .plan import Plot, fewest_messages, plots
from .talk import World
from .tape import TABLES, Tape
from .text import Writer
from .tickets import tell_ticket

STORIES_A_STEP = 1_500
BATCH = 500
_VALUES = ("cases.incident_minutes", "cases.advisory_minutes", "cases.warning_minutes", "cases.reminder_days")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large. `messages` counts entries of tickets and cases together."""

    customers: int = 10_000
    tickets: int = 100_000
    cases: int = 50_000
    messages: int = 400_000


def make(sizes: Sizes, *, seed: int = 1, at: datetime | None = None, add: bool = False, say: Say = print) -> dict[str, int]:
    """Make a large world in the current database; return how many rows of each kind it has.

    The same seed and moment tell the same world. Raises Problem where the sizes do not fit, where the database has one
    already, or where it has customers who are not the demonstration's (unless `add`).
    """
    now = (at or clock.now()).replace(second=0, microsecond=0)
    _look(sizes, add)
    tape = Tape()
    dice = random.Random(seed)  # noqa: S311 (a story, not a secret)
    before = _last_delivery()
    with transaction.atomic():
        say("staff, products, plans")
        secret = make_password(PASSWORD)
        vendor = make_vendor(now, secret)
        tape.open()
        say("customers, contacts, licences, contracts")
        clients = make_clients(tape, vendor, dice, sizes.customers, now, secret)
        tape.send()
        world = World(tape, vendor, Writer(dice), dice, now)
        world.values = {key: value(key, at=now) for key in _VALUES}
        world.learn()
        _numbers(world)
        _tell_all(world, plots(
            clients, dice, tickets=sizes.tickets, cases=sizes.cases, messages=sizes.messages, now=now
        ), say)  # fmt: skip
        _numbers_go_on(world)
        tape.close()
    _settle(now, before, say)
    return {TABLES_SHOWN[label]: count for label, count in tape.count.items() if label in TABLES_SHOWN}


TABLES_SHOWN = {label: label.partition(".")[2].lower() for label in TABLES}


def _look(sizes: Sizes, add: bool) -> None:
    least = fewest_messages(sizes.tickets, sizes.cases)
    if sizes.messages < least:
        raise Problem(f"so many tickets and cases have at least {least} messages: --messages {least} or more")
    if sizes.customers < 20:
        raise Problem("a large world has at least 20 customers")
    if User.objects.filter(email__endswith=f"@{DOMAIN}").exists():
        raise Problem("this database has a large world already")
    demo = User.objects.filter(email=f"{STAFF[0][1]}@{DEMO_DOMAIN}").exists()
    if not add and not demo and Customer.objects.exists():
        raise Problem("this database has customers of its own; --add puts the made-up ones beside them")


def _numbers(world: World) -> None:
    """Begin after the last number of tickets and of cases."""
    with connection.cursor() as cursor:
        for kind in ("ticket", "case"):
            cursor.execute(f"SELECT last_value - (NOT is_called)::int FROM threads_{kind}_number")  # noqa: S608 (two words of ours)
            world.numbers[kind] = cursor.fetchone()[0]


def _numbers_go_on(world: World) -> None:
    with connection.cursor() as cursor:
        for kind in ("ticket", "case"):
            cursor.execute("SELECT setval(%s, %s)", [f"threads_{kind}_number", max(1, world.numbers[kind])])


def _tell_all(world: World, told: list[Plot], say: Say) -> None:
    """Tell every story; indexes that hold nothing together are built once in the end rather than row by row."""
    tables = [*(shape.table for shape in world.tape.shapes.values()), "threads_words"]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE people_user, people_customer, ledger_pocket, contracts_supportcontract")
        cursor.execute(_INDEXES, [tables])
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
    world.tape.send_beside(_steps(world, told, say))
    say(f"{len(indexes)} indexes")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        for _name, definition in indexes:
            cursor.execute(definition)


# Of the tables that are filled: what is neither unique nor of a constraint, and not needed to find a row by its key.
_INDEXES = """
SELECT c.relname, pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
WHERE t.relname = ANY(%s) AND t.relnamespace = 'public'::regnamespace AND NOT i.indisunique AND NOT i.indisexclusion
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
ORDER BY t.relname, c.relname
"""


def _steps(world: World, told: list[Plot], say: Say) -> Iterator[None]:
    for place, plot in enumerate(told, start=1):
        (tell_ticket if plot.kind == "ticket" else tell_case)(world, plot)
        if place % STORIES_A_STEP == 0 or place == len(told):
            if place % (STORIES_A_STEP * 10) == 0 or place == len(told):
                say(f"{place:,} of {len(told):,} tickets and cases")
            yield


def _last_delivery() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(id), 0) FROM history_delivery")
        return int(cursor.fetchone()[0])


def _settle(now: datetime, before: int, say: Say) -> None:
    """Let the worker's jobs do what was due until now; what was told after the delivery `before` asks for no letters."""
    say("what the worker would have done until now")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for _round in range(20):  # reminders of a closing come one after the other
        if not cases.remind_due(at=now, limit=5_000):
            break
    cases.reach_clocks(at=now)
    deadlines_tasks.tick(at=now)
    ledger_tasks.tick(at=now)
    while contracts_tasks.tick(at=now) >= BATCH:
        pass
    threads_tasks.tick(at=now)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE history_delivery SET done_at = %s, attempts = 1 WHERE id > %s AND done_at IS NULL",
            [now - timedelta(seconds=1), before],
        )
    if not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
