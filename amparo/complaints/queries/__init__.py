"""Reads of complaints."""

from .doors import (
    CaseComplaint,
    Outcomes,
    holds,
    of_case,
    outcomes,
    record_of,
)
from .judging import barred, disputed, involved, nobody_may_judge, whom_to_ask

__all__ = [
    "CaseComplaint",
    "Outcomes",
    "barred",
    "disputed",
    "holds",
    "involved",
    "nobody_may_judge",
    "of_case",
    "outcomes",
    "record_of",
    "whom_to_ask",
]
