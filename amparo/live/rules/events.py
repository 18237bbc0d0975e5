"""What exchanges tell of a call, in one form whatever the exchange: pure. TEL-3, SEC-33, SEC-43."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from amparo.live.errors import EventInvalid

STATES = ("ringing", "answered", "held", "resumed", "transferred", "ended", "missed")
DIRECTIONS = ("in", "out", "internal")
LENGTH_MAX = {"id": 120, "call": 120, "from": 80, "from_name": 120, "to": 80, "extension": 20, "recording": 500}
NEEDED = ("id", "call", "state", "at")
BATCH_MAX = 50
FUTURE_MAX = timedelta(minutes=5)
PAST_MAX = timedelta(days=7)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_AWARE = re.compile(r"(Z|[+-]\d\d:?\d\d)$")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a call. `id` is its own name, the same however often it is told."""

    id: str
    call: str
    state: str
    at: datetime
    direction: str = "in"
    caller: str = ""
    caller_name: str = ""
    called: str = ""
    extension: str = ""
    recording: str = ""


def parse_events(body: bytes, *, at: datetime) -> list[Event]:
    """Return the events of a delivery: one object, or `{"events": [...]}` with up to 50.

    Strict: a key that is not known, a value of another type, a text without end or a time without a zone is refused,
    and nothing of the delivery is taken. Raises EventInvalid.
    """
    try:
        given = json.loads(body.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise EventInvalid(place="", why="json") from None
    rows = given.get("events") if isinstance(given, dict) and set(given) == {"events"} else [given]
    if not isinstance(rows, list) or not 1 <= len(rows) <= BATCH_MAX:
        raise EventInvalid(place="events", why="count")
    return [_event(row, at) for row in rows]


def _event(row: Any, at: datetime) -> Event:
    if not isinstance(row, Mapping):
        raise EventInvalid(place="", why="object")
    known = {*LENGTH_MAX, "state", "direction", "at"}
    for name, value in row.items():
        if name not in known:
            raise EventInvalid(place=str(name)[:40], why="unknown")
        if not isinstance(value, str):
            raise EventInvalid(place=name, why="text")
        if any("\ud800" <= sign <= "\udfff" for sign in value):  # half a sign: no database keeps it
            raise EventInvalid(place=name, why="text")
        if len(value) > LENGTH_MAX.get(name, 40):
            raise EventInvalid(place=name, why="long")
    for name in NEEDED:
        if not line(row.get(name, "")):
            raise EventInvalid(place=name, why="missing")
    if row["state"] not in STATES:
        raise EventInvalid(place="state", why="unknown")
    if row.get("direction", "in") not in DIRECTIONS:
        raise EventInvalid(place="direction", why="unknown")
    return Event(
        id=line(row["id"]), call=line(row["call"]), state=row["state"], at=_moment(row["at"], at), direction=row.get("direction", "in"),
        caller=line(row.get("from", "")), caller_name=line(row.get("from_name", "")), called=line(row.get("to", "")),
        extension=line(row.get("extension", "")), recording=row.get("recording", "").strip(),
    )  # fmt: skip


def line(text: str) -> str:
    """Return a text of an exchange as one line of plain text."""
    return _CONTROL.sub(" ", text).strip()


def event_id(*parts: object) -> str:
    """Return the name of an event of a source that gives none: the same parts, the same name."""
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()[:40]


def _moment(text: str, at: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise EventInvalid(place="at", why="time") from None
    if not _AWARE.search(text):
        raise EventInvalid(place="at", why="zone")
    if not -PAST_MAX <= moment - at <= FUTURE_MAX:
        raise EventInvalid(place="at", why="far")
    return min(moment, at)
