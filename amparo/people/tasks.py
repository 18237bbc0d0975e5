"""What comes round for people."""

from __future__ import annotations

from datetime import datetime

from amparo.kernel.actor import SYSTEM

from . import commands


def tick(*, at: datetime) -> None:
    """Forget what is no longer needed: run-out sessions, and secrets of letters that never went out."""
    commands.forget_run_out(actor=SYSTEM, at=at)
