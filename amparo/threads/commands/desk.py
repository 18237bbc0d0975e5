"""What staff do beside the conversation: assign, tag, draft, look on. TKT-1."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from amparo.deadlines import commands as deadlines
from amparo.history.commands import record, signal
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted, Stale
from amparo.people.models import StaffRole
from amparo.policies.queries import value
from amparo.threads import access
from amparo.threads.errors import NotTheirsToHold
from amparo.threads.models import Draft, Presence, Tag, Thread
from amparo.threads.rules import clean_line, clean_tags, clean_text

from .conversation import _refreshed

DRAFT_DAYS_MAX = 60
_UNSET = -1


@transaction.atomic
def assign(
    thread: Thread, assignee_id: int | None, *, seen: int | None = _UNSET, actor: Actor, at: datetime
) -> Thread:
    """Give a thread to a person, or to nobody; what is owed in it is theirs to keep. CAS-1, TKT-1.

    `seen` is the assignee that the page showed: when two take a thread at once, the second is told. To the same
    person again is no act. Fact `<kind>.assigned`. Raises NotPermitted, NotTheirsToHold, Stale.
    """
    thread = _refreshed(thread)
    if not access.may_assign(actor, thread):
        raise NotPermitted(thread=thread.pk)
    if thread.assignee_id == assignee_id:
        return thread
    if seen != _UNSET and seen != thread.assignee_id:
        raise Stale(thread=thread.pk)
    if assignee_id is not None and not _can_hold(assignee_id):
        raise NotTheirsToHold(field="assignee")
    before, thread.assignee_id = thread.assignee_id, assignee_id
    thread.save(update_fields=["assignee"])
    deadlines.hold_open(thread.subject, holder_id=assignee_id, actor=actor, at=at)
    record(f"{thread.kind}.assigned", subject=thread, actor=actor, at=at, to=assignee_id, before=before)
    return thread


def _can_hold(user_id: int) -> bool:
    return StaffRole.objects.filter(
        user_id=user_id, user__is_active=True, role__in=[*access.ANSWERING, "administrator"]
    ).exists()


@transaction.atomic
def tag(thread: Thread, names: Sequence[str], *, actor: Actor, at: datetime) -> Thread:
    """Set a thread's tags; new words join the vocabulary. Fact `<kind>.tagged` on the desk chain. Raises NotPermitted."""
    thread = _refreshed(thread)
    if not access.may_tag(actor, thread):
        raise NotPermitted(thread=thread.pk)
    tags = clean_tags(list(names))
    if tags == thread.tags:
        return thread
    Tag.objects.bulk_create([Tag(name=name, created_at=at) for name in tags], ignore_conflicts=True)
    thread.tags = tags
    thread.save(update_fields=["tags"])
    record(f"{thread.kind}.tagged", subject=thread.desk_subject, actor=actor, at=at, tags=tags)
    return thread


def save_draft(
    place: str, *, body: str, kind: str = "reply", title: str = "", has_files: bool = False, actor: Actor, at: datetime
) -> Draft:
    """Keep what a person has written so far at a place (`ticket:41`, `ticket:new`); an empty text without files drops it.

    Files uploaded meanwhile wait under `rules.draft_key` of person and place. Raises NotPermitted for who is not
    signed in.
    """
    if actor.user_id is None:
        raise NotPermitted(place=place)
    draft = Draft(
        user_id=actor.user_id, place=place, kind="note" if kind == "note" and actor.is_staff else "reply",
        body=clean_text(body)[:60_000], title=clean_line(title, 200), updated_at=at,
    )  # fmt: skip
    if not draft.body and not draft.title and not has_files:
        drop_draft(place, actor=actor, at=at)
        return draft
    Draft.objects.bulk_create(
        [draft],
        update_conflicts=True,
        unique_fields=["user", "place"],
        update_fields=["kind", "body", "title", "updated_at"],
    )
    return draft


def drop_draft(place: str, *, actor: Actor, at: datetime) -> None:
    """Delete a person's draft at a place."""
    if actor.user_id is not None:
        Draft.objects.filter(user_id=actor.user_id, place=place).delete()


@transaction.atomic
def touch_presence(thread: Thread, *, is_typing: bool, actor: Actor, at: datetime) -> None:
    """Say that a member of staff looks at a thread now, or types; others who look are told when that changes.

    Raises NotPermitted.
    """
    if not actor.is_staff or actor.user_id is None:
        raise NotPermitted(thread=thread.pk)
    fresh_since = at - timedelta(seconds=value("threads.presence_seconds", at=at))
    before = Presence.objects.filter(thread=thread, user_id=actor.user_id, seen_at__gt=fresh_since).first()
    Presence.objects.bulk_create(
        [Presence(thread=thread, user_id=actor.user_id, is_typing=is_typing, seen_at=at)],
        update_conflicts=True,
        unique_fields=["thread", "user"],
        update_fields=["is_typing", "seen_at"],
    )
    if before is None or before.is_typing != is_typing:
        signal(thread.desk_subject)


@transaction.atomic
def leave(thread: Thread, *, actor: Actor, at: datetime) -> None:
    """Say that a member of staff looks at a thread no longer."""
    gone, _rows = Presence.objects.filter(thread=thread, user_id=actor.user_id or 0).delete()
    if gone:
        signal(thread.desk_subject)


def forget_presence(*, at: datetime) -> int:
    """Drop signs of life that are old, and drafts that nobody came back to; return how many rows."""
    past = at - timedelta(hours=1)
    looked, _rows = Presence.objects.filter(seen_at__lt=past).delete()
    drafts, _rows = Draft.objects.filter(updated_at__lt=at - timedelta(days=DRAFT_DAYS_MAX)).delete()
    return looked + drafts


_COMPACT = """
WITH gone AS (
    DELETE FROM threads_tally WHERE id IN (
        SELECT id FROM threads_tally ORDER BY id LIMIT 20000 FOR UPDATE SKIP LOCKED
    ) RETURNING kind, queue, assignee_id, step
), sums AS (
    SELECT kind, queue, assignee_id, sum(step) AS step FROM gone GROUP BY 1, 2, 3 HAVING sum(step) <> 0
), kept AS (
    INSERT INTO threads_tally (kind, queue, assignee_id, step) SELECT kind, queue, assignee_id, step FROM sums
)
SELECT count(*) FROM gone
"""


@transaction.atomic
def compact_tally(*, at: datetime) -> int:
    """Draw the steps of the tally together, so that counting reads a few rows; return how many were read."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM (SELECT 1 FROM threads_tally LIMIT 2000) steps")
        if cursor.fetchone()[0] < 500:
            return 0
        cursor.execute(_COMPACT)
        return cursor.fetchone()[0]
