"""News as their readers see them. SRC-3, ACC-1."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from amparo.blog import access, queries
from amparo.blog.models import Post
from amparo.contracts.access import reader
from amparo.editor.models import AUDIENCE_LABELS, LANGUAGE_LABELS


def tongue() -> str:
    return (translation.get_language() or "es").split("-")[0]


def _by(code: str, tag: str) -> queries.Narrowed:
    product = queries.product_by_code(code) if code else None
    if code and product is None:
        raise Http404
    return queries.Narrowed(product, tag[:40])


def feed_address(by: queries.Narrowed) -> str:
    """Where the same posts are a feed."""
    if by.product is not None:
        return reverse("blog:product_feed", args=[by.product.code.lower()])
    return reverse("blog:tag_feed", args=[by.tag]) if by.tag else reverse("blog:feed")


@require_safe
def posts(request: HttpRequest, code: str = "", tag: str = "") -> HttpResponse:
    """The news, newest first: all, of a product, or with a tag. One statement for a visitor. SRC-3."""
    by = _by(code, tag)
    visible = queries.narrowed(queries.in_language(access.visible_to(request.actor, at=request.now), tongue()), by)
    page = queries.newest(visible, after=request.GET.get("after", "")[:300])
    if by.tag and not page.rows and not request.GET.get("after"):
        raise Http404
    name = next((name for row in page.rows for slug, name in _tags(row["tags"]) if slug == by.tag), by.tag)
    context = {"page": page, "by": by, "tag_name": name, "feed": feed_address(by), "tongue": tongue(), "audiences": AUDIENCE_LABELS, "path": request.path}
    return render(request, "blog/portal/list.html", context)


def _tags(text: str) -> list[tuple[str, str]]:
    return Post(tags=text).tag_list


@require_safe
def post(request: HttpRequest, post_id: int, slug: str = "") -> HttpResponse:
    """A post; the number finds it, whatever it was called before. Two statements for a visitor. SRC-3."""
    who = reader(request.actor, at=request.now)
    found = queries.post_for(who, post_id)
    if found is None:
        raise Http404
    if slug != found.address_slug:
        return HttpResponsePermanentRedirect(reverse("blog:post", args=[found.pk, found.address_slug]))
    return render(request, "blog/portal/post.html", shown(found, queries.translations(found, who)))


def shown(found: Post, others: list[tuple[str, str]], **more: Any) -> dict[str, Any]:
    """Return what the page of a post shows."""
    return {
        "post": found, "others": others, "path": reverse("blog:post", args=[found.pk or 0, found.address_slug]), "preview": False,
        "audiences": AUDIENCE_LABELS, "languages": LANGUAGE_LABELS,
        "cover": found.cover if found.cover is not None and found.cover.is_inline else None,
    } | more  # fmt: skip


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """News for my products: a region of the home; opened by itself, the whole list. SRC-3."""
    if request.headers.get("HX-Request") != "true":
        return HttpResponse(status=302, headers={"Location": reverse("blog:list")})
    rows = queries.for_my_products(request.actor, language=tongue(), at=request.now)
    return render(request, "blog/portal/_mine.html", {"rows": rows, "tongue": tongue()})
