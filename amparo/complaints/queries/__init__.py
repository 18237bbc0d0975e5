"""Reads of complaints."""

from .doors import CaseComplaint, Outcomes, holds, of_case, outcomes, record_of
from .judging import barred, disputed, involved, nobody_may_judge, whom_to_ask
from .lists import Row, decided_list, open_list, open_of_case, opinion_for, opinions_asked
from .page import ComplaintPage, complaint_page, decide_by, draft_of, steps

__all__ = [
    "CaseComplaint",
    "ComplaintPage",
    "Outcomes",
    "Row",
    "barred",
    "complaint_page",
    "decide_by",
    "decided_list",
    "disputed",
    "draft_of",
    "holds",
    "involved",
    "nobody_may_judge",
    "of_case",
    "open_list",
    "open_of_case",
    "opinion_for",
    "opinions_asked",
    "outcomes",
    "record_of",
    "steps",
    "whom_to_ask",
]
