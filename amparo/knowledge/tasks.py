"""What comes round: reviews that are overdue. SRC-2."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> None:
    """Let owners be told of what they should have read again."""
    commands.remind_reviews(at=at)
