"""What staff do to supervise: hide, close, pin, move, split, merge, each with its reason and undone again. FOR-1."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from amparo.forum import access, rules
from amparo.forum.errors import CannotUndo, OtherReaders, OtherTopic, PostsMissing, ReasonMissing
from amparo.forum.models import KINDS, Act, Post, Theme, Topic
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.threads.rules import clean_line

from .promising import end_answer, look_again
from .shared import first_post, indexed, locked, locked_post, person, refreshed


def _asked(actor: Actor, topic: Topic) -> None:
    if not access.is_moderator(actor):
        raise NotPermitted(topic=topic.pk)


def _reason(text: str) -> str:
    reason = clean_line(text, 300)
    if len(reason) < 4:
        raise ReasonMissing(field="reason")
    return reason


def _act(topic: Topic, verb: str, *, post: Post | None = None, reason: str = "", before: Mapping[str, Any], actor: Actor, at: datetime) -> Act:
    """Write down what was done, for the log, for undoing and on the record."""
    act = Act.objects.create(topic=topic, post=post, verb=verb, reason=reason, before=dict(before), by_id=person(actor), at=at)
    record(
        f"topic.{_FACTS[verb]}", subject=topic, actor=actor, at=at, act=act.pk, reason=reason, post=post.pk if post else None,
        author=post.author_id if post else topic.author_id, **{name: told for name, told in before.items() if name in ("theme", "into")},
    )  # fmt: skip
    return act


_FACTS = {
    "hide_post": "post_hidden", "hide_topic": "hidden", "close": "closed", "open": "reopened", "pin": "pinned", "unpin": "unpinned",
    "move": "moved", "split": "split", "merge": "merged", "kind": "kind_changed",
}  # fmt: skip


@transaction.atomic
def hide_post(post: Post, reason: str, *, actor: Actor, at: datetime) -> Act:
    """Hide a post; its author sees the reason. Where it was the only answer, the question is owed one again. FOR-1, FOR-2.

    A topic's first post hides the topic. Fact: `topic.post_hidden`. Raises NotPermitted, ReasonMissing.
    """
    topic, post = locked_post(post)
    _asked(actor, topic)
    if first_post(topic).pk == post.pk:
        return hide_topic(topic, reason, actor=actor, at=at)
    before = {"visibility": post.visibility, "solved": topic.solution_id == post.pk}
    post.visibility, post.hidden_reason = "hidden", _reason(reason)
    post.save(update_fields=["visibility", "hidden_reason"])
    refreshed(topic)
    look_again(topic, actor=actor, at=at)
    indexed(topic, at=at)
    return _act(topic, "hide_post", post=post, reason=post.hidden_reason, before=before, actor=actor, at=at)


@transaction.atomic
def hide_topic(topic: Topic, reason: str, *, actor: Actor, at: datetime) -> Act:
    """Hide a topic from everybody but staff and its author, who sees the reason. Fact: `topic.hidden`. FOR-1. Raises NotPermitted, ReasonMissing."""
    topic = locked(topic.pk)
    _asked(actor, topic)
    before = {"visibility": topic.visibility}
    end_answer(topic, reason="hidden", actor=actor, at=at)
    topic.visibility, topic.hidden_reason = "hidden", _reason(reason)
    topic.save(update_fields=["visibility", "hidden_reason"])
    Post.objects.filter(pk=first_post(topic).pk, visibility="held").update(visibility="hidden", hidden_reason=topic.hidden_reason)
    indexed(topic, at=at)
    return _act(topic, "hide_topic", reason=topic.hidden_reason, before=before, actor=actor, at=at)


@transaction.atomic
def close(topic: Topic, reason: str, *, actor: Actor, at: datetime) -> Act:
    """Close a topic: nobody but staff writes in it. A question still owed an answer ends unanswered, which reports show. FOR-1.

    Fact: `topic.closed`. Raises NotPermitted, ReasonMissing.
    """
    topic = locked(topic.pk)
    _asked(actor, topic)
    end_answer(topic, reason="closed_by_staff", actor=actor, at=at)
    topic.is_closed, topic.closed_reason = True, _reason(reason)
    topic.save(update_fields=["is_closed", "closed_reason"])
    return _act(topic, "close", reason=topic.closed_reason, before={}, actor=actor, at=at)


@transaction.atomic
def reopen(topic: Topic, *, actor: Actor, at: datetime) -> Act:
    """Let people write in a topic again. Fact: `topic.reopened`. Raises NotPermitted."""
    topic = locked(topic.pk)
    _asked(actor, topic)
    return _act(_opened(topic, actor, at), "open", before={}, actor=actor, at=at)


def _opened(topic: Topic, actor: Actor, at: datetime) -> Topic:
    topic.is_closed, topic.closed_reason = False, ""
    topic.save(update_fields=["is_closed", "closed_reason"])
    look_again(topic, actor=actor, at=at)
    return topic


@transaction.atomic
def pin(topic: Topic, *, actor: Actor, at: datetime) -> Act:
    """Put a topic first in its theme, or let it go where it was pinned. Facts: `topic.pinned`, `topic.unpinned`. Raises NotPermitted."""
    topic = locked(topic.pk)
    _asked(actor, topic)
    topic.is_pinned = not topic.is_pinned
    topic.save(update_fields=["is_pinned"])
    return _act(topic, "pin" if topic.is_pinned else "unpin", before={}, actor=actor, at=at)


@transaction.atomic
def move(topic: Topic, theme: Theme, *, actor: Actor, at: datetime) -> Act:
    """Put a topic into another theme: from then on that one says who reads it. Fact: `topic.moved`. FOR-1, SEC-9. Raises NotPermitted."""
    topic = locked(topic.pk)
    _asked(actor, topic)
    before = {"theme": topic.theme_id}
    topic.theme = theme
    topic.save(update_fields=["theme"])
    indexed(topic, at=at)
    return _act(topic, "move", before=before, actor=actor, at=at)


@transaction.atomic
def change_kind(topic: Topic, kind: str, *, actor: Actor, at: datetime) -> Act:
    """Say that a question is a discussion (nothing is owed) or the other way round (it is owed from now). Fact: `topic.kind_changed`.

    Raises NotPermitted, Invalid.
    """
    topic = locked(topic.pk)
    _asked(actor, topic)
    if kind not in KINDS:
        raise Invalid(field="kind")
    before = {"kind": topic.kind}
    _kind(topic, kind, actor, at)
    return _act(topic, "kind", before=before, actor=actor, at=at)


def _kind(topic: Topic, kind: str, actor: Actor, at: datetime) -> None:
    topic.kind = kind
    topic.save(update_fields=["kind"])
    if kind == "question":
        look_again(topic, actor=actor, at=at)
    else:
        end_answer(topic, reason="discussion", actor=actor, at=at)


@transaction.atomic
def split(topic: Topic, post_ids: Sequence[int], title: str, *, kind: str = "question", actor: Actor, at: datetime) -> Topic:
    """Make a topic of its own out of replies. A question made so is owed an answer from when its first post was written. FOR-1, SEC-9.

    Fact: `topic.split` on both. Raises NotPermitted, PostsMissing, TitleMissing, Invalid.
    """
    topic = locked(topic.pk)
    _asked(actor, topic)
    first = first_post(topic)
    posts = list(Post.objects.select_for_update().filter(topic=topic, pk__in=list(post_ids)).exclude(pk=first.pk).order_by("id"))
    if not posts or len(posts) != len(set(post_ids)):
        raise PostsMissing(field="posts")
    if kind not in KINDS:
        raise Invalid(field="kind")
    begun = posts[0]
    fresh = Topic.objects.create(
        theme_id=topic.theme_id, author_id=begun.author_id, kind=kind, title=rules.title_of(title).body, created_at=begun.at, last_at=begun.at,
        visibility=begun.visibility if begun.visibility != "held" else "hidden",
    )  # fmt: skip
    _carried(posts, topic, fresh, actor, at)
    _act(topic, "split", before={"into": fresh.pk, "posts": [post.pk for post in posts]}, actor=actor, at=at)
    record("topic.split", subject=fresh, actor=actor, at=at, source=topic.pk, author=fresh.author_id)
    return fresh


@transaction.atomic
def merge(topic: Topic, into: Topic, *, actor: Actor, at: datetime) -> Topic:
    """Put all posts of a topic into another one, in their order of time; its address leads there. FOR-1, SEC-9.

    Nothing is owed in the merged one any more; the other one's promise stands. What few read is not put where more
    read: moving it says so first. Fact: `topic.merged`. Raises NotPermitted, OtherTopic, OtherReaders.
    """
    if topic.pk == into.pk:
        raise OtherTopic(field="into")
    first, second = sorted((topic.pk, into.pk))
    both = {one.pk: one for one in (locked(first), locked(second))}
    topic, into = both[topic.pk], both[into.pk]
    _asked(actor, topic)
    if topic.visibility != "shown" or into.visibility != "shown":
        raise OtherTopic(field="into")
    if _opens_up(topic, into):
        raise OtherReaders(field="into")
    posts = list(Post.objects.select_for_update().filter(topic=topic).order_by("id"))
    before = {"into": into.pk, "posts": [post.pk for post in posts], "solution": topic.solution_id}
    end_answer(topic, reason="merged", actor=actor, at=at)
    topic.visibility, topic.merged_into, topic.solution, topic.solved_at = "merged", into, None, None
    topic.save(update_fields=["visibility", "merged_into", "solution", "solved_at"])
    _carried(posts, topic, into, actor, at)
    _act(topic, "merge", before=before, actor=actor, at=at)
    record("topic.merged_in", subject=into, actor=actor, at=at, source=topic.pk)
    return into


def _opens_up(topic: Topic, into: Topic) -> bool:
    return rules.opens_up((topic.theme.audience, topic.theme.product_id), (into.theme.audience, into.theme.product_id))


def _carried(posts: Sequence[Post], source: Topic, target: Topic, actor: Actor, at: datetime) -> None:
    """Put posts from one locked topic into another, and set right what both show and owe."""
    Post.objects.filter(pk__in=[post.pk for post in posts]).update(topic=target)
    for one in (source, target):
        if Post.objects.filter(topic=one).exists():
            refreshed(one)
        look_again(one, actor=actor, at=at)
        indexed(one, at=at)


# -- undoing ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def undo(act: Act, *, actor: Actor, at: datetime) -> Act:
    """Undo what a moderator did, once. What came after it stays. Fact: `topic.act_undone`. FOR-1. Raises NotPermitted, CannotUndo."""
    both = {number: locked(number) for number in sorted({act.topic_id, act.before.get("into", act.topic_id)})}
    topic = both[act.topic_id]
    _asked(actor, topic)
    act = Act.objects.select_for_update().get(pk=act.pk)
    later = Act.objects.filter(topic=topic, verb=act.verb, post=act.post_id, undone_at__isnull=True, pk__gt=act.pk)
    if act.undone_at is not None or act.verb not in _UNDO or later.exists():
        raise CannotUndo(act=act.pk)
    _UNDO[act.verb](topic, act, actor, at)
    act.undone_at, act.undone_by_id = at, actor.user_id
    act.save(update_fields=["undone_at", "undone_by"])
    record("topic.act_undone", subject=topic, actor=actor, at=at, act=act.pk, verb=act.verb, author=topic.author_id,
           into=act.before.get("into"))  # fmt: skip
    return act


def _show_post(topic: Topic, act: Act, actor: Actor, at: datetime) -> None:
    post = Post.objects.select_for_update().get(pk=act.post_id or 0)
    if post.topic_id != topic.pk or post.visibility != "hidden":
        raise CannotUndo(act=act.pk)
    post.visibility, post.hidden_reason = "shown", ""
    post.save(update_fields=["visibility", "hidden_reason"])
    if act.before.get("solved") and topic.solution_id is None:
        topic.solution, topic.solved_at = post, at
        topic.save(update_fields=["solution", "solved_at"])
    refreshed(topic)
    look_again(topic, actor=actor, at=at)
    indexed(topic, at=at)


def _show_topic(topic: Topic, act: Act, actor: Actor, at: datetime) -> None:
    if topic.visibility != "hidden":
        raise CannotUndo(act=act.pk)
    topic.visibility, topic.hidden_reason = "shown", ""
    topic.save(update_fields=["visibility", "hidden_reason"])
    Post.objects.filter(pk=first_post(topic).pk).update(visibility="shown", hidden_reason="")
    refreshed(topic)
    look_again(topic, actor=actor, at=at)
    indexed(topic, at=at)


def _open_again(topic: Topic, act: Act, actor: Actor, at: datetime) -> None:
    _opened(topic, actor, at)


def _turn_pin(topic: Topic, act: Act, actor: Actor, at: datetime) -> None:
    topic.is_pinned = act.verb == "unpin"
    topic.save(update_fields=["is_pinned"])


def _move_back(topic: Topic, act: Act, actor: Actor, at: datetime) -> None:
    topic.theme = Theme.objects.get(pk=act.before["theme"])
    topic.save(update_fields=["theme"])
    indexed(topic, at=at)


def _kind_back(topic: Topic, act: Act, actor: Actor, at: datetime) -> None:
    _kind(topic, act.before["kind"], actor, at)


def _posts_of(act: Act, now_in: Topic) -> list[Post]:
    posts = list(Post.objects.select_for_update().filter(pk__in=act.before["posts"], topic=now_in).order_by("id"))
    if len(posts) != len(act.before["posts"]):
        raise CannotUndo(act=act.pk)  # some of them went elsewhere since
    return posts


def _join(topic: Topic, act: Act, actor: Actor, at: datetime) -> None:
    fresh = locked(act.before["into"])
    posts = _posts_of(act, fresh)
    if Post.objects.filter(topic=fresh).count() != len(posts) or _opens_up(fresh, topic):
        raise CannotUndo(act=act.pk)  # somebody has answered in the new one, or fewer read it since
    end_answer(fresh, reason="merged", actor=actor, at=at)
    fresh.visibility, fresh.merged_into, fresh.solution, fresh.solved_at = "merged", topic, None, None
    fresh.save(update_fields=["visibility", "merged_into", "solution", "solved_at"])
    _carried(posts, fresh, topic, actor, at)


def _part(topic: Topic, act: Act, actor: Actor, at: datetime) -> None:
    into = locked(act.before["into"])
    posts = _posts_of(act, into)
    topic.visibility, topic.merged_into = "shown", None
    topic.save(update_fields=["visibility", "merged_into"])
    _carried(posts, into, topic, actor, at)
    if act.before.get("solution") and Post.objects.filter(pk=act.before["solution"], topic=topic, visibility="shown").exists():
        topic.solution_id, topic.solved_at = act.before["solution"], at
        topic.save(update_fields=["solution", "solved_at"])


_UNDO: dict[str, Callable[[Topic, Act, Actor, datetime], None]] = {
    "hide_post": _show_post, "hide_topic": _show_topic, "close": _open_again, "pin": _turn_pin, "unpin": _turn_pin, "move": _move_back,
    "kind": _kind_back, "split": _join, "merge": _part,
}  # fmt: skip
