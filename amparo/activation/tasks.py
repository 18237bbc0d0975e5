"""What comes round: staff are told of licences in many networks, what no longer counts is forgotten. SEC-44, SEC-58."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> None:
    """Forget what no longer counts; tell of what looks shared."""
    commands.tell_of_networks(at=at)
    commands.forget(at=at)
