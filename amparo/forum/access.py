"""Who reads what of the forum, who writes, who moderates. ACC-2, ACC-9, FOR-1."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from django.db.models import Q, QuerySet

from amparo.contracts import access as contracts
from amparo.contracts.rules.audience import VISITOR, Reader
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.policies.queries import value

from .models import Act, Post, Review, Theme, Topic

MODERATING = ("moderator", "operator", "engineer")
REGULAR = 2  # the trust from which on a member looks after topics of others


class AnyPost(Protocol):
    """A post: its row in the table, or as a page shows it."""

    @property
    def author_id(self) -> int: ...
    @property
    def visibility(self) -> str: ...
    @property
    def at(self) -> datetime: ...


def is_moderator(actor: Actor) -> bool:
    """Who moves, merges, hides and judges: moderators, and those who answer customers. FOR-1."""
    return actor.has_role(*MODERATING)


def may_manage_themes(actor: Actor) -> bool:
    """Themes are made by moderators and administrators."""
    return actor.has_role("moderator")


def reader(actor: Actor, *, at: datetime) -> Reader:
    """Return to which audiences somebody belongs; where reading is not open, a visitor belongs to none. ACC-2."""
    who = contracts.reader(actor, at=at)
    if who.levels == {VISITOR} and not value("forum.reading_is_open", at=at):
        return Reader(frozenset())
    return who


def themes_for(who: Reader) -> QuerySet[Theme]:
    """The themes that a reader may see."""
    return Theme.objects.filter(contracts.readable(who))


def readable(who: Reader, actor: Actor) -> Q:
    """The condition of topics that a reader may see: the theme's audience, and, but for staff, only what is shown; one's own
    while it waits for review, and with the reason where it was hidden."""
    seen = contracts.readable(who, audience="theme__audience", product="theme__product_id")
    if who.is_staff:
        return seen & ~Q(visibility="merged")
    shown = Q(visibility="shown")
    if actor.user_id is not None:
        shown |= Q(author_id=actor.user_id, visibility__in=["held", "hidden"])
    return seen & shown


def visible_to(actor: Actor, *, at: datetime, who: Reader | None = None) -> QuerySet[Topic]:
    """The topics that somebody may see now. One rule for list, page, feed, search, sitemap, count and letter. ACC-2, SEC-7, SEC-11."""
    return Topic.objects.filter(readable(who or reader(actor, at=at), actor))


def posts_visible_to(actor: Actor, *, at: datetime, who: Reader | None = None) -> QuerySet[Post]:
    """The posts that somebody may see: in a topic that he sees; what is hidden or waits, only staff and its author. SEC-9."""
    posts = Post.objects.filter(topic__in=visible_to(actor, at=at, who=who).values("pk"))
    if actor.is_staff:
        return posts
    shown = Q(visibility="shown")
    return posts.filter(shown | Q(author_id=actor.user_id) if actor.user_id is not None else shown)


def may_see_id(actor: Actor, number: int, *, at: datetime) -> bool:
    """The same rule for a topic's number alone: streams, notices and letters ask this."""
    return visible_to(actor, at=at).filter(pk=number).exists()


def may_see_post_id(actor: Actor, number: int, *, at: datetime) -> bool:
    """The same for a post's number: its pictures ask this. SEC-11, SEC-26."""
    return posts_visible_to(actor, at=at).filter(pk=number).exists()


def may_be_told_post_id(actor: Actor, number: int, *, at: datetime) -> bool:
    """True where a letter may still quote a post: it stands for everybody who reads its topic; hidden, it goes to nobody. SEC-11, SEC-20."""
    return posts_visible_to(actor, at=at).filter(pk=number, visibility="shown", topic__visibility="shown").exists()


def require_standing(actor: Actor, *, at: datetime) -> None:
    """Raise NoStanding, with the way out, for who may not take part. Staff take part by their work. ACC-2, ACC-9."""
    if actor.is_staff:
        return
    if actor.is_system:
        raise NotPermitted()
    contracts.require(actor, "forum", at=at)


def may_take_part(actor: Actor, *, at: datetime) -> contracts.Standing | None:
    """Return what a person lacks who may not take part, None for who may. One statement."""
    if actor.is_staff:
        return None
    found = contracts.standing(actor, "forum", at=at)
    return None if found.allowed else found


def may_reply(actor: Actor, topic: Topic) -> bool:
    """Whoever takes part, while the topic is open; staff also in a closed one."""
    if topic.visibility == "merged" or not actor.is_signed_in:
        return False
    return actor.is_staff or (not topic.is_closed and topic.visibility != "hidden")


def may_edit(actor: Actor, post: AnyPost, *, at: datetime) -> bool:
    """An author his own visible post, for so many days; moderators any."""
    if is_moderator(actor):
        return True
    if not actor.owns(post.author_id) or post.visibility == "hidden":
        return False
    return post.at > at - timedelta(days=value("forum.edit_days", at=at))


def may_retitle(actor: Actor, topic: Topic, trust: int | None) -> bool:
    """Who began the topic, moderators, and regulars, by the trust they have."""
    return is_moderator(actor) or actor.owns(topic.author_id) or (trust or 0) >= REGULAR


def may_solve(actor: Actor, topic: Topic) -> bool:
    """Who asked, or staff, so that no question stays open because its author went away. FOR-1."""
    return topic.kind == "question" and (actor.is_staff or actor.owns(topic.author_id))


def may_read_versions(actor: Actor, post: AnyPost) -> bool:
    """What a post said before is for its author and for staff: an edit may have taken private data away. SEC-10."""
    return actor.is_staff or actor.owns(post.author_id)


def reviews_for(actor: Actor) -> QuerySet[Review]:
    """What waits for moderators."""
    return Review.objects.all() if is_moderator(actor) else Review.objects.none()


def acts_for(actor: Actor) -> QuerySet[Act]:
    """What moderators did: for staff."""
    return Act.objects.all() if actor.is_staff else Act.objects.none()


def may_publish(actor: Actor) -> bool:
    """Make an article out of a solution: who answers, and editors. SRC-1."""
    return actor.has_role("engineer", "operator", "moderator", "editor", "developer")
