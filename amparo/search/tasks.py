"""What comes round: words drawn together, old searches dropped."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> None:
    """Keep the small tables small."""
    commands.compact_words(at=at)
    commands.forget_searches(at=at)
