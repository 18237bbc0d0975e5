"""What comes round: calls whose end nobody told, and calls whose time is over."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> None:
    """End what an exchange forgot to end."""
    while commands.sweep(at=at) >= 50:
        pass


def keep(*, at: datetime) -> None:
    """Empty calls and forget what exchanges told once its time is over, in small steps. CAS-2."""
    commands.forget(at=at)
