"""What comes round: quotes expire and are reminded of. QUO-3."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> None:
    """Let quotes expire whose validity ended, and remind of those that are about to."""
    commands.expire_due(at=at)
    commands.remind_due(at=at)
