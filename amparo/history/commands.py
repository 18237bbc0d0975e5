"""The verbs of the record: add a fact, wake pages, run reactions."""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction

from amparo.kernel.actor import Actor

from . import subscriptions
from .models import Delivery, Fact
from .queries import row
from .rules import canonical, digest, parts, sealed

log = structlog.get_logger(__name__)
ATTEMPTS_MAX = 20


@dataclass(frozen=True, slots=True)
class FactRef:
    """The identity of a fact that was just recorded."""

    id: int
    seq: int


def record(
    name: str, *, subject: Any, actor: Actor, at: datetime, customer: int | None = None, **data: Any
) -> FactRef:
    """Add a fact to its subject's chain, in the caller's transaction, in one round trip. CAS-1.

    `subject` is a typed string (`case:41`) or an object that has one as `.subject`; `customer` the id of
    the customer concerned, taken from the object where it has `customer_id`. The reactions that follow the
    fact run after commit; pages that show the subject or the customer are told.
    """
    assert connection.in_atomic_block, "a fact belongs to the transaction of what it tells"
    ref = subject if isinstance(subject, str) else subject.subject
    if customer is None and not isinstance(subject, str):
        customer = getattr(subject, "customer_id", None)
    body = canonical(
        name=name, subject=ref, actor=actor.ref, actor_name=actor.name, at=at, customer=customer, data=data
    )
    head, told = parts(body)
    salt = secrets.token_hex(16)
    content = sealed(salt, told)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT fact_id, fact_seq FROM history_append(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::text[])",
            [ref, name, actor.ref, customer, at, body, digest(head, content), content, salt, list(subscriptions.reactions_to(name))],
        )
        return FactRef(*cursor.fetchone())


def signal(*topics: str) -> None:
    """Tell open pages that what they show under these topics changed, at commit; nothing is recorded."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_notify('amparo_stream', topic || '|0') FROM unnest(%s::text[]) AS topic", [list(topics)]
        )


def purge(subjects: Sequence[str], *, at: datetime) -> int:
    """Empty the content of the subjects' facts that stand now; return how many. CAS-2.

    Who, what, when and the hash stay, so that the chain is verified as before. A fact whose reactions are still owed
    keeps its content until they have run.
    """
    return (
        Fact.objects.filter(subject__in=list(subjects), purged_at__isnull=True)
        .exclude(deliveries__done_at__isnull=True, deliveries__isnull=False)
        .update(body="", data={}, salt="", purged_at=at)
    )


def deliver_pending(*, at: datetime, limit: int = 100) -> int:
    """Run open reactions, oldest first, each in one transaction with its mark; return how many were tried.

    Any number of workers may run this at once: a row is taken with SKIP LOCKED. A reaction that fails is
    tried again later, ever more rarely; its error is kept and logged.
    """
    done = 0
    while done < limit and _deliver_one(at):
        done += 1
    return done


def _deliver_one(at: datetime) -> bool:
    with transaction.atomic():
        delivery = (
            Delivery.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("fact")
            .filter(done_at__isnull=True, next_at__lte=max(at, _database_now()))
            .order_by("next_at", "id")
            .first()
        )
        if delivery is None:
            return False
        try:
            with transaction.atomic():
                subscriptions.load(delivery.reaction)(row(delivery.fact))
        except Exception as error:  # the edge of the worker: kept, logged, tried again
            _postpone(delivery, error, at)
        else:
            delivery.done_at = at
            delivery.attempts += 1
            delivery.save(update_fields=["done_at", "attempts"])
    return True


def _postpone(delivery: Delivery, error: Exception, at: datetime) -> None:
    delivery.attempts += 1
    delivery.error = "".join(traceback.format_exception_only(error))[-2000:]
    delay = timedelta(seconds=min(5 * 2**delivery.attempts, 3600))
    if delivery.attempts >= ATTEMPTS_MAX:
        delay = timedelta(days=1)
    delivery.next_at = max(at, _database_now()) + delay
    delivery.save(update_fields=["attempts", "error", "next_at"])
    log.error(
        "reaction failed",
        reaction=delivery.reaction,
        fact=delivery.fact_id,
        attempts=delivery.attempts,
        error=type(error).__name__,
    )


def _database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
