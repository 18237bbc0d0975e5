"""How a complaint begins, what is said in it, and how its customer lets it go. COM-1, COM-7, TIM-6."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from amparo.cases import commands as cases
from amparo.cases.models import Case, Closing
from amparo.complaints import access
from amparo.complaints.errors import AlreadyDecided, AlreadyRaised, NothingToRefuse, ReasonsMissing
from amparo.complaints.machine import OPEN, Move
from amparo.complaints.models import Complaint, Opinion, Statement
from amparo.deadlines import commands as deadlines
from amparo.history.commands import record, signal
from amparo.kernel import markdown
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import NotPermitted, Stale
from amparo.people.queries import names_of

from .shared import QUEUE_TOPIC, locked, move, permit, promise_of, put, said_before, tell

REFUSABLE = ("closing_proposed", "silent")


@transaction.atomic
def raise_complaint(
    case: Case,
    *,
    seen: int,
    reasons: str,
    files: Sequence[str] = (),
    draft_key: str = "",
    entries: Sequence[int] = (),
    key: str,
    actor: Actor,
    at: datetime,
) -> Complaint:
    """Refuse the closing that was shown (`seen`), with reasons and evidence; quality control decides. COM-1, TIM-6.

    `entries` are entries of the case's record, `files` public ids of drafts. What the closing would charge stays reserved
    and is in dispute. The promise `complaint` starts: undecided at its end, it is decided for the customer. The same key
    returns the first. Facts: `complaint.raised`; on the case `case.closing_refused`.
    Raises NotPermitted, AlreadyRaised, NothingToRefuse, ReasonsMissing, Stale, NotOfThisRecord, and refusals of files.
    """
    case = Case.objects.select_for_update(of=("self",)).select_related("thread").get(pk=case.pk)
    if not access.may_raise(actor, case):
        raise NotPermitted(case=case.pk)
    if first := Complaint.objects.filter(case=case, key=f"{actor.ref}:{key}").first():
        return first
    if Complaint.objects.filter(case=case, state__in=OPEN).exists():
        raise AlreadyRaised(case=case.pk)
    if case.state not in REFUSABLE:
        raise NothingToRefuse(case=case.pk)
    closing = Closing.objects.select_for_update().filter(case=case, pk=seen).first()
    if closing is None or not closing.is_open:
        raise Stale(case=case.pk)
    if closing.refused_at is not None:
        raise AlreadyRaised(case=case.pk)
    if not reasons.strip():
        raise ReasonsMissing(field="reasons")
    complaint = _begin(case, closing, raised_by=actor.user_id, key=f"{actor.ref}:{key}", actor=actor, at=at)
    complaint.case = case
    statement = put(
        complaint, Statement.Kind.REASONS, reasons, files=files, draft_key=draft_key, entries=entries, key="reasons",
        actor=actor, at=at,
    )  # fmt: skip
    complaint.save(update_fields=["statement_count"])
    cases.refuse_closing(
        case, seen=seen, reasons=reasons, complaint=complaint.pk, decide_by=complaint.due_at, actor=actor, at=at
    )
    _tell_raised(complaint, statement, files=len(set(files)), entries=sorted(set(entries)), actor=actor, at=at)
    return complaint


def _begin(case: Case, closing: Closing, *, raised_by: int | None, key: str, actor: Actor, at: datetime) -> Complaint:
    """Make the complaint with its promise, which names it: so its number is drawn first. TIM-6, TIM-8."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('complaints_complaint', 'id'))")
        (number,) = cursor.fetchone()
    promise = deadlines.promise("complaint", subject=f"complaint:{number}", customer_id=case.customer_id, actor=actor, at=at)
    return Complaint.objects.create(
        id=number, case=case, closing=closing, customer_id=case.customer_id, raised_by_id=raised_by, raised_at=at,
        promise=promise, due_at=promise.due_at, dispute=closing.effects, key=key,
    )  # fmt: skip


def _tell_raised(
    complaint: Complaint, statement: Statement, *, files: int, entries: list[int], actor: Actor, at: datetime
) -> None:
    tell(
        "raised", complaint, actor=actor, at=at, closing=complaint.closing_id, due_at=complaint.due_at,
        dispute=complaint.dispute, statement=statement.pk, reasons=statement.body, files=files, entries=entries,
    )  # fmt: skip


@transaction.atomic
def say(
    complaint: Complaint,
    body: str,
    *,
    files: Sequence[str] = (),
    draft_key: str = "",
    entries: Sequence[int] = (),
    key: str,
    via: str = "portal",
    actor: Actor,
    at: datetime,
) -> Statement:
    """Add words or evidence that both sides read, while it is open: the customer, or quality control. COM-1, COM-7.

    The same key returns the first. Fact: `complaint.said`. Raises NotPermitted, AlreadyDecided, NothingSaid, TooLong,
    KeyReused, NotOfThisRecord, and refusals of files.
    """
    complaint = locked(complaint)
    permit(access.may_say(actor, complaint), complaint)
    if first := said_before(complaint, key, body, actor):
        return first
    move(complaint, Move.SAY)
    statement = put(
        complaint, Statement.Kind.WORDS, body, files=files, draft_key=draft_key, entries=entries, key=key, via=via,
        actor=actor, at=at,
    )  # fmt: skip
    complaint.save(update_fields=["statement_count"])
    tell(
        "said", complaint, actor=actor, at=at, statement=statement.pk, by=statement.author_kind, files=len(set(files)),
        entries=sorted(set(entries)),
    )  # fmt: skip
    return statement


