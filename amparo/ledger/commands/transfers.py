"""The verbs of the ledger. Each is one statement in the common case, so it is whole by itself or part of the caller's
transaction; what cannot be is told by a refusal and never breaks that transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q
from django.db.models.base import ModelState

from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM, Actor
from amparo.policies.queries import value

from ..errors import AlreadyEnded, AmountInvalid, KeyReused, NotEnough, NotInForce, TooMuchGivenBack
from ..models import VENDOR_POCKETS, Holder, Kind, Pocket, Transfer

TIMESTAMPTZ: Final = psycopg.adapters.types["timestamptz"].oid
FIELDS = tuple(field.attname for field in Transfer._meta.concrete_fields)
COLUMNS = ", ".join(FIELDS)

_INTO = """INSERT INTO ledger_transfer
    (kind, customer_id, unit, amount, debit_id, credit_id, cause, key, pending_id, reverses_id, tariff_version, actor_ref, at)
"""
_DONE = f" ON CONFLICT DO NOTHING RETURNING {COLUMNS}"

TAKE = f"""{_INTO}
SELECT %s, customer_id, unit, %s::int, id, %s::bigint, %s, customer_id || ':' || %s, NULL, NULL, %s::int, %s, %s
FROM ledger_pocket WHERE id = %s AND balance - reserved >= %s::int AND starts_at <= %s AND ends_at > %s
FOR NO KEY UPDATE{_DONE}"""  # noqa: S608 - constants only

ISSUE = f"""{_INTO}
SELECT 'single', customer_id, unit, %s::int, %s::bigint, id, %s, customer_id || ':' || %s, NULL, NULL, NULL, %s, %s
FROM ledger_pocket WHERE id = %s AND ends_at > %s
FOR NO KEY UPDATE{_DONE}"""  # noqa: S608 - constants only

# A rest that is released after the pocket's end belongs in an extension, so this inserts nothing then (LED-6).
END = f"""{_INTO}
SELECT %s, r.customer_id, r.unit, coalesce(%s::int, r.amount), r.debit_id, r.credit_id, r.cause, r.customer_id || ':' || %s,
    r.id, NULL, r.tariff_version, %s, %s
FROM ledger_transfer r JOIN ledger_pocket p ON p.id = r.debit_id
WHERE r.id = %s AND r.kind = 'reserve' AND coalesce(%s::int, r.amount) <= r.amount
    AND (p.ends_at > %s OR (%s = 'post' AND coalesce(%s::int, r.amount) = r.amount) OR %s)
FOR NO KEY UPDATE OF p{_DONE}"""  # noqa: S608 - constants only

# What was already given back is asked when the lock is held, for another giver may just have ended: the fence keeps the
# planner from asking sooner.
GIVE_BACK = f"""WITH o AS MATERIALIZED (
    SELECT t.* FROM ledger_transfer t JOIN ledger_pocket p ON p.id = t.debit_id
    WHERE t.id = %s AND t.kind IN ('single', 'post') AND (p.ends_at > %s OR %s::bigint IS NOT NULL)
    FOR NO KEY UPDATE OF p, t
) {_INTO}
SELECT 'single', o.customer_id, o.unit, %s::int, o.credit_id, coalesce(%s::bigint, o.debit_id), %s, o.customer_id || ':' || %s,
    NULL, o.id, o.tariff_version, %s, %s
FROM o WHERE %s::int + ledger_given_back(o.id) <= o.amount{_DONE}"""  # noqa: S608 - constants only

EXPIRE = f"""WITH due AS (
    SELECT id, customer_id, unit, balance - reserved AS rest, reserved, source, ends_at FROM ledger_pocket
    WHERE closed_at IS NULL AND ends_at <= %s AND balance > reserved
    ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
) {_INTO}
SELECT 'single', d.customer_id, d.unit, d.rest, d.id, v.id, d.source, d.customer_id || ':expire:' || d.id || ':' || d.reserved,
    NULL, NULL, NULL, %s, d.ends_at
