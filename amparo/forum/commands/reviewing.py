"""What waits for a moderator: taken by one, judged once. FOR-1."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from amparo.forum import access
from amparo.forum.errors import AlreadyDecided, ClaimedByOther, NotClaimed
from amparo.forum.models import Post, Review
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.policies.queries import value

from .moderating import hide_post
from .promising import look_again
from .shared import first_post, indexed, locked, locked_post, refreshed
from .writing import reply_seen, topic_seen


def _held_by_other(review: Review, actor: Actor, at: datetime) -> bool:
    if review.claimed_by_id is None or actor.owns(review.claimed_by_id) or review.claimed_at is None:
        return False
    return at < review.claimed_at + timedelta(minutes=value("forum.claim_minutes", at=at))


@transaction.atomic
def claim(review: Review, *, actor: Actor, at: datetime) -> Review:
    """Take a review, so that no other moderator works on it. A claim that led to nothing runs out. FOR-1.

    Raises NotPermitted, AlreadyDecided, ClaimedByOther.
    """
    if not access.is_moderator(actor):
        raise NotPermitted()
    review = Review.objects.select_for_update().get(pk=review.pk)
    if not review.is_open:
        raise AlreadyDecided(review=review.pk)
    if _held_by_other(review, actor, at):
        raise ClaimedByOther(review=review.pk)
    review.claimed_by_id, review.claimed_at = actor.user_id, at
    review.save(update_fields=["claimed_by", "claimed_at"])
    return review


@transaction.atomic
def release(review: Review, *, actor: Actor, at: datetime) -> Review:
    """Leave a review to others."""
    review = Review.objects.select_for_update().get(pk=review.pk)
    if actor.owns(review.claimed_by_id) and review.is_open:
        review.claimed_by, review.claimed_at = None, None
        review.save(update_fields=["claimed_by", "claimed_at"])
    return review


@transaction.atomic
def decide(review: Review, decision: str, reason: str = "", *, actor: Actor, at: datetime) -> Review:
    """Judge what was reported or held: keep it visible, or hide it with a reason that its author reads. FOR-1.

    What was held becomes visible, counts and is told only now. Fact: `topic.reviewed`. Raises NotPermitted, AlreadyDecided,
    ClaimedByOther, NotClaimed, ReasonMissing, Invalid.
    """
    if not access.is_moderator(actor):
        raise NotPermitted()
    if decision not in ("keep", "hide"):
        raise Invalid(field="decision")
    topic, post = locked_post(Post(pk=review.post_id))
    review = Review.objects.select_for_update().get(pk=review.pk)
    if not review.is_open:
        raise AlreadyDecided(review=review.pk)
    if _held_by_other(review, actor, at):
        raise ClaimedByOther(review=review.pk)
    if not actor.owns(review.claimed_by_id):
        raise NotClaimed(review=review.pk)
    review.decision, review.decided_by_id, review.decided_at = decision, actor.user_id, at
    if decision == "hide":
        act = hide_post(post, reason, actor=actor, at=at)
        review.reason = act.reason
    elif post.visibility == "held":
        _released(post, seen_before=review.why == "flag", actor=actor, at=at)
    review.save(update_fields=["decision", "decided_by", "decided_at", "reason"])
    record("topic.reviewed", subject=topic, actor=actor, at=at, post=post.pk, author=post.author_id, decision=decision, why=review.why)
    return review


def _released(post: Post, *, seen_before: bool, actor: Actor, at: datetime) -> None:
    """Let everybody see a post. One that readers had seen before it was reported is told of to nobody again."""
    topic = locked(post.topic_id)
    post.visibility = "shown"
    post.save(update_fields=["visibility"])
    is_first = first_post(topic).pk == post.pk
    if is_first:
        topic.visibility = "shown"
        topic.save(update_fields=["visibility"])
    if seen_before:
        refreshed(topic)
        look_again(topic, actor=actor, at=at)
        indexed(topic, at=at)
    elif is_first:
        topic_seen(topic, post, actor=actor, at=at)
    else:
        reply_seen(topic, post, actor=actor, at=at)
