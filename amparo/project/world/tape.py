"""Rows of the large world on their way to the database: numbered here, kept in columns of the models, sent by COPY.

One thread makes rows while another sends them, on one connection and in one transaction. No trigger is passed by: the
words that are searched, the tallies and every balance are written by the database's own triggers, as always.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection, models

from amparo.history.rules import GENESIS, canonical, link
from amparo.kernel.actor import Actor

# In an order in which every reference finds its row.
TABLES = (
    "people.User", "account.EmailAddress", "people.Customer", "people.Contact", "products.Licence",
    "contracts.SupportContract", "ledger.Pocket", "threads.Thread", "threads.Entry", "tickets.Ticket", "ledger.Transfer",
    "charging.Charge", "charging.Part", "cases.Case", "cases.ClockRun", "cases.Order", "cases.Closing",
    "deadlines.Promise", "deadlines.PromiseLapse", "deadlines.PromiseWarning", "history.Fact", "history.Chain",
)  # fmt: skip
# Written by the database itself.
_GIVEN = {"people_user": {"joined_at"}, "ledger_transfer": {"recorded_at"}}
Row = dict[str, Any]


class Shape:
    """The columns of a model, what a row has where nothing is said, and which columns are JSON."""

    def __init__(self, label: str) -> None:
        model = apps.get_model(label)
        self.table = model._meta.db_table
        skipped = _GIVEN.get(self.table, set())
        fields: list[models.Field[Any, Any]] = [f for f in model._meta.concrete_fields if f.column not in skipped]
        self.names = [f.attname for f in fields]
        self.defaults = [f.get_default() if f.has_default() or not f.null else None for f in fields]
        self.json = {f.attname for f in fields if isinstance(f, models.JSONField)}
        self.defaults = [json.dumps(d) if isinstance(d, (dict, list)) and f.attname in self.json else d
                         for f, d in zip(fields, self.defaults, strict=True)]  # fmt: skip
        columns = ", ".join(f'"{f.column}"' for f in fields)
        self.copy = f'COPY "{self.table}" ({columns}) FROM STDIN'
        key = model._meta.pk
        self.counted = isinstance(key, models.AutoField)

    def line(self, row: Row) -> list[Any]:
        for name in self.json & row.keys():
            if row[name] is not None and not isinstance(row[name], str):
                row[name] = json.dumps(row[name], ensure_ascii=False)
        get = row.get
        return [get(name, default) for name, default in zip(self.names, self.defaults, strict=True)]


class Story:
    """The record of one subject, told in order: each fact is linked to the one before."""

    __slots__ = ("customer", "hash", "seq", "subject", "tape")

    def __init__(self, tape: Tape, subject: str, customer: int | None) -> None:
        self.tape, self.subject, self.customer = tape, subject, customer
        self.seq, self.hash = 0, GENESIS

    def tell(self, name: str, actor: Actor, at: datetime, **told: Any) -> None:
        """Add a fact, with the very text and hash that `history.commands.record` would give it."""
        body = canonical(
            name=name, subject=self.subject, actor=actor.ref, actor_name=actor.name, at=at, customer=self.customer,
            data=told,
        )  # fmt: skip
        self.seq += 1
        self.hash = link(self.hash, self.seq, body)
        start = body.index('"data":') + 7
        self.tape.add(
            "history.Fact", subject=self.subject, seq=self.seq, name=name, actor_ref=actor.ref, customer_id=self.customer,
            at=at, recorded_at=at, body=body, hash=self.hash,
            data=body[start : body.rindex(f',"name":"{name}","subject":')],
        )  # fmt: skip

    def end(self) -> None:
        """Write the last link; nothing more is told here."""
        if self.seq:
            self.tape.add("history.Chain", subject=self.subject, seq=self.seq, hash=self.hash)


class Tape:
    """Takes rows, numbers them, and sends them table by table."""

    def __init__(self) -> None:
        self.shapes = {label: Shape(label) for label in TABLES}
        self.rows: dict[str, list[Row]] = {label: [] for label in TABLES}
        self.last: dict[str, int] = {}
        self.count = dict.fromkeys(TABLES, 0)

    def open(self) -> None:
        """Let nobody else write these tables until the transaction ends, and begin each number after the last one."""
        with connection.cursor() as cursor:
            names = ", ".join(f'"{shape.table}"' for shape in self.shapes.values())
            cursor.execute(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
            for label, shape in self.shapes.items():
                if shape.counted:
                    cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [shape.table])
                    self.last[label] = cursor.fetchone()[0]
            # References are looked at with each COPY, so that the end does not look at all of them at once.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def close(self) -> None:
        """Let the sequences go on after the last number that was given."""
        with connection.cursor() as cursor:
            for label, number in self.last.items():
                table = self.shapes[label].table
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, number])

    def number(self, label: str) -> int:
        self.last[label] += 1
        return self.last[label]

    def add(self, label: str, /, **row: Any) -> int:
        """Take a row; return its number where the table counts."""
        if label in self.last and "id" not in row:
            row["id"] = self.number(label)
        self.rows[label].append(row)
        return row.get("id", 0)

    def send(self) -> None:
        """Send what was taken, at once."""
        copy_all(self.shapes, self.take())

    def take(self) -> Mapping[str, list[Row]]:
        """Hand over what was taken so far and begin anew."""
        taken, self.rows = self.rows, {label: [] for label in TABLES}
        for label, rows in taken.items():
            self.count[label] += len(rows)
        return taken

    def send_beside(self, steps: Iterable[None]) -> None:
        """Send each step's rows while the next step is being made. Nothing else may use the connection meanwhile."""
        waiting: queue.Queue[Mapping[str, list[Row]] | None] = queue.Queue(maxsize=2)
        failed: list[BaseException] = []
        raw = connection.connection

        def send() -> None:
            while (rows := waiting.get()) is not None:
                if not failed:
                    try:
                        copy_all(self.shapes, rows, raw)
                    except BaseException as error:  # told by the thread that makes
                        failed.append(error)

        sender = threading.Thread(target=send, name="sender")
        sender.start()
        try:
            for _step in steps:
                if failed:
                    break
                waiting.put(self.take())
        finally:
            waiting.put(None)
            sender.join()
        if failed:
            raise failed[0]


def copy_all(shapes: Mapping[str, Shape], rows: Mapping[str, list[Row]], raw: Any = None) -> None:
    """COPY rows into their tables in the order of references."""
    raw = raw or connection.connection
    with raw.cursor() as cursor:
        for label in TABLES:
            if rows[label]:
                shape = shapes[label]
                with cursor.copy(shape.copy) as copy:
                    for row in rows[label]:
                        copy.write_row(shape.line(row))
