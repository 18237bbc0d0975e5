"""What comes round: what was scheduled goes live at its hour."""

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> int:
    """Publish and take back what is due."""
    return commands.publish_due(at=at)
