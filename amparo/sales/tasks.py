"""What comes round for sales: orders that nobody paid; and visits to a payment page that nobody told us of."""

from __future__ import annotations

from datetime import datetime

from amparo.promotions.commands import forget_tries

from . import commands


def tick(*, at: datetime) -> None:
    """Let unpaid orders expire; drop tries of codes that no longer count."""
    commands.expire_due(at=at)
    forget_tries(at=at)


def look(*, at: datetime) -> None:
    """Ask the payment providers about open visits. It may wait for them, so it runs beside what must be in time."""
    commands.look_at_open(at=at)
