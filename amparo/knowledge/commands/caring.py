"""Looking after articles: reviews, words of readers, flags, files, relations, themes. SRC-2."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify

from amparo.files import commands as files
from amparo.files.errors import TooManyFiles
from amparo.files.models import StoredFile
from amparo.files.queries import find as files_found
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.policies.queries import value

from .. import access, rules
from ..errors import ThemeTaken
from ..models import Article, Attachment, Flag, Relation, Theme, Vote

TEXT_MAX = 2_000


def _own(article: Article, actor: Actor) -> None:
    if not access.may_look_after(actor, article):
        raise NotPermitted(article=article.pk)


@transaction.atomic
def review(article: Article, *, actor: Actor, at: datetime) -> Article:
    """Say that an article still holds: it is to be read again after its interval. SRC-2. Raises NotPermitted."""
    article = Article.objects.select_for_update(of=("self",)).get(pk=article.pk)
    _own(article, actor)
    article.reviewed_at, article.written_for = at, ""
    article.review_on = rules.review_on(timezone.localtime(at, timezone.get_default_timezone()).date(), article.review_days)
    article.save(update_fields=["reviewed_at", "review_on", "written_for"])
    record("article.reviewed", subject=f"article-desk:{article.pk}", actor=actor, at=at)
    return article


@transaction.atomic
def flag(article: Article, reason: str, *, actor: Actor, at: datetime) -> Flag:
    """Say that an article is wrong, and in what: its owner has it on the list. SRC-2. Raises NotPermitted, Invalid."""
    if not access.may_flag(actor):
        raise NotPermitted(article=article.pk)
    reason = reason.replace("\x00", "").strip()[:TEXT_MAX]
    if not reason:
        raise Invalid(field="reason")
    made = Flag.objects.create(article=article, reason=reason, by_id=actor.user_id or 0, at=at)
    record("article.flagged", subject=f"article-desk:{article.pk}", actor=actor, at=at, flag=made.pk)
    return made


@transaction.atomic
def close_flag(one: Flag, answer: str, *, actor: Actor, at: datetime) -> Flag:
    """Answer who flagged an article: what was put right, or why it holds. Repeating it changes nothing."""
    one = Flag.objects.select_for_update(of=("self",)).select_related("article").get(pk=one.pk)
    _own(one.article, actor)
    if one.closed_at is None:
        one.closed_at, one.closed_by_id, one.answer = at, actor.user_id, answer.replace("\x00", "").strip()[:TEXT_MAX]
        one.save(update_fields=["closed_at", "closed_by", "answer"])
        record("article.flag_closed", subject=f"article-desk:{one.article_id}", actor=actor, at=at, flag=one.pk)
    return one


@transaction.atomic
def close_word(one: Vote, *, actor: Actor, at: datetime) -> Vote:
    """Take a reader's word off the owner's list. Repeating it changes nothing."""
    one = Vote.objects.select_for_update(of=("self",)).select_related("article").get(pk=one.pk)
    _own(one.article, actor)
    if one.closed_at is None:
        one.closed_at, one.closed_by_id = at, actor.user_id
        one.save(update_fields=["closed_at", "closed_by"])
        record("article.word_closed", subject=f"article-desk:{one.article_id}", actor=actor, at=at, vote=one.pk)
    return one


@transaction.atomic
def attach(article: Article, file_ids: Sequence[str], *, draft_key: str, actor: Actor, at: datetime) -> int:
    """Give files to an article: who may read it may have them. Returns how many. Raises NotPermitted, refusals of files."""
    if not access.may_publish(actor):
        raise NotPermitted(article=article.pk)
    if len(wanted := list(dict.fromkeys(file_ids))) > value("files.per_message_max", at=at):
        raise TooManyFiles()
    stored = [_own_subject(one, draft_key, actor, at) for one in wanted]  # each by itself: one may be taken off again
    Attachment.objects.bulk_create(
        (Attachment(article=article, file=one, added_by_id=actor.user_id, added_at=at) for one in stored), ignore_conflicts=True
    )
    if stored:
        record("article.files_added", subject=f"article-desk:{article.pk}", actor=actor, at=at, files=[one.name for one in stored])
    return len(stored)


def _own_subject(file_id: str, draft_key: str, actor: Actor, at: datetime) -> StoredFile:
    file = files_found(file_id)
    return files.attach([file_id], subject=f"articlefile:{file.pk if file else 0}", draft_key=draft_key, actor=actor, at=at)[0]


@transaction.atomic
def detach(one: Attachment, *, actor: Actor, at: datetime) -> Attachment:
    """Take a file off an article's page, its address too; it stays with the record, for staff. SEC-11. Raises NotPermitted."""
    if not access.may_publish(actor):
        raise NotPermitted(article=one.article_id)
    one = Attachment.objects.select_for_update(of=("self",)).select_related("file").get(pk=one.pk)
    if one.removed_at is None:
        one.removed_at = at
        one.save(update_fields=["removed_at"])
        record("article.file_removed", subject=f"article-desk:{one.article_id}", actor=actor, at=at, file=one.file.name)
    return one


