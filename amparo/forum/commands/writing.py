"""Asking, answering, editing. FOR-1, ACC-2, TIM-4."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from amparo.forum import access, rules
from amparo.forum.errors import NotAPicture, ThemeClosed, TooLateToEdit, TopicClosed
from amparo.forum.models import Member, Post, PostVersion, Review, Theme, Topic
from amparo.history.commands import record
from amparo.kernel import markdown
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted, Stale
from amparo.threads.commands import drop_draft

from .promising import look_again
from .shared import (
    Written,
    attach_pictures,
    check_limits,
    figures,
    indexed,
    judged,
    key_of,
    locked,
    locked_post,
    member_for,
    person,
    put_post,
    refreshed,
    sent_before,
)


@transaction.atomic
def ask(
    theme: Theme, title: str, written: Written, *, kind: str = "question", key: str | None = None, actor: Actor, at: datetime
) -> Topic:
    """Begin a topic. A question that everybody sees is promised an answer at once. FOR-1, TIM-4, ACC-2.

    What is private in title and text is masked before it is stored. A new member's post may wait for a moderator first
    (`visibility` "held"). The same key gives the first topic. Facts: `topic.opened` or `topic.held`. Raises NoStanding,
    ThemeClosed, TitleMissing, NothingWritten, TooLong, TooDeep, FirstDay, TooManyPosts, KeyReused, and refusals of files.
    """
    access.require_standing(actor, at=at)
    who = access.reader(actor, at=at)
    if not access.themes_for(who).filter(pk=theme.pk, is_open=True).exists():
        raise ThemeClosed(field="theme")
    if kind not in ("question", "discussion"):
        raise Invalid(field="kind")
    named, body, stored = rules.title_of(title), rules.body_of(written.body), key_of(actor, key)
    if (earlier := sent_before(stored, body.body)) is not None:
        return earlier.topic
    member = member_for(actor, alias=written.alias, at=at)
    trust = judged(member, actor, at=at)
    check_limits(member, actor, topics=True, at=at)
    why = _why_held(member, trust, written, body.body, at)
    topic = Topic.objects.create(
        theme=theme, author_id=person(actor), kind=kind, title=named.body, visibility="held" if why else "shown", created_at=at, last_at=at,
        last_by_id=actor.user_id,
    )  # fmt: skip
    body = rules.Text(body.body, body.was_masked or named.was_masked)
    post = put_post(topic, written, visibility="held" if why else "shown", body=body, key=stored, actor=actor, at=at)
    drop_draft("topic:new", actor=actor, at=at)
    if why:
        _hold(post, why, actor=actor, at=at)
    else:
        _told_of_topic(topic, post, actor=actor, at=at)
    return topic


def _why_held(member: Member, trust: int, written: Written, body: str, at: datetime) -> str:
    if member.is_staff:
        return ""
    is_first = not Post.objects.filter(author_id=member.pk, visibility="shown").exists()
    return rules.why_held(
        trust=trust, is_first=is_first, has_proof=written.has_proof, seconds=written.seconds, links=rules.links(body), figures=figures(at)
    )


def _hold(post: Post, why: str, *, actor: Actor, at: datetime) -> None:
    Review.objects.create(post=post, why=why, at=at)
    record("topic.held", subject=post.topic, actor=actor, at=at, post=post.pk, why=why)


def _told_of_topic(topic: Topic, post: Post, *, actor: Actor, at: datetime) -> None:
    """A topic became visible: promised, found, told."""
    look_again(topic, actor=actor, at=at)
    indexed(topic, at=at)
    record(
        "topic.opened", subject=topic, actor=actor, at=at, post=post.pk, title=topic.title, kind=topic.kind, theme=topic.theme_id,
        due_at=topic.due_at, mentions=mentioned(post),
    )  # fmt: skip


@transaction.atomic
def reply(topic: Topic, written: Written, *, key: str | None = None, actor: Actor, at: datetime) -> Post:
    """Write in a topic. The first visible reply of anybody but its author keeps the promise of a question. FOR-2, TIM-9.

    The same key gives the first post. Facts: `topic.replied` or `topic.held`. Raises NoStanding, NotPermitted, TopicClosed,
    NothingWritten, TooLong, TooDeep, FirstDay, TooManyPosts, KeyReused, and refusals of files.
    """
    access.require_standing(actor, at=at)
    body, stored = rules.body_of(written.body), key_of(actor, key)
    topic = locked(topic.pk)
    if not access.visible_to(actor, at=at).filter(pk=topic.pk).exists():
        raise NotPermitted(topic=topic.pk)
    if (earlier := sent_before(stored, body.body)) is not None:
        return earlier
    if not access.may_reply(actor, topic):
        raise TopicClosed(topic=topic.pk)
    member = member_for(actor, alias=written.alias, at=at)
    trust = judged(member, actor, at=at)
    check_limits(member, actor, topics=False, at=at)
    why = _why_held(member, trust, written, body.body, at)
    post = put_post(topic, written, visibility="held" if why else "shown", body=body, key=stored, actor=actor, at=at)
    drop_draft(topic.subject, actor=actor, at=at)
    if why:
        _hold(post, why, actor=actor, at=at)
    else:
        reply_seen(topic, post, actor=actor, at=at)
    return post


def reply_seen(topic: Topic, post: Post, *, actor: Actor, at: datetime) -> None:
    """A reply became visible: it counts, it may keep the promise, and who watches is told. FOR-2."""
    refreshed(topic)
    look_again(topic, actor=actor, at=at)
    record("topic.replied", subject=topic, actor=actor, at=at, post=post.pk, author=post.author_id, mentions=mentioned(post))


def topic_seen(topic: Topic, post: Post, *, actor: Actor, at: datetime) -> None:
    """A topic that waited for review became visible: its promise runs from when it was asked. TIM-4."""
    refreshed(topic)
    _told_of_topic(topic, post, actor=actor, at=at)


def mentioned(post: Post) -> list[int]:
    """Return whom a post calls by name: members of the forum only."""
    names = rules.mentions(post.body)
    if not names:
        return []
    return list(Member.objects.filter(alias_key__in=names).exclude(pk=post.author_id).order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def edit(post: Post, written: Written, *, seen: int | None = None, actor: Actor, at: datetime) -> Post:
    """Change what a post says; what it said before is kept for its author and for staff. FOR-1.

    `seen` is how often it had been edited when the form was shown. Nobody is told again. Fact: `topic.post_edited`. Raises
    NotPermitted, TooLateToEdit, Stale, NothingWritten, TooLong, TooDeep, and refusals of files.
    """
    body = rules.body_of(written.body)
    topic, post = locked_post(post)
    _may_edit(post, actor, at)
    if seen is not None and seen != post.edit_count:
        raise Stale(post=post.pk)
    if body.body == post.body and not written.files:
        return post
    PostVersion.objects.create(post=post, number=post.edit_count + 1, body=post.body, editor_id=person(actor), at=at)
    post.body, post.body_html, post.edit_count, post.edited_at = body.body, markdown.render(body.body), post.edit_count + 1, at
    post.was_masked = post.was_masked or body.was_masked
    post.save(update_fields=["body", "body_html", "edit_count", "edited_at", "was_masked"])
    if written.files:
        attach_pictures(post, written, trust=2 if actor.is_staff else member_for(actor, at=at).trust, actor=actor, at=at)
    _held_again(topic, post, actor, at)
    indexed(topic, at=at)
    record("topic.post_edited", subject=topic, actor=actor, at=at, post=post.pk, version=post.edit_count)
    return post


def _may_edit(post: Post, actor: Actor, at: datetime) -> None:
    if access.may_edit(actor, post, at=at):
        access.require_standing(actor, at=at)
        return
    if actor.owns(post.author_id) and post.visibility != "hidden":
        raise TooLateToEdit(post=post.pk)
    raise NotPermitted(post=post.pk)


def _held_again(topic: Topic, post: Post, actor: Actor, at: datetime) -> None:
    """A new member who puts links into a post afterwards is looked at as one who began with them: readers still see the post."""
    if actor.is_staff or post.visibility != "shown":
        return
    member = member_for(actor, at=at)
    most = figures(at)["new_links_max"]
    if member.trust == 0 and rules.links(post.body) > most:
        Review.objects.get_or_create(post=post, decided_at=None, defaults={"why": "links", "at": at})


@transaction.atomic
def retitle(topic: Topic, title: str, *, actor: Actor, at: datetime) -> Topic:
    """Say better what a topic is about. Fact: `topic.retitled`. Raises NotPermitted, TitleMissing."""
    topic = locked(topic.pk)
    named = rules.title_of(title)
    access.require_standing(actor, at=at)
    if not access.may_retitle(actor, topic, Member.objects.filter(pk=actor.user_id or 0).values_list("trust", flat=True).first()):
        raise NotPermitted(topic=topic.pk)
    before, topic.title = topic.title, named.body
    topic.save(update_fields=["title"])
    indexed(topic, at=at)
    record("topic.retitled", subject=topic, actor=actor, at=at, before=before, title=topic.title)
    return topic


def say_by_mail(topic: Topic, body: str, *, files: Any = (), key: str, actor: Actor, at: datetime) -> Post:
    """Write in a topic what came as an answer to a letter. A new member's words wait for review: mail does no work. FOR-1."""
    try:
        return reply(topic, Written(body, files=files, draft_key=key, via="email"), key=key, actor=actor, at=at)
    except NotAPicture:  # a signature's logo, a PDF: the words are said without it
        return reply(topic, Written(body, via="email"), key=key, actor=actor, at=at)
