"""Reads of conversations, shaped for pages."""

from .desk import (
    Counts,
    QueueFilter,
    QueueRow,
    answer_templates,
    counts,
    draft_of,
    holders,
    looking,
    queue,
    tag_names,
)
from .search import Hit, search
from .timeline import EntryRow, FileRow, customer_threads, entries_since, timeline

__all__ = [
    "Counts",
    "EntryRow",
    "FileRow",
    "Hit",
    "QueueFilter",
    "QueueRow",
    "answer_templates",
    "counts",
    "customer_threads",
    "draft_of",
    "entries_since",
    "holders",
    "looking",
    "queue",
    "search",
    "tag_names",
    "timeline",
]
