"""What comes round: papers whose time ran out are marked, certificates that expire are reminded of. SRC-4."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> None:
    """Mark what was not handed in in time; remind of certificates that expire."""
    commands.lapse_due(at=at)
    commands.remind_due(at=at)


def sweep(*, at: datetime) -> None:
    """Take away what was left of packages that came to nothing."""
    commands.sweep(at=at)
