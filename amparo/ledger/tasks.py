"""What the worker does for the ledger by the clock."""

from __future__ import annotations

from datetime import datetime

from . import commands

BATCH = 500


def tick(*, at: datetime) -> int:
    """Expire what ended, warn of what is low or ends soon; return how many pockets were concerned. LED-3, LED-5."""
    total = 0
    for act in (commands.expire_due, commands.warn_due):
        while done := act(at=at, limit=BATCH):
            total += done
            if done < BATCH:
                break
    return total


def reconcile(*, at: datetime) -> int:
    """Begin the night's reconciliation when it is time; go on with the one that runs, a second at a time. LED-4."""
    if commands.reconcile_nightly(at=at):
        commands.drop_old(at=at)
    return commands.work(at=at)