FROM due d JOIN ledger_pocket v ON v.holder = 'expired' AND v.unit = d.unit{_DONE}"""  # noqa: S608 - constants only


def open_pocket(
    customer_id: int,
    unit: str,
    source: str,
    label: str,
    starts_at: datetime,
    ends_at: datetime,
    *,
    actor: Actor,
    at: datetime,
) -> Pocket:
    """Open an empty pocket of a customer; the same source and unit again returns the first. LED-3.

    Raises KeyReused when the first lasts for another time.
    """
    pocket, made = Pocket.objects.get_or_create(
        customer_id=customer_id,
        source=source,
        unit=unit,
        defaults={"label": label, "starts_at": starts_at, "ends_at": ends_at},
    )
    if not made and (pocket.starts_at, pocket.ends_at) != (starts_at, ends_at):
        raise KeyReused(pocket=pocket.pk)
    return pocket


def end_early(pocket: Pocket, *, ends_at: datetime, actor: Actor, at: datetime) -> Pocket:
    """Let a pocket end sooner, never in the past; what is left then expires as always. LED-3."""
    with transaction.atomic():
        held = Pocket.objects.select_for_update(no_key=True).get(pk=pocket.pk)
        assert held.ends_at is not None and held.starts_at is not None
        ends_at = max(ends_at, at, held.starts_at + timedelta(microseconds=1))
        if ends_at < held.ends_at:
            held.ends_at = ends_at
            held.save(update_fields=["ends_at"])
    return held


def hold_pockets(customer_id: int, *, at: datetime) -> list[Pocket]:
    """Lock a customer's pockets in force, in key order, until the caller's transaction ends; what ends first first.

    For whoever must choose among pockets and then use what he chose. CHG-10.
    """
    found = Pocket.objects.select_for_update(no_key=True).filter(
        customer_id=customer_id, starts_at__lte=at, ends_at__gt=at
    )
    return sorted(found.order_by("pk"), key=lambda pocket: (pocket.ends_at, pocket.pk))


def issue(pocket: Pocket, amount: int, *, cause: str, key: str, actor: Actor, at: datetime) -> Transfer:
    """Put units into a pocket, out of nothing but the vendor's word. LED-1.

    Raises AmountInvalid, NotInForce, KeyReused.
    """
    _whole(amount)
    giver = VENDOR_POCKETS[Holder.ISSUED, pocket.unit]
    row = _run(ISSUE, [amount, giver, cause, key, actor.ref, at, pocket.pk, at])
    same = {"kind": Kind.SINGLE, "amount": amount, "debit_id": giver, "credit_id": pocket.pk, "cause": cause}
    if row:
        return row
    if first := _first(pocket.customer_id, key, same):
        return first
    raise NotInForce(pocket=pocket.pk)


def reserve(
    pocket: Pocket,
    amount: int,
    *,
    cause: str,
    key: str,
    tariff_version: int | None = None,
    actor: Actor,
    at: datetime,
) -> Transfer:
    """Set units aside until they are posted or voided. LED-1, CHG-4.

    The same key returns the first reservation. Raises AmountInvalid, NotEnough, NotInForce, KeyReused.
    """
    return _take(Kind.RESERVE, Holder.SPENT, pocket, amount, cause, key, tariff_version, actor, at)


def spend(
    pocket: Pocket,
    amount: int,
    *,
    cause: str,
    key: str,
    tariff_version: int | None = None,
    actor: Actor,
    at: datetime,
) -> Transfer:
    """Charge units at once. LED-1, CHG-3. Raises AmountInvalid, NotEnough, NotInForce, KeyReused."""
    return _take(Kind.SINGLE, Holder.SPENT, pocket, amount, cause, key, tariff_version, actor, at)


def take_back(pocket: Pocket, amount: int, *, cause: str, key: str, actor: Actor, at: datetime) -> Transfer:
    """Return units that were issued by mistake or whose sale was undone to the vendor. LED-1.

    Raises AmountInvalid, NotEnough, NotInForce, KeyReused.
    """
    return _take(Kind.SINGLE, Holder.ISSUED, pocket, amount, cause, key, None, actor, at)


def post(
    reservation: Transfer, amount: int | None = None, *, key: str, actor: Actor, at: datetime
) -> Transfer:
    """Charge what was reserved, or a part; the rest is released. Also after the pocket's end. LED-1, LED-6.

    The same key returns the first result. Raises AmountInvalid, AlreadyEnded, KeyReused.
    """
    if amount is not None:
        _whole(amount)
    return _end(Kind.POST, reservation, amount, key, actor, at)


def void(reservation: Transfer, *, key: str, actor: Actor, at: datetime) -> Transfer:
    """Give a reservation back whole; after the pocket's end into an extension of it. LED-1, LED-6, CHG-4.

    The same key returns the first result. Raises AlreadyEnded, KeyReused.
    """
    return _end(Kind.VOID, reservation, None, key, actor, at)


def give_back(
    transfer: Transfer, amount: int, *, cause: str, key: str, actor: Actor, at: datetime
) -> Transfer:
    """Reverse a charge in whole or part; after the pocket's end into an extension of it. CHG-3, LED-6.

    `transfer` is the one that spent: a single, or the post of a reservation. The same key returns the first result.
    Raises AmountInvalid, TooMuchGivenBack, KeyReused.
    """
    _whole(amount)
    row = _run(GIVE_BACK, [transfer.pk, at, None, amount, None, cause, key, actor.ref, at, amount])
    if row:
        return row
    same = {"kind": Kind.SINGLE, "amount": amount, "reverses_id": transfer.pk, "cause": cause}
    if first := _first(transfer.customer_id, key, same):
        return first
    if not Pocket.objects.filter(pk=transfer.debit_id, ends_at__lte=at).exists():
        raise TooMuchGivenBack(transfer=transfer.pk)
    with transaction.atomic():
        extension = _extension(transfer, at)
        row = _run(
            GIVE_BACK,
            [transfer.pk, at, extension.pk, amount, extension.pk, cause, key, actor.ref, at, amount],
        )
        if row is None:
            if first := _first(transfer.customer_id, key, same):
                return first
            raise TooMuchGivenBack(transfer=transfer.pk)
    return row


@transaction.atomic
def expire_due(*, at: datetime, limit: int = 500) -> int:
    """Move what is left, and not reserved, in pockets that ended to expired, at the time they ended. LED-3, LED-6.

    Any number of workers may run this; each pocket is taken by one. Returns how many pockets were emptied or closed.
    """
    moved = [_transfer(row) for row in _rows(EXPIRE, [at, limit, SYSTEM.ref])]
    for transfer in moved:
        record(
            "pocket.expired",
            subject=f"pocket:{transfer.debit_id}",
            actor=SYSTEM,
            at=transfer.at,
            customer=transfer.customer_id,
            unit=transfer.unit,
            amount=transfer.amount,
            source=transfer.cause,
        )
    empty = (
        Pocket.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(closed_at__isnull=True, ends_at__lte=at, balance=0, customer__isnull=False)
        .order_by("pk")[:limit]
    )
    closed = Pocket.objects.filter(pk__in=[pocket.pk for pocket in empty]).update(closed_at=at)
    return max(len(moved), closed)


@transaction.atomic
def warn_due(*, at: datetime, limit: int = 500) -> int:
    """Record, once for each pocket and reason, that it is low or about to end. LED-5. Returns how many."""
    percent = value("ledger.low_percent", at=at)
    days = sorted(value("ledger.ending_days", at=at))
    found = _rows(
        """
        WITH open AS (
            SELECT p.id, p.customer_id, p.unit, p.source, p.label, p.ends_at, p.issued, p.balance - p.reserved AS available
            FROM ledger_pocket p
            WHERE p.closed_at IS NULL AND p.customer_id IS NOT NULL AND p.issued > 0 AND p.starts_at <= %(at)s AND p.ends_at > %(at)s
        ), due AS (
            SELECT open.*, 'low' AS reason FROM open WHERE available * 100 <= issued * %(percent)s
            UNION ALL
            SELECT open.*, 'ends_' || (
                SELECT min(d) FROM unnest(%(days)s::int[]) AS d WHERE open.ends_at <= %(at)s + d * interval '1 day')
            FROM open WHERE available > 0 AND ends_at <= %(at)s + %(most)s * interval '1 day'
        ), told AS (
            INSERT INTO ledger_pocketwarning (pocket_id, reason, at)
            SELECT id, reason, %(at)s FROM due
            WHERE reason IS NOT NULL
                AND NOT EXISTS (SELECT FROM ledger_pocketwarning w WHERE w.pocket_id = due.id AND w.reason = due.reason)
            ORDER BY id LIMIT %(limit)s
            ON CONFLICT DO NOTHING RETURNING pocket_id, reason
        )
        SELECT due.id, due.customer_id, due.unit, due.source, due.label, due.ends_at, due.issued, due.available, due.reason
        FROM told JOIN due ON due.id = told.pocket_id AND due.reason = told.reason ORDER BY due.id
        """,
        {"at": at, "percent": percent, "days": days, "most": max(days, default=0), "limit": limit},
    )
    for pocket_id, customer_id, unit, source, label, ends_at, issued, available, reason in found:
        record(
            "pocket.low" if reason == "low" else "pocket.ending",
            subject=f"pocket:{pocket_id}",
            actor=SYSTEM,
            at=at,
            customer=customer_id,
            unit=unit,
            source=source,
            label=label,
            ends_at=ends_at,
            issued=issued,
            available=available,
            days=None if reason == "low" else int(reason.removeprefix("ends_")),
        )
    return len(found)


# --- one statement each ---------------------------------------------------------------------------------------------


def _whole(amount: Any) -> None:
    if type(amount) is not int or not 0 < amount < 2**31:
        raise AmountInvalid(amount=str(amount))


def _rows(sql: str, params: Sequence[Any] | dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


class _Prepared(psycopg.Cursor[Any]):
    """A cursor whose statements the server parses and plans once for each connection."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, prepare=True)


