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
    rail_counts,
    tag_names,
    templates_in,
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
    "rail_counts",
    "search",
    "tag_names",
    "templates_in",
    "timeline",
]
