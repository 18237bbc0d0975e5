"""Reads of the classroom, shaped for its pages."""

from .attendance import Attendance, Row, attendance
from .calendar import calendar_of
from .pages import Board, board, coming, forgotten, invited, lines_of, past, places_of

__all__ = ["Attendance", "Board", "Row", "attendance", "board", "calendar_of", "coming", "forgotten", "invited", "lines_of", "past", "places_of"]
