"""What comes round: letters on their way."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> int:
    """Send what is due, until nothing is; return how many letters were looked at."""
    total = 0
    while done := commands.send_due(at=at):
        total += done
    return total
