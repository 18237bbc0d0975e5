"""The one box: the page of a search, what is proposed while it is typed, and what is told of a search. SRC-2, TKT-3."""

from __future__ import annotations

import contextlib
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from amparo.kernel.refusals import Invalid
from amparo.products.models import Product
from amparo.search import commands, queries
from amparo.search.errors import SearchTooBroad, TooManySearches
from amparo.search.forms import FOR, Asked, asked_in
from amparo.search.models import KIND_ICONS, KIND_LABELS, KINDS
from amparo.threads import queries as threads
from amparo.threads.errors import SearchTooBroad as ThreadsTooBroad

from . import identity, language, who_reads

MATTERS, PROPOSED = 5, 7


@require_safe
@never_cache
def search(request: HttpRequest) -> HttpResponse:
    """What is published, and of who is signed in also his matters; for htmx the results alone, which are not noted yet. SRC-2."""
    asked = asked_in(request.GET.dict())
    context: dict[str, Any] = {"asked": asked, "labels": KIND_LABELS, "icons": KIND_ICONS, "found": None, "token": "", "error": "", "matters": []}
    status = 200
    if asked.words.strip():
        try:
            found = _found(request, asked)
            context |= {"found": found, "matters": _matters(request, asked), "tabs": _tabs(asked, found)}
            if not request.htmx:
                context["token"] = _noted(request, asked, found, "page")
        except (SearchTooBroad, Invalid) as refused:
            context["error"], status = str(refused), refused.status
    if request.htmx:
        return render(request, "search/portal/_results.html", context, status=status)
    context["products"] = list(Product.objects.filter(is_active=True).order_by("name").values("id", "name")[:50])
    return render(request, "search/portal/search.html", context, status=status)


def _found(request: HttpRequest, asked: Asked) -> queries.Found:
    return queries.search(
        who_reads(request), asked.words, kinds=asked.kinds, product_id=asked.product_id, limit=asked.limit, prefer=language(),
        typing=bool(request.htmx),
    )  # fmt: skip


def _noted(request: HttpRequest, asked: Asked, found: queries.Found, place: str) -> str:
    return commands.note_search(
        asked.words, found, identity=identity(request), place=place, kinds=asked.kinds or (), product_id=asked.product_id,
        language=language(), at=request.now,
    )  # fmt: skip


def _matters(request: HttpRequest, asked: Asked) -> list[dict[str, Any]]:
    """Return one's own tickets and cases that hold the words, as far as one may see them. ACC-11, SEC-29."""
    if not (request.actor.is_contact or request.actor.is_staff) or asked.kind or len(asked.words.strip()) < 2:
        return []
    desk = "desk_" if request.actor.is_staff else ""
    try:
        hits = threads.search(request.actor, asked.words[:200], limit=MATTERS)
    except ThreadsTooBroad:
        return []
    return [
        {"shown": hit.shown, "title": hit.title, "detail": hit.excerpt, "closed": hit.state == "closed",
         "url": reverse(f"{desk}{hit.kind}s:{hit.kind}", args=[hit.number])}
        for hit in hits
    ]  # fmt: skip


def _tabs(asked: Asked, found: queries.Found) -> list[dict[str, Any]]:
    """Return the kinds that were found, each with its count, as filters."""
    if not asked.kind and len(found.by_kind) < 2:
        return []
    kinds = [kind for kind in KINDS if kind in found.by_kind or kind == asked.kind]
    whole = {"code": "", "label": _("Everything"), "url": address(asked, kind=""), "count": None if asked.kind else found.total}
    return [whole, *({"code": kind, "label": KIND_LABELS[kind], "url": address(asked, kind=kind), "count": found.by_kind.get(kind, 0)} for kind in kinds)]


def address(asked: Asked, **other: Any) -> str:
    """Return the address of a search, with something said otherwise."""
    given = {"q": asked.words, "kind": asked.kind, "product": asked.product_id or ""} | other
    return f"{reverse('search:search')}?{urlencode({name: value for name, value in given.items() if value})}"


@require_safe
@never_cache
def suggest(request: HttpRequest) -> HttpResponse:
    """What may answer a text while it is typed: beside the subject of a ticket, or under the question of the help. TKT-3."""
    place = request.GET.get("for", "header")
    if place not in FOR:
        raise Invalid(field="for")
    asked = asked_in(request.GET.dict())
    product_id = _of_product(request.GET.get("about", "")) or asked.product_id
    words = asked.words or request.GET.get("title", "")
    hits = queries.similar(who_reads(request), words, product_id=product_id, prefer=language()) if len(words.strip()) > 3 else []
    return render(request, "search/portal/_suggestions.html", {"hits": hits, "words": words[:200], "place": place, "icons": KIND_ICONS})


def _of_product(about: str) -> int | None:
    """Return the product in `3:17`, as the form of a ticket names a licence."""
    first = about.partition(":")[0]
    return int(first) if first.isascii() and first.isdecimal() and len(first) < 19 else None


@require_safe
@never_cache
def palette(request: HttpRequest) -> HttpResponse:
    """What the box in the header proposes for the letters typed so far, as data. SRC-2, SEC-29."""
    words = request.GET.get("q", "")[:200]
    return JsonResponse({"results": proposals(request, words) if len(words.strip()) > 1 else []})


def proposals(request: HttpRequest, words: str) -> list[dict[str, str]]:
    """Return the door to all that is found, then the best of what is published and of one's own matters."""
    try:
        asked = Asked(words, "", None, PROPOSED)
        found = queries.search(who_reads(request), words, limit=PROPOSED, prefer=language(), typing=True)
        rows = [
            {"group": str(KIND_LABELS[hit.kind]), "label": hit.title, "detail": hit.product, "url": hit.url, "icon": KIND_ICONS[hit.kind]}
            for kind in KINDS for hit in found.hits if hit.kind == kind
        ]  # fmt: skip
        if not request.actor.is_staff:
            rows += [{"group": _("My matters"), "label": one["title"], "detail": one["shown"], "url": one["url"], "icon": "message-circle"}
                     for one in _matters(request, asked)]  # fmt: skip
    except (SearchTooBroad, Invalid):
        rows = []
    door = {"group": _("Search"), "label": _("See everything about «%(words)s»") % {"words": words}, "detail": "", "url": address(asked), "icon": "search"}
    return [door, *rows]


@require_POST
@never_cache
def settled(request: HttpRequest) -> HttpResponse:
    """Note a search that was typed and then left to stand, and give the token by which its click is told. SRC-2."""
    asked, place = asked_in(request.POST.dict()), request.POST.get("for", "page")
    if place not in (*FOR, "page"):
        raise Invalid(field="for")
    token = ""
    if len(asked.words.strip()) > 2:
        with contextlib.suppress(TooManySearches, SearchTooBroad):  # a help beside a form is silent
            found = queries.search(who_reads(request), asked.words, kinds=asked.kinds, product_id=asked.product_id, limit=1)
            token = _noted(request, asked, found, place)
    return render(request, "search/portal/_token.html", {"token": token})


@require_POST
@never_cache
def click(request: HttpRequest) -> HttpResponse:
    """Note which hit was opened. SRC-2."""
    position = request.POST.get("position", "")
    if position.isascii() and position.isdecimal() and len(position) < 4:
        commands.note_click(request.POST.get("token", "")[:40], int(position), request.POST.get("subject", "").replace("\x00", "")[:60], at=request.now)
    return HttpResponse(status=204)


