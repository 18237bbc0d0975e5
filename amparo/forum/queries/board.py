"""What staff see: questions that are owed an answer, what waits for review, what was done. TIM-10, FOR-1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery

from amparo.forum import access
from amparo.forum.models import Flag, Member
from amparo.kernel import prepared
from amparo.kernel.actor import Actor
from amparo.kernel.paging import Page, page_of, unmark
from amparo.threads.rules import read_mark

DESK_SHOWN = 5
# Beside the place «Foro» of the desk's rail, asked in the one statement of all its counts.
RAIL = """
SELECT 'forum', count(*) FROM forum_topic
WHERE visibility = 'shown' AND due_at IS NOT NULL AND answered_at IS NULL AND desk_at <= now()
"""


@dataclass(frozen=True, slots=True)
class OwedRow:
    """A question that is owed an answer, as the desk's queue draws it."""

    id: int
    title: str
    theme: str
    author: str
    due_at: datetime
    due_from: datetime

    @property
    def url(self) -> str:
        return f"/forum/topics/{self.id}/"

    @property
    def shown(self) -> str:
        return f"F-{self.id}"

    @property
    def as_row(self) -> dict[str, Any]:
        """The question as the desk's queue draws its rows."""
        return {
            "number": self.shown, "title": self.title, "who": self.author, "url": self.url, "due_at": self.due_at, "started_at": self.due_from,
            "state": self.theme, "tone": "act", "kind": "topic",
        }  # fmt: skip


def _alias(field: str) -> Any:
    return Subquery(Member.objects.filter(pk=OuterRef(field)).values("alias")[:1])


_OWED = """
SELECT t.id, t.title, h.name, COALESCE((SELECT m.alias FROM forum_member m WHERE m.user_id = t.author_id), '?'), t.due_at, t.due_from
FROM forum_topic t JOIN forum_theme h ON h.id = t.theme_id
WHERE t.visibility = 'shown' AND t.due_at IS NOT NULL AND t.answered_at IS NULL{soon}
ORDER BY t.due_at, t.id LIMIT %(limit)s::int
"""
_OWED, _OWED_SOON = _OWED.format(soon=""), _OWED.format(soon=" AND t.desk_at <= %(at)s::timestamptz")


def owed(actor: Actor, *, at: datetime, soon: bool = True, limit: int = 200) -> list[OwedRow]:
    """Return the questions that are owed an answer, the earliest promise first; `soon`: of whose time 90 % is over. One statement. TIM-10."""
    if not actor.is_staff:
        return []
    return [OwedRow(*row) for row in prepared.rows(_OWED_SOON if soon else _OWED, {"at": at, "limit": limit} if soon else {"limit": limit})]


_WAITING = """
SELECT (SELECT count(*) FROM forum_topic WHERE visibility = 'shown' AND due_at IS NOT NULL AND answered_at IS NULL AND desk_at <= %s),
       (SELECT count(*) FROM forum_review WHERE decided_at IS NULL)
"""


def waiting(actor: Actor, *, at: datetime) -> dict[str, int]:
    """Return how many questions and reviews wait for staff. One statement."""
    if not actor.is_staff:
        return {"owed": 0, "reviews": 0}
    owed_, reviews_ = prepared.rows(_WAITING, [at])[0]
    return {"owed": owed_, "reviews": reviews_}


def _reviews(actor: Actor) -> Any:
    flags = Flag.objects.filter(review=OuterRef("pk")).order_by().values("review").annotate(n=Count("pk")).values("n")[:1]
    return access.reviews_for(actor).select_related("post__topic__theme").annotate(
        author_alias=_alias("post__author_id"), claimed_alias=_alias("claimed_by_id"), decided_alias=_alias("decided_by_id"), flag_count=Subquery(flags)
    )


def reviews(actor: Actor, *, done: bool = False, after: str = "", size: int = 30) -> Page[Any]:
    """Return what waits for a moderator, the oldest first; or what was judged, the newest first. One statement."""
    found = _reviews(actor).filter(decided_at__isnull=not done)
    marked = read_mark(unmark(after, 1), "i")
    if marked:
        found = found.filter(pk__lt=marked[0]) if done else found.filter(pk__gt=marked[0])
    return page_of(list(found.order_by("-pk" if done else "pk")[: size + 1]), size, lambda row: (row.pk,))


def review(actor: Actor, number: int) -> Any:
    """Return a review with its post and who reported what, None where not to be seen. Two statements."""
    found = _reviews(actor).filter(pk=number).first()
    if found is not None:
        found.told = list(Flag.objects.filter(review=found).annotate(alias=_alias("user_id")).order_by("at"))
    return found


def acts(actor: Actor, *, topic_id: int | None = None, after: str = "", size: int = 40) -> Page[Any]:
    """Return what moderators did, the newest first. One statement. FOR-1."""
    found: Any = access.acts_for(actor).select_related("topic", "by", "undone_by")
    if topic_id is not None:
        found = found.filter(topic_id=topic_id)
    if marked := read_mark(unmark(after, 1), "i"):
        found = found.filter(Q(pk__lt=marked[0]))
    return page_of(list(found.order_by("-pk")[: size + 1]), size, lambda row: (row.pk,))