# One such cursor for each connection, with the loaders of times in C: made anew for each statement, it and its look-ups
# cost half of what a transfer takes (docs/algorithms/ledger.md).
_cursors: WeakKeyDictionary[Any, _Prepared] = WeakKeyDictionary()


def _prepared(database: BaseDatabaseWrapper) -> _Prepared:
    database.ensure_connection()
    found = _cursors.get(database.connection)
    if found is None or found.closed:
        with database.wrap_database_errors:
            database.connection.prepare_threshold = (
                1  # Django's own cursors never prepare, whatever stands here
            )
            found = _cursors[database.connection] = _Prepared(database.connection)
        loader = psycopg.adapters.get_loader(TIMESTAMPTZ, psycopg.pq.Format.TEXT)
        assert loader is not None
        found.adapters.register_loader("timestamptz", loader)
    return found


def _run(sql: str, params: Sequence[Any]) -> Transfer | None:
    """Send one statement and return the transfer that it wrote, if it did.

    Django's own cursor stands between only when somebody watches statements; its checks are made here too.
    """
    database = connections[DEFAULT_DB_ALIAS]
    cursor: Any = _prepared(database)
    if database.queries_logged:
        cursor = database.make_debug_cursor(cursor)
    elif database.execute_wrappers:
        cursor = database.make_cursor(cursor)
    database.validate_no_broken_transaction()
    with database.wrap_database_errors:
        cursor.execute(sql, params)
        row = cursor.fetchone()
    return None if row is None else _transfer(row)


