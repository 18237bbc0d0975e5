"""Atom feeds of all news, of a product, of a tag: what anybody may read, whoever asks. SRC-3, SEC-29."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from amparo.blog import queries
from amparo.blog.models import Post
from amparo.ui.jinja import identity
from amparo.ui.meta import absolute

from .portal import feed_address

LANGUAGES = {"es": "es-mx", "en": "en"}
# No sign of control may stand in XML, and no reader shows one.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def _plain(text: str) -> str:
    return _CONTROL.sub("", text)


class News(Feed):
    """One feed; `?language=en` gives the other language. It knows no session: who is signed in gets what everybody gets."""

    feed_type = Atom1Feed

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        tongue = request.GET.get("language", "es")
        if tongue not in LANGUAGES:
            raise Http404
        with translation.override(LANGUAGES[tongue]):
            answer = super().__call__(request, *args, **kwargs)
        answer["Cache-Control"] = "public, max-age=300"
        answer["X-Content-Type-Options"] = "nosniff"
        return answer

    def get_object(self, request: HttpRequest, code: str = "", tag: str = "") -> tuple[queries.Narrowed, str, list[Post]]:
        product = queries.product_by_code(code) if code else None
        by, tongue = queries.Narrowed(product, tag[:40]), request.GET.get("language", "es")
        posts = queries.feed(by, tongue)
        if (code and product is None) or (tag and not posts):
            raise Http404
        return by, tongue, posts

    def title(self, asked: tuple[queries.Narrowed, str, list[Post]]) -> str:
        by, _tongue, posts = asked
        name = _plain(identity().name)
        if by.product is not None:
            return _("News of %(product)s · %(vendor)s") % {"product": _plain(by.product.name), "vendor": name}
        if by.tag:
            tag = next((shown for post in posts for slug, shown in post.tag_list if slug == by.tag), by.tag)
            return _("News about «%(tag)s» · %(vendor)s") % {"tag": _plain(tag), "vendor": name}
        return _("News · %(vendor)s") % {"vendor": name}

    def link(self, asked: tuple[queries.Narrowed, str, list[Post]]) -> str:
        by = asked[0]
        if by.product is not None:
            return absolute(reverse("blog:product", args=[by.product.code.lower()]))
        return absolute(reverse("blog:tag", args=[by.tag]) if by.tag else reverse("blog:list"))

    def feed_url(self, asked: tuple[queries.Narrowed, str, list[Post]]) -> str:
        return absolute(feed_address(asked[0]) + ("" if asked[1] == "es" else f"?language={asked[1]}"))

    def feed_guid(self, asked: tuple[queries.Narrowed, str, list[Post]]) -> str:
        return self.feed_url(asked)

    def items(self, asked: tuple[queries.Narrowed, str, list[Post]]) -> list[Post]:
        return asked[2]

    def item_title(self, item: Any) -> str:
        return _plain(item.title)

    def item_description(self, item: Any) -> str:
        return _plain(re.sub(r'(\s(?:src|href)=")/', rf"\g<1>{absolute('/')}", item.rendered))

    def item_link(self, item: Post) -> str:
        return absolute(reverse("blog:post", args=[item.pk, item.address_slug]))

    def item_guid(self, item: Post) -> str:
        return absolute(reverse("blog:post_by_number", args=[item.pk]))

    def item_author_name(self, item: Post) -> str:
        return _plain(item.author_name)

    def item_pubdate(self, item: Post) -> datetime | None:
        return item.published_at

    def item_updateddate(self, item: Post) -> datetime | None:
        return item.changed_at

    def item_categories(self, item: Post) -> list[str]:
        return [_plain(name) for _slug, name in item.tag_list]
