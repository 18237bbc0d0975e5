"""Reads of cases, shaped for pages."""

from .lists import CaseFilter, CaseRow, NeedsMe, cases_list, needs_me
from .page import (
    CasePage,
    Line,
    Moment,
    case_page,
    closing_lines,
    cost_of,
    record_lines,
    specification,
    story,
)

__all__ = [
    "CaseFilter",
    "CasePage",
    "CaseRow",
    "Line",
    "Moment",
    "NeedsMe",
    "case_page",
    "cases_list",
    "closing_lines",
    "cost_of",
    "needs_me",
    "record_lines",
    "specification",
    "story",
]
