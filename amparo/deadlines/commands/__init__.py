"""The verbs of deadlines: calendars, kinds of promises, promises."""

from .calendars import (
    add_calendar,
    assign_calendar,
    change_week,
    close_date,
    make_default,
    open_date,
    remove_closure,
    remove_opening,
    set_place,
    unassign_calendar,
)
from .kinds import set_kind
from .promises import end, end_open, hold_open, keep, keep_open, lapse_due, promise, warn_due

__all__ = [
    "add_calendar",
    "assign_calendar",
    "change_week",
    "close_date",
    "end",
    "end_open",
    "hold_open",
    "keep",
    "keep_open",
    "lapse_due",
    "make_default",
    "open_date",
    "promise",
    "remove_closure",
    "remove_opening",
    "set_kind",
    "set_place",
    "unassign_calendar",
    "warn_due",
]
