"""Pages for anybody: the home of a visitor, products, levels, tariff, and what robots and browsers ask for."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from amparo.contracts.access import reader
from amparo.contracts.rules.audience import ANYBODY
from amparo.ui.views import public_page

from .. import public

HOME_SHELVES = {"article": 6, "post": 3, "video": 3}


def _language() -> str:
    return (get_language() or "es")[:2]


@public_page
def welcome(request: HttpRequest) -> HttpResponse:
    """What the service is, and help in one step. Two statements. ACC-1, ACC-9."""
    page = {
        "products": public.products(),
        "shelves": {shelf.kind: shelf for shelf in public.published(ANYBODY, shelves=HOME_SHELVES, language=_language())},
        "offered": public.offered(),
    }
    return render(request, "web/public/home.html", page)


@require_safe
@public_page
def products(request: HttpRequest) -> HttpResponse:
    """What the vendor makes, each leading to what there is about it. ACC-1."""
    return render(request, "web/public/products.html", {"products": public.products()})


@require_safe
@public_page
def product(request: HttpRequest, code: str) -> HttpResponse:
    """What was published about one product, as far as the reader may see it. ACC-1, SEC-29."""
    found = public.product(code)
    if found is None:
        raise Http404
    shelves = public.published(reader(request.actor, at=request.now), product_id=found["id"], language=_language())
    page = {"product": found, "shelves": shelves, "path": public.product_url(found["code"])}
    return render(request, "web/public/product.html", page)


@require_safe
@public_page
def levels(request: HttpRequest) -> HttpResponse:
    """The two levels of service: what is free, what a contract adds, and the maximum times. ACC-9, ACC-10, TIM-4."""
    offered = public.offered()
    page = {
        "free": [one for one in offered if one.level != "covered"],
        "covered": [one for one in offered if one.level == "covered"],
        "times": public.times(request.now),
        "plans": public.plans(),
    }
    return render(request, "web/public/levels.html", page)


@require_safe
@public_page
def tariff(request: HttpRequest) -> HttpResponse:
    """What each service costs in credits, and the plans with their price. TAR-1 to TAR-4, CTR-1."""
    return render(request, "web/public/tariff.html", {"tariff": public.tariff(request.now), "plans": public.plans()})


@require_safe
@cache_control(public=True, max_age=3600)
def sitemap(request: HttpRequest) -> HttpResponse:
    """The index of the sitemap. SEC-29: it and its parts are made for anybody, whoever asks."""
    page = {"host": public.own_host(), "kinds": public.sitemap_kinds()}
    return render(request, "web/public/sitemap_index.xml", page, content_type="application/xml; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=3600)
def sitemap_part(request: HttpRequest, kind: str) -> HttpResponse:
    """The addresses of one kind that anybody may read. SEC-29."""
    if kind not in public.sitemap_kinds():
        raise Http404
    page = {"host": public.own_host(), "rows": public.sitemap(kind, request.now)}
    return render(request, "web/public/sitemap.xml", page, content_type="application/xml; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=86_400)
def robots(request: HttpRequest) -> HttpResponse:
    """What robots may walk through."""
    shut = ("/desk/", "/account/", "/search/", "/files/", "/people/", "/notifications/", "/ui/")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in shut), "", f"Sitemap: {public.own_host()}/sitemap.xml", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
@public_page
def opensearch(request: HttpRequest) -> HttpResponse:
    """How a browser searches here from its own bar."""
    kind = "application/opensearchdescription+xml; charset=utf-8"
    return render(request, "web/public/opensearch.xml", {"host": public.own_host()}, content_type=kind)


@require_safe
@public_page
def llms(request: HttpRequest) -> HttpResponse:
    """The house in plain text, for programs that read for people."""
    page = {"host": public.own_host(), "products": public.products(), "times": public.times(request.now)}
    return render(request, "web/public/llms.txt", page, content_type="text/plain; charset=utf-8")
