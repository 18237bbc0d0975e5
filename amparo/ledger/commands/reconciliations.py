"""The verbs of reconciliations: asked for, worked on in small steps that a killed worker takes up again, kept. LED-4."""

from __future__ import annotations

from datetime import datetime, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction

from amparo.history.commands import record, signal
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import NotPermitted
from amparo.policies.queries import value

from .. import access, queries
from ..models import Reconciliation

STEP = 200  # customers at a time: each step is one transaction, and one look at a moment
NIGHT_HOUR = 3
KEPT_DAYS = 400
KEPT_DIFFERENCES = 1000


def reconcile(*, actor: Actor, at: datetime) -> Reconciliation:
    """Ask for a reconciliation over all customers; while one runs, that one is returned. LED-4. Raises NotPermitted."""
    if not access.may_reconcile(actor):
        raise NotPermitted()
    try:
        with transaction.atomic():
            run = Reconciliation.objects.create(
                asked_at=at, asked_by_id=actor.user_id, customers=queries.holders_count()
            )
            record("ledger.reconciliation_begun", subject=run, actor=actor, at=at, customers=run.customers)
    except IntegrityError:
        return Reconciliation.objects.get(state="running")
    return run


def work(*, at: datetime, seconds: float = 1.0) -> int:
    """Go on with the reconciliation that runs, for so long; return how many customers were looked at. LED-4.

    Each step is one transaction, so that a worker that is killed costs one step; one worker works at a time.
    """
    until = monotonic() + seconds
    looked = 0
    while True:
        step = _step(at)
        looked += step
        if not step or monotonic() >= until:
            return looked


@transaction.atomic
def _step(at: datetime) -> int:
    run = Reconciliation.objects.select_for_update(skip_locked=True).filter(state="running").first()
    if run is None:
        return 0
    found = queries.check_customers(run.last_customer, STEP)
    for unit, figures in found.units.items():
        kept = run.units.setdefault(unit, dict.fromkeys(figures, 0))
        for name, amount in figures.items():
            kept[name] += amount
    run.pockets += found.pockets
    run.transfers += found.transfers
    run.differences = [*run.differences, *found.differences][:KEPT_DIFFERENCES]
    run.differences_count += len(found.differences)
    run.customers_done += len(found.customers)
    if found.customers:
        run.last_customer = found.customers[-1]
    if len(found.customers) < STEP:
        run.state, run.ended_at, run.customers = "done", at, run.customers_done
    run.save()
    if run.state == "done":
        record(
            "ledger.reconciled" if run.agrees else "ledger.off", subject=run, actor=SYSTEM, at=at,
            customers=run.customers, pockets=run.pockets, transfers=run.transfers, differences=run.differences_count,
        )  # fmt: skip
    signal("reconciliations")
    return len(found.customers)


def reconcile_nightly(*, at: datetime) -> Reconciliation | None:
    """Ask for the reconciliation of the night, once a day after three o'clock; None where there is nothing to do. LED-4."""
    if not value("ledger.reconcile_nightly", at=at):
        return None
    local = at.astimezone(ZoneInfo(settings.TIME_ZONE))
    night = local.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    if local < night or Reconciliation.objects.filter(asked_at__gte=night).exists():
        return None
    return reconcile(actor=SYSTEM, at=at)


def drop_old(*, at: datetime) -> int:
    """Forget results of more than a year ago that found nothing; return how many."""
    old = Reconciliation.objects.filter(state="done", differences_count=0, ended_at__lt=at - timedelta(days=KEPT_DAYS))
    return old.delete()[0]
