"""Screens that the browser shares: which room, and how the session stands for both pages. LIV-2, CAS-5."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from amparo.cases.machine import ATTENDING
from amparo.remote.machine import State, Way
from amparo.remote.models import Session
from amparo.remote.rules import codes

from .sessions import Situation, situations

FILMS_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a page shows: the state, the clock, and what must be done about it now (`""`, `pause`, `go`, `time`, `closed`).

    `stood` is for how many seconds the engineer's page was away that is just back.
    """

    state: str
    seconds: int
    limit: int
    running: bool
    due: str
    stood: int = 0

    @property
    def waits(self) -> str:
        """For what a session that was dropped waits: the page that is away, or how the case goes on."""
        if self.state != State.DROPPED:
            return ""
        return "page" if self.due == "go" else "decision"


def room_of(session: Session) -> str:
    """Return the name of a session's room; nobody can guess it."""
    return f"remote-{session.pk}-{codes.keyed('room', session.public_id, settings.SECRETS['pepper'])[:24]}"


def standing_of(session: Session, *, at: datetime) -> Standing:
    """Tell how a session stands, and what is due. Two statements."""
    now = situations([session.pk])[session.pk]
    over = now.has_clock and now.clock.limit_minutes > 0 and not now.further and now.clock.is_over(at)
    limit = now.clock.limit_seconds if now.has_clock and now.clock.limit_minutes else 0
    row = Session.objects.only("seconds", "running_since").get(pk=session.pk)
    so_far = row.seconds + (max(0, int((at - row.running_since).total_seconds())) if row.running_since else 0)
    return Standing(now.state, now.clock.total(at) if limit else so_far, limit, now.state == State.RUNNING, _due(now, over))


def _due(now: Situation, over: bool) -> str:
    if now.state == State.ENDED:
        return ""
    if now.case_state not in ATTENDING:
        return "closed"
    if now.state == State.RUNNING and over:
        return "pause"
    if now.state == State.DROPPED:
        return "time" if now.choice in ("closing", "procedure") and over else "" if over else "go"
    return ""


def ended_by_browser(*, at: datetime) -> list[Session]:
    """Return the sessions of the last days that were shared by a browser and are over: their tracks may wait to be kept."""
    rows = Session.objects.filter(way=Way.BROWSER.value, state=State.ENDED.value, ended_at__gt=at - FILMS_WITHIN, started_at__isnull=False)
    return list(rows.select_related("case__thread", "engineer").order_by("pk"))
