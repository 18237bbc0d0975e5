"""All sessions of this broker, and the watch over them: once a second, and at once where the record of one moved."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Coroutine
from typing import Any, Final

import structlog
from django.conf import settings

from amparo.kernel import clock
from amparo.kernel.actor import VISITOR, Actor
from amparo.people.queries import actor_of_session
from amparo.people.sessions import SessionStore
from amparo.remote import access, commands, queries
from amparo.remote.models import Session

from . import threads
from .bridge import Bridge

log = structlog.get_logger("amparo.remote")
LOOK_SECONDS: Final = 2
SEEN_SECONDS: Final = 15
RIGHTS_SECONDS: Final = 30


def who(session_key: str | None) -> Actor:
    """Return who acts by a session of the pages now; VISITOR where it ended, or its second factor is missing. SEC-1, SEC-6."""
    return actor_of_session(SessionStore(session_key=session_key), at=clock.now()) if session_key else VISITOR


def _still(session_key: str, row: Session) -> bool:
    return access.may_conduct(who(session_key), row)


class Hall:
    """The bridges of this process by their session."""

    def __init__(self) -> None:
        self.bridges: dict[int, Bridge] = {}
        self.strangers: Counter[str] = Counter()  # lines that did not say yet who they are, by network
        self._moved = asyncio.Event()
        self._topics: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._watch: asyncio.Task[None] | None = None
        self._asked_rights = 0.0

    def bridge(self, row: Session) -> Bridge:
        """Return the bridge of a session, made where there is none."""
        found = self.bridges.get(row.pk)
        if found is None:
            found = self.bridges[row.pk] = Bridge(self, row)
        elif found.row.state in ("offered", "joined"):
            found.row = row
        return found

    def forget(self, bridge: Bridge) -> None:
        if self.bridges.get(bridge.row.pk) is bridge:
            del self.bridges[bridge.row.pk]

    def later(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something apart from whoever asks for it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def notice(self, topic: str) -> None:
        """Take a topic of the stream in: a session or a case that moved is looked at now."""
        if topic.startswith("rights:"):
            self._asked_rights = 0.0
        if topic.startswith(("remote:", "case:", "rights:")) and self.bridges:
            self._topics.add(topic)
            self._moved.set()

    async def start(self) -> None:
        """Begin to watch."""
        self._moved = asyncio.Event()
        self._watch = asyncio.create_task(self._watching())

    async def stop(self) -> None:
        """The service stops: both ends are told to come back, what was recorded is on the disk, the clocks stand."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        await asyncio.gather(*(self._left(bridge) for bridge in list(self.bridges.values())), return_exceptions=True)

    async def _left(self, bridge: Bridge) -> None:
        await bridge.interrupt("dropped")
        bridge.ended = True  # for this process: the session itself goes on at the next one
        for end in (bridge.helper, bridge.viewer):
            if end is not None:
                await end.close(1012)
        if bridge.recorder is not None:
            await bridge.recorder.close()

    async def _watching(self) -> None:
        looked = seen = 0.0
        while True:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._moved.wait(), 1.0)
            self._moved.clear()
            topics, self._topics = self._topics, set()
            try:
                now = time.monotonic()
                if topics or now - looked > LOOK_SECONDS:
                    looked = now
                    await self._look()
                if now - self._asked_rights > RIGHTS_SECONDS:
                    self._asked_rights = now
                    await self._ask_rights()
                if now - seen > SEEN_SECONDS and self.bridges:
                    seen = now
                    await threads.run(commands.seen, list(self.bridges), broker=settings.BROKER_URL, at=clock.now())
                await asyncio.gather(*(bridge.times.beat(clock.now()) for bridge in list(self.bridges.values())))
            except Exception as error:  # the watch never ends: one failing session stops no other
                log.error("watch over remote sessions failed", error=type(error).__name__, exc_info=True)
                await asyncio.sleep(0.5)

    async def _ask_rights(self) -> None:
        """Close the line of an engineer who lost the right, or whose session of the pages ended. SEC-6."""
        for bridge in [one for one in self.bridges.values() if one.viewer is not None]:
            if not await threads.run(_still, bridge.session_key, bridge.row) and bridge.viewer is not None:
                await bridge.viewer.close(1008)

    async def _look(self) -> None:
        if not self.bridges:
            return
        found = await threads.run(queries.situations, list(self.bridges))
        for number, situation in found.items():
            bridge = self.bridges.get(number)
            if bridge is not None and not bridge.ended:
                await bridge.times.take(situation, clock.now())


hall = Hall()
