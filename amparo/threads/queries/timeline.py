"""The conversation itself, and lists of conversations of a customer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from amparo.kernel import prepared
from amparo.kernel.actor import Actor
from amparo.kernel.paging import Page, page_of, unmark
from amparo.threads import access
from amparo.threads.models import Entry, Thread, shown
from amparo.threads.rules import read_mark


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of an entry, as it is shown."""

    name: str
    size: int
    url: str
    content_type: str
    is_inline: bool


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry as pages show it: `body_html` is safe."""

    id: int
    seq: int
    kind: str
    is_internal: bool
    author_id: int | None
    author_kind: str
    author_name: str
    typed_by_id: int | None
    body: str
    body_html: str
    via: str
    at: datetime
    files: tuple[FileRow, ...]

    @property
    def anchor(self) -> str:
        return f"e{self.seq}"


_TIMELINE = """
SELECT e.id, e.seq, e.kind, e.is_internal, e.author_id, e.author_kind, e.author_name, e.typed_by_id, e.body,
       e.body_html, e.via, e.at,
       CASE WHEN e.file_count > 0 THEN (
           SELECT json_agg(json_build_array(f.name, f.size, '/files/' || f.public_id || '/' || f.name, f.content_type,
                                            f.inline_sha256 <> '') ORDER BY ef.id)
           FROM threads_entryfile ef JOIN files_storedfile f ON f.id = ef.file_id WHERE ef.entry_id = e.id) END
FROM threads_entry e
WHERE e.thread_id = %s AND e.seq > %s AND (NOT e.is_internal OR %s)
ORDER BY e.seq
"""


def timeline(thread: Thread, actor: Actor, *, since: int = 0) -> list[EntryRow]:
    """Return a thread's entries, oldest first, with their files; notes for staff alone. One statement.

    Empty for who may not see the thread. `since` leaves out the entries up to that seq. ACC-11, SEC-10.
    """
    if not access.may_see(actor, thread):
        return []
    found = prepared.rows(_TIMELINE, [thread.pk, since, access.sees_notes(actor)])
    return [EntryRow(*[*row, tuple(FileRow(*file) for file in _files(files))]) for *row, files in found]  # type: ignore[call-arg, misc]


def _files(given: Any) -> list[list[Any]]:
    return json.loads(given) if isinstance(given, str) else given or []


def entries_since(thread: Thread, actor: Actor, seq: int) -> int:
    """Return how many entries the actor may see came after one: what a stale page missed."""
    entries = Entry.objects.filter(thread_id=thread.pk, seq__gt=seq)
    if not access.sees_notes(actor):
        entries = entries.filter(is_internal=False)
    return entries.count() if access.may_see(actor, thread) else 0


def customer_threads(
    actor: Actor, *, kind: str | None = None, open_only: bool | None = None, customer_id: int | None = None,
    after: str = "", size: int = 30,
) -> Page[dict[str, Any]]:  # fmt: skip
    """Return a customer's conversations that the actor may see, newest word first: a page by key, one statement.

    Each row: id, kind, number, shown, title, state, queue, priority, due_at, due_from, created_at, last_public_at,
    public_count, opened_by, customer. ACC-11.
    """
    of = {} if customer_id is None else {"of_customer": customer_id}
    found: Any
    if marked := read_mark(unmark(after, 2), "ti"):
        found = _customer_threads(actor, kind, open_only, size, **of).extra(
            where=["(threads_thread.last_public_at, threads_thread.id) < (%s, %s)"], params=marked
        )[: size + 1]
    else:  # type: ignore[assignment]
        found = _first_customer_threads(actor, kind, open_only, size, **of)
    rows = [{**row, "shown": shown(row["kind"], row["number"])} for row in found]
    return page_of(rows, size, lambda row: (row["last_public_at"], row["id"]))


def _customer_threads(
    actor: Actor, kind: str | None, open_only: bool | None, size: int, *, of_customer: int | None = None
) -> QuerySet[Any, Any]:
    threads = access.visible_to(actor)
    if kind:
        threads = threads.filter(kind=kind)
    if of_customer is not None:
        threads = threads.filter(customer_id=of_customer)
    if open_only is not None:
        threads = threads.exclude(queue="closed") if open_only else threads.filter(queue="closed")
    return threads.order_by("-last_public_at", "-id").values(
        "id", "kind", "number", "title", "state", "queue", "priority", "due_at", "due_from", "created_at",
        "last_public_at", "public_count", "opened_by__name", "customer_id", "customer__name",
    )  # fmt: skip


_first_customer_threads = prepared.Kept(
    lambda actor, kind, open_only, size, **of: _customer_threads(actor, kind, open_only, size, **of)[: size + 1]
)
