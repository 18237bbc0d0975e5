"""What the verbs of the forum share: locks, members, what a post is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q, Sum

from amparo.contracts.rules.audience import COVERED_
from amparo.files import commands as files
from amparo.forum import access, rules
from amparo.forum.errors import AliasTaken, FirstDay, KeyReused, NotAPicture, TooManyPictures, TooManyPosts
from amparo.forum.models import Flag, Member, Post, Review, Theme, Topic
from amparo.history.commands import record
from amparo.kernel import markdown
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import NotPermitted
from amparo.policies.queries import group, value
from amparo.search import commands as search

SEARCH_BODY_MAX = 20_000


def figures(at: datetime) -> dict[str, int]:
    """Return the figures of the forum by their short names."""
    return {name.removeprefix("forum."): found for name, found in group("forum", at=at).items()}


def person(actor: Actor) -> int:
    """Return whose act it is. Raises NotPermitted for nobody in particular."""
    if actor.user_id is None:
        raise NotPermitted()
    return actor.user_id


def locked(topic_id: int) -> Topic:
    """Return a topic under its lock: every verb that changes a topic or its posts takes it first."""
    return Topic.objects.select_for_update(of=("self",)).select_related("theme").get(pk=topic_id)


def locked_post(post: Post) -> tuple[Topic, Post]:
    """Return a post and its topic, the topic locked; a post that was moved meanwhile is found where it is now."""
    topic = locked(Post.objects.values_list("topic_id", flat=True).get(pk=post.pk))
    fresh = Post.objects.select_for_update().get(pk=post.pk)
    if fresh.topic_id != topic.pk:
        topic = locked(fresh.topic_id)
    return topic, fresh


def member_for(actor: Actor, *, alias: str = "", at: datetime) -> Member:
    """Return the member that an actor is, who joins with his first act; `alias` is the name he chose. Raises AliasTaken, AliasInvalid."""
    if actor.user_id is None:
        raise NotPermitted()
    found = Member.objects.filter(pk=actor.user_id).first()
    if found is not None:
        if found.is_staff != actor.is_staff:
            found.is_staff = actor.is_staff
            found.save(update_fields=["is_staff"])
        return found
    chosen = rules.alias_of(alias) if alias.strip() else ""
    if chosen:
        free_name(rules.alias_key(chosen), actor.user_id, at=at)
    for turn in range(4):
        name = chosen or rules.alias_of(rules.proposed_alias(actor.name, actor.email, actor.user_id + turn * 100_003))
        try:
            with transaction.atomic():
                return Member.objects.create(
                    user_id=actor.user_id, alias=name, alias_key=rules.alias_key(name), is_staff=actor.is_staff,
                    trust=2 if actor.is_staff else 0, digested_at=at, joined_at=at,
                )  # fmt: skip
        except IntegrityError:
            if chosen:
                break
    raise AliasTaken(field="alias")


def free_name(key: str, wanted_by: int, *, at: datetime) -> None:
    """Let a name go that its holder never wrote under: a name belongs to who is known by it. Fact: `member.name_freed`. SEC-29.

    Only names that can be read in the forum are refused as taken, so that trying names tells nobody who has an account.
    """
    holder = Member.objects.select_for_update(of=("self",)).select_related("user").filter(alias_key=key).exclude(pk=wanted_by).first()
    if holder is None or holder.is_staff or Post.objects.filter(author_id=holder.pk).exists():
        return
    taken, number = holder.alias, holder.pk
    while Member.objects.filter(alias_key=rules.alias_key(name := rules.proposed_alias(holder.user.name, holder.user.email, number))).exists():
        number += 100_003
    holder.alias, holder.alias_key = name, rules.alias_key(name)
    holder.save(update_fields=["alias", "alias_key"])
    record("member.name_freed", subject=holder, actor=SYSTEM, at=at, alias=taken, became=name)


def judged(member: Member, actor: Actor, *, at: datetime) -> int:
    """Return how far a member is trusted, looked at again while he may still rise; it falls only by posts that were hidden. FOR-1."""
    if actor.is_staff or member.trust >= 2:
        return 2
    done = Post.objects.filter(author_id=member.pk, visibility="shown").aggregate(replies=Count("pk"), thanks=Sum("thanks_count"))
    upheld = Review.objects.filter(post__author_id=member.pk, decision="hide").count()
    covered = COVERED_ in access.reader(actor, at=at).levels
    behaviour = rules.Behaviour(member.joined_at, done["replies"] or 0, done["thanks"] or 0, upheld, covered)
    trust = max(rules.trust_of(behaviour, figures(at), at=at), 0 if upheld else member.trust)
    if trust != member.trust:
        member.trust = trust
        member.save(update_fields=["trust"])
    return trust


def check_limits(member: Member, actor: Actor, *, topics: bool, at: datetime) -> None:
    """Raise FirstDay or TooManyPosts for who has written enough for now. FOR-1."""
    if actor.is_staff:
        return
    hour = Post.objects.filter(author_id=member.pk, at__gt=at - timedelta(hours=1)).count()
    if hour >= value("forum.hourly_posts_max", at=at):
        raise TooManyPosts()
    if at - member.joined_at >= timedelta(days=1) or member.trust > 0:
        return
    if topics:
        if Topic.objects.filter(author_id=member.pk).count() >= value("forum.first_day_topics_max", at=at):
            raise FirstDay()
    elif Post.objects.filter(author_id=member.pk).exclude(topic__author_id=member.pk).count() >= value("forum.first_day_replies_max", at=at):
        raise FirstDay()


@dataclass(frozen=True, slots=True)
class Written:
    """What a person sends: the text, its pictures, and by what he shows that he is no robot.

    `seconds` is how long the form was open, `has_proof` whether the work was done. By mail neither is known.
    """

    body: str
    files: Sequence[str] = ()
    draft_key: str = ""
    has_proof: bool = False
    seconds: float | None = None
    alias: str = ""
    via: str = "portal"


def put_post(topic: Topic, written: Written, *, visibility: str, body: rules.Text, key: str | None, actor: Actor, at: datetime) -> Post:
    """Insert a post in a locked topic, rendered, with its pictures."""
    post = Post.objects.create(
        topic=topic, author_id=person(actor), by_staff=actor.is_staff, body=body.body, body_html=markdown.render(body.body),
        visibility=visibility, was_masked=body.was_masked, via=written.via, at=at, key=key,
    )  # fmt: skip
    if written.files:
        attach_pictures(post, written, trust=2 if actor.is_staff else Member.objects.get(pk=actor.user_id).trust, actor=actor, at=at)
    return post


def attach_pictures(post: Post, written: Written, *, trust: int, actor: Actor, at: datetime) -> None:
    """Give a post its pictures. Only what was drawn anew is taken. Raises NotAPicture, TooManyPictures. SEC-26, SEC-27."""
    most = value("forum.pictures_max" if trust > 0 else "forum.new_pictures_max", at=at)
    if len(set(written.files)) + len(post.pictures) > most:
        raise TooManyPictures(field="files")
    rows = files.attach(written.files, subject=post.subject, draft_key=written.draft_key, actor=actor, at=at)
    if any(not row.is_inline for row in rows):
        raise NotAPicture(field="files")
    post.pictures = [*post.pictures, *({"url": row.url, "name": row.name, "width": row.width, "height": row.height} for row in rows)]
    post.save(update_fields=["pictures"])


def key_of(actor: Actor, key: str | None) -> str | None:
    """Return an idempotency key as it is stored: nobody repeats another's. SEC-48."""
    return f"{actor.ref}:{key}"[:100] if key else None


