"""Reads of search."""

from .report import (
    NotFound,
    Numbers,
    not_found,
    not_found_of,
    numbers,
    synonym_groups,
    writing_task,
    writing_tasks,
)
from .suggestions import similar
from .words import Found, Hit, search

__all__ = [
    "Found", "Hit", "NotFound", "Numbers", "not_found", "not_found_of", "numbers", "search", "similar", "synonym_groups", "writing_task", "writing_tasks",
]  # fmt: skip
