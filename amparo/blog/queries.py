"""Reads of posts, shaped for pages and feeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.urls import reverse
from wagtail.models import Revision

from amparo.contracts.access import readable, readers
from amparo.contracts.rules.audience import Reader
from amparo.files.models import StoredFile
from amparo.files.queries import files_of
from amparo.kernel.actor import Actor
from amparo.kernel.paging import Page, page_of, unmark
from amparo.kernel.refusals import Invalid
from amparo.products.models import Licence, Product

from . import access
from .models import Post

PAGE_SIZE = 12
FEED_SIZE = 30
MINE_SIZE = 3
_ROW = (
    "pk", "title", "summary", "slug", "product__name", "product__code", "published_at", "language", "audience", "author_name", "tags",
    "cover__public_id", "cover__name", "cover__width", "cover__height",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which posts of all: those of a product, or with a tag."""

    product: Product | None = None
    tag: str = ""


def in_language(posts: QuerySet[Post], language: str) -> QuerySet[Post]:
    """Return each post once: in the reader's language where it is there for him, else in the one it has."""
    same = posts.filter(translation_group=OuterRef("translation_group"), language=language)
    return posts.filter(Q(language=language) | ~Exists(same.order_by()))


def narrowed(posts: QuerySet[Post], by: Narrowed) -> QuerySet[Post]:
    """Return the posts of a product (those about all products too), or with a tag."""
    if by.product is not None:
        posts = posts.filter(Q(product=by.product) | Q(product__isnull=True))
    return posts.filter(tag_slugs__contains=[by.tag]) if by.tag else posts


def newest(posts: QuerySet[Post], *, after: str = "") -> Page[dict[str, Any]]:
    """Return a page of posts, newest first, in one statement. SRC-3."""
    if place := unmark(after, 2):
        moment, number = _moment(place[0]), place[1]
        if moment is None or not isinstance(number, int):
            raise Invalid(field="after")
        posts = posts.filter(Q(published_at__lt=moment) | Q(published_at=moment, pk__lt=number))
    rows = [_shown(row) for row in posts.order_by("-published_at", "-pk").values(*_ROW)[: PAGE_SIZE + 1]]
    return page_of(rows, PAGE_SIZE, lambda row: (row["published_at"], row["pk"]))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    cover = f"/files/{row['cover__public_id']}/{row['cover__name']}" if row["cover__public_id"] else ""
    return row | {"url": reverse("blog:post", args=[row["pk"], row["slug"]]), "cover": cover}


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def post_for(who: Reader, number: int) -> Post | None:
    """Return a post that a reader may read, with its product and cover, in one statement. ACC-1."""
    return Post.objects.filter(readable(who), live=True, pk=number).select_related("product", "cover").first()


def translations(post: Post, who: Reader) -> list[tuple[str, str]]:
    """Return (language, address) of the other versions of a post that the reader may read, in one statement."""
    others = Post.objects.filter(readable(who), live=True, translation_group=post.translation_group).exclude(pk=post.pk)
    return [(language, reverse("blog:post", args=[pk, slug])) for language, pk, slug in others.values_list("language", "pk", "slug")]


def for_my_products(actor: Actor, *, language: str, at: datetime) -> list[dict[str, Any]]:
    """Return the newest posts about the products of which somebody's company has a licence, and about all; else the newest. SRC-3."""
    posts = in_language(access.visible_to(actor, at=at), language)
    if actor.is_contact and actor.customer_id is not None:
        own = Licence.objects.filter(customer_id=actor.customer_id, withdrawn_at__isnull=True).values("product_id")
        posts = posts.filter(Q(product_id__in=own) | Q(product__isnull=True))
    return [_shown(row) for row in posts.order_by("-published_at", "-pk").values(*_ROW)[:MINE_SIZE]]


def told_of(post: Post, people: Sequence[tuple[Actor, str]], *, at: datetime) -> list[bool]:
    """Tell of each of many people, with his language, whether a letter about a post is for him. Three statements. SRC-3, SEC-11.

    He may read it, it is about a product of his company or about all, and he has no version in his own language that he may
    read: where that one is not for him, this one is what he gets.
    """
    versions = list(Post.objects.filter(translation_group=post.translation_group, live=True))
    wanted = {one.product_id for one in versions if one.product_id is not None}
    owned = set(Licence.objects.filter(product_id__in=wanted, withdrawn_at__isnull=True).values_list("customer_id", "product_id")) if wanted else set()
    found = []
    for (actor, language), who in zip(people, readers([actor for actor, _language in people], at=at), strict=True):
        his = [
            one
            for one in versions
            if who.may_see(one.audience, one.product_id) and (one.product_id is None or (actor.customer_id, one.product_id) in owned)
        ]
        own = [one for one in his if language.startswith(one.language)]
        found.append(post in (own or his))
    return found


def feed(by: Narrowed, language: str) -> list[Post]:
    """Return what a feed holds: what anybody may read, whoever asks. SEC-29."""
    posts = narrowed(in_language(access.open_to_all(), language), by)
    return list(posts.select_related("product", "cover").order_by("-published_at", "-pk")[:FEED_SIZE])


def product_by_code(code: str) -> Product | None:
    """Return the product that an address names, whatever the capitals."""
    return Product.objects.filter(code__iexact=code, is_active=True).first()


def desk_list(actor: Actor, *, state: str = "", words: str = "") -> list[Post]:
    """Return the posts of the desk, the last touched first; at most 200. `state`: live, draft, scheduled."""
    waiting = Revision.objects.filter(
        content_type__app_label="blog", content_type__model="post", object_id=Cast(OuterRef("pk"), CharField()), approved_go_live_at__isnull=False
    )
    posts = access.on_desk(actor).select_related("product", "owner", "latest_revision")
    posts = posts.annotate(goes_live_at=Subquery(waiting.values("approved_go_live_at")[:1]))
    posts = posts.filter(title__icontains=words) if words else posts
    if state == "live":
        posts = posts.filter(live=True)
    elif state == "scheduled":
        posts = posts.filter(goes_live_at__isnull=False)
    elif state == "draft":
        posts = posts.filter(live=False, goes_live_at__isnull=True)
    return list(posts.order_by("-latest_revision__created_at", "-pk")[:200])


def pictures(post: Post) -> list[StoredFile]:
    """Return the pictures that were given to a post."""
    return files_of(post.subject)


def sitemap(at: datetime) -> Iterator[tuple[str, datetime]]:
    """Give the addresses that anybody may open, with when each changed. ACC-1, SEC-29."""
    yielded: datetime | None = None
    for number, slug, changed_at in access.open_to_all().order_by("-pk").values_list("pk", "slug", "changed_at")[:20_000]:
        if changed_at is None:
            continue  # never published, so open to nobody
        yielded = max(yielded, changed_at) if yielded else changed_at
        yield reverse("blog:post", args=[number, slug]), changed_at
    if yielded:
        yield reverse("blog:list"), yielded