def _transfer(row: Sequence[Any]) -> Transfer:
    """Make the model of a row as it came, without the signals and checks of `Model.__init__`."""
    made = Transfer.__new__(Transfer)
    state = ModelState()
    state.db, state.adding = DEFAULT_DB_ALIAS, False
    made.__dict__.update(zip(FIELDS, row, strict=True), _state=state)
    return made


def _first(customer_id: int | None, key: str, same: dict[str, Any]) -> Transfer | None:
    """Return the first transfer of a key. Raises KeyReused when it was for something else."""
    first = Transfer.objects.filter(key=f"{customer_id}:{key}").first()
    if first is not None and any(getattr(first, name) != wanted for name, wanted in same.items()):
        raise KeyReused(key=key)
    return first


def _take(
    kind: Kind,
    holder: Holder,
    pocket: Pocket,
    amount: int,
    cause: str,
    key: str,
    tariff_version: int | None,
    actor: Actor,
    at: datetime,
) -> Transfer:
    _whole(amount)
    taker = VENDOR_POCKETS[holder, pocket.unit]
    row = _run(
        TAKE,
        [kind.value, amount, taker, cause, key, tariff_version, actor.ref, at, pocket.pk, amount, at, at],
    )
    if row:
        return row
    same = {"kind": kind, "amount": amount, "debit_id": pocket.pk, "credit_id": taker, "cause": cause}
    if first := _first(pocket.customer_id, key, same):
        return first
    now = Pocket.objects.get(pk=pocket.pk)
    if now.starts_at is None or now.ends_at is None or not now.starts_at <= at < now.ends_at:
        raise NotInForce(pocket=pocket.pk)
    raise NotEnough(pocket=pocket.pk, available=now.available, wanted=amount)


