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
from .record import due_films, films_of_case, record_of_case, subjects_of_case

__all__ = [
    "Attendance", "Board", "More", "Row", "attendance", "board", "calendar_of", "coming", "due_films", "films_of_case", "forgotten", "invited", "lines_of",
    "more_of", "never_begun", "past", "places_of", "record_of_case", "subjects_of_case",
]  # fmt: skip
