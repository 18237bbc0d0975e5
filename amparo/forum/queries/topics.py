"""Themes, topics and posts as pages show them: one statement each. ACC-2, FOR-1, TIM-4."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from amparo.contracts.rules.audience import ANYBODY, Reader
from amparo.forum import access
from amparo.forum.models import Member, Post, PostVersion, ReadMark, Thanks, Theme, Topic, Watch
from amparo.kernel.actor import VISITOR, Actor
from amparo.kernel.markdown import excerpt
from amparo.kernel.paging import Page, mark, page_of, unmark
from amparo.policies.queries import value
from amparo.threads.models import Draft
from amparo.threads.rules import read_mark

PAGE_TOPICS, PAGE_POSTS, FEED = 30, 50, 30
VIEWS = ("latest", "unanswered", "unsolved", "solved", "mine")


@dataclass(frozen=True, slots=True)
class TopicRow:
    """A topic in a list: what it is, what is owed, and whether its reader has something new in it."""

    id: int
    title: str
    kind: str
    theme_id: int
    theme: str
    author: str
    author_is_staff: bool
    created_at: datetime
    last_at: datetime
    last_author: str
    replies: int
    is_pinned: bool
    is_closed: bool
    is_solved: bool
    visibility: str
    due_at: datetime | None
    due_from: datetime | None
    answered_at: datetime | None
    last_post_id: int | None
    read_post_id: int | None

    @property
    def url(self) -> str:
        return f"/forum/topics/{self.id}/"

    @property
    def read_mark(self) -> str:
        """The mark after which what is new begins."""
        return mark(self.read_post_id)

    @property
    def is_owed(self) -> bool:
        return self.due_at is not None and self.answered_at is None

    @property
    def is_new(self) -> bool:
        """Something was said since its reader last read to the end; who never opened it is not told."""
        return self.read_post_id is not None and self.last_post_id is not None and self.read_post_id < self.last_post_id


def _alias(field: str) -> Any:
    return Subquery(Member.objects.filter(pk=OuterRef(field)).values("alias")[:1])


def _rows(found: QuerySet[Topic], actor: Actor) -> Any:
    last_post = Post.objects.filter(topic=OuterRef("pk"), visibility="shown").order_by("-id").values("pk")[:1]
    read = ReadMark.objects.filter(topic=OuterRef("pk"), user_id=actor.user_id or 0).values("post_id")[:1]
    return found.annotate(
        author_alias=_alias("author_id"), last_alias=_alias("last_by_id"),
        author_staff=Subquery(Member.objects.filter(pk=OuterRef("author_id")).values("is_staff")[:1]),
        last_post=Subquery(last_post), read_post=Subquery(read),
    ).values_list(
        "id", "title", "kind", "theme_id", "theme__name", "author_alias", "author_staff", "created_at", "last_at", "last_alias", "reply_count",
        "is_pinned", "is_closed", "solution_id", "visibility", "due_at", "due_from", "answered_at", "last_post", "read_post",
    )  # fmt: skip


def _row(row: Sequence[Any]) -> TopicRow:
    given = list(row)
    given[5], given[6], given[9], given[13] = given[5] or "?", bool(given[6]), given[9] or "", given[13] is not None
    return TopicRow(*given)


def topics(
    actor: Actor, who: Reader, *, theme_id: int | None = None, view: str = "latest", after: str = "", size: int = PAGE_TOPICS
) -> Page[TopicRow]:
    """Return a page of topics that the reader may see, what was said last first; in a theme the pinned ones stand before.

    Views: latest, unanswered (what is owed, the earliest promise first), unsolved, solved, mine. One statement. FOR-1, SEC-29.
    """
    found = Topic.objects.filter(access.readable(who, actor))
    if theme_id is not None:
        found = found.filter(theme_id=theme_id)
    if view == "mine":
        found = found.filter(author_id=actor.user_id or 0)
    elif not actor.is_staff:
        found = found.filter(visibility="shown")
    else:
        found = found.exclude(visibility="held")
    if view == "unanswered":
        found = found.filter(due_at__isnull=False, answered_at__isnull=True)
        marked = read_mark(unmark(after, 2), "ti")
        if marked:
            found = found.filter(Q(due_at__gt=marked[0]) | Q(due_at=marked[0], id__gt=marked[1]))
        rows = [_row(row) for row in _rows(found.order_by("due_at", "id"), actor)[: size + 1]]
        return page_of(rows, size, lambda row: (row.due_at, row.id))
    if view in ("unsolved", "solved"):
        found = found.filter(kind="question", solution__isnull=view == "unsolved")
    marked = read_mark(unmark(after, 3), "iti")
    if marked:
        pinned, last_at, number = bool(marked[0]) and theme_id is not None, marked[1], marked[2]
        later = Q(last_at__lt=last_at) | Q(last_at=last_at, id__lt=number)
        if theme_id is not None:
            later = Q(is_pinned=pinned) & later | (Q(is_pinned=False) if pinned else Q())
        found = found.filter(later)
    order = ("-is_pinned", "-last_at", "-id") if theme_id is not None else ("-last_at", "-id")
    rows = [_row(row) for row in _rows(found.order_by(*order), actor)[: size + 1]]
    return page_of(rows, size, lambda row: (int(row.is_pinned), row.last_at, row.id))


def themes(actor: Actor, who: Reader) -> list[Theme]:
    """Return the themes that a reader may see, each with how many topics he may see in it and when something was last said. One statement."""
    seen = Q(topics__visibility="shown")
    counted: Any = access.themes_for(who).select_related("product")
    return list(
        counted.annotate(topic_count=Count("topics", filter=seen), latest_at=Max("topics__last_at", filter=seen)).order_by("position", "name")
    )


def page_topic(actor: Actor, who: Reader, number: int) -> Any:
    """Return a topic with all that its page shows of it: theme, names, one's draft, level and place of reading; None where not to be seen.

    A topic that was merged is returned only as far as it leads (`merged_into`). One statement. SEC-7.
    """
    draft = Draft.objects.filter(user_id=actor.user_id or 0, place=f"topic:{number}").annotate(as_json=JSONObject(body="body", kind="kind"))
    level = Watch.objects.filter(user_id=actor.user_id or 0, kind="topic", target_id=number).values("level")[:1]
    read = ReadMark.objects.filter(user_id=actor.user_id or 0, topic_id=number).values("post_id")[:1]
    merged = access.contracts.readable(who, audience="theme__audience", product="theme__product_id") & Q(visibility="merged")
    return (
        Topic.objects.filter(access.readable(who, actor) | merged)
        .select_related("theme__product")
        .annotate(
            draft=Subquery(draft.values("as_json")[:1]), level=Subquery(level), read_post=Subquery(read), author_alias=_alias("author_id"),
            own_alias=Subquery(Member.objects.filter(pk=actor.user_id or 0).values("alias")[:1]),
            own_trust=Subquery(Member.objects.filter(pk=actor.user_id or 0).values("trust")[:1]),
            first_id=Subquery(Post.objects.filter(topic=OuterRef("pk")).order_by("id").values("pk")[:1]),
        )
        .filter(pk=number)
        .first()
    )


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post as the page draws it."""

    id: int
    author_id: int
    author: str
    by_staff: bool
    body_html: str
    pictures: list[dict[str, Any]]
    visibility: str
    hidden_reason: str
    thanks: int
    edit_count: int
    edited_at: datetime | None
    was_masked: bool
    at: datetime
    thanked: bool

    @property
    def anchor(self) -> str:
        return f"post-{self.id}"


