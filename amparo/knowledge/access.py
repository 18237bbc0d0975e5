"""Who reads which article, and who may do what with one. ACC-1, ACC-11, SRC-1, SRC-2."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from amparo.contracts.access import readable, reader
from amparo.editor.access import may_edit
from amparo.kernel.actor import Actor

from .models import Article, Attachment


def visible_to(actor: Actor, *, at: datetime) -> QuerySet[Article]:
    """Return the published articles that somebody may read at a moment; staff those of every audience. ACC-1."""
    return Article.objects.filter(readable(reader(actor, at=at)), live=True)


def may_see_id(actor: Actor, number: int, *, at: datetime) -> bool:
    """The same rule for an article's number: for the stream. Staff see drafts too. SEC-11."""
    if actor.is_staff:
        return Article.objects.filter(pk=number).exists()
    return visible_to(actor, at=at).filter(pk=number).exists()


def may_see_file_id(actor: Actor, number: int, *, at: datetime) -> bool:
    """The same rule for a file of an article, by the file's number; taken off the page, it is there for staff alone. SEC-11."""
    found = Attachment.objects.filter(file_id=number)
    if actor.is_staff:
        return found.exists()
    return found.filter(removed_at=None, article__in=visible_to(actor, at=at)).exists()


def on_desk(actor: Actor) -> QuerySet[Article]:
    """Return every article, drafts too, for staff."""
    return Article.objects.all() if actor.is_staff or actor.is_system else Article.objects.none()


def may_draft(actor: Actor) -> bool:
    """Whoever answers customers writes down what he answered; an editor publishes it. SRC-1."""
    return actor.is_staff or actor.is_system


def may_publish(actor: Actor) -> bool:
    """Publish, take back, relate and attach: editors."""
    return may_edit(actor)


def may_look_after(actor: Actor, article: Article) -> bool:
    """Answer words and flags, and say that it was reviewed: its owner, and editors. SRC-2."""
    return may_edit(actor) or (actor.is_staff and actor.owns(article.owner_id))


def may_flag(actor: Actor) -> bool:
    """Say that an article is wrong: any member of the staff. SRC-2."""
    return actor.is_staff
