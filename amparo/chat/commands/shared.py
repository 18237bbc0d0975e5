"""What every verb of a chat does first and last: lock and look, add a line, tell."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from amparo.chat.machine import LIFE, EndedHow, Event, Move
from amparo.chat.models import Chat
from amparo.history.commands import record, signal
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted

# One statement adds a line and moves the counters of the chat, whose row is locked by then. A key that was used adds
# nothing and moves nothing: to send twice is one message. CHG-10.
_ADD = """
WITH fresh AS (
    INSERT INTO chat_message (chat_id, seq, desk_seq, kind, event, data, author_id, author_kind, author_name, body, body_html,
        file_count, at, key)
    VALUES (%(chat)s, CASE WHEN %(public)s THEN %(last_seq)s + 1 END, %(desk_seq)s + 1, %(kind)s, %(event)s, %(data)s::jsonb,
        %(author)s, %(author_kind)s, %(author_name)s, %(body)s, %(html)s, %(files)s, %(at)s, %(key)s)
    ON CONFLICT (chat_id, author_id, key) DO NOTHING RETURNING id
)
UPDATE chat_chat c SET
    last_seq = last_seq + CASE WHEN %(public)s THEN 1 ELSE 0 END, desk_seq = desk_seq + 1, last_at = %(at)s,
    last_customer_at = CASE WHEN %(who)s = 'customer' THEN %(at)s ELSE last_customer_at END,
    customer_seen_at = CASE WHEN %(who)s = 'customer' THEN %(at)s ELSE customer_seen_at END,
    customer_read = CASE WHEN %(who)s = 'customer' THEN last_seq + 1 ELSE customer_read END,
    last_staff_at = CASE WHEN %(who)s = 'staff' THEN %(at)s ELSE last_staff_at END,
    staff_read = CASE WHEN %(mine)s THEN desk_seq + 1 ELSE staff_read END,
    staff_read_public = CASE WHEN %(mine)s THEN last_seq + CASE WHEN %(public)s THEN 1 ELSE 0 END ELSE staff_read_public END
FROM fresh WHERE c.id = %(chat)s
RETURNING fresh.id, c.last_seq, c.desk_seq
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a chat before it has its numbers."""

    kind: str
    author_kind: str = "system"
    author_id: int | None = None
    author_name: str = ""
    event: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    body: str = ""
    html: str = ""
    files: int = 0
    key: str | None = None
    is_public: bool = True


def locked(chat: Chat) -> Chat:
    """Return the chat as it stands, locked to the end of the transaction."""
    return Chat.objects.select_for_update().get(pk=chat.pk)


def permit(allowed: bool, chat: Chat) -> None:
    """Raise NotPermitted for the chat where an act is not allowed."""
    if not allowed:
        raise NotPermitted(chat=chat.pk)


def add(chat: Chat, line: Line, *, at: datetime) -> int | None:
    """Add a line to a locked chat; return its id, None where the key was sent before. One statement."""
    said = line.kind == "message"
    with connection.cursor() as cursor:
        cursor.execute(_ADD, {
            "chat": chat.pk, "public": line.is_public, "last_seq": chat.last_seq, "desk_seq": chat.desk_seq, "kind": line.kind,
            "event": line.event, "data": json.dumps(line.data), "author": line.author_id, "author_kind": line.author_kind,
            "author_name": line.author_name[:120], "body": line.body, "html": line.html, "files": line.files, "at": at,
            "key": line.key, "who": line.author_kind if said else "",
            "mine": line.author_id is not None and line.author_kind == "staff" and line.author_id == chat.assignee_id,
        })  # fmt: skip
        row = cursor.fetchone()
    if row is None:
        return None
    chat.last_seq, chat.desk_seq, chat.last_at = row[1], row[2], at
    if said and line.author_kind == "customer":
        chat.last_customer_at = chat.customer_seen_at = at
    elif said and line.author_kind == "staff":
        chat.last_staff_at = at
    return row[0]


def event(chat: Chat, what: Event, *, at: datetime, is_public: bool = True, **data: Any) -> None:
    """Put into the chat itself that something happened; pages say it in their reader's language."""
    add(chat, Line("event", event=what.value, data=data, is_public=is_public), at=at)


def tell(name: str, chat: Chat, *, actor: Actor, at: datetime, desk: bool = False, **told: Any) -> None:
    """Put a fact on the chat's record; what only staff may know goes on a chain of its own. CAS-1, SEC-10."""
    record(f"chat.{name}", subject=chat.desk_subject if desk else chat.subject, actor=actor, at=at, **told)


def told_list(*topics: str) -> None:
    """Wake the lists of chats, and whoever else is named."""
    signal("chats", *topics)


def finish(chat: Chat, how: EndedHow, *, actor: Actor, at: datetime) -> None:
    """End a locked chat: told in it, on its record, and to the lists. The caller asked whether it may be. Fact: `chat.ended`."""
    chat.state = LIFE.after(chat.state, Move.END).value
    holder = chat.offered_to_id or chat.assignee_id
    chat.ended_at, chat.ended_how, chat.ended_by_id = at, how.value, actor.user_id
    chat.offered_to_id = chat.offered_until = None
    event(chat, Event.ENDED, at=at, how=how.value, name=actor.name if actor.user_id else "")
    chat.save(update_fields=["state", "ended_at", "ended_how", "ended_by", "offered_to", "offered_until"])
    tell("ended", chat, actor=actor, at=at, how=how.value, messages=chat.last_seq, case=chat.case_id)
    told_list(*([f"user:{holder}"] if holder else []))
