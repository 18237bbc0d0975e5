"""Who reads which post, and who writes them. ACC-1, ACC-11, SRC-3."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from amparo.contracts.access import readable, reader
from amparo.contracts.rules.audience import ANYBODY
from amparo.editor.access import may_edit
from amparo.kernel.actor import Actor

from .models import Post


def visible_to(actor: Actor, *, at: datetime) -> QuerySet[Post]:
    """Return the published posts that somebody may read at a moment; staff those of every audience. ACC-1.

    List, page, feed, search, sitemap, news of the home and letters all ask here.
    """
    return Post.objects.filter(readable(reader(actor, at=at)), live=True)


def open_to_all() -> QuerySet[Post]:
    """Return the posts that anybody may read: for feeds and the sitemap, whoever asks. SEC-29."""
    return Post.objects.filter(readable(ANYBODY), live=True)


def may_see_id(actor: Actor, number: int, *, at: datetime) -> bool:
    """The same rule for a post's number: for its pictures, its letters, the stream. Staff see drafts too. SEC-11."""
    if actor.is_staff:
        return Post.objects.filter(pk=number).exists()
    return visible_to(actor, at=at).filter(pk=number).exists()


def on_desk(actor: Actor) -> QuerySet[Post]:
    """Return every post, drafts too, for staff."""
    return Post.objects.all() if actor.is_staff or actor.is_system else Post.objects.none()


def may_write(actor: Actor) -> bool:
    """Editors write, schedule and publish. SRC-3."""
    return may_edit(actor)
