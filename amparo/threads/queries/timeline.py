"""The conversation itself, and lists of conversations of a customer."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from amparo.kernel.actor import Actor
from amparo.kernel.paging import Page, page_of, unmark
from amparo.threads import access
from amparo.threads.models import Entry, EntryFile, Thread, shown


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


_FIELDS = (
    "id", "seq", "kind", "is_internal", "author_id", "author_kind", "author_name", "typed_by_id", "body", "body_html",
    "via", "at", "file_count",
)  # fmt: skip


def timeline(thread: Thread, actor: Actor, *, since: int = 0) -> list[EntryRow]:
    """Return a thread's entries, oldest first, with their files; notes for staff alone. At most two statements.

    Empty for who may not see the thread. `since` leaves out the entries up to that seq. ACC-11, SEC-10.
    """
    if not access.may_see(actor, thread):
        return []
    entries = Entry.objects.filter(thread_id=thread.pk)
    if since:
        entries = entries.filter(seq__gt=since)
    if not access.sees_notes(actor):
        entries = entries.filter(is_internal=False)
    rows = list(entries.order_by("seq").values_list(*_FIELDS))
    files: dict[int, list[FileRow]] = defaultdict(list)
    with_files = [row[0] for row in rows if row[-1]]
    if with_files:
        attached = EntryFile.objects.filter(entry_id__in=with_files).order_by("id")
        for entry_id, public_id, name, size, content_type, inline_hash in attached.values_list(
            "entry_id", "file__public_id", "file__name", "file__size", "file__content_type", "file__inline_sha256"
        ):
            files[entry_id].append(FileRow(name, size, f"/files/{public_id}/{name}", content_type, bool(inline_hash)))
    return [EntryRow(*row[:-1], files=tuple(files[row[0]])) for row in rows]


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
    threads = access.visible_to(actor)
    if kind:
        threads = threads.filter(kind=kind)
    if customer_id is not None:
        threads = threads.filter(customer_id=customer_id)
    if open_only is not None:
        threads = threads.exclude(queue="closed") if open_only else threads.filter(queue="closed")
    if marked := unmark(after, 2):
        threads = threads.extra(
            where=["(threads_thread.last_public_at, threads_thread.id) < (%s, %s)"], params=marked
        )
    rows = [
        {**row, "shown": shown(row["kind"], row["number"])}
        for row in threads.order_by("-last_public_at", "-id").values(
            "id", "kind", "number", "title", "state", "queue", "priority", "due_at", "due_from", "created_at",
            "last_public_at", "public_count", "opened_by__name", "customer_id", "customer__name",
        )[: size + 1]
    ]  # fmt: skip
    return page_of(rows, size, lambda row: (row["last_public_at"], row["id"]))
