"""Pictures of a post: its cover, and those in its text. Shown as our own renderings, to who may read the post. SEC-25, SEC-26."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from amparo.blog import access
from amparo.blog.errors import NotAPicture
from amparo.blog.models import Post
from amparo.files import commands as files
from amparo.files.models import StoredFile
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted


def _locked(post: Post, actor: Actor) -> Post:
    if not access.may_write(actor):
        raise NotPermitted()
    return Post.objects.select_for_update(of=("self",)).get(pk=post.pk)


@transaction.atomic
def add_pictures(post: Post, file_ids: Sequence[str], *, draft_key: str, actor: Actor, at: datetime) -> list[StoredFile]:
    """Give pictures to a post, for its text. Fact: `post.pictures_added`. Raises NotPermitted, NotAPicture, refusals of files."""
    post = _locked(post, actor)
    stored = files.attach(file_ids, subject=post.subject, draft_key=draft_key, actor=actor, at=at)
    if any(not one.is_inline for one in stored):
        raise NotAPicture(field="files")
    if stored:
        record("post.pictures_added", subject=post, actor=actor, at=at, files=[one.name for one in stored])
    return stored


@transaction.atomic
def set_cover(post: Post, picture: StoredFile, *, actor: Actor, at: datetime) -> Post:
    """Let one of a post's pictures be its cover. Fact: `post.cover_set`. Raises NotPermitted, NotAPicture."""
    post = _locked(post, actor)
    if not picture.is_inline or picture.subject != post.subject:
        raise NotAPicture(field="files")
    post.cover = picture
    post.save(update_fields=["cover"])
    record("post.cover_set", subject=post, actor=actor, at=at, file=picture.name)
    return post


@transaction.atomic
def clear_cover(post: Post, *, actor: Actor, at: datetime) -> Post:
    """Let a post have no cover. Fact: `post.cover_cleared`. Raises NotPermitted."""
    post = _locked(post, actor)
    if post.cover_id is not None:
        post.cover = None
        post.save(update_fields=["cover"])
        record("post.cover_cleared", subject=post, actor=actor, at=at)
    return post
