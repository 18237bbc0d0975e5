"""Reads of the ledger: what is left, what was left, statements, and the proof that they agree."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from amparo.kernel import prepared
from amparo.kernel.prepared import Kept

from .models import Holder, Kind, Pocket, Reconciliation, Transfer, Unit


@dataclass(frozen=True, slots=True)
class Balance:
    """What a pocket holds: `balance` includes what is reserved, `available` does not."""

    balance: int
    reserved: int

    @property
    def available(self) -> int:
        return self.balance - self.reserved


LINE_LABELS = {
    "added": _("Added"),
    "reserved": _("Reserved"),
    "released": _("Reservation given back"),
    "used": _("Used"),
    "given_back": _("Given back"),
    "expired": _("Expired"),
    "extended": _("Moved to an extension after the end"),
    "taken_back": _("Taken back"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One transfer as the customer reads it.

    `kind` is one of added, reserved, released, used, given_back, expired, extended, taken_back; `amount` what it does to
    the balance, `reserved` what it does to the reserved part; `left` is the balance of the unit after it.
    """

    id: int
    at: datetime
    kind: str
    unit: str
    amount: int
    reserved: int
    left: int
    pocket: int
    label: str
    source: str
    cause: str
    tariff_version: int | None
    actor_ref: str

    @property
    def label_of_kind(self) -> str:
        return str(LINE_LABELS[self.kind])


@dataclass(frozen=True, slots=True)
class Sums:
    """A statement's figures for one unit. `starting` plus all movements is `left`; see `reconciles`. LED-4.

    `reserved_before` is what was reserved when the period began, `set_aside` what was reserved in it, `released` what of
    reservations ended in it without being charged, `settled` what of them was charged; `reserved` what is reserved in the end.
    """

    starting: int = 0
    added: int = 0
    used: int = 0
    given_back: int = 0
    expired: int = 0
    taken_back: int = 0
    moved: int = 0
    left: int = 0
    reserved: int = 0
    reserved_before: int = 0
    set_aside: int = 0
    released: int = 0
    settled: int = 0

    @property
    def reconciles(self) -> bool:
        moved = self.added - self.used + self.given_back - self.expired - self.taken_back + self.moved
        held = self.reserved_before + self.set_aside - self.released - self.settled
        return self.starting + moved == self.left and held == self.reserved

    @property
    def available(self) -> int:
        return self.left - self.reserved

    @property
    def is_empty(self) -> bool:
        return self == Sums()


@dataclass(frozen=True, slots=True)
class Statement:
    """What happened to a customer's units in a period (its end exclusive), oldest first. LED-4.

    `pockets` are those of the period, `held` all that were asked about: of one source, or ever.
    """

    customer_id: int
    since: datetime
    until: datetime
    source: str | None
    pockets: tuple[Pocket, ...]
    lines: tuple[Line, ...]
    sums: dict[str, Sums]
    held: tuple[Pocket, ...] = ()


def pockets(customer_id: int, at: datetime) -> list[Pocket]:
    """Return the customer's pockets in force at a moment, what ends first first; one statement. LED-3."""
    return _in_force(None, customer_id=customer_id, at=at)


def _in_force_of(_actor: None, *, customer_id: int, at: datetime) -> QuerySet[Pocket]:
    found = Pocket.objects.filter(customer_id=customer_id, starts_at__lte=at, ends_at__gt=at)
    return found.order_by("ends_at", "pk")


_in_force = Kept(_in_force_of)


