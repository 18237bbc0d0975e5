"""What comes round: drafts that nobody sent, bytes that nobody needs or that were left half-way."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> None:
    """Remove drafts that are a day old, bytes of what was purged, and what came in and was never kept."""
    commands.remove_orphans(at=at)
    commands.remove_purged(at=at)
    commands.sweep_incoming(at=at)
