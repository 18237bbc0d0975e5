"""For programs: which update is due, the feed of releases, the public key. UPD-2, LIC-3."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from amparo.downloads import queries
from amparo.downloads.models import Publication
from amparo.downloads.rules import versions
from amparo.kernel import signing
from amparo.products.models import Product

KEPT_SECONDS = 300


def _answer(request: HttpRequest, code: str) -> tuple[bytes, str]:
    """Return the answer for who asks without saying who he is: the same for everybody, so that it may be kept. UPD-2."""
    found = queries.product_of(code)
    if found is None or queries.public_product(found.pk) is None:
        raise Http404
    version = request.GET.get("version", "")[:30]
    platform, channel = request.GET.get("platform", "")[:16], request.GET.get("channel", "stable")
    if version and versions.parse(version) is None:
        return queries.signed_answer({"format": "amparo-update/1", "error": "bad_version"})
    update = queries.update_for(found.pk, version, channel if channel in queries.CHANNELS_OF else "stable", platform=platform, at=request.now)
    return queries.signed_answer(queries.as_answer(update) | {"product": found.code})


def _kept(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


@require_safe
def check(request: HttpRequest, product: str) -> HttpResponse:
    """`GET …/updates/<code>.json?version=&channel=&platform=`: what is due, signed, without the address of any file.

    The signature stands beside it (`Amparo-Signature`, hex) and at the same address with `.sig`.
    """
    body, signature = _answer(request, product)
    answer = HttpResponse(body, content_type="application/json", status=400 if b'"error"' in body[:60] else 200)
    answer["Amparo-Signature"] = f"ed25519={signature}"
    return _kept(answer) if answer.status_code == 200 else answer


@require_safe
def check_signature(request: HttpRequest, product: str) -> HttpResponse:
    """The 64 octets that sign the answer with the same question. UPD-2."""
    _body, signature = _answer(request, product)
    return _kept(HttpResponse(bytes.fromhex(signature), content_type="application/octet-stream"))


@require_safe
def key(request: HttpRequest) -> HttpResponse:
    """The public key, and how a file is verified with commands that every system has. UPD-2."""
    raw = signing.public_of(settings.SECRETS)
    page = {"pem": signing.pem_of(raw), "fingerprint": signing.fingerprint(raw)}
    return render(request, "downloads/portal/key.html", page)


@require_safe
def key_file(request: HttpRequest) -> HttpResponse:
    """The public key as `openssl` reads it."""
    return _kept(HttpResponse(signing.pem_of(signing.public_of(settings.SECRETS)), content_type="application/x-pem-file"))


class ReleaseFeed(Feed):
    """The releases of a product that anybody may know of, as Atom. UPD-2."""

    feed_type = Atom1Feed

    def get_object(self, request: HttpRequest, product_id: int) -> Product:  # type: ignore[override]
        found = queries.public_product(product_id)
        if found is None:
            raise Http404
        return found

    def title(self, product: Product) -> str:
        return _("Versions of %(product)s") % {"product": product.name}

    def link(self, product: Product) -> str:
        return settings.PUBLIC_URL + reverse("downloads:product", args=[product.pk])

    def feed_guid(self, product: Product) -> str:
        return self.link(product)

    def items(self, product: Product) -> Iterable[Publication]:
        return queries.feed(product)

    def item_title(self, item: Any) -> str:
        return f"{item.release.product.name} {item.release.version}"

    def item_description(self, item: Any) -> str:
        return item.html("es-mx")

    def item_link(self, item: Any) -> str:
        return settings.PUBLIC_URL + reverse("downloads:release", args=[item.release_id])

    def item_guid(self, item: Any) -> str:
        return self.item_link(item)

    def item_pubdate(self, item: Any) -> datetime:
        return item.published_at

    def item_updateddate(self, item: Any) -> datetime:
        return max(item.changed_at, item.published_at)
