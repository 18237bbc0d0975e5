"""Drafting, and what happens when a post goes live or is taken back. SRC-3."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.text import slugify

from amparo.blog import access
from amparo.blog.errors import NothingToSay
from amparo.blog.models import Post
from amparo.blog.rules import tags_of
from amparo.editor import commands as editor
from amparo.history.commands import record
from amparo.kernel import markdown
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.people.models import User
from amparo.search import commands as search


def _permit(actor: Actor) -> None:
    if not (access.may_write(actor) or actor.is_system):
        raise NotPermitted()


@transaction.atomic
def draft_post(
    title: str, *, summary: str, body: str, tags: str = "", product_id: int | None = None, language: str = "es",
    audience: str = "visitor", key: str | None = None, actor: Actor, at: datetime,
) -> Post:  # fmt: skip
    """Keep a new post as a draft, which nobody reads yet. Fact: `post.drafted`. Raises NotPermitted."""
    _permit(actor)
    if key and (found := Post.objects.filter(key=key).first()):
        return found
    post = Post(
        title=title[:160], summary=summary[:400], body=body, tags=tags[:300], product_id=product_id, language=language, audience=audience,
        owner_id=actor.user_id, created_at=at, created_by_id=actor.user_id, key=key,
    )  # fmt: skip
    editor.save_draft(post, actor=actor, at=at)
    record("post.drafted", subject=post, actor=actor, at=at, title=post.title)
    return post


@transaction.atomic
def translate(post: Post, *, actor: Actor, at: datetime) -> Post:
    """Begin the other language's version of a post, as a copy to be written over; the one there is where there is one.

    Raises NotPermitted.
    """
    _permit(actor)
    post = Post.objects.select_for_update(of=("self",)).get(pk=post.pk)  # pressed twice at once it is begun once
    language = "en" if post.language == "es" else "es"
    if found := Post.objects.filter(translation_group=post.translation_group, language=language).first():
        return found
    made = Post(
        title=post.title, summary=post.summary, body=post.body, tags=post.tags, product_id=post.product_id, language=language,
        audience=post.audience, translation_group=post.translation_group, owner_id=actor.user_id, created_at=at,
        created_by_id=actor.user_id,
    )  # fmt: skip
    editor.save_draft(made, actor=actor, at=at)
    record("post.drafted", subject=made, actor=actor, at=at, title=made.title, translates=post.pk)
    return made


@transaction.atomic
def publish(post: Post, *, actor: Actor, at: datetime) -> Post:
    """Publish the latest draft of a post, without the editor. Raises NotPermitted, NothingToSay."""
    _permit(actor)
    return editor.publish(Post.objects.select_for_update(of=("self",)).get(pk=post.pk), actor=actor, at=at)


@transaction.atomic
def take_back(post: Post, *, actor: Actor, at: datetime) -> Post:
    """Take a post back from its readers; it stays as a draft. Raises NotPermitted."""
    _permit(actor)
    return editor.unpublish(Post.objects.select_for_update(of=("self",)).get(pk=post.pk), actor=actor, at=at)


@transaction.atomic
def publish_done(thing: Post, *, actor: Actor, at: datetime) -> Post:
    """Make a published post readable: render it once, index it, tell the first time. SRC-3.

    Called where a revision goes live, by an editor or by the clock at the hour that was set. Fact: `post.published`, with
    `first` the first time. Raises NothingToSay.
    """
    if not thing.body.strip() or not thing.title.strip():
        raise NothingToSay()
    first = thing.published_at is None
    thing.rendered = markdown.render(thing.body)
    thing.slug = slugify(thing.title)[:80] or "noticia"
    thing.tag_slugs = [slug for slug, _name in tags_of(thing.tags)]
    thing.published_at, thing.changed_at = thing.published_at or at, at
    thing.author_name = _author(thing)
    thing.save()
    _index(thing)
    record(
        "post.published", subject=thing, actor=actor, at=at, title=thing.title, audience=thing.audience, product=thing.product_id,
        language=thing.language, first=first,
    )  # fmt: skip
    return thing


def _author(post: Post) -> str:
    """Who signs a post: its owner, by the name that customers know staff by."""
    number = post.owner_id or post.created_by_id
    user = User.objects.filter(pk=number).only("name").first() if number else None
    return user.name[:120] if user else ""


def _index(post: Post) -> None:
    assert post.published_at is not None
    search.index(
        post.subject, kind="post", title=post.title, url=reverse("blog:post", args=[post.pk, post.address_slug]), audience=post.audience,
        product_id=post.product_id, language=post.language, summary=post.summary,
        body=f"{markdown.plain(post.body)} {post.tags}", published_at=post.published_at,
    )  # fmt: skip


@transaction.atomic
def unpublish_done(thing: Post, *, actor: Actor, at: datetime) -> Post:
    """Let what was taken back be found no more. Fact: `post.taken_back`. SEC-11."""
    search.forget(thing.subject)
    record("post.taken_back", subject=thing, actor=actor, at=at, title=thing.title)
    return thing
