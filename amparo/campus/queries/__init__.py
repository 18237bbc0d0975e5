"""Reads of the campus."""

from .certificates import standing_of, verified
from .pages import (
    catalogue,
    certificates_of,
    classes_of,
    content_lesson,
    film_of,
    groups_of,
    mine,
    outline,
    price_of,
    progress_by,
    sitemap,
    standing_in,
    videos_to_choose,
)
from .papers import asked, attempts
from .people import attempts_of, board, learners, log_of, seats_of, students, team

__all__ = [
    "asked", "attempts", "attempts_of", "board", "catalogue", "certificates_of", "classes_of", "content_lesson", "film_of", "groups_of", "learners", "log_of",
    "mine", "outline", "price_of", "progress_by", "seats_of", "sitemap", "standing_in", "standing_of", "students", "team", "verified",     "videos_to_choose",
]  # fmt: skip