def balance(pocket_id: int) -> Balance:
    """Return what a pocket holds now, in one indexed read."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT balance, reserved FROM ledger_pocket WHERE id = %s", [pocket_id])
        row = cursor.fetchone()
    if row is None:
        raise Pocket.DoesNotExist
    return Balance(*row)


_EFFECT = """
    CASE WHEN t.kind IN ('single', 'post') THEN CASE WHEN t.credit_id = {p} THEN t.amount ELSE -t.amount END ELSE 0 END"""
_HOLD = """
    CASE t.kind WHEN 'reserve' THEN t.amount WHEN 'single' THEN 0 ELSE -r.amount END"""


def balance_at(pocket: Pocket, at: datetime, *, known_at: datetime | None = None) -> Balance:
    """Recompute what a pocket held at a moment, from transfers alone. LED-4.

    By the times at which transfers took effect; with `known_at`, only those that the ledger had learnt of by then, so
    that `balance_at(p, t, known_at=t)` is what was shown at t.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT coalesce(sum({_EFFECT.format(p="%(p)s")}), 0), coalesce(sum({_HOLD}), 0)
            FROM ledger_transfer t LEFT JOIN ledger_transfer r ON r.id = t.pending_id
            WHERE t.customer_id = %(customer)s AND (t.debit_id = %(p)s OR t.credit_id = %(p)s) AND t.at <= %(at)s
                AND (%(known)s::timestamptz IS NULL OR t.recorded_at <= %(known)s)""",  # noqa: S608
            {"p": pocket.pk, "customer": pocket.customer_id, "at": at, "known": known_at},
        )
        return Balance(*(int(part) for part in cursor.fetchone()))


def statement(customer_id: int, since: datetime, until: datetime, source: str | None = None) -> Statement:
    """Tell what happened to a customer's units, or to those of one source, in a period; three statements. LED-4."""
    if source:
        found = list(Pocket.objects.filter(customer_id=customer_id, source=source).order_by("starts_at", "pk"))
    else:
        found = _ever(None, customer_id=customer_id)
    held = {pocket.pk: pocket for pocket in found}
    sums = _starting(customer_id, held.keys(), since)
    running = {unit: part.starting for unit, part in sums.items()}
    lines = []
    for row in _movements(customer_id, since, until):
        for line in _lines(row, held):
            running[line.unit] += line.amount
            lines.append(replace(line, left=running[line.unit]))
            sums[line.unit] = _added_up(sums[line.unit], line)
    sums = {unit: replace(part, left=running[unit]) for unit, part in sums.items()}
    shown = [
        p for p in held.values() if p.starts_at and p.ends_at and p.starts_at < until and p.ends_at > since
    ]
    return Statement(
        customer_id, since, until, source, tuple(shown), tuple(lines), sums, tuple(held.values())
    )  # fmt: skip


_VERSION = """
SELECT (SELECT count(*) FROM ledger_transfer t WHERE t.customer_id = c.id),
    (SELECT md5(string_agg(concat_ws(' ', p.id, p.label, p.ends_at), ';' ORDER BY p.id)) FROM ledger_pocket p WHERE p.customer_id = c.id)
FROM (SELECT %s::bigint AS id) c
"""


def statement_version(customer_id: int) -> tuple[int, str | None]:
    """Return what changes whenever any statement of a customer would: transfers only ever come to be more, and of pockets
    nothing that is shown can change but the label and the end. One statement. LED-4."""
    return prepared.rows(_VERSION, [customer_id])[0]  # type: ignore[return-value]


_ever = Kept(lambda _actor, *, customer_id: Pocket.objects.filter(customer_id=customer_id).order_by("starts_at", "pk"))


