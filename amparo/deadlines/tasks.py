"""What the worker does here each few seconds."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> None:
    """Lapse what is overdue, then warn of what is close, batch by batch until nothing is left. TIM-10."""
    while commands.lapse_due(at=at):
        pass
    while commands.warn_due(at=at):
        pass
