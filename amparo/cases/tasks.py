"""What comes round for cases."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> None:
    """Look at running clocks and at closings that nobody answered. CAS-4, CAS-5, CAS-9."""
    commands.reach_clocks(at=at)
    commands.remind_due(at=at)
