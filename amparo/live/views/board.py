"""The board on the wall, and the table of a day. TEL-3."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from amparo.kernel.sheets import as_csv
from amparo.live import access, queries
from amparo.ui.views import staff_only

READERS = (*access.ROLES, "quality", "rnd_director")


@require_safe
@staff_only(*READERS)
def wallboard(request: HttpRequest) -> HttpResponse:
    """Waiting, longest wait, answered, missed, by hour and by person: live, to be read from three metres."""
    board = queries.board(at=request.now, zone=request.zone)
    today = request.now.astimezone(request.zone).date()
    return render(request, "live/desk/_board.html" if request.htmx else "live/desk/wallboard.html", {"board": board, "today": today})


@require_safe
@staff_only(*access.ROLES, "quality")
def day(request: HttpRequest) -> HttpResponse:
    """The calls of a day as a table for a spreadsheet. SEC-56."""
    try:
        on = date.fromisoformat(request.GET.get("on", "")[:10])
    except ValueError:
        on = request.now.astimezone(request.zone).date()
    answer = HttpResponse(as_csv(queries.day_rows(on, request.actor, zone=request.zone)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="llamadas-{on.isoformat()}.csv"'
    return answer
