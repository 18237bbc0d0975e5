"""The desk's screens: the calculator for all staff; calendars and kinds, which an administrator changes."""

from .calculator import calculator
from .calendars import (
    add_calendar,
    assign,
    calendar,
    calendars,
    close_date,
    make_default,
    open_date,
    place,
    remove_date,
    unassign,
    week,
)
from .kinds import kind, kinds

__all__ = [
    "add_calendar",
    "assign",
    "calculator",
    "calendar",
    "calendars",
    "close_date",
    "kind",
    "kinds",
    "make_default",
    "open_date",
    "place",
    "remove_date",
    "unassign",
    "week",
]
