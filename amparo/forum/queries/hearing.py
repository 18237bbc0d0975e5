"""Who hears of what, and what stands in a digest. FOR-1."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import signing
from django.db.models import Q

from amparo.deadlines.queries import kind_cards
from amparo.forum import access, rules
from amparo.forum.models import Member, Post, Topic, Watch
from amparo.kernel.actor import Actor
from amparo.kernel.markdown import excerpt
from amparo.people.models import User
from amparo.people.queries import actor_by_id
from amparo.policies.queries import value

LEAVING = "amparo.forum.leave"
SUGGESTED, DIGEST_TOPICS, DIGEST_HOUR = 8, 12, 8


@dataclass(frozen=True, slots=True)
class Heard:
    """A post of which people are told: where it stands and whose it is."""

    topic: Topic
    post: Post
    author: str
    is_first: bool


def heard_of(topic_id: int, post_id: int) -> Heard | None:
    """Return what people are told of a post, None where it is visible no more."""
    post = Post.objects.select_related("topic__theme").filter(pk=post_id, visibility="shown", topic__visibility="shown").first()
    if post is None:
        return None
    author = Member.objects.filter(pk=post.author_id).values_list("alias", flat=True).first() or "?"
    is_first = not Post.objects.filter(topic_id=post.topic_id, pk__lt=post.pk).exists()
    return Heard(post.topic, post, author, is_first)


def watched(heard: Heard) -> list[int]:
    """Return who watches so that he is told of a post at once: who began the topic hears of answers unless he muted it. One statement."""
    topic, theme = heard.topic, heard.topic.theme
    of = Q(kind="topic", target_id=topic.pk) | Q(kind="theme", target_id=theme.pk)
    if theme.product_id:
        of |= Q(kind="product", target_id=theme.product_id)
    by: dict[str, dict[int, str]] = {"topic": {}, "theme": {}, "product": {}}
    for kind, user_id, level in Watch.objects.filter(of).values_list("kind", "user_id", "level"):
        by[kind][user_id] = level
    by["topic"].setdefault(topic.author_id, "watching")
    heard_by = rules.levels_heard([by["topic"], by["theme"], by["product"]])
    return sorted(user for user, level in heard_by.items() if user != heard.post.author_id and rules.hears_of(level, is_first_post=heard.is_first))


def watchers(topic: Topic) -> set[int]:
    """Return who watches or tracks a topic, and who began it, but for who muted it. One statement."""
    levels = dict(Watch.objects.filter(kind="topic", target_id=topic.pk).values_list("user_id", "level"))
    levels.setdefault(topic.author_id, "watching")
    return {user for user, level in levels.items() if level in ("watching", "tracking")}


def muted(topic: Topic, user_ids: Iterable[int]) -> set[int]:
    """Return who of some people muted a topic: not even a mention reaches him."""
    return set(Watch.objects.filter(kind="topic", target_id=topic.pk, level="muted", user_id__in=list(user_ids)).values_list("user_id", flat=True))


def languages_of(user_ids: Iterable[int], topic_id: int, *, at: datetime) -> list[tuple[int, str, str]]:
    """Return those who may still see a topic, with language and zone: the right is asked for each, at this moment. SEC-11, SEC-20."""
    found = []
    for user in User.objects.filter(pk__in=list(user_ids), is_active=True).order_by("pk"):
        if access.may_see_id(actor_by_id(user.pk), topic_id, at=at):
            found.append((user.pk, user.language, user.time_zone))
    return found


def members_like(actor: Actor, begun: str) -> list[dict[str, Any]]:
    """Return who can be mentioned whose name begins so: only who has said something that everybody sees. One statement. SEC-29."""
    key = rules.alias_key(begun[:30])
    if not key or actor.user_id is None:
        return []
    seen = Member.objects.filter(alias_key__startswith=key, pk__in=Post.objects.filter(visibility="shown", topic__visibility="shown", topic__theme__audience="visitor").values("author_id"))
    found: Any = seen.order_by("alias_key").values("alias", "is_staff")
    return list(found[:SUGGESTED])


def member_of(actor: Actor) -> Member | None:
    """Return the member that somebody is, None where he has not taken part."""
    return Member.objects.filter(pk=actor.user_id).first() if actor.user_id is not None else None


def digests_due(*, at: datetime, limit: int = 200) -> list[int]:
    """Return whose digest is due: in the morning where he is, each day or on Monday. FOR-1."""
    found = []
    due = Member.objects.exclude(digest="none").filter(digested_at__lt=at - timedelta(hours=20), user__is_active=True)
    for user_id, digest, zone in due.order_by("digested_at").values_list("pk", "digest", "user__time_zone")[: limit * 5]:
        local = at.astimezone(ZoneInfo(zone or settings.TIME_ZONE))
        if DIGEST_HOUR <= local.hour < DIGEST_HOUR + 4 and (digest == "daily" or local.weekday() == 0):
            found.append(user_id)
    return found[:limit]


def digest_for(user_id: int, since: datetime, *, at: datetime) -> list[dict[str, Any]]:
    """Return the topics of a person's digest: what was said since in what he tracks or watches, and new topics of there. SEC-11.

    Muted topics are left out. Read through the same rule as every page, at this moment.
    """
    levels = list(Watch.objects.filter(user_id=user_id).values_list("kind", "target_id", "level"))

    def of(kind: str, *wanted: str) -> list[int]:
        return [target for what, target, level in levels if what == kind and level in wanted]

    actor = actor_by_id(user_id)
    follows = Q(pk__in=of("topic", "tracking", "watching")) | Q(author_id=user_id)
    follows |= Q(theme_id__in=of("theme", "tracking", "watching", "first_post")) | Q(theme__product_id__in=of("product", "tracking", "watching", "first_post"))
    rows: Any = (
        access.visible_to(actor, at=at).filter(follows, visibility="shown", last_at__gt=since).exclude(pk__in=of("topic", "muted"))
        .exclude(last_by_id=user_id).order_by("-last_at").values("id", "title", "theme__name", "reply_count", "last_at", "solution_id")
    )  # fmt: skip
    return list(rows[:DIGEST_TOPICS])


def excerpt_of(heard: Heard) -> str:
    """Return the first words of a post for a letter."""
    return excerpt(heard.post.body, 600)


def level_of(actor: Actor, kind: str, target_id: int) -> str:
    """Return what somebody wants to hear of a thing. One statement; none for visitors."""
    if actor.user_id is None:
        return "normal"
    found = Watch.objects.filter(user_id=actor.user_id, kind=kind, target_id=target_id).values_list("level", flat=True).first()
    return found or "normal"


@dataclass(frozen=True, slots=True)
class WatchRow:
    """A thing that somebody watches or muted."""

    kind: str
    target_id: int
    level: str
    title: str
    url: str


def watches_of(actor: Actor, *, at: datetime) -> list[WatchRow]:
    """Return what somebody watches, tracks or muted, as far as he still sees it. SEC-11."""
    if actor.user_id is None:
        return []
    who = access.reader(actor, at=at)
    rows = list(Watch.objects.filter(user_id=actor.user_id).order_by("kind", "-pk").values_list("kind", "target_id", "level")[:100])
    topics = dict(access.visible_to(actor, at=at, who=who).filter(pk__in=[n for kind, n, _l in rows if kind == "topic"]).values_list("pk", "title"))
    themes = list(access.themes_for(who).select_related("product"))
    names = {("topic", number): (title, f"/forum/topics/{number}/") for number, title in topics.items()}
    names |= {("theme", theme.pk): (theme.shown_name, f"/forum/themes/{theme.pk}/") for theme in themes}
    names |= {("product", theme.product_id): (theme.product.name, f"/forum/themes/{theme.pk}/") for theme in themes if theme.product is not None and theme.product_id}
    return [WatchRow(kind, number, level, *names[kind, number]) for kind, number, level in rows if (kind, number) in names]


def time_in_words(at: datetime) -> str:
    """Return the maximum time in which a question is answered, as it is set now: «72 horas hábiles». TIM-4."""
    return next((card.words for card in kind_cards(at) if card.code == "answer.forum"), "")


def leave_path(user_id: int, what: str) -> str:
    """Return the address at which one press stops letters to a person: of a topic (`topic:9`), or the digest."""
    return f"/forum/leave/{signing.dumps((user_id, what), salt=LEAVING)}/"


def left_by(word: str) -> tuple[int, str] | None:
    """Return who leaves what by such an address, None where we did not make it. SEC-14."""
    try:
        user_id, what = signing.loads(word[:400], salt=LEAVING)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(user_id), str(what)


def person_of(user_id: int) -> tuple[str, str] | None:
    """Return in which language and zone somebody is written to, None where he is not active."""
    return User.objects.filter(pk=user_id, is_active=True).values_list("language", "time_zone").first()


@dataclass(frozen=True, slots=True)
class Limits:
    """How many pictures a post of a new member takes, and when it is how many more. FOR-1."""

    pictures: int
    most: int
    posts: int
    hours: int


def limits_for_new(at: datetime) -> Limits:
    """Return what a new member is told beside the text that he writes."""
    new, most, posts, days = (value(f"forum.{name}", at=at) for name in ("new_pictures_max", "pictures_max", "trust1_replies", "trust1_days"))
    return Limits(new, most, posts, 24 * days)
