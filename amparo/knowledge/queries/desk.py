"""What staff see of articles: the owner's work list, every article, one with all that was said of it. SRC-2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from amparo.kernel.actor import Actor
from amparo.kernel.paging import Page, page_of, unmark

from .. import access, rules
from ..models import Article, Attachment, Citation, Flag, Relation, Theme, Version, Vote

LISTED_MAX = 50


@dataclass(frozen=True, slots=True)
class WorkList:
    """What waits for who looks after articles."""

    words: Sequence[Vote]
    flags: Sequence[Flag]
    reviews: Sequence[Article]
    drafts: Sequence[Article]

    def __len__(self) -> int:
        return len(self.words) + len(self.flags) + len(self.reviews) + len(self.drafts)


def _mine(actor: Actor, whose: str, prefix: str = "") -> Q:
    return Q(**{f"{prefix}owner_id": actor.user_id}) if whose == "mine" else Q()


def _drafts(actor: Actor, whose: str) -> QuerySet[Article]:
    found = access.on_desk(actor).filter(Q(live=False) | Q(has_unpublished_changes=True), latest_revision__isnull=False)
    return found.filter(_mine(actor, whose), expired=False)


def _today(at: datetime) -> date:
    return timezone.localtime(at, timezone.get_default_timezone()).date()


def _reviews(actor: Actor, whose: str, at: datetime) -> QuerySet[Article]:
    return access.on_desk(actor).filter(Q(review_on__lt=_today(at)) | ~Q(written_for=""), _mine(actor, whose), live=True)


def work_list(actor: Actor, *, whose: str, at: datetime) -> WorkList:
    """Return what waits: words of readers, flags, reviews that are overdue, drafts; of one's own articles or of all. Four statements."""
    seen = access.on_desk(actor).filter(pk=OuterRef("article_id"))
    words = Vote.objects.filter(~Q(word=""), Exists(seen), _mine(actor, whose, "article__"), closed_at=None).select_related("article", "user")
    flags = Flag.objects.filter(Exists(seen), _mine(actor, whose, "article__"), closed_at=None).select_related("article", "by")
    return WorkList(
        list(words.order_by("at")[:LISTED_MAX]),
        list(flags.order_by("at")[:LISTED_MAX]),
        list(_reviews(actor, whose, at).select_related("owner", "product").order_by(F("review_on").asc(nulls_last=True), "pk")[:LISTED_MAX]),
        list(_drafts(actor, whose).select_related("owner", "latest_revision", "product").order_by("-latest_revision__created_at")[:LISTED_MAX]),
    )


def counts(actor: Actor, *, at: datetime) -> int:
    """Return how many things wait for somebody's own articles: for the rail. One statement."""
    if not actor.is_staff or actor.user_id is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM knowledge_vote v JOIN knowledge_article a ON a.id = v.article_id WHERE a.owner_id = %(me)s "
            "AND v.word <> '' AND v.closed_at IS NULL) + (SELECT count(*) FROM knowledge_flag f JOIN knowledge_article a ON a.id = f.article_id "
            "WHERE a.owner_id = %(me)s AND f.closed_at IS NULL) + (SELECT count(*) FROM knowledge_article WHERE owner_id = %(me)s AND live "
            "AND (review_on < %(today)s OR written_for <> ''))",
            {"me": actor.user_id, "today": _today(at)},
        )
        return int(cursor.fetchone()[0])


def articles_list(
    actor: Actor, *, words: str = "", state: str = "", product_id: int | None = None, after: str = "", size: int = 40
) -> Page[Any]:
    """Return articles for staff, the last changed first. `state`: live, draft, stale or nothing."""
    found = access.on_desk(actor).select_related("owner", "product", "theme").annotate(changed=F("latest_revision__created_at"))
    if state == "live":
        found = found.filter(live=True)
    elif state == "draft":
        found = found.filter(live=False)
    if product_id is not None:
        found = found.filter(product_id=product_id)
    if words:
        normal = rules.normal_code(words)
        found = found.filter(Q(title__icontains=words) | (Q(error_codes__normal=normal) if normal else Q())).distinct()
    if marked := unmark(after, 1):
        found = found.filter(pk__lt=marked[0] if isinstance(marked[0], int) else 0)
    return page_of(list(found.order_by("-pk")[: size + 1]), size, lambda one: (one.pk,))


@dataclass(frozen=True, slots=True)
class ArticleDesk:
    """An article with all that staff may know of it."""

    article: Article
    draft: Article
    waits: bool
    words: Sequence[Vote]
    flags: Sequence[Flag]
    files: Sequence[Attachment]
    related: Sequence[Relation]
    versions: Sequence[Version]
    useful: int
    useless: int
    cited: int


def revision_waits(article: Article) -> bool:
    """True where there is a draft that nobody published yet."""
    return article.latest_revision_id is not None and (not article.live or article.has_unpublished_changes)


def article_desk(actor: Actor, number: int) -> ArticleDesk | None:
    """Return an article for staff, None where there is none. Eight statements."""
    article = access.on_desk(actor).select_related("owner", "product", "theme", "from_release", "to_release", "latest_revision").filter(pk=number).first()
    if article is None:
        return None
    votes = Vote.objects.filter(article=article).aggregate(yes=Count("pk", filter=Q(useful=True)), no=Count("pk", filter=Q(useful=False)))
    return ArticleDesk(
        article,
        article.get_latest_revision_as_object(),
        revision_waits(article),
        list(Vote.objects.filter(~Q(word=""), article=article).select_related("user", "closed_by").order_by("-at")[:LISTED_MAX]),
        list(Flag.objects.filter(article=article).select_related("by", "closed_by").order_by("-at")[:LISTED_MAX]),
        list(Attachment.objects.filter(article=article, removed_at=None).select_related("file").order_by("pk")),
        list(Relation.objects.filter(article=article).select_related("other").order_by("position", "pk")),
        list(Version.objects.filter(article=article).select_related("published_by").order_by("-number")[:LISTED_MAX]),
        votes["yes"], votes["no"], Citation.objects.filter(article=article).count(),
    )  # fmt: skip


def history_of(actor: Actor, number: int, first: int, second: int) -> tuple[Version, Version] | None:
    """Return two published versions of an article to be compared, the older first; None where one does not exist. SRC-2."""
    seen = access.on_desk(actor).filter(pk=number)
    found = {one.number: one for one in Version.objects.filter(article__in=seen, number__in=[first, second]).select_related("published_by")}
    older, newer = sorted((first, second))
    return (found[older], found[newer]) if older in found and newer in found else None


def themes(language: str = "es") -> list[tuple[Theme, str]]:
    """Return the themes in their order, with their names in a language."""
    return [(one, one.name_in(language)) for one in Theme.objects.all()]


