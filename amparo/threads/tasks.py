"""What comes round: the tally drawn together, old signs of life dropped."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> None:
    """Keep the small tables small."""
    commands.compact_tally(at=at)
    commands.forget_presence(at=at)
