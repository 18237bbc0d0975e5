"""The recording of a session, replayed: for whoever sees its case, on either side. LIV-2, CAS-7."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from amparo.remote import access, commands, queries, words
from amparo.remote.machine import Way
from amparo.remote.models import Session
from amparo.remote.rules.record import Broken
from amparo.ui.views import contact_only, staff_only

from .shared import loaded


def _page(request: HttpRequest, found: Session, template: str, *, revealed: bool = False) -> HttpResponse:
    if found.is_open or not found.was_recorded:
        raise Http404
    context: dict[str, Any] = {"session": found, "case": found.case, "says": words, "revealed": revealed, "films": [], "may_reveal": access.may_reveal(request.actor, found)}
    if found.purged_at is None:
        context["films"] = queries.films_of(found) if found.way == Way.BROWSER else []
        if not context["films"]:
            context |= _played(found, revealed)
    answer = render(request, template, context)
    answer["Cache-Control"] = "private, no-store"
    return answer


def _played(found: Session, revealed: bool) -> dict[str, Any]:
    try:
        line = queries.time_line(found, reveal=revealed)
        context: dict[str, Any] = {"rows": line.rows, "length_ms": line.length_ms, "typed": line.typed_count}
    except (Broken, ValueError):
        context = {"rows": [], "length_ms": 0, "typed": 0}
    context["chunks"], context["broken"] = queries.verified(found)
    context["script"] = words.player_words()
    return context


@require_safe
@contact_only
def portal(request: HttpRequest, session_id: int) -> HttpResponse:
    """A recording as its customer sees it."""
    return _page(request, loaded(request, session_id), "remote/portal/replay.html")


@require_safe
@staff_only()
def desk(request: HttpRequest, session_id: int) -> HttpResponse:
    """A recording at the desk; what was typed is dots."""
    return _page(request, loaded(request, session_id), "remote/desk/replay.html")


@require_POST
@staff_only()
def reveal(request: HttpRequest, session_id: int) -> HttpResponse:
    """The same with what was typed in letters: on the record each time."""
    found = loaded(request, session_id)
    commands.reveal(found, actor=request.actor, at=request.now)
    return _page(request, found, "remote/desk/replay.html", revealed=True)


@require_safe
@contact_only
def chunk(request: HttpRequest, session_id: int, number: int) -> HttpResponse:
    """One chunk of the screen, for the player."""
    return _chunk(loaded(request, session_id), number)


@require_safe
@staff_only()
def chunk_of_staff(request: HttpRequest, session_id: int, number: int) -> HttpResponse:
    """One chunk of the screen, for the player at the desk."""
    return _chunk(loaded(request, session_id), number)


def _chunk(found: Session, number: int) -> HttpResponse:
    try:
        screen = queries.screen_of(found, number) if not found.is_open and found.purged_at is None else None
    except Broken:
        screen = None
    if screen is None:
        raise Http404
    answer = HttpResponse(screen, content_type="application/octet-stream")
    answer["Cache-Control"] = "private, no-store"
    return answer
