"""What comes round for chats."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> None:
    """Offer what waits, give back what was lost, end what was left. CHT-1."""
    commands.give_back_lost(at=at)
    commands.offer_waiting(at=at)
    commands.end_left(at=at)


def keep(*, at: datetime) -> None:
    """Empty what is kept no longer. CAS-2."""
    commands.keep(at=at)
