"""What is said in a thread, and where the thread waits. TKT-1, CAS-1, TIM-9."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from amparo.deadlines import commands as deadlines
from amparo.deadlines.models import Promise
from amparo.deadlines.queries import open_promises
from amparo.files import commands as files_commands
from amparo.history.commands import record
from amparo.history.rules import sha256
from amparo.kernel import markdown
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.policies.queries import value
from amparo.threads import access
from amparo.threads.errors import KeyReused, NothingSaid, TooLong
from amparo.threads.models import Draft, Entry, EntryFile, Thread
from amparo.threads.rules import clean_line, clean_text

_OPEN = """
WITH fresh AS (
    INSERT INTO threads_thread (kind, number, customer_id, title, opened_by_id, assignee_id, state, queue, priority,
        created_at, last_at, last_public_at, last_customer_at, entry_count, public_count, tags, open_key)
    VALUES (%(kind)s, nextval(%(numbers)s), %(customer)s, %(title)s, %(opened_by)s, %(assignee)s, %(state)s, %(queue)s,
        %(priority)s, %(at)s, %(at)s, %(at)s, %(customer_at)s, 1, 1, '{}', %(key)s)
    ON CONFLICT (open_key) DO NOTHING RETURNING id, number, customer_id
), first AS (
    INSERT INTO threads_entry (thread_id, customer_id, seq, kind, is_internal, author_id, author_kind, author_name,
        typed_by_id, body, body_html, via, at, file_count)
    SELECT id, customer_id, 1, %(entry_kind)s, false, %(author)s, %(author_kind)s, %(author_name)s, %(typed_by)s,
        %(body)s, %(html)s, %(via)s, %(at)s, %(files)s FROM fresh RETURNING id
), sent AS (
    DELETE FROM threads_draft WHERE user_id = %(drafter)s AND place = %(place)s
)
SELECT fresh.id, fresh.number, first.id FROM fresh, first
"""


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening gave: `is_new` is false where the key had opened this thread before. `first` commits to its first entry."""

    thread: Thread
    is_new: bool
    first: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Author:
    """Whose words they are, and who typed them where that is somebody else (an operator on the phone)."""

    user_id: int | None
    kind: str
    name: str
    typed_by: int | None = None

    @classmethod
    def of(cls, actor: Actor) -> Author:
        kind = "staff" if actor.is_staff else "system" if actor.is_system else "customer"
        return cls(actor.user_id, kind, actor.name[:120])


def open_thread(
    kind: str,
    *,
    customer_id: int,
    title: str,
    body: str,
    state: str,
    queue: str,
    priority: int,
    promise_kind: str | None,
    author: Author | None = None,
    entry_kind: str = "message",
    assignee_id: int | None = None,
    opened_by_id: int | None = None,
    files: Sequence[str] = (),
    draft_key: str = "",
    key: str | None = None,
    via: str = "portal",
    actor: Actor,
    at: datetime,
) -> Opened:
    """Open a thread with its first entry, in the caller's transaction. TKT-1, CAS-1, TIM-4.

    The thread's `number` becomes the id of the ticket or case that owns it. With `promise_kind` (such as
    `answer.ticket`) the clock starts now. The owner checks the right to open and records the fact. The same `key`
    gives back the first thread (`is_new` false). `opened_by_id` is for whom the service itself opens it.
    Raises NothingSaid, TooLong, KeyReused, and refusals of files.
    """
    assert connection.in_atomic_block, "a thread is opened in the transaction of what owns it"
    body, title = _body(body, at), clean_line(title, 200)
    who = author or Author.of(actor)
    row: dict[str, Any] = {
        "kind": kind, "numbers": f"threads_{kind}_number", "customer": customer_id, "title": title,
        "opened_by": who.user_id if who.kind == "customer" else opened_by_id, "assignee": assignee_id, "state": state,
        "queue": queue, "priority": priority, "at": at, "customer_at": at if who.kind == "customer" else None,
        "key": f"{actor.ref}:{key}" if key else None, "entry_kind": entry_kind, "author": who.user_id,
        "author_kind": who.kind, "author_name": who.name, "typed_by": who.typed_by, "body": body,
        "html": markdown.render(body), "via": via, "files": len(files), "drafter": actor.user_id,
        "place": f"{kind}:new",
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, row)
        made = cursor.fetchone()
    if made is None:
        return Opened(_first_of(row), False)
    thread = _made(row, thread_id=made[0], number=made[1])
    _attach(made[2], files, subject=thread.subject, draft_key=draft_key, actor=actor, at=at)
    if promise_kind:
        made_promise = deadlines.promise(
            promise_kind, subject=thread.subject, customer_id=customer_id, thread_id=thread.pk, actor=actor, at=at
        )
        _owe(thread, made_promise)
        thread.save(update_fields=["due_at", "due_from"])
    return Opened(thread, True, _committed(made[2], body))


