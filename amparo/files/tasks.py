"""What comes round: drafts that nobody sent, bytes that nobody needs."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> None:
    """Remove drafts that are a day old, and bytes of what was purged."""
    commands.remove_orphans(at=at)
    commands.remove_purged(at=at)
