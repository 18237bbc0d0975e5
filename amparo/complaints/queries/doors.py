"""What other apps ask of complaints: holds, the record of a case's complaint, figures of a period. CAS-2, CAS-7, COM-7."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from amparo.complaints.machine import OPEN, Outcome, State
from amparo.complaints.models import Complaint


def holds(case_ids: Collection[int]) -> set[int]:
    """Return which of some cases an open complaint keeps from being purged: its own case, and those linked by one. CAS-2.

    One statement.
    """
    wanted = set(case_ids)
    open_ones = Complaint.objects.filter(state__in=[state.value for state in OPEN])
    found = open_ones.filter(
        Q(case__in=wanted) | Q(case__follows__case__in=wanted, case__follows__why="complaint")
    ).values_list("case_id", "case__follows__case_id", "case__follows__why")
    ids: set[int] = set()
    for case_id, first_id, why in found:
        ids |= {case_id} | ({first_id} if why == "complaint" else set())
    return ids & wanted


@dataclass(frozen=True, slots=True)
class CaseComplaint:
    """A complaint as a case's file holds it. `facts` is the subject of its chain; the desk's chain never leaves the house.

    `file_ids` are the evidence (files.StoredFile), `parts` the readable record in order: (kind, author, at, text).
    """

    number: str
    facts: str
    state: str
    raised_at: datetime
    due_at: datetime
    decided_at: datetime | None
    file_ids: tuple[int, ...]
    parts: tuple[tuple[str, str, datetime, str], ...]


def record_of(case_id: int) -> list[CaseComplaint]:
    """Return what the file of a case must contain of its complaints, oldest first. CAS-7.

    Reasons and words of both sides, the ruling, and, as on the page, opinions once it is decided (COM-7); never notes or
    drafts. Four statements, however many complaints.
    """
    found = Complaint.objects.filter(case_id=case_id).select_related("ruling", "ruling__linked_case").order_by("pk")
    return [_file_of(one) for one in found.prefetch_related("statements__files", "opinions")]


def _file_of(complaint: Complaint) -> CaseComplaint:
    parts: list[tuple[str, str, datetime, str]] = []
    public = [one for one in complaint.statements.all() if not one.is_internal]
    parts += [(one.kind, one.author_name, one.at, one.body) for one in public]
    for one in complaint.opinions.all():
        if one.answered_at is not None and complaint.decided_at is not None:
            parts += [("question", "", one.asked_at, one.question), ("opinion", one.answered_name, one.answered_at, one.body)]
    if (ruling := getattr(complaint, "ruling", None)) is not None:
        parts.append((f"ruling.{ruling.outcome}", ruling.by_name, ruling.at, "\n\n".join(filter(None, [ruling.reasons, ruling.measure]))))
    files = sorted((file.pk, file.file_id) for one in public for file in one.files.all())
    return CaseComplaint(
        complaint.number, complaint.subject, complaint.state, complaint.raised_at, complaint.due_at, complaint.decided_at,
        tuple(file_id for _pk, file_id in files), tuple(sorted(parts, key=lambda part: part[2])),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How the complaints that were decided in a period ended."""

    upheld: int = 0
    partly: int = 0
    dismissed: int = 0
    lapsed: int = 0
    withdrawn: int = 0

    @property
    def decided(self) -> int:
        return self.upheld + self.partly + self.dismissed + self.lapsed


def outcomes(since: datetime, until: datetime) -> Outcomes:
    """Count the complaints that were decided in a period (end exclusive) by how they ended. One statement."""
    rows = Complaint.objects.filter(decided_at__gte=since, decided_at__lt=until).values_list("state").annotate(n=Count("pk"))
    counted = dict(rows)
    ends = [*(outcome.value for outcome in Outcome), State.WITHDRAWN.value]
    return Outcomes(**{end: counted.get(end, 0) for end in ends})


def of_case(case_id: int) -> Sequence[Complaint]:
    """Return the complaints of a case, oldest first; the caller has asked whether it may be seen."""
    return list(Complaint.objects.filter(case_id=case_id).order_by("pk"))
