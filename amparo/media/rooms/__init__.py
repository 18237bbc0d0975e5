"""Rooms of sound and image behind one interface; which gateway gives them is a setting (`media.rooms_by`). LIV-1.

These ask another system: call them from views and tasks, never inside a transaction. All raise GatewayAway, GatewayRefused.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from amparo.policies.queries import value

from . import bigbluebutton, janus
from .shared import MODERATOR, PUBLISHER, ROLES, VIEWER, Present, Recording, Rooms

__all__ = ["MODERATOR", "PUBLISHER", "ROLES", "VIEWER", "Present", "Recording", "Rooms", "create_room", "end", "is_external", "mute", "participants", "record",
           "recordings", "remove", "rooms_by", "token"]  # fmt: skip
_WAYS: dict[str, Rooms] = {"janus": janus.JanusRooms(), "bigbluebutton": bigbluebutton.BigBlueButtonRooms()}


def rooms_by(*, at: datetime) -> Rooms:
    """Return the way that rooms are given now."""
    return _WAYS[value("media.rooms_by", at=at)]


def is_external(*, at: datetime) -> bool:
    """Tell whether a room is a page of another server, to which a person is sent, instead of a part of ours."""
    return rooms_by(at=at).is_external


def create_room(room: str, *, title: str, publishers_max: int, at: datetime, recorded: bool = False) -> None:
    """Make a room where there is none; one that exists stays as it is, with who is in it."""
    rooms_by(at=at).create_room(room, title=title, publishers_max=publishers_max, recorded=recorded, at=at)


def token(room: str, participant: str, role: str, *, seconds: int, at: datetime, name: str = "") -> dict[str, Any]:
    """Return what opens one room to one participant for so long: of Janus a signed `token` and the `proof` of who it is; of
    BigBlueButton a `url`. `name` is given to BigBlueButton alone, which shows it itself."""
    return rooms_by(at=at).token(room, participant, role, seconds=seconds, name=name, at=at)


def end(room: str, *, at: datetime) -> None:
    """Close a room; whoever is in it is out. One that does not exist is as good."""
    rooms_by(at=at).end(room)


def participants(room: str, *, at: datetime) -> list[Present]:
    """Return who is in a room, by opaque word; nobody where there is no such room."""
    return rooms_by(at=at).participants(room)


def record(room: str, on: bool, *, at: datetime) -> None:
    """Begin or end to record at the gateway."""
    rooms_by(at=at).record(room, on)


def recordings(room: str, *, at: datetime) -> list[Recording]:
    """Return what was recorded, oldest first: of Janus the tracks as files of ours, of BigBlueButton addresses."""
    return rooms_by(at=at).recordings(room)


def mute(room: str, participant: str, stream: str, on: bool, *, at: datetime) -> None:
    """Stop somebody's sound or image (a stream's mid) at the gateway, whatever his browser does; or let it through again."""
    rooms_by(at=at).mute(room, participant, stream, on)


def remove(room: str, participant: str, *, at: datetime) -> None:
    """Send somebody out of a room. Nobody of that word in it is as good."""
    rooms_by(at=at).remove(room, participant)
