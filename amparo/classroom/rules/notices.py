"""What the gateway tells of rooms, read: who joined, left, began to send; what must be undone. Pure. LIV-1, SEC-38."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

PLUGIN_TYPE, CORE_TYPE = 64, 256
SCREEN: Final = "_screen"
JOINED, LEFT, SENDS, STARTED = "joined", "left", "sends", "started"
_NAMES: Final = {"joined": JOINED, "leaving": LEFT, "published": SENDS, "configured": SENDS, "kicked": LEFT}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that the gateway told: what, of whom, in which room, by which connection, when; `proof` as the browser gave it.

    `most` is how many streams of one kind he sends: one voice and one picture are what a place is for.
    """

    what: str
    at: datetime
    room: str = ""
    participant: str = ""
    screen: bool = False
    handle: str = ""
    proof: str = ""
    most: int = 0


def read(found: Iterable[Mapping[str, Any]]) -> list[Notice]:
    """Return what matters of the gateway's notices, oldest first; anything else and anything broken is passed over."""
    result = [notice for one in found if (notice := _one(one)) is not None]
    return sorted(result, key=lambda notice: notice.at)


def _one(one: Mapping[str, Any]) -> Notice | None:
    event, moment = one.get("event"), one.get("timestamp")
    if not isinstance(event, dict) or type(moment) is not int or not 0 < moment < 10**17:
        return None
    at = datetime.fromtimestamp(moment / 1e6, UTC)
    if one.get("type") == CORE_TYPE:
        return Notice(STARTED, at) if event.get("status") == "started" else None
    data = event.get("data")
    if one.get("type") != PLUGIN_TYPE or event.get("plugin") != "janus.plugin.videoroom" or not isinstance(data, dict):
        return None
    what, room, who = _NAMES.get(str(data.get("event"))), data.get("room"), data.get("id")
    if what is None or not isinstance(room, str) or not isinstance(who, str):
        return None
    screen = who.endswith(SCREEN)
    handle = f"{one.get('session_id', 0)}.{one.get('handle_id', 0)}"
    return Notice(what, at, room, who.removesuffix(SCREEN), screen, handle, str(one.get("opaque_id", ""))[:200], _most(data.get("streams")))


def _most(streams: Any) -> int:
    """Return how many streams of one kind there are; those that were ended do not count."""
    kinds = [one.get("type") for one in streams if isinstance(one, dict) and not one.get("disabled")] if isinstance(streams, list) else []
    return max((kinds.count(kind) for kind in set(kinds)), default=0)
