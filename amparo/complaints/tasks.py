"""What comes round for complaints."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> None:
    """Decide for the customer what nobody decided in time, batch by batch; give old refusals their complaint. COM-1, COM-6."""
    while commands.lapse_due(at=at):
        pass
    commands.adopt_refused(at=at)