@transaction.atomic
def note(
    complaint: Complaint, body: str, *, files: Sequence[str] = (), draft_key: str = "", key: str, actor: Actor, at: datetime
) -> Statement:
    """Write what only quality control, the director and administrators read, while it is open. SEC-10.

    The fact `complaint.noted` stands on the desk's chain: the customer's does not even tell that there is one.
    Raises NotPermitted, AlreadyDecided, NothingSaid, TooLong, KeyReused, and refusals of files.
    """
    complaint = locked(complaint)
    permit(access.may_note(actor, complaint), complaint)
    if first := said_before(complaint, key, body, actor):
        return first
    if not complaint.is_open:
        raise AlreadyDecided(complaint=complaint.pk)
    statement = put(
        complaint, Statement.Kind.NOTE, body, files=files, draft_key=draft_key, key=key, via="desk", actor=actor, at=at
    )
    complaint.save(update_fields=["statement_count"])
    record("complaint.noted", subject=complaint.desk_subject, actor=actor, at=at, statement=statement.pk)
    return statement


@transaction.atomic
def withdraw(complaint: Complaint, *, actor: Actor, at: datetime) -> Complaint:
    """Let a complaint go: its customer accepts the closing after all, whose charges become final. CAS-4.

    After its deadline it is decided for the customer and cannot be let go. To do it again is no second act. Fact:
    `complaint.withdrawn`; on the case `case.closed`. Raises NotPermitted, AlreadyDecided.
    """
    complaint = locked(complaint)
    promise = promise_of(complaint)
    permit(access.may_withdraw(actor, complaint), complaint)
    if complaint.state == "withdrawn":
        return complaint
    if promise.state != "open" or at > complaint.due_at:
        raise AlreadyDecided(complaint=complaint.pk)
    move(complaint, Move.WITHDRAW)
    end_opinion(complaint, reason="withdrawn", actor=actor, at=at)
    deadlines.end(promise, reason="withdrawn", actor=actor, at=at)
    cases.close_as_proposed(complaint.case, how="accepted", actor=actor, at=at)
    complaint.decided_at, complaint.recorded_at = at, at
    complaint.save()
    tell("withdrawn", complaint, actor=actor, at=at)
    return complaint


def end_opinion(complaint: Complaint, *, reason: str, actor: Actor, at: datetime) -> None:
    """Await an opinion no more: the complaint is decided without it. COM-6."""
    for opinion in Opinion.objects.select_for_update().filter(complaint=complaint, answered_at=None, ended_at=None):
        opinion.ended_at = at
        opinion.save(update_fields=["ended_at"])
        deadlines.end(opinion.promise, reason=reason, actor=actor, at=at)


def adopt_refused(*, at: datetime, limit: int = 100) -> int:
    """Make complaints of closings that were refused before there were any; return how many. COM-1.

    Their time starts now: it was not promised before. Any number of workers may run this at once.
    """
    unheard = Closing.objects.filter(answer="", refused_at__isnull=False, complaint__isnull=True)
    return sum(_adopt(closing_id, at) for closing_id in list(unheard.order_by("pk").values_list("pk", flat=True)[:limit]))


@transaction.atomic
def _adopt(closing_id: int, at: datetime) -> int:
    case_id = Closing.objects.values_list("case_id", flat=True).get(pk=closing_id)
    case = Case.objects.select_for_update(of=("self",)).select_related("thread").get(pk=case_id)
    closing = Closing.objects.select_for_update().get(pk=closing_id)
    if not closing.is_open or closing.refused_at is None or closing.complaint is not None or case.state not in REFUSABLE:
        return 0
    complaint = _begin(case, closing, raised_by=case.contact_id, key=f"adopted:{closing.pk}", actor=SYSTEM, at=at)
    complaint.case = case
    statement = Statement.objects.create(
        complaint=complaint, seq=1, kind=Statement.Kind.REASONS, author_id=case.contact_id, author_kind="customer",
        author_name=names_of([case.contact_id]).get(case.contact_id, "")[:120] if case.contact_id else "",
        body=closing.refusal, body_html=markdown.render(closing.refusal), at=closing.refused_at, key="adopted",
    )  # fmt: skip
    complaint.statement_count = 1
    complaint.save(update_fields=["statement_count"])
    cases.dispute_refused(case, complaint=complaint.pk, decide_by=complaint.due_at, actor=SYSTEM, at=at)
    _tell_raised(complaint, statement, files=0, entries=[], actor=SYSTEM, at=at)
    signal(QUEUE_TOPIC)
    return 1