def _starting(customer_id: int, pocket_ids: Iterable[int], since: datetime) -> dict[str, Sums]:
    sums = {unit.value: Sums() for unit in Unit}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT t.unit, sum({_EFFECT.format(p="p.id")}), sum(CASE WHEN t.debit_id = p.id THEN {_HOLD} ELSE 0 END)
            FROM ledger_transfer t JOIN ledger_pocket p ON p.id IN (t.debit_id, t.credit_id)
            LEFT JOIN ledger_transfer r ON r.id = t.pending_id
            WHERE t.customer_id = %s AND t.at < %s AND p.id = ANY(%s) GROUP BY t.unit""",  # noqa: S608
            [customer_id, since, list(pocket_ids)],
        )
        for unit, amount, reserved in cursor.fetchall():
            sums[unit] = Sums(starting=int(amount), reserved=int(reserved), reserved_before=int(reserved))
    return sums


_MOVEMENT = (
    "id", "at", "kind", "unit", "amount", "debit_id", "credit_id", "cause", "pending__amount", "reverses_id",
    "tariff_version", "actor_ref",
)  # fmt: skip


def _movements(customer_id: int, since: datetime, until: datetime) -> Iterable[dict[str, Any]]:
    return _moved(None, customer_id=customer_id, since=since, until=until)


def _movements_of(_actor: None, *, customer_id: int, since: datetime, until: datetime) -> QuerySet[Any, Any]:
    found = Transfer.objects.filter(customer_id=customer_id, at__gte=since, at__lt=until)
    return found.order_by("at", "id").values(*_MOVEMENT)


_moved = Kept(_movements_of)


def _lines(row: dict[str, Any], held: dict[int, Pocket]) -> Iterable[Line]:
    """One line of a transfer for each of the pockets shown that it touches; for a post in part, also the rest."""

    def line(kind: str, pocket_id: int, amount: int, reserved: int) -> Line:
        pocket = held[pocket_id]
        return Line(
            row["id"], row["at"], kind, row["unit"], amount, reserved, 0, pocket_id, pocket.label, pocket.source,
            row["cause"], row["tariff_version"], row["actor_ref"],
        )  # fmt: skip

    giver, taker, amount = row["debit_id"], row["credit_id"], row["amount"]
    if giver in held:
        if row["kind"] == Kind.RESERVE:
            yield line("reserved", giver, 0, amount)
        elif row["kind"] == Kind.VOID:
            yield line("released", giver, 0, -amount)
        elif row["kind"] == Kind.POST:
            yield line("used", giver, -amount, -row["pending__amount"])
        elif taker in held or taker >= 1001:
            yield line("extended", giver, -amount, 0)
        else:
            names = {Holder.SPENT: "used", Holder.EXPIRED: "expired", Holder.ISSUED: "taken_back"}
            yield line(names[_vendor_holder(taker)], giver, -amount, 0)
    if taker in held:
        if giver >= 1001:
            yield line("extended", taker, amount, 0)
        else:
            yield line("given_back" if row["reverses_id"] else "added", taker, amount, 0)


def _vendor_holder(pocket_id: int) -> Holder:
    return (Holder.ISSUED, Holder.SPENT, Holder.EXPIRED)[(pocket_id - 1) // len(Unit)]


_FIGURE = {
    "added": "added",
    "used": "used",
    "given_back": "given_back",
    "expired": "expired",
    "taken_back": "taken_back",
    "extended": "moved",
    "reserved": "set_aside",
    "released": "released",
}


def _added_up(sums: Sums, line: Line) -> Sums:
    name = _FIGURE[line.kind]
    amount = line.reserved if line.kind in ("reserved", "released") else line.amount
    change = {
        "reserved": sums.reserved + line.reserved,
        name: getattr(sums, name) + (amount if name == "moved" else abs(amount)),
    }
    if line.kind == "used" and line.reserved:
        change["settled"] = sums.settled - line.amount
        change["released"] = sums.released + line.amount - line.reserved
    return replace(sums, **change)


_CHECK = f"""
WITH touched AS (
    SELECT p.id, sum({_EFFECT.format(p="p.id")}) AS balance,
        sum(CASE WHEN t.debit_id = p.id THEN {_HOLD} ELSE 0 END) AS reserved,
        sum(CASE WHEN t.credit_id = p.id AND (t.reverses_id IS NULL OR p.source LIKE 'grace:%') THEN t.amount
                 WHEN t.debit_id = p.id AND t.credit_id <= 3 THEN -t.amount ELSE 0 END) AS issued,
        bool_and(t.unit = p.unit) AS unit, bool_and(t.customer_id = p.customer_id) AS customer
    FROM ledger_transfer t CROSS JOIN LATERAL (VALUES (t.debit_id), (t.credit_id)) AS side (pocket_id)
    JOIN ledger_pocket p ON p.id = side.pocket_id AND p.customer_id IS NOT NULL
    LEFT JOIN ledger_transfer r ON r.id = t.pending_id
    GROUP BY p.id
)
SELECT p.id, what.name, what.shown, what.recomputed
FROM ledger_pocket p LEFT JOIN touched ON touched.id = p.id
CROSS JOIN LATERAL (VALUES
    ('balance', p.balance, coalesce(touched.balance, 0)),
    ('reserved', p.reserved, coalesce(touched.reserved, 0)),
    ('issued', p.issued, coalesce(touched.issued, 0)),
    ('unit', 1, coalesce(touched.unit, true)::int),
    ('customer', 1, coalesce(touched.customer, true)::int)
) AS what (name, shown, recomputed)
WHERE p.customer_id IS NOT NULL AND what.shown <> what.recomputed
ORDER BY p.id, what.name LIMIT 1000
"""  # noqa: S608

_CHECK_ENDS = """
SELECT r.id, 'posted', r.amount, sum(t.amount) FROM ledger_transfer t JOIN ledger_transfer r ON r.id = t.pending_id
GROUP BY r.id, r.amount HAVING sum(t.amount) > r.amount OR count(*) > 1
UNION ALL
SELECT o.id, 'given back', o.amount, sum(t.amount) FROM ledger_transfer t JOIN ledger_transfer o ON o.id = t.reverses_id
GROUP BY o.id, o.amount HAVING sum(t.amount) > o.amount
LIMIT 1000
"""


def check() -> dict[str, Any]:
    """Recompute every pocket from transfers alone and compare. LED-4; answers `amparo check-ledger`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM ledger_pocket WHERE customer_id IS NOT NULL), (SELECT count(*) FROM ledger_transfer)"
        )
        counted = cursor.fetchone()
        cursor.execute(_CHECK)
        pockets_off = cursor.fetchall()
        cursor.execute(_CHECK_ENDS)
        transfers_off = cursor.fetchall()
    differences = [
        {"pocket": pk, "what": what, "shown": int(shown), "recomputed": int(found)}
        for pk, what, shown, found in pockets_off
    ] + [
        {"transfer": pk, "what": what, "most": int(most), "found": int(found)}
        for pk, what, most, found in transfers_off
    ]
    return {"pockets": counted[0], "transfers": counted[1], "differences": differences}


