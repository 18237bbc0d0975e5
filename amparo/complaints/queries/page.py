"""A complaint as its pages show it: steps with their times, what was said, opinions, the ruling. COM-7."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from amparo.complaints import access
from amparo.complaints.models import Complaint, Opinion, Ruling, RulingDraft, Statement
from amparo.complaints.rules import Disputed, Step
from amparo.complaints.words import total
from amparo.deadlines.models import amount_of
from amparo.deadlines.queries import calendar_of_version, terms
from amparo.deadlines.rules import Counting, add_business_time
from amparo.kernel.actor import Actor
from amparo.kernel.markdown import excerpt
from amparo.people.queries import names_of
from amparo.threads.models import Entry

from .judging import disputed


@dataclass(frozen=True, slots=True)
class Pointer:
    """An entry of the case's record that a statement points at."""

    id: int
    anchor: str
    author: str
    at: datetime
    excerpt: str


@dataclass(frozen=True, slots=True)
class Said:
    """A statement as it is shown: `body_html` is safe."""

    seq: int
    anchor: str
    kind: str
    author_kind: str
    author_name: str
    at: datetime
    body_html: str
    via: str
    files: tuple[Any, ...]
    entries: tuple[Pointer, ...]


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of a statement, as pages show files."""

    name: str
    size: int
    url: str
    content_type: str
    is_inline: bool


@dataclass(slots=True)
class ComplaintPage:
    """A complaint with all that its pages show to one reader."""

    complaint: Complaint
    said: list[Said]
    opinions: list[Opinion]
    ruling: Ruling | None
    disputed: list[Disputed]
    steps: list[Step]
    names: dict[int, str]

    @property
    def judge(self) -> str:
        return self.names.get(self.complaint.judge_id or 0, "")

    @property
    def raised_by(self) -> str:
        return self.names.get(self.complaint.raised_by_id or 0, "")

    @property
    def awaited(self) -> Opinion | None:
        return next((one for one in self.opinions if one.is_awaited), None)

    @property
    def in_dispute(self) -> list[Disputed]:
        """What is contested: what the closing would charge and is still held."""
        return [one for one in self.disputed if one.effect != "give_back" and one.holds]

    @property
    def told(self) -> dict[str, Any]:
        """The ruling as `words.brought` takes it."""
        assert self.ruling is not None
        ruling = self.ruling
        return {
            "outcome": ruling.outcome, "again": ruling.again, "linked_case": ruling.linked_case_id,
            "given_back": total(ruling.given_back), "credits": ruling.credits, "measure": ruling.measure,
        }  # fmt: skip


def complaint_page(actor: Actor, number: int, *, at: datetime) -> ComplaintPage | None:
    """Return a complaint as its page shows it, None for who may not see it. ACC-11, COM-7.

    The customer reads opinions when it is decided, and never notes (SEC-10). Nine statements, however much was said.
    """
    found = access.visible_to(actor).select_related("case", "case__thread", "customer", "ruling", "ruling__linked_case")
    complaint = found.filter(pk=number).first()
    if complaint is None:
        return None
    opinions = list(complaint.opinions.order_by("pk"))
    people = {complaint.judge_id, complaint.raised_by_id, *(one.asked_by_id for one in opinions)} - {None}
    return ComplaintPage(
        complaint=complaint, said=_said(complaint, notes=access.may_note(actor, complaint)),
        opinions=opinions, ruling=getattr(complaint, "ruling", None), disputed=disputed(complaint),
        steps=steps(complaint, opinions, at=at), names=names_of(number for number in people if number),
    )  # fmt: skip


def _said(complaint: Complaint, *, notes: bool) -> list[Said]:
    rows = Statement.objects.filter(complaint=complaint).prefetch_related("files__file", "evidence__entry").order_by("seq")
    if not notes:
        rows = rows.filter(is_internal=False)
    return [
        Said(
            row.seq, row.anchor, row.kind, row.author_kind, row.author_name, row.at, row.body_html, row.via,
            tuple(FileRow(f.file.name, f.file.size, f"/files/{f.file.public_id}/{f.file.name}", f.file.content_type, bool(f.file.inline_sha256)) for f in row.files.all()),
            tuple(_pointer(one.entry) for one in row.evidence.all()),
        )
        for row in rows
    ]  # fmt: skip


def _pointer(entry: Entry) -> Pointer:
    return Pointer(entry.pk, entry.anchor, entry.author_name, entry.at, excerpt(entry.body, 140))


def steps(complaint: Complaint, opinions: list[Opinion], *, at: datetime) -> list[Step]:
    """Return the steps of a complaint in order, those to come with their time. COM-7, TIM-6, TIM-7."""
    found = [Step("raised", complaint.raised_at)]
    decided = complaint.decided_at
    found.append(Step("review", complaint.taken_at) if complaint.taken_at or not decided else Step("review", decided))
    for opinion in opinions:
        found.append(Step("opinion_asked", opinion.asked_at))
        if opinion.answered_at is not None:
            found.append(Step("opinion_given", opinion.answered_at, opinion.due_at, opinion.answered_at > opinion.due_at))
        elif opinion.ended_at is None:
            found.append(Step("opinion_given", None, opinion.due_at, at > opinion.due_at))
    if decided is None:
        found.append(Step("decision", None, complaint.due_at, at > complaint.due_at))
    else:
        found.append(Step(complaint.state, decided, complaint.due_at))
        ruling = getattr(complaint, "ruling", None)
        if ruling is not None and ruling.linked_case_id:
            found.append(Step("again", ruling.recorded_at))
    return found if complaint.state != "withdrawn" else [one for one in found if one.is_done]


def decide_by(customer_id: int, *, at: datetime) -> datetime:
    """Return until when a complaint that is raised now would be decided. TIM-6. Two statements."""
    kind = terms("complaint", customer_id=customer_id, at=at)
    calendar = calendar_of_version(kind.version_id)
    return add_business_time(calendar, at, amount_of(kind.counting, kind.amount), Counting(kind.counting))


def draft_of(actor: Actor, complaint: Complaint) -> dict[str, Any]:
    """Return what a person wrote of a ruling or an opinion and did not send."""
    row = RulingDraft.objects.filter(complaint=complaint, user_id=actor.user_id or 0).first()
    return dict(row.fields) if row else {}
