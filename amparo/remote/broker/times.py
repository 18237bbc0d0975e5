"""What time does to a session: its case's clock, the lines that are away, the questions that nobody answers. CAS-5, CAS-9, CHG-5."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.conf import settings

from amparo.cases.machine import ATTENDING
from amparo.cases.rules import Clock
from amparo.policies.queries import value
from amparo.remote import queries, words
from amparo.remote.queries import Situation

from . import threads

if TYPE_CHECKING:
    from .bridge import Bridge

TELL_SECONDS: Final = 15
AWAIT_ENGINEER_SECONDS: Final = 600


class Times:
    """The clocks of one session, looked at once a second."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self.clock = Clock(0, None, 0)
        self.has_clock = self.further = self.warned = False
        # Where a broker before us had it, the customer's line is awaited from now on; while the code waits there is none.
        self.helper_away: float | None = None if bridge.row.state == "offered" else time.monotonic()
        self.viewer_away: float | None = time.monotonic()
        self.warning_seconds = self.pause_seconds = self.resume_seconds = 0
        self._told = 0.0
        self._waits_since: float | None = None

    async def learn(self, at: datetime) -> None:
        """Ask the database what the clock shows and which times hold; nothing is done about it."""
        found = await threads.run(_look, self.bridge.row.pk, at)
        situation, self.warning_seconds, self.pause_seconds, self.resume_seconds = found
        if situation is not None:
            self.clock, self.has_clock, self.further = situation.clock, situation.has_clock, situation.further

    async def take(self, now: Situation, at: datetime) -> None:
        """Take in how the session stands in the database: ended elsewhere, its case closed, its clock decided."""
        bridge = self.bridge
        self.clock, self.has_clock, self.further = now.clock, now.has_clock, now.further
        if now.state == "ended":
            await bridge.end(now.reason, now.detail, outside=True)
        elif now.broker not in ("", settings.BROKER_URL):
            await bridge.moved(now.broker)
        elif now.case_state not in ATTENDING:
            await bridge.end("closed")
        elif bridge.paused:
            if now.choice in ("closing", "procedure"):
                await bridge.end("time")
            elif not self.is_over(at):
                self.warned = False
                self.goes_on()
                await bridge.begin()

    def goes_on(self) -> None:
        """Nothing is decided any more: the pause is over."""
        self.bridge.paused, self._waits_since = False, None

    def is_over(self, at: datetime) -> bool:
        """True where the case asks for a decision before anything goes on. CAS-5."""
        return self.has_clock and self.clock.limit_minutes > 0 and not self.further and self.clock.is_over(at)

    def wait_for_decision(self) -> None:
        """Tell both ends that the time is used up and how it goes on is asked."""
        bridge = self.bridge
        bridge.paused, self._waits_since = True, time.monotonic()
        sentence = bridge.in_language(lambda: words.pause_sentence(self.clock.limit_minutes or bridge.row.case.limit_minutes))
        bridge.say_helper("pause", reason="limit", sentence=sentence)
        bridge.tell_viewer()
        if bridge.viewer is not None:
            bridge.viewer.say("pause", sentence=sentence)

    async def beat(self, at: datetime) -> None:
        """Do what is due this second."""
        bridge = self.bridge
        if bridge.recorder is not None:
            bridge.recorder.look()
            if bridge.recorder.failed:
                await bridge.end("cut")
                return
        if bridge.questions.is_overdue:
            await bridge.questions.unanswered()
        for end in (bridge.helper, bridge.viewer):
            if end is not None and end.is_silent:
                await end.close(1001)
        if await self._away():
            return
        if bridge.running:
            await self._limit(at)
        if bridge.running and time.monotonic() - self._told >= TELL_SECONDS:
            self.tell(at)

    async def _away(self) -> bool:
        """End what waits too long for somebody; return whether it did."""
        bridge, now = self.bridge, time.monotonic()
        most = self.resume_seconds or 60
        if self._waits_since is not None and now - self._waits_since > self.pause_seconds:
            await bridge.end("time")
        elif self.helper_away is not None and now - self.helper_away > most:
            await bridge.end("lost")
        elif self.viewer_away is not None and bridge.helper is not None:
            begun = bridge.row.started_at is not None
            if now - self.viewer_away > (most if begun else AWAIT_ENGINEER_SECONDS):
                await bridge.end("lost")
        return bridge.ended

    async def _limit(self, at: datetime) -> None:
        bridge = self.bridge
        if self.is_over(at):
            await bridge.interrupt("paused")
            if not bridge.ended:
                self.wait_for_decision()
                self.tell(at)
        elif self.has_clock and not self.warned and not self.further and self.clock.limit_minutes:
            left = self.clock.limit_seconds - self.clock.total(at)
            if left <= self.warning_seconds:
                self.warned = True
                sentence = bridge.in_language(lambda: words.warn_sentence(-(-left // 60)))
                bridge.say_helper("warn", sentence=sentence)
                if bridge.viewer is not None:
                    bridge.viewer.say("warn", sentence=sentence)

    def tell(self, at: datetime) -> None:
        """Tell both ends what the clock shows. CAS-5."""
        self._told = time.monotonic()
        bridge = self.bridge
        limit = self.clock.limit_seconds if self.has_clock else 0
        seconds = self.clock.total(at) if self.has_clock else _so_far(bridge, at)
        told = {"seconds": seconds, "limit": limit, "running": bridge.running}
        sentence = bridge.in_language(lambda: words.clock_sentence(seconds, limit))
        bridge.say_helper("clock", sentence=sentence, **told)
        if bridge.viewer is not None:
            bridge.viewer.say("clock", **told)


def _so_far(bridge: Bridge, at: datetime) -> int:
    since = bridge.row.running_since
    return bridge.row.seconds + (max(0, int((at - since).total_seconds())) if since else 0)


def _look(session_id: int, at: datetime) -> tuple[Situation | None, int, int, int]:
    found = queries.situations([session_id]).get(session_id)
    warning, pause = value("cases.warning_minutes", at=at) * 60, value("remote.pause_minutes", at=at) * 60
    return found, warning, pause, value("remote.resume_seconds", at=at)
