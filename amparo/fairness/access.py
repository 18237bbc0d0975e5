"""Who may read the figures."""

from __future__ import annotations

from datetime import datetime

from amparo.kernel.actor import Actor
from amparo.policies.queries import value


def may_read(actor: Actor, *, at: datetime) -> bool:
    """Everybody where the vendor made them public, else staff."""
    return actor.is_staff or bool(value("fairness.is_public", at=at))
