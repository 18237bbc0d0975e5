"""The recording of a session, replayed: for whoever sees its case, on either side. LIV-2, CAS-7."""

from __future__ import annotations

import contextlib
from typing import Any

import structlog
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from amparo.remote import access, commands, queries, words
from amparo.remote.machine import Way
from amparo.remote.models import Session
from amparo.remote.rules.record import Broken
from amparo.ui.views import contact_only, staff_only

from .shared import loaded

log = structlog.get_logger("amparo.remote")


def _page(request: HttpRequest, found: Session, template: str, *, revealed: bool = False) -> HttpResponse:
    if found.is_open or not found.was_recorded:
        raise Http404
    context: dict[str, Any] = {
        "session": found, "case": found.case, "says": words, "revealed": revealed, "films": [], "unreadable": False,
        "may_reveal": access.may_reveal(request.actor, found),
    }  # fmt: skip
    if found.purged_at is None:
        context["films"] = queries.films_of(found) if found.way == Way.BROWSER else []
        if not context["films"]:
            context |= _played(found, revealed)
    answer = render(request, template, context)
    answer["Cache-Control"] = "private, no-store"
    return answer


def _played(found: Session, revealed: bool) -> dict[str, Any]:
    context: dict[str, Any] = {"rows": [], "length_ms": 0, "typed": 0, "script": words.player_words()}
    try:
        with contextlib.suppress(Broken, ValueError):
            line = queries.time_line(found, reveal=revealed)
            context |= {"rows": line.rows, "length_ms": line.length_ms, "typed": line.typed_count}
        context["chunks"], context["broken"] = queries.verified(found)
    except OSError as error:
        context["unreadable"] = True
        _cannot_read(found, error)
    return context


def _cannot_read(found: Session, error: OSError) -> None:
    """Tell the log, without the place on our disk which the words of the error name."""
    log.error("a recording cannot be read", session=found.number, case=found.case_id, why=error.strerror or type(error).__name__)


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


@require_POST
@contact_only
def verify(request: HttpRequest, session_id: int) -> HttpResponse:
    """Let the films be verified now, for their customer."""
    commands.ask_verification(loaded(request, session_id), actor=request.actor, at=request.now)
    return redirect("remote:replay", session_id)


@require_POST
@staff_only()
def verify_at_desk(request: HttpRequest, session_id: int) -> HttpResponse:
    """The same at the desk."""
    commands.ask_verification(loaded(request, session_id), actor=request.actor, at=request.now)
    return redirect("desk_remote:replay", session_id)


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
    except OSError as error:
        _cannot_read(found, error)
        return HttpResponse(status=503)
    if screen is None:
        raise Http404
    answer = HttpResponse(screen, content_type="application/octet-stream")
    answer["Cache-Control"] = "private, no-store"
    return answer