def posts_page(topic: Topic, actor: Actor, *, after: str = "", size: int = PAGE_POSTS) -> Page[PostRow]:
    """Return a page of a topic's posts in the order of time: those that everybody sees, to their author and staff the others too.

    The topic was loaded through `visible_to`. One statement. SEC-9, SEC-10.
    """
    found = Post.objects.filter(topic_id=topic.pk)
    if not actor.is_staff:
        shown = Q(visibility="shown")
        found = found.filter(shown | Q(author_id=actor.user_id) if actor.user_id is not None else shown)
    if marked := read_mark(unmark(after, 1), "i"):
        found = found.filter(id__gt=marked[0])
    thanked = Thanks.objects.filter(post=OuterRef("pk"), user_id=actor.user_id or 0)
    rows = found.annotate(alias=_alias("author_id"), thanked=Exists(thanked)).order_by("id").values_list(
        "id", "author_id", "alias", "by_staff", "body_html", "pictures", "visibility", "hidden_reason", "thanks_count", "edit_count", "edited_at",
        "was_masked", "at", "thanked",
    )[: size + 1]  # fmt: skip
    return page_of([PostRow(*row) for row in rows], size, lambda row: (row.id,))


def page_of_post(post: Post, actor: Actor) -> int | None:
    """Return after which post the page begins that holds a post, None for the first page. One statement."""
    found = Post.objects.filter(topic_id=post.topic_id, id__lt=post.pk)
    if not actor.is_staff:
        shown = Q(visibility="shown")
        found = found.filter(shown | Q(author_id=actor.user_id) if actor.user_id is not None else shown)
    before = list(found.order_by("id").values_list("pk", flat=True))
    page = len(before) // PAGE_POSTS
    return before[page * PAGE_POSTS - 1] if page else None


def versions(post: Post) -> list[Any]:
    """Return what a post said before, the oldest first, with who edited it."""
    return list(PostVersion.objects.filter(post=post).annotate(alias=_alias("editor_id")).order_by("number"))


def feed(who: Reader, theme: Theme, *, size: int = FEED) -> list[dict[str, Any]]:
    """Return the latest topics of a theme that a reader may see, for its feed: id, title, excerpt, author, times. One statement."""
    begun = Post.objects.filter(topic=OuterRef("pk"), visibility="shown").order_by("id").values("body")[:1]
    rows = Topic.objects.filter(access.readable(who, VISITOR), theme=theme, visibility="shown").annotate(alias=_alias("author_id"), body=Subquery(begun))
    return [
        {**row, "url": f"/forum/topics/{row['id']}/", "excerpt": excerpt(row["body"] or "", 300)}
        for row in rows.order_by("-id").values("id", "title", "alias", "body", "created_at", "last_at")[:size]
    ]


def sitemap(at: datetime) -> Iterator[tuple[str, datetime]]:
    """Yield the addresses that anybody may see, with when they changed. SEC-29."""
    if not value("forum.reading_is_open", at=at):
        return
    yield "/forum/", at
    for number, changed in access.themes_for(ANYBODY).annotate(latest=Max("topics__last_at", filter=Q(topics__visibility="shown"))).values_list("pk", "latest"):
        yield f"/forum/themes/{number}/", changed or at
    rows = Topic.objects.filter(access.readable(ANYBODY, VISITOR)).order_by("id").values_list("pk", "last_at")
    for number, changed in rows.iterator(2000):
        yield f"/forum/topics/{number}/", changed