def _committed(entry_id: int, body: str) -> dict[str, Any]:
    """Return what a fact tells of an entry, so that its chain holds the text too: which one, and its SHA-256. CAS-1, CAS-7."""
    return {"entry": entry_id, "body_sha256": sha256(body)}


def _made(row: dict[str, Any], *, thread_id: int, number: int) -> Thread:
    """Return the thread that was just inserted, without asking for it again."""
    at = row["at"]
    thread = Thread(
        id=thread_id, number=number, kind=row["kind"], customer_id=row["customer"], title=row["title"],
        opened_by_id=row["opened_by"], assignee_id=row["assignee"], state=row["state"], queue=row["queue"],
        priority=row["priority"], created_at=at, last_at=at, last_public_at=at, last_customer_at=row["customer_at"],
        entry_count=1, public_count=1, open_key=row["key"],
    )  # fmt: skip
    thread._state.adding, thread._state.db = False, "default"
    return thread


def _first_of(row: dict[str, Any]) -> Thread:
    """Return the thread that the key opened. Raises KeyReused where it was opened with other content. SEC-48."""
    thread = Thread.objects.get(open_key=row["key"])
    first = Entry.objects.get(thread=thread, seq=1)
    same = (thread.kind, thread.customer_id, thread.title, first.body) == (
        row["kind"], row["customer"], row["title"], row["body"],
    )  # fmt: skip
    if not same:
        raise KeyReused(thread=thread.pk)
    return thread


@transaction.atomic
def say(
    thread: Thread,
    body: str,
    *,
    files: Sequence[str] = (),
    draft_key: str = "",
    key: str | None = None,
    author: Author | None = None,
    entry_kind: str = "message",
    state: str | None = None,
    queue: str | None = None,
    via: str = "portal",
    actor: Actor,
    at: datetime,
) -> Entry:
    """Say something that the customer reads. TKT-1, TIM-9.

    A message of the customer starts an answer clock; one of staff keeps every answer that is owed. `state` and `queue`
    move the thread in the same write. The same `key` returns the first entry. Facts: `<kind>.customer_wrote`,
    `<kind>.answered`. Raises NotPermitted, NothingSaid, TooLong, KeyReused, and refusals of files.
    """
    body = _body(body, at)
    thread = _refreshed(thread)
    if not access.may_say(actor, thread):
        raise NotPermitted(thread=thread.pk)
    if earlier := _said_before(thread, key, body, actor):
        return earlier
    who = author or Author.of(actor)
    entry = _add(thread, body, who, entry_kind, False, files, key, via, actor, at)
    _attach(entry.pk, files, subject=thread.subject, draft_key=draft_key, actor=actor, at=at)
    answer_kind = f"answer.{thread.kind}"
    if who.kind == "customer":
        thread.last_customer_at = at
        owed = deadlines.promise(
            answer_kind, subject=thread.subject, customer_id=thread.customer_id, thread_id=thread.pk,
            holder_id=thread.assignee_id, actor=actor, at=at,
        )  # fmt: skip
        _owe(thread, owed)
    elif who.kind == "staff":
        thread.last_staff_at = at
        if deadlines.keep_open(thread.subject, answer_kind, actor=actor, at=at):
            _look_at_promises(thread)
    thread.last_public_at = at
    thread.public_count += 1
    _move(thread, state, queue, at)
    thread.save()
    _forget_draft(actor, thread)
    name = {"customer": "customer_wrote", "staff": "answered"}.get(who.kind, "told")
    record(f"{thread.kind}.{name}", subject=thread, actor=actor, at=at, seq=entry.seq, via=via, **_committed(entry.pk, body))
    return entry


