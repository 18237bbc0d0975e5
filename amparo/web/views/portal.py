"""The portal's home, the door to help, and the list of one's matters."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from amparo.cases.queries import needs_me
from amparo.contracts.access import offered_standings, reader
from amparo.ledger.queries import pockets
from amparo.search import queries as search
from amparo.search.models import KIND_ICONS, KINDS
from amparo.threads import queries as threads
from amparo.ui.drawn import kept
from amparo.ui.views import contact_only, signed_in

from .. import queries
from . import public


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What needs me, ask for help, what I have left, my open matters. Visitors see what there is; staff go to the desk."""
    actor = request.actor
    if actor.is_staff:
        return redirect("desk_web:queue")
    if not actor.is_signed_in:
        return public.welcome(request)
    standings = offered_standings(actor, request.now)
    if not actor.is_contact:
        return render(request, "web/portal/registered.html", {"standings": standings})
    matters = queries.customer_matters(threads.customer_threads(actor, open_only=True, size=12).rows)
    context = {
        "standings": kept(
            request, "web/portal/_standings.html", tuple(one.shown for one in standings), lambda: {"standings": standings}
        ),
        "doors": _drawn(request, "doors", queries.doors(standings, at=request.now)),
        "needs": needs_me(actor),
        "meters": _drawn(request, "meters", queries.meters(pockets(actor.customer_id, request.now))),
        "answers": [row for row in matters if row["queue"] == "waiting"],
        "matters": matters,
    }
    return render(request, "web/portal/home.html", context)


def _drawn(request: HttpRequest, name: str, rows: list[dict[str, Any]]) -> str:
    """Return rows of the home as HTML, nothing where there are none. What they show is their version: it is drawn once."""
    shown = tuple(tuple(row[key] for key in row if key != "pockets") for row in rows)
    return kept(request, f"web/portal/_{name}.html", shown, lambda: {name: rows}) if rows else ""


@require_GET
@signed_in
def help_door(request: HttpRequest) -> HttpResponse:
    """One field: «What do you need?», which searches first, then offers the doors this person may use."""
    words = request.GET.get("q", "")[:200]
    asked = len(words.strip()) > 1
    found = threads.search(request.actor, words, limit=8) if asked else []
    who = reader(request.actor, at=request.now) if asked else None
    context = {
        "words": words,
        "hits": search.similar(who, words, kinds=KINDS, prefer=(get_language() or "es")[:2]) if who else [],
        "icons": KIND_ICONS,
        "found": [
            {"number": hit.shown, "title": hit.title, "excerpt": hit.excerpt, "state": hit.queue,
             "url": queries.thread_url(hit.kind, hit.number, desk=False)}
            for hit in found
        ],
        "doors": queries.doors(offered_standings(request.actor, request.now), words, at=request.now),
    }  # fmt: skip
    template = "web/portal/_help.html" if request.htmx else "web/portal/help.html"
    return render(request, template, context)


@require_GET
@contact_only
def matters(request: HttpRequest) -> HttpResponse:
    """Every ticket and case that the contact may see, open ones first; or those that hold some words."""
    view = request.GET.get("view", "open")
    words = request.GET.get("q", "")[:200]
    if len(words.strip()) > 1:
        rows = queries.found_matters(threads.search(request.actor, words, limit=40))
        page = None
    else:
        page = threads.customer_threads(
            request.actor, open_only=view != "closed", after=request.GET.get("after", ""), size=30
        )
        rows = queries.customer_matters(page.rows)
    context = {"view": view, "words": words, "rows": rows, "page": page, "tabs": queries.matter_tabs()}
    template = "web/portal/_matters.html" if request.htmx else "web/portal/matters.html"
    return render(request, template, context)
