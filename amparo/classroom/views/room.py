"""The room of a class: the door with its token, the hand, the floor, the chat, and what its leader does. LIV-1, SEC-38.

A command decides first; then the gateway is told, outside of the transaction. Where the gateway does not answer, what was decided
holds: the notices and the worker put right what it missed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from amparo.classroom import access, commands, tasks
from amparo.classroom.machine import INSTRUCTOR, Place, State
from amparo.classroom.models import LiveClass, Participant
from amparo.media import queries as media
from amparo.media import rooms
from amparo.media.errors import GatewayAway, GatewayRefused
from amparo.media.rooms.bigbluebutton import callback_is_signed
from amparo.policies.queries import value
from amparo.ui.views import signed_in

from .shared import done, found, key_of

SESSION_SECONDS = 8 * 3600  # of the line to the gateway, which opens no room by itself
SOUND, IMAGE = "0", "1"  # the places of one's streams, by the order in which our page sends them


@require_POST
@signed_in
def enter(request: HttpRequest, class_id: int) -> HttpResponse:
    """Ask for one's place; whoever has it gets a token for this room, bound to him, that ends soon. LIV-1, SEC-38."""
    own = commands.enter(found(request, class_id), actor=request.actor, at=request.now)
    one = LiveClass.objects.get(pk=class_id)
    if own.place != Place.ADMITTED or one.state != State.RUNNING:
        return JsonResponse({"place": own.place, "state": one.state})
    make_room(one, request)
    role = rooms.MODERATOR if own.role == INSTRUCTOR else rooms.PUBLISHER if own.floor_at else rooms.VIEWER
    seconds = value("classroom.token_seconds", at=request.now)
    room = rooms.token(one.room, own.word, role, seconds=seconds, name=own.name, at=request.now)
    if room["kind"] != "janus":
        return JsonResponse({"place": own.place, "state": one.state, "url": room["url"]})
    room |= {"may_publish": own.role == INSTRUCTOR or own.floor_at is not None, "may_share": own.role == INSTRUCTOR, "seconds": seconds}
    session = media.session(own.word, seconds=SESSION_SECONDS, at=request.now)
    return JsonResponse({"place": own.place, "state": one.state, "session": session, "room": room}, headers={"Cache-Control": "no-store"})


def make_room(one: LiveClass, request: HttpRequest) -> None:
    """Make the room at the gateway where it is not there: after a restart whoever comes first makes it again."""
    floor = value("classroom.floor_max", at=request.now)
    rooms.create_room(one.room, title=one.title, publishers_max=floor + 4, recorded=one.is_recording, at=request.now)


@require_POST
@signed_in
def hand(request: HttpRequest, class_id: int) -> HttpResponse:
    """Raise one's hand, take it down, or give the floor back."""
    one = found(request, class_id)
    act = commands.lower_hand if request.POST.get("down") else commands.raise_hand
    own = act(one, actor=request.actor, at=request.now)
    if act is commands.lower_hand:  # what his page sends it ends itself; whatever else sends in his name is silent at once
        with contextlib.suppress(GatewayAway, GatewayRefused):
            _silence(own, request)
    return done(request, class_id)


@require_POST
@signed_in
def say(request: HttpRequest, class_id: int) -> HttpResponse:
    """Write into the chat of the class."""
    commands.say(found(request, class_id), request.POST.get("body", ""), key=key_of(request), actor=request.actor, at=request.now)
    return done(request, class_id)


@require_POST
@signed_in
def start(request: HttpRequest, class_id: int) -> HttpResponse:
    """Begin the class."""
    one = commands.start(found(request, class_id), actor=request.actor, at=request.now)
    with contextlib.suppress(GatewayAway, GatewayRefused):
        make_room(one, request)
    return done(request, class_id)


@require_POST
@signed_in
def end(request: HttpRequest, class_id: int) -> HttpResponse:
    """End the class for everybody."""
    one = commands.end(found(request, class_id), actor=request.actor, at=request.now)
    tasks.shut(one, at=request.now)
    return done(request, class_id)


@require_POST
@signed_in
def record(request: HttpRequest, class_id: int) -> HttpResponse:
    """Begin or end to record."""
    one = commands.set_recording(found(request, class_id), request.POST.get("on") == "1", actor=request.actor, at=request.now)
    with contextlib.suppress(GatewayAway, GatewayRefused):
        rooms.record(one.room, one.is_recording, at=request.now)
    return done(request, class_id)


def _out(own: Participant, request: HttpRequest) -> None:
    commands.send_out(own, actor=request.actor, at=request.now)
    for word in (own.word, f"{own.word}_screen"):
        rooms.remove(own.live_class.room, word, at=request.now)


def _unfloor(own: Participant, request: HttpRequest) -> None:
    commands.take_floor(own, actor=request.actor, at=request.now)
    _silence(own, request)


def _silence(own: Participant, request: HttpRequest) -> None:
    for stream in (SOUND, IMAGE):
        rooms.mute(own.live_class.room, own.word, stream, True, at=request.now)


def _mute(own: Participant, request: HttpRequest, on: bool) -> None:
    commands.mute(own, on, actor=request.actor, at=request.now)
    rooms.mute(own.live_class.room, own.word, SOUND, on, at=request.now)


_ACTS: dict[str, Callable[[Participant, Any], object]] = {
    "admit": lambda own, request: commands.admit(own, actor=request.actor, at=request.now),
    "out": _out,
    "floor": lambda own, request: commands.give_floor(own, actor=request.actor, at=request.now),
    "unfloor": _unfloor,
    "mute": lambda own, request: _mute(own, request, True),
    "unmute": lambda own, request: _mute(own, request, False),
}


@require_POST
@signed_in
def act(request: HttpRequest, place_id: int, act: str) -> HttpResponse:
    """Let in, send out, give and take the floor, mute: for whoever leads the class."""
    if act not in _ACTS:
        raise Http404
    own = get_object_or_404(Participant.objects.filter(live_class__in=access.visible_to(request.actor)).select_related("live_class"), pk=place_id)
    with contextlib.suppress(GatewayAway, GatewayRefused):
        _ACTS[act](own, request)
    return done(request, own.live_class_id)


@csrf_exempt  # a machine asks here: it proves itself by the seal that we gave it
@require_http_methods(["GET", "POST"])
def told(request: HttpRequest) -> HttpResponse:
    """Take a callback of BigBlueButton, which is believed only with our seal: a meeting ended, a recording is ready. SEC-42.

    It changes nothing but when we look for the recording ourselves, so that the same one again is no second act.
    """
    room = request.GET.get("room", "")[:40]
    if not callback_is_signed(room, request.GET.get("seal", "")):
        return HttpResponse(status=401)
    commands.look_again(room, at=request.now)
    return HttpResponse(status=204)