@transaction.atomic
def note(
    thread: Thread,
    body: str,
    *,
    files: Sequence[str] = (),
    draft_key: str = "",
    key: str | None = None,
    entry_kind: str = "note",
    actor: Actor,
    at: datetime,
) -> Entry:
    """Write what only staff read; it meets no promise. TIM-9, SEC-10.

    The fact `<kind>.noted` stands on the thread's desk chain, so that the customer's record and stream do not even
    tell that there is a note. Raises NotPermitted, NothingSaid, TooLong, KeyReused, and refusals of files.
    """
    body = _body(body, at)
    thread = _refreshed(thread)
    if not access.may_note(actor, thread):
        raise NotPermitted(thread=thread.pk)
    if earlier := _said_before(thread, key, body, actor):
        return earlier
    entry = _add(thread, body, Author.of(actor), entry_kind, True, files, key, "desk", actor, at)
    _attach(entry.pk, files, subject=thread.desk_subject, draft_key=draft_key, actor=actor, at=at)
    thread.save(update_fields=["entry_count", "last_at"])
    _forget_draft(actor, thread)
    record(f"{thread.kind}.noted", subject=thread.desk_subject, actor=actor, at=at, seq=entry.seq, **_committed(entry.pk, body))
    return entry


@transaction.atomic
def place(
    thread: Thread,
    *,
    state: str | None = None,
    queue: str | None = None,
    priority: int | None = None,
    at: datetime,
) -> Thread:
    """Put a thread where it waits now, with the owner's state beside it; look again at what is owed.

    Records nothing: the owner's own fact tells why. Pages of the queue are told by the table's trigger. The right to
    move was asked by the owner's command.
    """
    thread = _refreshed(thread)
    _move(thread, state, queue, at)
    if priority is not None:
        thread.priority = priority
    _look_at_promises(thread)
    thread.save()
    return thread


def settle_due(thread: Thread) -> Thread:
    """Look again at what is owed, after promises of the thread's subject were made or ended elsewhere."""
    _look_at_promises(thread)
    thread.save(update_fields=["due_at", "due_from"])
    return thread


def locked(thread_id: int) -> Thread:
    """Return a thread locked to the end of the transaction."""
    return Thread.objects.select_for_update().get(pk=thread_id)


# -- inside ----------------------------------------------------------------------------------------------------------


def _refreshed(thread: Thread) -> Thread:
    """Lock the row and bring the caller's object up to date, so that both sides see one state."""
    fresh = locked(thread.pk)
    for column in Thread._meta.concrete_fields:
        setattr(thread, column.attname, getattr(fresh, column.attname))
    return thread


def _body(text: str, at: datetime) -> str:
    body = clean_text(text)
    if not body:
        raise NothingSaid()
    if len(body) > value("threads.body_characters_max", at=at):
        raise TooLong()
    return body


def _said_before(thread: Thread, key: str | None, body: str, actor: Actor) -> Entry | None:
    if not key:
        return None
    earlier = Entry.objects.filter(thread=thread, key=f"{actor.ref}:{key}").first()
    if earlier is not None and earlier.body != body:
        raise KeyReused(thread=thread.pk)
    return earlier


def _add(
    thread: Thread, body: str, who: Author, kind: str, is_internal: bool, files: Sequence[str],
    key: str | None, via: str, actor: Actor, at: datetime,
) -> Entry:  # fmt: skip
    thread.entry_count += 1
    thread.last_at = at
    return Entry.objects.create(
        thread=thread, customer_id=thread.customer_id, seq=thread.entry_count, kind=kind, is_internal=is_internal,
        author_id=who.user_id, author_kind=who.kind, author_name=who.name, typed_by_id=who.typed_by, body=body,
        body_html=markdown.render(body), via=via, at=at, file_count=len(files),
        key=f"{actor.ref}:{key}" if key else None,
    )  # fmt: skip


def _attach(
    entry_id: int, files: Sequence[str], *, subject: str, draft_key: str, actor: Actor, at: datetime
) -> None:
    if not files:
        return
    rows = files_commands.attach(files, subject=subject, draft_key=draft_key, actor=actor, at=at)
    EntryFile.objects.bulk_create(EntryFile(entry_id=entry_id, file=row) for row in rows)


def _owe(thread: Thread, owed: Promise) -> None:
    if thread.due_at is None or owed.due_at < thread.due_at:
        thread.due_at, thread.due_from = owed.due_at, owed.started_at


def _look_at_promises(thread: Thread) -> None:
    owed = open_promises(thread.subject)
    thread.due_at = owed[0].due_at if owed else None
    thread.due_from = owed[0].started_at if owed else None


def _move(thread: Thread, state: str | None, queue: str | None, at: datetime) -> None:
    if state is not None:
        thread.state = state
    if queue is not None:
        thread.closed_at = (thread.closed_at or at) if queue == "closed" else None
        thread.queue = queue


def _forget_draft(actor: Actor, thread: Thread) -> None:
    """Delete the person's draft: the text has been sent."""
    if actor.user_id is not None:
        Draft.objects.filter(user_id=actor.user_id, place=thread.subject).delete()
