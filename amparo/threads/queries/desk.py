"""The desk's queue, its counts, and what stands beside a thread. TIM-4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from amparo.kernel import prepared
from amparo.kernel.actor import Actor
from amparo.kernel.paging import Page, page_of, unmark
from amparo.kernel.refusals import Invalid
from amparo.people.models import User
from amparo.policies.queries import value
from amparo.threads import access
from amparo.threads.models import (
    QUEUE_LABELS,
    QUEUES,
    QUEUES_WORKING,
    AnswerTemplate,
    Draft,
    Presence,
    Tag,
    Thread,
    shown,
)
from amparo.threads.rules import read_mark

LATE_COUNT_MAX = 999
_WORKING = ", ".join(f"'{name}'" for name in QUEUES_WORKING)


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What of the queue is asked for; nothing means all that is being worked on."""

    queue: str = ""
    assignee: int | None = None
    unassigned: bool = False
    late: bool = False
    kind: str = ""
    tag: str = ""
    customer_id: int | None = None

    @classmethod
    def parse(cls, given: Mapping[str, Any], actor: Actor) -> QueueFilter:
        """Read the parameters of a page by an allow-list. Raises Invalid. SEC-30."""
        queue, kind, assignee = given.get("queue", ""), given.get("kind", ""), given.get("assignee", "")
        if queue and queue not in QUEUES:
            raise Invalid(field="queue")
        if kind and kind not in ("ticket", "case"):
            raise Invalid(field="kind")
        if assignee and assignee not in ("me", "nobody") and not (assignee.isdecimal() and len(assignee) < 18):
            raise Invalid(field="assignee")
        return cls(
            queue=queue,
            kind=kind,
            assignee=actor.user_id if assignee == "me" else int(assignee) if assignee.isdecimal() else None,
            unassigned=assignee == "nobody",
            late=given.get("late", "") == "1",
            tag=str(given.get("tag", ""))[:40],
        )


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A thread in the queue, with all that the list shows."""

    id: int
    kind: str
    number: int
    title: str
    state: str
    queue: str
    priority: int
    due_at: datetime | None
    due_from: datetime | None
    created_at: datetime
    last_at: datetime
    last_customer_at: datetime | None
    tags: list[str]
    customer_id: int
    customer: str
    assignee_id: int | None
    assignee: str

    @property
    def shown(self) -> str:
        return shown(self.kind, self.number)

    @property
    def queue_label(self) -> str:
        return str(QUEUE_LABELS[self.queue])

    @property
    def desk_url(self) -> str:
        return f"/desk/{self.kind}s/{self.number}/"


_ROWS = """
SELECT t.id, t.kind, t.number, t.title, t.state, t.queue, t.priority, t.due_at, t.due_from, t.created_at, t.last_at,
       t.last_customer_at, t.tags, t.customer_id, c.name, t.assignee_id, COALESCE(NULLIF(u.name, ''), u.email, '')
FROM threads_thread t
JOIN people_customer c ON c.id = t.customer_id
LEFT JOIN people_user u ON u.id = t.assignee_id
WHERE {where}
ORDER BY {order}
LIMIT {limit:d}
"""  # how many is in the text: the plan that is kept knows that they are few


def queue(
    actor: Actor, filters: QueueFilter | None = None, *, at: datetime, after: str = "", size: int = 50
) -> Page[QueueRow]:
    """Return a page of the desk's queue: what is owed first, by priority and then by promise. One statement. TIM-4.

    Within what is owed, cases (high) stand before tickets (medium), each by its deadline; then what waits without a
    promise. Closed threads are listed by the newest word. Empty for who is not staff.
    """
    if not actor.is_staff:
        return Page([])
    filters = filters or QueueFilter()
    closed = filters.queue in ("closed", "silent")
    order = "t.last_at DESC, t.id DESC" if closed else "(t.due_at IS NULL), t.priority, t.due_at, t.id"
    where, given = _conditions(filters, at)
    if closed and (marked := read_mark(unmark(after, 2), "ti")):
        where.append("(t.last_at, t.id) < (%(m0)s, %(m1)s)")
        given |= {f"m{i}": part for i, part in enumerate(marked)}
    elif not closed and (marked := read_mark(unmark(after, 3), "iTi")):
        given |= {f"m{i}": part for i, part in enumerate(marked)}
        if marked[1] is None:
            where.append("t.due_at IS NULL AND (t.priority, t.id) > (%(m0)s, %(m2)s)")
        else:
            where.append(
                "((t.due_at IS NOT NULL AND (t.priority, t.due_at, t.id) > (%(m0)s, %(m1)s, %(m2)s))"
                " OR t.due_at IS NULL)"
            )
    sql = _ROWS.format(where=" AND ".join(where), order=order, limit=size + 1)
    found = [QueueRow(*row) for row in prepared.rows(sql, given)]
    if closed:
        return page_of(found, size, lambda row: (row.last_at, row.id))
    return page_of(found, size, lambda row: (row.priority, row.due_at, row.id))


def _conditions(filters: QueueFilter, at: datetime) -> tuple[list[str], dict[str, Any]]:
    """The conditions as SQL made of this module's own words; what people typed goes as parameters only. SEC-30."""
    given: dict[str, Any] = {"at": at}
    where = ["t.queue = %(queue)s" if filters.queue else f"t.queue IN ({_WORKING})"]
    given["queue"] = filters.queue
    if filters.assignee is not None:
        where.append("t.assignee_id = %(assignee)s")
        given["assignee"] = filters.assignee
    elif filters.unassigned:
        where.append("t.assignee_id IS NULL")
    if filters.late:
        where.append("t.due_at < %(at)s")
    if filters.kind:
        where.append("t.kind = %(kind)s")
        given["kind"] = filters.kind
    if filters.tag:
        where.append("t.tags @> ARRAY[%(tag)s]::varchar[]")
        given["tag"] = filters.tag
    if filters.customer_id is not None:
        where.append("t.customer_id = %(customer)s")
        given["customer"] = filters.customer_id
    return where, given


