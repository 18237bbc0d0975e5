"""Reads of the classroom, shaped for its pages."""

from .attendance import Attendance, Row, attendance
from .calendar import calendar_of
from .pages import (
    Board,
    More,
    board,
    coming,
    forgotten,
    invited,
    lines_of,
    more_of,
    never_begun,
    past,
    places_of,
)

__all__ = [
    "Attendance", "Board", "More", "Row", "attendance", "board", "calendar_of", "coming", "forgotten", "invited", "lines_of", "more_of", "never_begun",
    "past", "places_of",
]  # fmt: skip
