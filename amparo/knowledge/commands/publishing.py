"""What goes live is rendered, found by its codes and words, and kept as a version. SRC-2, SRC-5."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from amparo.editor import commands as editor
from amparo.history.commands import record
from amparo.kernel import markdown
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.search import commands as search

from .. import access, rules
from ..errors import CodeTaken, NothingToSay
from ..machine import PARTS
from ..models import Article, Code, Version

KEPT_IN_VERSIONS = ("title", "kind", "audience", "product_id", "theme_id", "codes", "summary", *PARTS, "sources")


@transaction.atomic
def publish(article: Article, *, actor: Actor, at: datetime) -> Article:
    """Publish an article's latest draft, without the editor. SRC-2. Raises NotPermitted, NothingToSay, CodeTaken."""
    if not access.may_publish(actor):
        raise NotPermitted(article=article.pk)
    article = Article.objects.select_for_update(of=("self",)).get(pk=article.pk)
    return editor.publish(article, actor=actor, at=at)


@transaction.atomic
def take_back(article: Article, *, actor: Actor, at: datetime) -> Article:
    """Take a published article back from its readers; it stays as a draft. Raises NotPermitted."""
    if not access.may_publish(actor):
        raise NotPermitted(article=article.pk)
    return editor.unpublish(Article.objects.select_for_update(of=("self",)).get(pk=article.pk), actor=actor, at=at)


@transaction.atomic
def publish_done(thing: Article, *, actor: Actor, at: datetime) -> Article:
    """Make a published article readable: render it once, give it its codes, keep its version, index it. SRC-2.

    Called where a revision goes live, by an editor or by the clock. Publishing counts as a review.
    Raises NothingToSay, CodeTaken.
    """
    if not any(getattr(thing, part).strip() for part in PARTS):
        raise NothingToSay()
    thing.rendered = [[part, markdown.render(text)] for part in PARTS if (text := getattr(thing, part).strip())]
    thing.slug = slugify(thing.title)[:80] or "articulo"
    thing.published_at = thing.published_at or at
    thing.updated_at = thing.reviewed_at = at
    thing.written_for = ""
    thing.version += 1
    thing.review_on = rules.review_on(timezone.localtime(at, timezone.get_default_timezone()).date(), thing.review_days)
    if thing.owner_id is None and actor.is_staff:
        thing.owner_id = actor.user_id
    thing.save()
    _give_codes(thing)
    Version.objects.create(
        article=thing, number=thing.version, content={name: getattr(thing, name) for name in KEPT_IN_VERSIONS},
        published_at=at, published_by_id=actor.user_id,
    )  # fmt: skip
    index(thing)
    record("article.published", subject=thing, actor=actor, at=at, version=thing.version, title=thing.title, audience=thing.audience, source=thing.source)
    return thing


def _give_codes(article: Article) -> None:
    article.error_codes.all().delete()
    codes = {rules.normal_code(shown): shown for shown in rules.split_codes(article.codes)}
    if Code.objects.filter(normal__in=list(codes), language=article.language).exists():
        raise CodeTaken(article=article.pk)
    Code.objects.bulk_create(
        Code(article=article, normal=normal, shown=shown[:60], language=article.language) for normal, shown in codes.items() if normal
    )


def index(article: Article) -> None:
    """Let a published article be found. SRC-2."""
    assert article.published_at is not None
    versions = [one.version for one in (article.from_release, article.to_release) if one is not None]
    search.index(
        article.subject, kind="article", title=article.title, url=reverse("knowledge:article", args=[article.pk, article.slug]),
        audience=article.audience, product_id=article.product_id, language=article.language, summary=article.summary,
        codes=[*rules.split_codes(article.codes), *versions],
        body="\n".join(markdown.plain(getattr(article, part)) for part in PARTS if getattr(article, part)),
        published_at=article.published_at,
    )  # fmt: skip


@transaction.atomic
def unpublish_done(thing: Article, *, actor: Actor, at: datetime) -> Article:
    """Let what was taken back be found no more, by words or by code. SRC-2, SEC-11."""
    thing.error_codes.all().delete()
    search.forget(thing.subject)
    record("article.taken_back", subject=thing, actor=actor, at=at, version=thing.version)
    return thing