@dataclass(frozen=True, slots=True)
class Counts:
    """How many threads wait, from the tally; `late` at most 999 and more."""

    working: int = 0
    mine: int = 0
    mine_to_answer: int = 0
    unassigned: int = 0
    late: int = 0
    by_queue: Mapping[str, int] = field(default_factory=dict)
    by_kind: Mapping[str, int] = field(default_factory=dict)
    by_assignee: Mapping[int, int] = field(default_factory=dict)

    @property
    def rail(self) -> dict[str, int]:
        """What of them stands beside the places of the desk."""
        return {"queue": self.working, "tickets": self.by_kind.get("ticket", 0), "cases": self.by_kind.get("case", 0)}


_COUNTS = """
SELECT kind, queue, assignee_id, sum(step)::bigint FROM threads_tally
WHERE queue <> 'closed' GROUP BY 1, 2, 3 HAVING sum(step) <> 0
UNION ALL
SELECT '', '', NULL, count(*) FROM (
    SELECT 1 FROM threads_thread
    WHERE queue IN ('answer', 'consent', 'attention', 'waiting', 'closing', 'quality')
      AND due_at IS NOT NULL AND due_at < %s LIMIT 1000) late
"""


def counts(actor: Actor, *, at: datetime) -> Counts:
    """Return the counts of the queue: kept, not computed; only the late ones are read from the index. One statement."""
    if not actor.is_staff:
        return Counts()
    by_queue: dict[str, int] = {}
    by_kind: dict[str, int] = {}
    by_assignee: dict[int, int] = {}
    unassigned = late = mine_to_answer = 0
    for kind, queue_name, assignee_id, number in prepared.rows(_COUNTS, [at]):
        if not kind:
            late = number
            continue
        by_queue[queue_name] = by_queue.get(queue_name, 0) + number
        if queue_name not in QUEUES_WORKING:
            continue
        by_kind[kind] = by_kind.get(kind, 0) + number
        if assignee_id is None:
            unassigned += number
        else:
            by_assignee[assignee_id] = by_assignee.get(assignee_id, 0) + number
            if assignee_id == actor.user_id and queue_name == "answer":
                mine_to_answer += number
    return Counts(
        working=sum(by_kind.values()),
        mine=by_assignee.get(actor.user_id or 0, 0),
        mine_to_answer=mine_to_answer,
        unassigned=unassigned,
        late=late,
        by_queue=by_queue,
        by_kind=by_kind,
        by_assignee=by_assignee,
    )


_RAIL = f"SELECT kind, sum(step)::bigint FROM threads_tally WHERE queue IN ({_WORKING}) GROUP BY kind"  # noqa: S608 - names of ours


def rail_counts(actor: Actor, *, beside: Sequence[str] = ()) -> dict[str, int]:
    """Return what stands beside the places of the desk, as `Counts.rail`. One statement, for every page of the desk.

    `beside` are further SELECTs of a place's code and its count, by apps above, asked in the same statement.
    """
    if not actor.is_staff:
        return {}
    told: dict[str, int] = dict(prepared.rows(" UNION ALL ".join([_RAIL, *beside]), []))  # type: ignore[arg-type]
    by_kind: dict[str, int] = {kind: told.pop(kind) for kind in ("ticket", "case") if kind in told}
    return Counts(working=sum(by_kind.values()), by_kind=by_kind).rail | told


def holders() -> list[dict[str, Any]]:
    """Return the people who may hold a thread, by name: id, name."""
    users: Any = User.objects.filter(is_active=True, staff_roles__role__in=[*access.ANSWERING, "administrator"])
    return list(users.distinct().order_by("name", "id").values("id", "name"))


def looking(thread: Thread, actor: Actor, *, at: datetime) -> list[dict[str, Any]]:
    """Return who else of the staff looks at a thread now: name, typing. Empty for who is not staff. SEC-10."""
    if not actor.is_staff:
        return []
    since = at - timedelta(seconds=value("threads.presence_seconds", at=at))
    rows = Presence.objects.filter(thread_id=thread.pk, seen_at__gt=since).exclude(user_id=actor.user_id or 0)
    return [
        {"name": row["user__name"] or "?", "typing": row["is_typing"]}
        for row in rows.order_by("user__name").values("user__name", "is_typing")
    ]


def draft_of(place: str, actor: Actor) -> Draft | None:
    """Return what the person has written at a place and not yet sent."""
    if actor.user_id is None:
        return None
    return Draft.objects.filter(user_id=actor.user_id, place=place).first()


def answer_templates(*, language: str | None = None, all_of_them: bool = False) -> list[dict[str, Any]]:
    """Return the prepared answers in a language (or all, also those put away): id, title, language, body, is_active."""
    rows: Any = AnswerTemplate.objects.all() if all_of_them else AnswerTemplate.objects.filter(is_active=True)
    if language:
        rows = rows.filter(language=language)
    return list(rows.order_by("language", "title").values("id", "title", "language", "body", "is_active"))


_TEMPLATES = "SELECT title, body FROM threads_answertemplate WHERE is_active AND language = %s ORDER BY title"


def templates_in(language: str) -> list[tuple[str, str]]:
    """Return the prepared answers of a language by title: title, body. One statement, for every page of a ticket."""
    return prepared.rows(_TEMPLATES, [language])  # type: ignore[return-value]


def tag_names() -> list[str]:
    """Return the vocabulary of tags."""
    return list(Tag.objects.order_by("name").values_list("name", flat=True))
