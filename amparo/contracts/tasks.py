"""What the worker does for contracts by the clock."""

from __future__ import annotations

from datetime import datetime

from .commands import drop_old_imports, tell_endings
from .commands.cards import forget_attempts


def tick(*, at: datetime) -> int:
    """Tell of contracts that end soon; drop files nobody confirmed and tries that no longer count. LED-5."""
    return tell_endings(at=at) + drop_old_imports(at=at) + forget_attempts(at=at)
