"""Reads of chats, shaped for pages."""

from .conversation import Page, Shown, events_since, page_of
from .lists import (
    Row,
    chats_of_customer,
    counts,
    desk_rows,
    file_ids_of_case,
    of_case,
    record_of_case,
    subjects_of_case,
    told_subjects_of_case,
)
from .presence import RAIL, Presence, colleagues, duty_of, instead, presence, skills
from .telling import cleaned, question_of, transcript, transcript_lines
from .widget import site_by_id, site_secret, sites, who_has

__all__ = [
    "RAIL", "Page", "Presence", "Row", "Shown", "chats_of_customer", "cleaned", "colleagues", "counts", "desk_rows", "duty_of", "events_since", "file_ids_of_case",
    "instead", "of_case", "page_of", "presence", "question_of", "record_of_case", "site_by_id", "site_secret", "sites",
    "skills", "subjects_of_case", "told_subjects_of_case", "transcript", "transcript_lines", "who_has",
]  # fmt: skip