# Everything of one step in one statement, so that it is one look at one moment: nothing can move between two reads.
_STEP = f"""
WITH who AS MATERIALIZED (SELECT id FROM people_customer WHERE id > %(after)s ORDER BY id LIMIT %(limit)s),
p AS MATERIALIZED (SELECT * FROM ledger_pocket WHERE customer_id IN (SELECT id FROM who)),
t AS MATERIALIZED (
    SELECT t.*, r.amount AS held FROM ledger_transfer t LEFT JOIN ledger_transfer r ON r.id = t.pending_id
    WHERE t.customer_id IN (SELECT id FROM who)
),
touched AS (
    SELECT p.id, sum({_EFFECT.format(p="p.id")}) AS balance,
        sum(CASE WHEN t.debit_id = p.id THEN CASE t.kind WHEN 'reserve' THEN t.amount WHEN 'single' THEN 0 ELSE -t.held END
            ELSE 0 END) AS reserved,
        bool_and(t.unit = p.unit) AS unit
    FROM t CROSS JOIN LATERAL (VALUES (t.debit_id), (t.credit_id)) AS side (pocket_id)
    JOIN p ON p.id = side.pocket_id AND p.customer_id = t.customer_id GROUP BY p.id
),
off AS (
    SELECT p.customer_id AS customer, 'pocket' AS thing, p.id, what.name, what.shown, what.recomputed
    FROM p LEFT JOIN touched ON touched.id = p.id CROSS JOIN LATERAL (VALUES
        ('balance', p.balance, coalesce(touched.balance, 0)),
        ('reserved', p.reserved, coalesce(touched.reserved, 0)),
        ('unit', 1, coalesce(touched.unit, true)::int)
    ) AS what (name, shown, recomputed) WHERE what.shown <> what.recomputed
    UNION ALL
    SELECT t.customer_id, 'transfer', t.id, 'customer', t.customer_id, NULL
    FROM t CROSS JOIN LATERAL (VALUES (t.debit_id), (t.credit_id)) AS side (pocket_id)
    LEFT JOIN p ON p.id = side.pocket_id AND p.customer_id = t.customer_id
    WHERE side.pocket_id >= 1001 AND p.id IS NULL
    UNION ALL
    SELECT t.customer_id, 'transfer', t.pending_id, 'posted', t.held, sum(t.amount) FROM t WHERE t.pending_id IS NOT NULL
    GROUP BY t.customer_id, t.pending_id, t.held HAVING sum(t.amount) > t.held OR count(*) > 1
    UNION ALL
    SELECT t.customer_id, 'transfer', o.id, 'given back', o.amount, sum(t.amount) FROM t JOIN t o ON o.id = t.reverses_id
    GROUP BY t.customer_id, o.id, o.amount HAVING sum(t.amount) > o.amount
),
moved AS (
    SELECT customer_id, unit,
        sum(CASE WHEN kind <> 'single' THEN 0 WHEN debit_id <= 3 THEN amount WHEN credit_id <= 3 THEN -amount ELSE 0 END) AS issued,
        sum(CASE WHEN kind IN ('reserve', 'void') THEN 0 WHEN credit_id BETWEEN 4 AND 6 THEN amount
            WHEN debit_id BETWEEN 4 AND 6 THEN -amount ELSE 0 END) AS spent,
        sum(CASE WHEN kind <> 'single' THEN 0 WHEN credit_id BETWEEN 7 AND 9 THEN amount
            WHEN debit_id BETWEEN 7 AND 9 THEN -amount ELSE 0 END) AS expired
    FROM t GROUP BY 1, 2
),
held AS (SELECT customer_id, unit, sum(balance) AS balance, sum(reserved) AS reserved FROM p GROUP BY 1, 2),
figures AS (
    SELECT unit, coalesce(issued, 0) AS issued, coalesce(spent, 0) AS spent, coalesce(expired, 0) AS expired,
        coalesce(balance, 0) AS balance, coalesce(reserved, 0) AS reserved
    FROM moved FULL JOIN held USING (customer_id, unit)
)
SELECT (SELECT coalesce(array_agg(id ORDER BY id), '{{}}') FROM who), (SELECT count(*) FROM p), (SELECT count(*) FROM t),
    (SELECT coalesce(jsonb_object_agg(unit, sums), '{{}}') FROM (
        SELECT unit, jsonb_build_object('issued', sum(issued), 'spent', sum(spent), 'expired', sum(expired),
            'left', sum(balance), 'reserved', sum(reserved), 'off', sum(abs(issued - spent - expired - balance))) AS sums
        FROM figures GROUP BY unit) AS by_unit),
    (SELECT coalesce(jsonb_agg(jsonb_build_object('customer', customer, thing, id, 'what', name, 'shown', shown,
        'recomputed', recomputed) ORDER BY customer, id), '[]') FROM off)
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Checked:
    """What one look at some customers found: figures by unit, and each pocket or transfer that does not agree."""

    customers: list[int]
    pockets: int
    transfers: int
    units: dict[str, dict[str, int]]
    differences: list[dict[str, Any]]


def check_customers(after: int, limit: int) -> Checked:
    """Recompute the pockets of up to `limit` customers behind `after` from their transfers alone. One statement. LED-4."""
    with connection.cursor() as cursor:
        cursor.execute(_STEP, {"after": after, "limit": limit})
        customers, pockets, transfers, units, differences = cursor.fetchone()
    return Checked(customers, pockets, transfers, json.loads(units), json.loads(differences))


def holders_count() -> int:
    """Return how many customers there are to be checked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM people_customer")
        return int(cursor.fetchone()[0])


def reconciliations(*, limit: int = 30) -> list[Reconciliation]:
    """Return the newest reconciliations, without what they found in detail. One statement. LED-4."""
    return list(Reconciliation.objects.select_related("asked_by").defer("differences").order_by("-pk")[:limit])
