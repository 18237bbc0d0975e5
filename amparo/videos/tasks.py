"""What the worker does for videos, in a thread of its own: converts what waits, drops uploads that nobody went on with."""

from __future__ import annotations

from datetime import datetime

from amparo.kernel import clock

from . import commands


def tick(*, at: datetime) -> bool:
    """Convert the next upload; takes as long as it is long. SRC-3."""
    commands.remove_expired(at=at)
    commands.take_in_waiting(at=at)
    return commands.convert_next(now=clock.now)


def interrupt() -> None:
    """The worker is to stop: what is being converted goes on in the next one."""
    commands.interrupt()