def sent_before(key: str | None, body: str) -> Post | None:
    """Return what was sent with a key, None where nothing was. Raises KeyReused where it was something else. SEC-48."""
    if key is None:
        return None
    post = Post.objects.select_related("topic__theme").filter(key=key).first()
    if post is not None and post.body != body and not post.edit_count:
        raise KeyReused()
    return post


def refreshed(topic: Topic) -> None:
    """Set right what a locked topic shows of its posts: how many, the last one, and whether its solution still stands."""
    shown = Post.objects.filter(topic=topic, visibility="shown")
    last = shown.order_by("-id").values("at", "author_id").first()
    topic.reply_count = max(0, shown.count() - 1)
    topic.last_at, topic.last_by_id = (last["at"], last["author_id"]) if last else (topic.created_at, topic.author_id)
    fields = ["reply_count", "last_at", "last_by"]
    if topic.solution_id and not shown.filter(pk=topic.solution_id).exists():
        topic.solution, topic.solved_at = None, None
        fields += ["solution", "solved_at"]
    topic.save(update_fields=fields)


def first_post(topic: Topic) -> Post:
    """Return what a topic begins with."""
    return Post.objects.filter(topic=topic).order_by("id")[0]


def indexed(topic: Topic, *, at: datetime) -> None:
    """Put a topic as it stands into the search, or take it out: its first post, and its solution. SRC-2, SEC-29."""
    posts = Post.objects.filter(topic=topic, visibility="shown").order_by("id")
    first = posts.first()
    if topic.visibility != "shown" or first is None:
        search.forget(topic.subject)
        return
    told = [first.body] + ([posts.get(pk=topic.solution_id).body] if topic.solution_id else [])
    theme: Theme = topic.theme
    search.index(
        topic.subject, kind="topic", title=topic.title, url=topic.url, product_id=theme.product_id, language="es",
        audience=rules.audience_for(theme.audience, value("forum.reading_is_open", at=at)), summary=markdown.excerpt(first.body, 200),
        body="\n\n".join(markdown.plain(text) for text in told)[:SEARCH_BODY_MAX], weight=2 if topic.solution_id else 0,
        published_at=topic.created_at,
    )  # fmt: skip


def answers(topic: Topic) -> Any:
    """The posts that count as answers: visible, of somebody other than who asked. FOR-2, TIM-9."""
    return Post.objects.filter(topic=topic, visibility="shown").filter(~Q(author_id=topic.author_id))


def thanks_given(post: Post, step: int) -> None:
    """Count a thanks more or less."""
    Post.objects.filter(pk=post.pk).update(thanks_count=F("thanks_count") + step)


def flags_of_trusted(review: Review) -> int:
    """How many trusted members reported a post."""
    return Flag.objects.filter(review=review, user_id__in=Member.objects.filter(trust__gte=1).values("pk")).count()
