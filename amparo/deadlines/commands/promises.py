"""Promises: made, kept, ended by people; warned of and lapsed by the worker. TIM-8, TIM-9, TIM-10."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import structlog
from django.db import OperationalError, connection, transaction

from amparo.deadlines import queries
from amparo.deadlines.errors import NotOwed
from amparo.deadlines.machine import LIFE, Move, State
from amparo.deadlines.models import Promise, PromiseLapse, PromiseWarning, amount_of
from amparo.deadlines.rules import Counting, add_business_time, business_time_between, warning_times
from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM, Actor

log = structlog.get_logger(__name__)
LOCK_WAIT_MS_MAX = 300


@transaction.atomic(savepoint=False)
def promise(
    kind_code: str,
    *,
    subject: Any,
    customer_id: int | None,
    key: str | None = None,
    thread_id: int | None = None,
    holder_id: int | None = None,
    started_at: datetime | None = None,
    amount: int | None = None,
    actor: Actor,
    at: datetime,
) -> Promise:
    """Promise something of a kind about a subject: the deadline is computed now, once, and stored. TIM-8, TIM-4.

    The clock starts at `started_at` (default `at`), by the kind and the calendar that are in force then. `amount` says
    how much time where each promise has its own (the delivery of an order), counted as the kind counts. The same `key` gives back the first promise. Two statements, and the fact `promise.made`. Raises UnknownKind, NeverOpen.
    """
    started_at = started_at or at
    terms = queries.terms(kind_code, customer_id=customer_id, at=started_at)
    calendar = queries.calendar_of_version(terms.version_id)
    whole = terms.amount if amount is None else Decimal(amount)
    counting, length = Counting(terms.counting), amount_of(terms.counting, whole)
    due_at = add_business_time(calendar, started_at, length, counting)
    plan = warning_times(calendar, started_at, due_at, length, counting, terms.warn_percents)
    made = Promise(
        kind_id=terms.kind_id,
        kind_code=kind_code,
        subject_ref=subject if isinstance(subject, str) else subject.subject,
        customer_id=customer_id,
        thread_id=thread_id,
        holder_id=holder_id,
        calendar_version_id=terms.version_id,
        counting=terms.counting,
        amount=whole,
        priority=terms.priority,
        started_at=started_at,
        due_at=due_at,
        warn_percents=[percent for percent, _ in plan],
        warn_ats=[moment for _, moment in plan],
        next_warn_at=plan[0][1] if plan else None,
        key=key,
    )
    if not _inserted(made):
        return Promise.objects.get(key=key)
    _tell("promise.made", made, actor=actor, at=at, started_at=started_at)
    return made


def _inserted(made: Promise) -> bool:
    """Insert in one statement; False when the key was used before, also by a transaction that just committed."""
    fields = [field for field in Promise._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    values = [field.get_db_prep_save(getattr(made, field.attname), connection) for field in fields]
    sql = f"INSERT INTO deadlines_promise ({columns}) VALUES ({marks}) ON CONFLICT (key) DO NOTHING RETURNING id"  # noqa: S608 columns of the model
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    if row is None:
        return False
    made.pk, made._state.adding, made._state.db = row[0], False, "default"
    return True


@transaction.atomic
def keep(promise: Promise, *, by: int | None = None, actor: Actor, at: datetime) -> Promise:
    """What was promised was done at this moment: the promise is kept, or, after its time, met late for ever. TIM-9.

    `by` is the user who did it, by default the actor. When its lapse was not yet written, it is written first, so
    that the outcome does not hang on when the worker last ran. Raises NotOwed.
    """
    return _met(_locked(promise.pk), actor=actor, at=at, by=by)


@transaction.atomic(savepoint=False)
def keep_open(
    subject: Any, kind_code: str, *, by: int | None = None, actor: Actor, at: datetime
) -> list[Promise]:
    """Keep all promises of one kind that are still owed about a subject; none is no fault. TIM-9."""
    owed = queries.owed(subject, kind_code).select_for_update().order_by("id")
    return [_met(row, actor=actor, at=at, by=by) for row in owed]


@transaction.atomic
def end(promise: Promise, *, reason: str, actor: Actor, at: datetime) -> Promise:
    """The promise is no longer owed, for a reason. One whose time had passed stays lapsed. Raises NotOwed. TIM-5."""
    return _ended(_locked(promise.pk), reason, actor=actor, at=at)


@transaction.atomic(savepoint=False)
def end_open(
    subject: Any, *, reason: str, kind_code: str | None = None, actor: Actor, at: datetime
) -> list[Promise]:
    """End all promises still owed about a subject (of one kind): it was closed, withdrawn; none is no fault."""
    owed = queries.owed(subject, kind_code).select_for_update().order_by("id")
    return [_ended(row, reason, actor=actor, at=at) for row in owed]


@transaction.atomic(savepoint=False)
def hold_open(subject: Any, *, holder_id: int | None, actor: Actor, at: datetime) -> int:
    """Say who is to keep what is still owed about a subject: reports by person count it there. No fact of its own."""
    return queries.owed(subject).update(holder_id=holder_id)


def lapse_due(*, at: datetime, limit: int = 200) -> int:
    """Lapse up to `limit` open promises whose time has passed; return how many. TIM-10.

    Each gets its one lapse row and its one fact `promise.lapsed`, effective at the deadline's own time however late
    the worker comes. Any number of workers may run this at once.
    """
    return _in_batch(
        Promise.objects.filter(state=State.OPEN, due_at__lt=at).order_by("due_at", "id"), _lapse, at, limit
    )


def warn_due(*, at: datetime, limit: int = 200) -> int:
    """Warn of up to `limit` open promises a percentage of whose time has passed; return how many. TIM-10.

    Each percentage is written once. When several passed since the last look (after a stop), one fact
    `promise.warned` tells the highest. What is overdue already lapses instead.
    """
    due = Promise.objects.filter(state=State.OPEN, next_warn_at__lte=at, due_at__gte=at)
    return _in_batch(due.order_by("next_warn_at", "id"), _warn, at, limit)


# -- one promise -----------------------------------------------------------------------------------------------------


def _locked(promise_id: int) -> Promise:
    return Promise.objects.select_for_update().get(pk=promise_id)


def _met(row: Promise, *, actor: Actor, at: datetime, by: int | None) -> Promise:
    if not row.is_owed:
        raise NotOwed(promise=row.pk)
    if row.state == State.OPEN and at > row.due_at:
        _lapse([row], at)
    if row.state == State.LAPSED and at <= row.due_at:
        # Begun in time, but the lapse was on the record first, and with it its consequence: late by that clock.
        at = row.lapse.recorded_at
    row.state = LIFE.after(row.state, Move.KEEP).value
    row.met_at, row.met_by_id, row.next_warn_at = at, by or actor.user_id, None
    calendar = queries.calendar_of_version(row.calendar_version_id)
    margin = business_time_between(calendar, at, row.due_at, Counting(row.counting))
    row.margin_seconds = int(margin.total_seconds())
    row.save(update_fields=["state", "met_at", "met_by", "margin_seconds", "next_warn_at"])
    name = "promise.kept" if row.state == State.KEPT else "promise.met_late"
    _tell(name, row, actor=actor, at=at, margin_seconds=row.margin_seconds, by=row.met_by_id)
    return row


def _ended(row: Promise, reason: str, *, actor: Actor, at: datetime) -> Promise:
    if not row.is_owed:
        raise NotOwed(promise=row.pk)
    if row.state == State.OPEN and at > row.due_at:
        _lapse([row], at)
    row.state = LIFE.after(row.state, Move.END).value
    row.ended_at, row.end_reason, row.next_warn_at = at, reason[:200], None
    row.save(update_fields=["state", "ended_at", "end_reason", "next_warn_at"])
    _tell("promise.ended", row, actor=actor, at=at, reason=row.end_reason)
    return row


def _tell(name: str, row: Promise, *, actor: Actor, at: datetime, **data: Any) -> None:
    record(name, subject=row.subject_ref, customer=row.customer_id, actor=actor, at=at, **row.told(), **data)


# -- batches ---------------------------------------------------------------------------------------------------------


def _in_batch(due: Any, act: Any, at: datetime, limit: int) -> int:
    """Take a batch that nobody else holds, and act on it in one transaction.

    A batch holds promises and then asks for the records of their subjects; a person's act may hold a record and
    then ask for its promise. So the batch never waits long: it lets go and takes its promises one by one, and
    what is still held is left to the next round.
    """
    try:
        with transaction.atomic():
            rows = _taken(due, limit)
            act(rows, at)
            return len(rows)
    except OperationalError as held:
        log.info("batch of promises taken one by one", reason=type(held.__cause__).__name__)
    done = 0
    for promise_id in list(due.values_list("pk", flat=True)[:limit]):
        try:
            with transaction.atomic():
                rows = _taken(due.filter(pk=promise_id), 1)
                act(rows, at)
                done += len(rows)
        except OperationalError as held:
            log.info(
                "promise left to the next round", promise=promise_id, reason=type(held.__cause__).__name__
            )
    return done


def _taken(due: Any, limit: int) -> list[Promise]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_WAIT_MS_MAX}ms"])
    return list(due.select_for_update(skip_locked=True)[:limit])


def _lapse(rows: Sequence[Promise], at: datetime) -> None:
    """Write the lapse of locked open promises: state, row and fact, each once."""
    if not rows:
        return
    for row in rows:
        row.state, row.next_warn_at = LIFE.after(row.state, Move.LAPSE).value, None
    Promise.objects.filter(pk__in=[row.pk for row in rows]).update(state=State.LAPSED, next_warn_at=None)
    PromiseLapse.objects.bulk_create(
        [PromiseLapse(promise=row, effective_at=row.due_at, recorded_at=at) for row in rows]
    )
    for row in _in_lock_order(rows):
        _tell("promise.lapsed", row, actor=SYSTEM, at=row.due_at, recorded_at=at, holder=row.holder_id)


def _warn(rows: Sequence[Promise], at: datetime) -> None:
    """Write the warnings that locked open promises have reached, and when the next one is due."""
    if not rows:
        return
    reached: dict[int, tuple[int, datetime]] = {}
    written: list[PromiseWarning] = []
    for row in rows:
        assert row.next_warn_at is not None
        plan = list(zip(row.warn_percents, row.warn_ats, strict=True))
        for percent, moment in plan:
            if row.next_warn_at <= moment <= at:
                reached[row.pk] = (percent, moment)
                written.append(
                    PromiseWarning(promise=row, percent=percent, effective_at=moment, recorded_at=at)
                )
        row.next_warn_at = min((moment for _, moment in plan if moment > at), default=None)
    Promise.objects.bulk_update(rows, ["next_warn_at"])
    PromiseWarning.objects.bulk_create(written)
    for row in _in_lock_order(rows):
        percent, moment = reached[row.pk]
        _tell(
            "promise.warned",
            row,
            actor=SYSTEM,
            at=moment,
            recorded_at=at,
            percent=percent,
            priority=row.priority,
            holder=row.holder_id,
        )


def _in_lock_order(rows: Iterable[Promise]) -> list[Promise]:
    """By subject: two workers whose batches share subjects ask for their records in the same order."""
    return sorted(rows, key=lambda row: (row.subject_ref, row.due_at, row.pk))
