"""The customer's own browser shares the screen, to be seen only, without a program: consent, sharing, stop. LIV-2, SEC-39, SEC-41."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from amparo.kernel.refusals import NotPermitted, Refusal
from amparo.media import queries as media
from amparo.media import rooms
from amparo.media.errors import GatewayAway, GatewayRefused
from amparo.remote import access, commands, queries, words
from amparo.remote.commands.shared import CUSTOMER
from amparo.remote.machine import State, Way
from amparo.remote.models import Session
from amparo.ui.views import staff_only

from .shared import close_room, loaded

TOKEN_SECONDS = 900
# Chromium counts a screen among the cameras where its own question is answered for it (by the computer's administrator).
_PERMISSIONS = "display-capture=(self), camera=(self), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"
_CUSTOMER, _ENGINEER = "customer", "engineer"


@require_POST
def share(request: HttpRequest) -> HttpResponse:
    """Ask for consent, and let the browser ask what to show. The code is not used up before. LIV-2."""
    typed = request.POST.get("code", "")
    try:
        found = commands.look_up(typed, address=_address(request), at=request.now)
    except Refusal as refusal:
        return _page(request, {"refusal": refusal, "session": None}, refusal.status)
    context = {"refusal": None, "session": found, "asked": _asked(found, request), "code": typed[:20], "available": media.available(at=request.now)}
    return _page(request, context)


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    answer = render(request, "remote/portal/share.html", context, status=status)
    answer["Cache-Control"] = "private, no-store"
    answer["Permissions-Policy"] = _PERMISSIONS
    return answer


def _asked(found: Session, request: HttpRequest) -> dict[str, Any]:
    found.can = ["view"]
    return queries.asked_of(found, at=request.now)


def _address(request: HttpRequest) -> str:
    return request.META.get("REMOTE_ADDR", "")


@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """Take the customer's yes or no, with the code: it is used up by that. What comes back holds the secret of this page alone."""
    typed, yes = request.POST.get("code", ""), request.POST.get("answer") == "yes"
    secret = secrets.token_urlsafe(32)
    try:
        found = commands.look_up(typed, address=_address(request), at=request.now)
        if yes:
            rooms.create_room(queries.room_of(found), title=found.case.number, publishers_max=4, recorded=True, at=request.now)
        shown = _asked(found, request)["sentence"]
        made = commands.join_by_browser(typed, answer=yes, address=_address(request), resume=secret, shown=shown, at=request.now)
    except (Refusal, GatewayAway, GatewayRefused) as refusal:
        return _told({"error": _sentence(refusal)}, getattr(refusal, "status", 503))
    return _told({"secret": secret, "state": made.state})


def _sentence(problem: Exception) -> str:
    return str(problem.text) if isinstance(problem, Refusal) else str(GatewayAway().text)


def _told(said: dict[str, Any], status: int = 200) -> HttpResponse:
    made = JsonResponse(said, status=status)
    made["Cache-Control"] = "private, no-store"
    return made


@require_POST
def beat(request: HttpRequest) -> HttpResponse:
    """A sign of life of the page that shares; tells how the session stands, and what opens the room once it runs."""
    try:
        found = commands.resume(request.POST.get("secret", ""), at=request.now)
        standing = commands.beat_of_customer(found, at=request.now)
    except Refusal as refusal:
        return _told({"state": State.ENDED.value, "sentence": str(refusal.text)})
    return _told(_shown(found, standing, request, _CUSTOMER, rooms.PUBLISHER))


def _shown(found: Session, standing: queries.Standing, request: HttpRequest, who: str, role: str) -> dict[str, Any]:
    """Return how it stands; tokens only while it runs, and never beyond a quarter of an hour. SEC-38."""
    told: dict[str, Any] = {"state": standing.state, "seconds": standing.seconds, "limit": standing.limit, "running": standing.running, "waits": standing.waits}
    if standing.stood:
        told["note"] = words.stood_sentence(standing.stood)
    if standing.running and request.POST.get("want") == "access":
        until = request.now + timedelta(seconds=TOKEN_SECONDS)
        try:
            told["access"] = {
                "session": media.session(f"{who}-{found.pk}", seconds=TOKEN_SECONDS, at=request.now),
                "room": rooms.token(queries.room_of(found), who, role, seconds=TOKEN_SECONDS, at=request.now), "until": until.isoformat(),
            }  # fmt: skip
        except (GatewayAway, GatewayRefused) as problem:
            told["error"] = _sentence(problem)
    return told


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """The customer stops; the room closes at once. LIV-2, SEC-40."""
    try:
        found = commands.resume(request.POST.get("secret", ""), at=request.now)
    except Refusal:
        return _told({"state": State.ENDED.value})
    commands.end(found, reason="stopped_by_customer", actor=CUSTOMER, at=request.now)
    close_room(request, found)
    return _told({"state": State.ENDED.value})


# The engineer's side.


@require_safe
@staff_only()
def chosen(request: HttpRequest, session_id: int) -> HttpResponse:
    """Tell the page that waits for a helper that the customer shares by the browser instead."""
    found = loaded(request, session_id)
    told = HttpResponse(status=204)
    if found.way == Way.BROWSER and found.state != State.OFFERED:
        told = HttpResponse()
        told["HX-Redirect"] = reverse("desk_remote:watch", args=[found.pk])
    return told


@require_safe
@staff_only()
def watch(request: HttpRequest, session_id: int) -> HttpResponse:
    """The screen that a browser shares, beside its case; when it is over, what came of it. LIV-2."""
    found = loaded(request, session_id)
    if not found.is_open or found.way != Way.BROWSER or not access.may_conduct(request.actor, found):
        return redirect("desk_remote:session", found.pk)
    return render(request, "remote/desk/watch.html", {"session": found, "case": found.case})


@require_POST
@staff_only()
def watching(request: HttpRequest, session_id: int) -> HttpResponse:
    """A sign of life of the engineer's page: it begins what was consented to, and tells how it stands. CAS-5."""
    found = loaded(request, session_id)
    if not access.may_conduct(request.actor, found):
        raise NotPermitted(session=found.pk)
    try:
        signed = commands.engineer_left if request.POST.get("gone") else commands.beat_of_engineer
        standing = signed(found, actor=request.actor, at=request.now)
    except Refusal as refusal:
        return _told({"state": found.state, "error": str(refusal.text)}, 200)
    if standing.state == State.ENDED:
        close_room(request, found)
    return _told(_shown(found, standing, request, _ENGINEER, rooms.VIEWER))
