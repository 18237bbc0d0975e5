"""What the worker does for videos: converts what waits, in a thread of its own."""

from __future__ import annotations

from datetime import datetime

from amparo.kernel import clock

from . import commands


def tick(*, at: datetime) -> bool:
    """Convert the next upload; takes as long as it is long. SRC-3."""
    return commands.convert_next(now=clock.now)


def interrupt() -> None:
    """The worker is to stop: what is being converted goes on in the next one."""
    commands.interrupt()