def _end(
    kind: Kind, reservation: Transfer, amount: int | None, key: str, actor: Actor, at: datetime
) -> Transfer:
    def statement(after_end: bool) -> Transfer | None:
        wanted = [
            kind.value,
            amount,
            key,
            actor.ref,
            at,
            reservation.pk,
            amount,
            at,
            kind.value,
            amount,
            after_end,
        ]
        return _run(END, wanted)

    row = statement(False)
    if row:
        return row
    same: dict[str, Any] = {"kind": kind, "pending_id": reservation.pk}
    if first := _first(reservation.customer_id, key, same | ({"amount": amount} if amount else {})):
        return first
    if amount is not None and amount > reservation.amount:
        raise AmountInvalid(amount=amount, reserved=reservation.amount)
    if Transfer.objects.filter(pending_id=reservation.pk).exists():
        raise AlreadyEnded(reservation=reservation.pk)
    with transaction.atomic():
        row = statement(True)
        if row is None:
            if first := _first(reservation.customer_id, key, same):
                return first
            raise AlreadyEnded(reservation=reservation.pk)
        rest = reservation.amount - (row.amount if kind == Kind.POST else 0)
        if rest and Pocket.objects.filter(pk=reservation.debit_id, ends_at__lte=at).exists():
            _move_to_extension(row, rest, key, actor, at)
    return row


def _extension(transfer: Transfer, at: datetime) -> Pocket:
    """Open the pocket for what comes back after the end: it lasts 30 days more. LED-6."""
    days = value("ledger.grace_days", at=at)
    label = Pocket.objects.values_list("label", flat=True).get(pk=transfer.debit_id)
    source = f"grace:{transfer.pk}"
    already = Pocket.objects.filter(customer_id=transfer.customer_id)
    count = already.filter(Q(source=source) | Q(source__startswith=f"{source}.")).count()
    return open_pocket(
        transfer.customer_id,
        transfer.unit,
        f"{source}.{count + 1}" if count else source,
        label,
        at,
        at + timedelta(days=days),
        actor=SYSTEM,
        at=at,
    )


def _move_to_extension(ended: Transfer, rest: int, key: str, actor: Actor, at: datetime) -> None:
    extension = _extension(ended, at)
    _rows(
        f"""{_INTO} VALUES ('single', %s, %s, %s, %s, %s, %s, %s, NULL, NULL, NULL, %s, %s) RETURNING id""",
        [
            ended.customer_id,
            ended.unit,
            rest,
            ended.debit_id,
            extension.pk,
            ended.cause,
            f"{ended.customer_id}:{key}:rest",
            actor.ref,
            at,
        ],
    )
