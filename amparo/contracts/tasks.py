"""What the worker does for contracts by the clock."""

from __future__ import annotations

from datetime import datetime

from .commands import drop_old_imports, tell_endings, work_imports
from .commands.cards import forget_attempts


def tick(*, at: datetime) -> int:
    """Tell of contracts that end soon; drop files nobody confirmed and tries that no longer count. LED-5."""
    return tell_endings(at=at) + drop_old_imports(at=at) + forget_attempts(at=at)


def imports(*, at: datetime) -> int:
    """Judge and import long files. Takes as long as they are long."""
    return work_imports(at=at)
