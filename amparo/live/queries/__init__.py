"""Reads of live service."""

from .calls import calls_about, calls_between, calls_of, open_calls
from .ringing import (
    Candidate,
    OnScreen,
    announcement,
    callbacks,
    callers_waiting,
    candidates,
    events_of,
    on_screen,
    one_on_screen,
    owed_callbacks,
    recent_lines,
    refused_at,
    refused_dials,
    trouble,
)
from .wallboard import Board, Hour, Taker, board, day_bounds, day_rows

__all__ = [
    "Board", "Candidate", "Hour", "OnScreen", "Taker", "announcement", "board", "callbacks", "callers_waiting", "calls_about", "calls_between", "calls_of", "candidates",
    "day_bounds", "day_rows", "events_of", "on_screen", "one_on_screen", "open_calls", "owed_callbacks", "recent_lines", "refused_at", "refused_dials",
    "trouble",
]  # fmt: skip