@transaction.atomic
def relate(article: Article, other_id: int, *, actor: Actor, at: datetime) -> Relation:
    """Let an article point to another one; a second time nothing changes. Raises NotPermitted, Invalid."""
    if not access.may_publish(actor):
        raise NotPermitted(article=article.pk)
    if other_id == article.pk or not Article.objects.filter(pk=other_id).exists():
        raise Invalid(field="other")
    last = Relation.objects.filter(article=article).aggregate(last=Max("position"))["last"] or 0
    made, new = Relation.objects.get_or_create(article=article, other_id=other_id, defaults={"position": last + 1})
    if new:
        record("article.related", subject=f"article-desk:{article.pk}", actor=actor, at=at, other=other_id)
    return made


@transaction.atomic
def unrelate(article: Article, other_id: int, *, actor: Actor, at: datetime) -> None:
    """Take a pointer to another article away. Raises NotPermitted."""
    if not access.may_publish(actor):
        raise NotPermitted(article=article.pk)
    gone, _kinds = Relation.objects.filter(article=article, other_id=other_id).delete()
    if gone:
        record("article.unrelated", subject=f"article-desk:{article.pk}", actor=actor, at=at, other=other_id)


@transaction.atomic
def add_theme(name_es: str, name_en: str = "", *, actor: Actor, at: datetime) -> Theme:
    """Add a theme at the end. Raises NotPermitted, ThemeTaken, Invalid."""
    if not access.may_publish(actor):
        raise NotPermitted()
    name = " ".join(name_es.split())[:60]
    if not name:
        raise Invalid(field="name_es")
    last = Theme.objects.aggregate(last=Max("position"))["last"] or 0
    try:
        with transaction.atomic():
            made = Theme.objects.create(name_es=name, name_en=" ".join(name_en.split())[:60], slug=slugify(name)[:60] or "tema", position=last + 1)
    except IntegrityError as taken:
        raise ThemeTaken(field="name_es") from taken
    record("theme.added", subject=f"theme:{made.pk}", actor=actor, at=at, theme=name)
    return made


@transaction.atomic
def rename_theme(theme: Theme, name_es: str, name_en: str = "", *, actor: Actor, at: datetime) -> Theme:
    """Rename a theme; its address stays. Raises NotPermitted, Invalid."""
    if not access.may_publish(actor):
        raise NotPermitted()
    theme = Theme.objects.select_for_update().get(pk=theme.pk)
    name = " ".join(name_es.split())[:60]
    if not name:
        raise Invalid(field="name_es")
    theme.name_es, theme.name_en = name, " ".join(name_en.split())[:60]
    theme.save(update_fields=["name_es", "name_en"])
    record("theme.renamed", subject=f"theme:{theme.pk}", actor=actor, at=at, theme=name)
    return theme
