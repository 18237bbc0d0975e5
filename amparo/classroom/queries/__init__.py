"""Reads of the classroom, shaped for its pages."""

from .attendance import Attendance, Row, attendance
from .pages import Board, board, coming, forgotten, invited, lines_of, past, places_of

__all__ = ["Attendance", "Board", "Row", "attendance", "board", "coming", "forgotten", "invited", "lines_of", "past", "places_of"]
