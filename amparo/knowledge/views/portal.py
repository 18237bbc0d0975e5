"""The knowledge base as its readers see it. SRC-2, SRC-5, ACC-1."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_POST, require_safe

from amparo.contracts.access import reader
from amparo.contracts.rules.cards import address_hash
from amparo.knowledge import access, commands, queries, rules
from amparo.knowledge.models import KIND_LABELS, PART_LABELS, Article
from amparo.knowledge.queries import ArticlePage

READER_COOKIE = "amparo-reader"
_YEAR_SECONDS = 365 * 24 * 3600


def _language() -> str:
    return (translation.get_language() or "es")[:2]


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 18 else None


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What there is to read, by product, theme and kind. SRC-2, ACC-1."""
    given = {name: request.GET.get(name, "")[:40] for name in ("product", "theme", "kind")}
    if given["kind"] not in KIND_LABELS:
        given["kind"] = ""
    shown = queries.home(
        reader(request.actor, at=request.now), language=_language(), product_id=_number(given["product"]),
        theme_id=_number(given["theme"]), kind=given["kind"], after=request.GET.get("after", "")[:300],
    )  # fmt: skip
    context: dict[str, Any] = {"shown": shown, "given": given, "kinds": KIND_LABELS, "narrowed": any(given.values()), "more": _with(given)}
    return render(request, "knowledge/portal/home.html", context)


def _with(given: dict[str, str]) -> Any:
    def more(**changed: Any) -> str:
        said = {name: value for name, value in {**given, **changed}.items() if value not in ("", None)}
        return f"{reverse('knowledge:home')}?{urlencode(said)}" if said else reverse("knowledge:home")

    return more


@require_safe
def article(request: HttpRequest, article_id: int, slug: str = "") -> HttpResponse:
    """An article; the number finds it, whatever it was called before. One statement for a visitor. SRC-2, SRC-5."""
    shown = queries.article_page(reader(request.actor, at=request.now), article_id)
    if shown is None:
        raise Http404
    if slug != shown.slug:
        query = request.META.get("QUERY_STRING", "")
        return HttpResponsePermanentRedirect(f"{shown.url}?{query}" if query else shown.url)
    return render(request, "knowledge/portal/article.html", _context(request, shown))


def _context(request: HttpRequest, shown: ArticlePage, **more: Any) -> dict[str, Any]:
    mine = queries.reader_versions(request.actor, shown.product_id) if shown.first_version or shown.last_version else []
    return {
        "shown": shown, "kinds": KIND_LABELS, "labels": PART_LABELS, "sought": request.GET.get("q", "")[:200],
        "mine": [(version, rules.applies(shown.first_version, shown.last_version, version)) for version in mine],
        "stale": shown.is_stale(timezone.localtime(request.now, timezone.get_default_timezone()).date()),
        "subject": shown.theme_en if _language() == "en" and shown.theme_en else shown.theme, "voted": None, "preview": False,
        "tongues": [(one.language, one.url) for one in shown.translations],
    } | more  # fmt: skip


@require_POST
def useful(request: HttpRequest, article_id: int) -> HttpResponse:
    """Keep whether it was useful, and a word to the owner; a «no» leads on to a question. SRC-2."""
    wanted = get_object_or_404(access.visible_to(request.actor, at=request.now), pk=article_id)
    answer = request.POST.get("useful", "")
    if answer not in ("yes", "no"):
        raise Http404
    who, fresh = _reader_of(request)
    address = "" if request.actor.is_staff else address_hash(request.META.get("REMOTE_ADDR", ""), settings.SECRETS["pepper"])
    sought = request.POST.get("q", "").replace("\x00", "")[:200]
    commands.vote(
        wanted, useful=answer == "yes", reader=who, address=address, word=request.POST.get("word", ""), sought=sought,
        actor=request.actor, at=request.now,
    )  # fmt: skip
    context = {"shown": wanted, "voted": answer, "word": bool(request.POST.get("word", "").strip()), "ask": _ask(wanted, sought), "sought": sought}
    if request.htmx:
        response = render(request, "knowledge/portal/_useful.html", context)
    else:
        page = queries.article_page(reader(request.actor, at=request.now), article_id)
        if page is None:
            raise Http404
        response = render(request, "knowledge/portal/article.html", _context(request, page, **{k: v for k, v in context.items() if k != "shown"}))
    if fresh:
        response.set_cookie(READER_COOKIE, fresh, max_age=_YEAR_SECONDS, httponly=True, samesite="Lax", secure=request.is_secure())
    return response


def _reader_of(request: HttpRequest) -> tuple[str, str]:
    """What tells this reader from others, and a new mark for who has none. Nothing of it says who he is."""
    if request.actor.user_id is not None:
        return f"user:{request.actor.user_id}", ""
    mark = request.COOKIES.get(READER_COOKIE, "")[:64]
    fresh = "" if len(mark) == 32 and mark.isalnum() else secrets.token_hex(16)
    return hashlib.sha256((fresh or mark).encode()).hexdigest(), fresh


def _ask(article: Article, sought: str) -> str:
    """Where a reader who was not helped asks: a ticket that carries the article and the search."""
    try:
        address = reverse("tickets:new")
    except NoReverseMatch:
        return ""
    return f"{address}?{urlencode({'article': article.pk} | ({'q': sought} if sought else {}))}"


@require_safe
def by_code(request: HttpRequest, code: str) -> HttpResponse:
    """`/e/CODE`: the article about an error code, or the search for it. SRC-2."""
    code = code.strip("/")[:60]
    found = queries.by_code(request.actor, code, language=_language(), at=request.now)
    if found is not None:
        return redirect(found.url)
    try:
        search = reverse("search:search")
    except NoReverseMatch:
        search = reverse("knowledge:home")
    return redirect(f"{search}?{urlencode({'q': code})}")
