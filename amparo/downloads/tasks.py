"""What comes round: files that are whole are taken in, uploads that nobody went on with are removed."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> None:
    """Take in what came, drop what was left."""
    commands.take_in_waiting(at=at)
    commands.remove_expired(at=at)
