"""What comes round: drafts that nobody sent."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> None:
    """Remove drafts that are a day old."""
    commands.remove_orphans(at=at)
