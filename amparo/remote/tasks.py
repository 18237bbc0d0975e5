"""What comes round for remote sessions."""

from __future__ import annotations

from datetime import datetime

from . import commands


def tick(*, at: datetime) -> None:
    """End offers that nobody took and sessions that no broker keeps. LIV-2, SEC-39, SEC-40."""
    commands.expire_offers(at=at)
    commands.end_lost(at=at)


def keep(*, at: datetime) -> None:
    """Forget wrong codes that count no more. SEC-39."""
    commands.forget_misses(at=at)
