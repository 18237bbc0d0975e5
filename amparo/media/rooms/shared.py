"""What the ways of giving rooms have in common."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

VIEWER: Final = "viewer"
PUBLISHER: Final = "publisher"
MODERATOR: Final = "moderator"
ROLES: Final = (VIEWER, PUBLISHER, MODERATOR)


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody in a room: an opaque word, and whether he sends anything."""

    participant: str
    publishes: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded track of ours (`path`), or a finished recording elsewhere (`url`)."""

    participant: str
    kind: str
    begun_at: datetime | None
    path: Path | None = None
    url: str = ""


class Rooms(Protocol):
    """The interface of a gateway that gives rooms."""

    is_external: bool

    def create_room(self, room: str, *, title: str, publishers_max: int, recorded: bool, at: datetime) -> None: ...
    def token(self, room: str, participant: str, role: str, *, seconds: int, name: str, at: datetime) -> dict[str, Any]: ...
    def end(self, room: str) -> None: ...
    def participants(self, room: str) -> list[Present]: ...
    def record(self, room: str, on: bool) -> None: ...
    def recordings(self, room: str) -> list[Recording]: ...
    def mute(self, room: str, participant: str, stream: str, on: bool) -> None: ...
    def remove(self, room: str, participant: str) -> None: ...
