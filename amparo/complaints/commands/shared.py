"""What every verb of a complaint does first and last: lock and look, say and tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from amparo.complaints.errors import AlreadyDecided, NotOfThisRecord
from amparo.complaints.machine import LIFE, Move
from amparo.complaints.models import Complaint, Evidence, Statement, StatementFile
from amparo.deadlines.models import Promise
from amparo.files import commands as files_commands
from amparo.history.commands import record, signal
from amparo.kernel import markdown
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.policies.queries import value
from amparo.threads.errors import KeyReused, NothingSaid, TooLong
from amparo.threads.models import Entry
from amparo.threads.rules import clean_text

QUEUE_TOPIC = "queue"


def locked(complaint: Complaint) -> Complaint:
    """Return the complaint as it stands, locked to the end of the transaction."""
    return Complaint.objects.select_for_update(of=("self",)).select_related("case", "case__thread").get(pk=complaint.pk)


def promise_of(complaint: Complaint) -> Promise:
    """Return its promise, locked: after the complaint, before its case, always in this order."""
    return Promise.objects.select_for_update().get(pk=complaint.promise_id)


def permit(allowed: bool, complaint: Complaint) -> None:
    """Raise NotPermitted for the complaint where an act is not allowed."""
    if not allowed:
        raise NotPermitted(complaint=complaint.pk)


def move(complaint: Complaint, made: Move) -> None:
    """Make a move by the table. Raises AlreadyDecided where it is over, IllegalMove. The caller saves."""
    if not complaint.is_open:
        raise AlreadyDecided(complaint=complaint.pk)
    complaint.state = LIFE.after(complaint.state, made).value


def tell(name: str, complaint: Complaint, *, actor: Actor, at: datetime, **told: Any) -> None:
    """Put a fact on the complaint's record, and let the desk's lists look again. CAS-1, COM-7."""
    record(f"complaint.{name}", subject=complaint, actor=actor, at=at, case=complaint.case_id, **told)
    signal(QUEUE_TOPIC)


def said_before(complaint: Complaint, key: str, body: str, actor: Actor) -> Statement | None:
    """Return what the same key said first. Raises KeyReused where it said something else. SEC-48."""
    first = Statement.objects.filter(complaint=complaint, key=f"{actor.ref}:{key}").first()
    if first is not None and first.body != clean_text(body):
        raise KeyReused(complaint=complaint.pk)
    return first


def put(
    complaint: Complaint,
    kind: Statement.Kind,
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
    """Add a statement with its files and the entries that it points at. The caller saves the complaint.

    Raises NothingSaid, TooLong, NotOfThisRecord, and refusals of files.
    """
    body = clean_text(body)
    if not body:
        raise NothingSaid()
    if len(body) > value("threads.body_characters_max", at=at):
        raise TooLong()
    is_note = kind == Statement.Kind.NOTE
    complaint.statement_count += 1
    statement = Statement.objects.create(
        complaint=complaint, seq=complaint.statement_count, kind=kind, is_internal=is_note, author_id=actor.user_id,
        author_kind="staff" if actor.is_staff else "system" if actor.is_system else "customer",
        author_name=actor.name[:120], body=body, body_html=markdown.render(body), via=via, at=at, key=f"{actor.ref}:{key}",
    )  # fmt: skip
    point_at(statement, entries, complaint.case.thread_id, internal_too=is_note)
    if files:
        subject = complaint.desk_subject if is_note else complaint.subject
        rows = files_commands.attach(files, subject=subject, draft_key=draft_key, actor=actor, at=at)
        StatementFile.objects.bulk_create(StatementFile(statement=statement, file=row) for row in rows)
    return statement


def point_at(statement: Statement, entries: Sequence[int], thread_id: int, *, internal_too: bool = False) -> None:
    """Pick entries of the case's record as evidence; what only staff read is not the customer's to pick. COM-1, SEC-10."""
    wanted = set(entries)
    found = Entry.objects.filter(thread_id=thread_id, pk__in=wanted)
    if not internal_too:
        found = found.filter(is_internal=False)
    ids = sorted(found.values_list("pk", flat=True))
    if len(ids) != len(wanted):
        raise NotOfThisRecord(field="evidence")
    Evidence.objects.bulk_create(Evidence(statement=statement, entry_id=number) for number in ids)
