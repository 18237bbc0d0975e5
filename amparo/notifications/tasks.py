"""What comes round: letters on their way."""

from __future__ import annotations

from datetime import datetime

from . import commands
from .reactions import units


def tick(*, at: datetime) -> int:
    """Tell what was gathered, send what is due, until nothing is; return how many letters were looked at."""
    total = 0
    commands.tell_gathered(units.tell_customer, at=at)
    while done := commands.send_due(at=at):
        total += done
    return total
