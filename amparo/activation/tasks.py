"""What comes round: tries and nonces that no longer count are forgotten. SEC-58."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> None:
    """Forget what no longer counts."""
    commands.forget(at=at)
