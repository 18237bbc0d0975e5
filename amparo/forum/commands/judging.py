"""Solved, useful, reported: what readers say of posts. FOR-1."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from amparo.forum import access
from amparo.forum.errors import NotAnAnswer, OwnPost
from amparo.forum.models import FLAG_REASONS, Flag, Post, Review, Thanks, Topic
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted, Stale
from amparo.policies.queries import value
from amparo.threads.rules import clean_line

from .promising import end_answer, look_again
from .shared import (
    flags_of_trusted,
    indexed,
    judged,
    locked,
    locked_post,
    member_for,
    person,
    refreshed,
    thanks_given,
)


@transaction.atomic
def solve(post: Post, *, seen: int | None = None, actor: Actor, at: datetime) -> Topic:
    """Mark the post that solves a question, by who asked or by staff; another mark takes its place. FOR-1.

    `seen` is the solution that the page showed (0: none), so that two who mark at once do not undo each other. Fact:
    `topic.solved`; where staff marked, who asked is told. Raises NotPermitted, NotAnAnswer, Stale.
    """
    topic, post = locked_post(post)
    _may_solve(topic, post, actor, at)
    if topic.solution_id == post.pk:
        return topic
    if seen is not None and seen != (topic.solution_id or 0):
        raise Stale(topic=topic.pk)
    first = Post.objects.filter(topic=topic).order_by("id").values_list("pk", flat=True)[0]
    if post.visibility != "shown" or post.pk == first or topic.visibility != "shown":
        raise NotAnAnswer(post=post.pk)
    topic.solution, topic.solved_at = post, at
    topic.save(update_fields=["solution", "solved_at"])
    end_answer(topic, reason="solved_by_author", actor=actor, at=at)  # an answer of somebody else has kept it before
    indexed(topic, at=at)
    record("topic.solved", subject=topic, actor=actor, at=at, post=post.pk, author=post.author_id, by_staff=actor.is_staff)
    return topic


@transaction.atomic
def unsolve(topic: Topic, *, actor: Actor, at: datetime) -> Topic:
    """Take the mark away: the question is open again; where nobody else has answered, it is owed an answer again. FOR-2.

    Fact: `topic.unsolved`. Raises NotPermitted.
    """
    topic = locked(topic.pk)
    if topic.solution_id is None:
        return topic
    _may_solve(topic, topic.solution, actor, at)
    topic.solution, topic.solved_at = None, None
    topic.save(update_fields=["solution", "solved_at"])
    look_again(topic, actor=actor, at=at)
    indexed(topic, at=at)
    record("topic.unsolved", subject=topic, actor=actor, at=at)
    return topic


def _may_solve(topic: Topic, post: Post | None, actor: Actor, at: datetime) -> None:
    if not access.may_solve(actor, topic) or not access.visible_to(actor, at=at).filter(pk=topic.pk).exists():
        raise NotPermitted(topic=topic.pk)
    access.require_standing(actor, at=at)


@transaction.atomic
def thank(post: Post, *, actor: Actor, at: datetime) -> Post:
    """Say that a post was useful; saying so again takes it back. Raises NoStanding, NotPermitted, OwnPost."""
    access.require_standing(actor, at=at)
    _topic, post = locked_post(post)
    if not access.posts_visible_to(actor, at=at).filter(pk=post.pk, visibility="shown").exists():
        raise NotPermitted(post=post.pk)
    if actor.owns(post.author_id):
        raise OwnPost(post=post.pk)
    member_for(actor, at=at)
    gone, _rows = Thanks.objects.filter(post=post, user_id=person(actor)).delete()
    if not gone:
        Thanks.objects.create(post=post, user_id=person(actor), at=at)
    thanks_given(post, -1 if gone else 1)
    post.refresh_from_db(fields=["thanks_count"])
    return post


@transaction.atomic
def flag(post: Post, reason: str, words: str = "", *, actor: Actor, at: datetime) -> Review:
    """Report a post to the moderators. Reported by several trusted members it is hidden until one has judged. FOR-1.

    The same person reports once. Fact: `topic.flagged`. Raises NoStanding, NotPermitted, OwnPost, Invalid.
    """
    access.require_standing(actor, at=at)
    topic, post = locked_post(post)
    if not access.posts_visible_to(actor, at=at).filter(pk=post.pk).exists():
        raise NotPermitted(post=post.pk)
    if actor.owns(post.author_id):
        raise OwnPost(post=post.pk)
    if reason not in FLAG_REASONS:
        raise Invalid(field="reason")
    judged(member_for(actor, at=at), actor, at=at)
    review, _new = Review.objects.get_or_create(post=post, decided_at=None, defaults={"why": "flag", "at": at})
    _flag, is_new = Flag.objects.get_or_create(
        review=review, user_id=person(actor), defaults={"reason": reason, "words": clean_line(words, 500), "at": at}
    )
    if not is_new:
        return review
    if post.visibility == "shown" and not post.by_staff and flags_of_trusted(review) >= value("forum.flags_that_hide", at=at):
        _held_by_readers(topic, post, actor, at)
    record("topic.flagged", subject=topic, actor=actor, at=at, post=post.pk, reason=reason)
    return review


def _held_by_readers(topic: Topic, post: Post, actor: Actor, at: datetime) -> None:
    """Hold a post that several trusted readers reported; a topic's first post holds the topic."""
    post.visibility = "held"
    post.save(update_fields=["visibility"])
    is_first = not Post.objects.filter(topic=topic, pk__lt=post.pk).exists()
    if is_first:
        topic.visibility = "held"
        topic.save(update_fields=["visibility"])
        end_answer(topic, reason="held_by_readers", actor=actor, at=at)
    else:
        refreshed(topic)
        look_again(topic, actor=actor, at=at)
    indexed(topic, at=at)
