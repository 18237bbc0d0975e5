"""The desk's queue and the command palette."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from amparo.forum import queries as forum
from amparo.threads import queries as threads
from amparo.tickets import access as tickets
from amparo.ui.views import staff_only

from .. import queries


@require_GET
@staff_only()
def queue(request: HttpRequest) -> HttpResponse:
    """The queue, sorted by promise; its list alone for htmx."""
    view = request.GET.get("view", "all")
    filters = queries.queue_filter(view, request.GET.dict(), request.actor)
    page = threads.queue(request.actor, filters, at=request.now, after=request.GET.get("after", ""))
    counts = threads.counts(request.actor, at=request.now)
    asked = forum.owed(request.actor, at=request.now)
    request.rail_counts = counts.rail | {"forum": len(asked)}
    waiting = [row for row in asked if view == "all" or (view == "late" and row.due_at < request.now)]
    shown = [] if filters.kind or filters.tag else [row.as_row for row in waiting[: forum.DESK_SHOWN]]
    context = {
        "view": view,
        "may_open": tickets.may_open_for_callers(request.actor),
        "page": page,
        "rows": queries.queue_rows(page.rows),
        "questions": shown if not request.GET.get("after") else [],
        "tabs": queries.queue_tabs(counts),
        "kind": filters.kind,
        "query": f"view={view}" + (f"&kind={filters.kind}" if filters.kind else ""),
    }
    template = "web/desk/_queue.html" if request.htmx else "web/desk/queue.html"
    return render(request, template, context)


@require_GET
@staff_only()
def queue_column(request: HttpRequest) -> HttpResponse:
    """The queue as a narrow column beside a thread: what is owed next."""
    page = threads.queue(request.actor, None, at=request.now, size=30)
    return render(
        request, "web/desk/_queue_column.html",
        {"rows": queries.queue_rows(page.rows), "current": request.GET.get("current", "")[:40]},
    )  # fmt: skip


@require_GET
@staff_only()
def search_json(request: HttpRequest) -> HttpResponse:
    """What the command palette offers for the words typed so far."""
    found = queries.palette(request.actor, request.GET.get("q", ""), at=request.now)
    return JsonResponse({"results": found})
