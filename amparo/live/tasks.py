"""What comes round: calls whose end nobody told."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> None:
    """End what an exchange forgot to end."""
    while commands.sweep(at=at) >= 50:
        pass
