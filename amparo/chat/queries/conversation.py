"""A chat as its page shows it, and what came since a number: one statement each. CHT-1, SEC-10, SEC-36."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from amparo.chat import access
from amparo.kernel.actor import Actor
from amparo.kernel.prepared import rows
from amparo.threads.rules import draft_key

MESSAGES_MAX = 200
NUMBER_MAX = 2**63 - 1
_INSIDE = ("desk_seq", "staff_read", "passed", "offered", "offered_to_id", "offered_until")  # what customers are not to know. SEC-10

# Staff count by `desk_seq` and see whispers; to the others a whisper is no row at all.
_PAGE = """
SELECT to_jsonb(c) - 'open_key' || jsonb_build_object(
        'customer', k.name, 'nic', k.nic, 'assignee', coalesce(nullif(a.name, ''), a.email, ''), 'product', p.name,
        'offered', coalesce(nullif(o.name, ''), o.email, ''), 'site', s.name, 'topic_title', t.title,
        'before', CASE WHEN c.state = 'waiting' THEN (SELECT count(*) FROM chat_chat w WHERE w.state = 'waiting'
            AND (w.opened_at, w.id) < (c.opened_at, c.id)) END,
        'case_state', e.state, 'case_kind', e.kind, 'case_moves', e.moves,
        'remote', (SELECT jsonb_build_object('id', r.id, 'public_id', r.public_id, 'until', r.expires_at, 'state', r.state)
            FROM remote_session r WHERE r.case_id = c.case_id AND r.state <> 'ended' ORDER BY r.id DESC LIMIT 1),
        'attended', EXISTS (SELECT FROM chat_duty d WHERE d.is_on AND d.seen_at > %s::timestamptz - interval '60 seconds')),
    (SELECT json_agg(to_json(m)) FROM (
        SELECT m.id, m.seq, m.desk_seq, m.kind, m.event, m.data, m.author_id, m.author_kind, m.author_name, m.body_html, m.at,
            CASE WHEN m.file_count > 0 THEN (SELECT json_agg(json_build_object('name', f.name, 'size', f.size,
                'url', '/files/' || f.public_id || '/' || f.name, 'content_type', f.content_type, 'is_inline', f.inline_sha256 <> '') ORDER BY x.id)
                FROM chat_messagefile x JOIN files_storedfile f ON f.id = x.file_id WHERE x.message_id = m.id) END AS files
        FROM chat_message m WHERE m.chat_id = c.id AND {window} LIMIT {limit}) m),
    {waiting}
FROM chat_chat c JOIN people_customer k ON k.id = c.customer_id LEFT JOIN people_user a ON a.id = c.assignee_id
LEFT JOIN people_user o ON o.id = c.offered_to_id LEFT JOIN products_product p ON p.id = c.product_id
LEFT JOIN chat_site s ON s.id = c.site_id LEFT JOIN cases_case e ON e.id = c.case_id LEFT JOIN forum_topic t ON t.id = c.topic_id
WHERE c.id = %s::bigint AND {scope}
"""
_WAITING = """(SELECT json_agg(json_build_object('id', w.public_id, 'name', w.name, 'size', w.size) ORDER BY w.id) FROM files_storedfile w
    WHERE w.uploaded_by_id = %s::bigint AND w.draft_key = %s AND w.subject = '')"""
_WINDOWS = {
    (True, False): "m.desk_seq > %s::int ORDER BY m.desk_seq",
    (False, False): "m.seq > %s::int ORDER BY m.seq",
    (True, True): "m.desk_seq > %s::int ORDER BY m.desk_seq DESC",
    (False, True): "m.seq > %s::int ORDER BY m.seq DESC",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of a chat as pages draw it: `body_html` is safe; `number` is what its reader counts by."""

    id: int
    number: int
    seq: int | None
    kind: str
    event: str
    data: dict[str, Any]
    author_id: int | None
    author_kind: str
    author_name: str
    body_html: str
    at: datetime
    files: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A chat with the lines asked for. `more` says that there are further ones in that direction; `waiting` are its reader's unsent files."""

    id: int
    row: dict[str, Any]
    lines: tuple[Shown, ...]
    more: bool
    staff: bool
    waiting: tuple[dict[str, Any], ...] = ()

    @property
    def number(self) -> str:
        return f"CH-{self.id}"

    @property
    def subject(self) -> str:
        return f"chat:{self.id}"

    @property
    def state(self) -> str:
        return self.row["state"]

    @property
    def is_live(self) -> bool:
        return self.state != "ended"

    @property
    def last(self) -> int:
        """The number up to which the reader has everything once these lines are shown."""
        return self.lines[-1].number if self.lines else 0

    def remote_offered(self, at: datetime) -> dict[str, Any] | None:
        """The remote session of the chat's case whose code waits to be entered."""
        told = self.row["remote"]
        return told if told and told["state"] == "offered" and datetime.fromisoformat(told["until"]) > at else None

    @property
    def read_by_other(self) -> int:
        """Up to which public number the other side has read."""
        return self.row["customer_read"] if self.staff else self.row["staff_read_public"]


def page_of(actor: Actor, chat_id: int, *, at: datetime) -> Page | None:
    """Return a chat with its last lines, None where it is not to be seen. One statement. ACC-11."""
    return _asked(actor, chat_id, 0, last=True, at=at)


def events_since(actor: Actor, chat_id: int, since: int, *, at: datetime) -> Page | None:
    """Return what came after a number, the oldest first, and how the chat stands; None where it is not to be seen.

    One statement, however often it is asked: nothing is lost and nothing doubled over a line that breaks. SEC-36.
    """
    return _asked(actor, chat_id, max(0, min(since, 2**31 - 1)), last=False, at=at)


def _asked(actor: Actor, chat_id: int, since: int, *, last: bool, at: datetime) -> Page | None:
    if chat_id > NUMBER_MAX:  # an address may name any number
        return None
    scope, given = access.scope_sql(actor)
    sql = _PAGE.format(
        window=_WINDOWS[actor.is_staff, last], limit=MESSAGES_MAX + 1, waiting=_WAITING if last else "NULL", scope=scope.replace("%s", "%s::bigint")
    )
    own = [actor.user_id, draft_key(actor.user_id, f"chat:{chat_id}")] if last else []
    found = rows(sql, [at, since, *own, chat_id, *given])
    if not found:
        return None
    row, lines, waiting = (json.loads(part) if isinstance(part, str) else part for part in found[0])
    lines = lines or []
    row = row if actor.is_staff else {name: told for name, told in row.items() if name not in _INSIDE}
    more = len(lines) > MESSAGES_MAX
    lines = lines[:MESSAGES_MAX]
    if last:
        lines.reverse()
    return Page(chat_id, row, tuple(_shown(line, actor.is_staff) for line in lines), more, actor.is_staff, tuple(waiting or ()))


def _shown(line: dict[str, Any], staff: bool) -> Shown:
    return Shown(
        line["id"], line["desk_seq"] if staff else line["seq"], line["seq"], line["kind"], line["event"], line["data"], line["author_id"],
        line["author_kind"], line["author_name"], line["body_html"], datetime.fromisoformat(line["at"]), tuple(line["files"] or ()),
    )  # fmt: skip
