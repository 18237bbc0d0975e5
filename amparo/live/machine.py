"""The life of a call as an exchange tells it: events in any order, any number of times, give one and the same call. Pure.

Nothing here depends on which event came first: what is kept is the earliest, the latest or all of something. So a later
«ringing» never reopens a call that ended, and an «answered» that was late on its way still makes it an answered one. TEL-3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from .rules.events import Event

SKEW = timedelta(seconds=2)  # clocks of an exchange's own parts


class State(StrEnum):
    RINGING = "ringing"
    ANSWERED = "answered"
    HELD = "held"
    ENDED = "ended"
    MISSED = "missed"


LIVE = (State.RINGING, State.ANSWERED, State.HELD)
_NEVER = datetime.min.replace(tzinfo=UTC)
_LIVE_WEIGHT = {"answered": 0, "resumed": 1, "transferred": 2, "held": 3}


@dataclass(frozen=True, slots=True)
class Told:
    """All that was told of a call so far."""

    direction: str = "in"
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    gave_up: bool = True
    live: str = ""
    live_at: datetime | None = None
    extension: str = ""
    extension_at: datetime | None = None
    extensions: tuple[str, ...] = ()

    @property
    def was_answered(self) -> bool:
        """Answered before it ended."""
        return self.answered_at is not None and (self.ended_at is None or self.answered_at <= self.ended_at + SKEW)

    @property
    def state(self) -> State:
        """Where the call stands."""
        if self.ended_at is not None:
            return State.ENDED if self.was_answered or self.direction != "in" else State.MISSED
        if self.answered_at is None:
            return State.RINGING
        return State.HELD if self.live == "held" else State.ANSWERED

    @property
    def was_abandoned(self) -> bool:
        """The caller gave up before anybody answered; else nobody did until the exchange gave up."""
        return self.state == State.MISSED and self.gave_up


def merge(told: Told, event: Event) -> Told:
    """Return what is known of a call after one more event, whatever came before and in what order."""
    told = replace(told, rang_at=_first(told.rang_at, event.at))
    if event.state == "ringing":
        extra = {event.extension} if event.extension else set()
        return replace(told, extensions=tuple(sorted({*told.extensions, *extra})))
    if event.state in ("ended", "missed"):
        return replace(
            told, ended_at=_first(told.ended_at, event.at), gave_up=told.gave_up and event.state == "ended",
        )  # fmt: skip
    if event.extension and (event.at, event.extension) > (told.extension_at or _NEVER, told.extension):
        told = replace(told, extension=event.extension, extension_at=event.at)
    if (event.at, _LIVE_WEIGHT[event.state]) > (told.live_at or _NEVER, _LIVE_WEIGHT.get(told.live, -1)):
        told = replace(told, live=event.state, live_at=event.at)
    return replace(told, answered_at=_first(told.answered_at, event.at))


def _first(known: datetime | None, given: datetime) -> datetime:
    return given if known is None else min(known, given)
