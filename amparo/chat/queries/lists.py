"""Lists of chats: those of a customer, those of the desk. CHT-1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from amparo.chat import access
from amparo.chat.models import Chat, Message, MessageFile
from amparo.kernel.actor import Actor
from amparo.kernel.paging import Page, page_of, unmark
from amparo.kernel.prepared import rows
from amparo.threads.rules import read_mark

# Mine first, then what waits, then those of colleagues; within each the longest wait first.
_DESK = """
SELECT c.id, k.name, c.contact_name, c.about, c.state, c.assignee_id, coalesce(nullif(a.name, ''), a.email, ''), c.offered_to_id,
    c.offered_until, c.opened_at, c.last_customer_at, c.last_staff_at, p.name, c.customer_seen_at,
    CASE WHEN c.assignee_id = %(me)s::bigint THEN (SELECT count(*) FROM chat_message m WHERE m.chat_id = c.id AND m.desk_seq > c.staff_read
        AND m.author_kind = 'customer') ELSE 0 END, e.id, e.state
FROM chat_chat c JOIN people_customer k ON k.id = c.customer_id LEFT JOIN people_user a ON a.id = c.assignee_id
LEFT JOIN products_product p ON p.id = c.product_id LEFT JOIN cases_case e ON e.id = c.case_id
WHERE c.state <> 'ended'
ORDER BY (c.offered_to_id IS NOT DISTINCT FROM %(me)s::bigint) DESC, (c.assignee_id IS NOT DISTINCT FROM %(me)s::bigint) DESC,
    c.state DESC, c.opened_at, c.id
LIMIT 200
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A live chat in the list of the desk."""

    id: int
    customer: str
    contact: str
    about: str
    state: str
    assignee_id: int | None
    assignee: str
    offered_to_id: int | None
    offered_until: datetime | None
    opened_at: datetime
    last_customer_at: datetime | None
    last_staff_at: datetime | None
    product: str | None
    seen_at: datetime
    unread: int
    case_id: int | None
    case_state: str | None

    @property
    def waits_since(self) -> datetime | None:
        """Since when its customer waits for a word; None where it is the customer's turn."""
        if self.state == "waiting":
            return self.opened_at
        if self.last_customer_at and (self.last_staff_at is None or self.last_customer_at > self.last_staff_at):
            return self.last_customer_at
        return None


def desk_rows(actor: Actor) -> list[Row]:
    """Return live chats for staff, what is offered to the reader and his own first. One statement. Nothing for others."""
    if not actor.is_staff:
        return []
    return [Row(*row) for row in rows(_DESK, {"me": actor.user_id})]  # type: ignore[arg-type]


def counts(found: list[Row], actor: Actor) -> dict[str, int]:
    """Return what the title's badge says: unread messages of one's own chats, and offers."""
    mine = [row for row in found if row.assignee_id == actor.user_id]
    return {
        "unread": sum(row.unread for row in mine), "offered": sum(row.offered_to_id == actor.user_id for row in found), "mine": len(mine),
        "waiting": sum(row.state == "waiting" for row in found),
    }  # fmt: skip


def chats_of_customer(actor: Actor, *, ended: bool = False, customer_id: int | None = None, after: str = "", size: int = 30) -> Page[dict[str, Any]]:
    """Return the chats that the actor may see, newest first: a page by key, one statement. ACC-11."""
    found: Any = access.visible_to(actor)
    if customer_id is not None:
        found = found.filter(customer_id=customer_id)
    if ended:
        found = found.filter(state="ended")
    mark = read_mark(unmark(after, 1), "i") if after else None
    if mark:
        found = found.filter(pk__lt=mark[0])
    listed = found.order_by("-pk").values(
        "id", "about", "state", "contact_name", "opened_at", "ended_at", "ended_how", "assignee__name", "customer__name", "case_id",
        "ticket_id", "topic_id", "contact_id",
    )[: size + 1]  # fmt: skip
    return page_of(list(listed), size, lambda row: [row["id"]])


def of_case(actor: Actor, case_id: int) -> list[dict[str, Any]]:
    """Return the chats of a case that the actor may see: for its page. One statement."""
    found: Any = access.visible_to(actor).filter(case_id=case_id, purged_at__isnull=True).order_by("pk")
    return list(found.values("id", "about", "state", "opened_at", "ended_at", "assignee__name", "contact_name"))


def subjects_of_case(case_id: int) -> list[str]:
    """Return the subjects of the facts and files of a case's chats."""
    return [subject for chat in Chat.objects.filter(case=case_id).order_by("pk") for subject in (chat.subject, chat.desk_subject)]


def told_subjects_of_case(case_id: int) -> list[str]:
    """Return the subjects of the chains that a customer may read of a case's chats; those of the desk are none. SEC-10."""
    return [f"chat:{pk}" for pk in Chat.objects.filter(case=case_id).order_by("pk").values_list("pk", flat=True)]


def file_ids_of_case(case_id: int) -> list[int]:
    """Return the files that were shown to both sides in a case's chats."""
    found = MessageFile.objects.filter(message__chat__case=case_id, message__seq__isnull=False).order_by("pk")
    return list(found.values_list("file_id", flat=True))


def record_of_case(case_id: int) -> list[dict[str, Any]]:
    """Return the chats of a case with what both sides read, as plain data: for the file of the case. CAS-1, CAS-7, SEC-10."""
    told = []
    for chat in Chat.objects.filter(case=case_id).select_related("assignee").order_by("pk"):
        files: dict[int, list[int]] = {}
        for message_id, file_id in MessageFile.objects.filter(message__chat=chat).order_by("pk").values_list("message_id", "file_id"):
            files.setdefault(message_id, []).append(file_id)
        lines = Message.objects.filter(chat=chat, seq__isnull=False).order_by("seq")
        told.append({
            "number": chat.shown_number, "subject": chat.subject, "opened_at": chat.opened_at, "ended_at": chat.ended_at, "ended_how": chat.ended_how,
            "contact": chat.contact_name, "attended_by": chat.assignee.get_full_name() if chat.assignee else "",
            "messages": [
                {"seq": line.seq, "what": line.kind, "event": line.event, "data": line.data, "at": line.at.isoformat(), "author": line.author_name,
                 "author_kind": line.author_kind, "body": line.body, "files": files.get(line.pk, [])}
                for line in lines
            ],
        })  # fmt: skip
    return told
