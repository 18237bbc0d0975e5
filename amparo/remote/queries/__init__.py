"""Reads of remote sessions."""

from .films import FilmRow, film_ids_of_case, films_of, lies
from .record import (
    Played,
    TimeLine,
    due_recordings,
    links_of,
    open_record,
    path_of,
    play,
    recordings_of,
    screen_of,
    time_line,
    verified,
)
from .sessions import Row, Situation, asked_of, of_case, open_of_case, situations, weight_of
from .sharing import Standing, ended_by_browser, room_of, standing_of

__all__ = [
    "FilmRow",
    "Played",
    "Row",
    "Situation",
    "Standing",
    "TimeLine",
    "asked_of",
    "due_recordings",
    "ended_by_browser",
    "film_ids_of_case",
    "films_of",
    "lies",
    "links_of",
    "of_case",
    "open_of_case",
    "open_record",
    "path_of",
    "play",
    "recordings_of",
    "room_of",
    "screen_of",
    "situations",
    "standing_of",
    "time_line",
    "verified",
    "weight_of",
]
