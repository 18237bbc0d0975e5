"""One session between its two ends: what may pass passes, what happened is on the record, whoever says stop is obeyed at once.

Flags that forbid are set before anything is awaited; flags that allow are set after the database said yes. LIV-2, CAS-5, SEC-40.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.utils import translation

from amparo.cases.errors import LimitUndecided
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Refusal
from amparo.policies.queries import value
from amparo.remote import access, commands, queries, words
from amparo.remote.commands.shared import CUSTOMER
from amparo.remote.errors import NotInAttention
from amparo.remote.models import Session
from amparo.remote.rules.client import Client
from amparo.remote.rules.record import Kind
from amparo.remote.rules.server import VERSION, Server
from amparo.remote.rules.stream import STEPS_A_TURN, Malformed, Pace, Reader

from . import threads
from .ends import End
from .questions import Questions
from .recorder import Recorder
from .times import Times

if TYPE_CHECKING:
    from .hall import Hall

log = structlog.get_logger("amparo.remote")
MEGABYTE: Final = 1_000_000


class Bridge:
    """One session. `row` is how it stood when it last moved; `running` is whether anything passes now."""

    def __init__(self, hall: Hall, row: Session) -> None:
        self.hall, self.row = hall, row
        self.helper: End | None = None
        self.viewer: End | None = None
        self.page = self.session_key = ""
        self.actor: Actor | None = None
        self.running = self.ended = self.paused = False
        self.client, self.server = Client(), Server()
        self.helper_pace, self.viewer_pace = Pace(), Pace()
        self.awaits_version = self.awaits_viewer = True
        self.recorder: Recorder | None = None
        self.resume = ""
        self.shown = ""
        self.lock = asyncio.Lock()
        self.octets_max = 0
        self.questions = Questions(self)
        self.times = Times(self)

    # --- who is there ----------------------------------------------------------------------------------------------

    async def helper_arrived(self, end: End) -> None:
        """Take the customer's line in, in the place of an older one, and go on where it stood."""
        before, self.helper = self.helper, end
        if before is not None:
            await before.close(4001)
        self.times.helper_away = None
        if self.row.state == "joined":
            asked = await threads.run(queries.asked_of, self.row, at=clock.now())
            self.shown = asked["sentence"]
            end.say("ask", question=self.questions.ask("session", asked["sentence"]), resume=self.resume, **asked)
        self.tell_viewer()
        await self.interrupt("dropped")
        await self.begin()

    async def viewer_arrived(self, end: End, actor: Actor, page: str, session_key: str) -> None:
        """Take the engineer's line in."""
        before, self.viewer = self.viewer, end
        self.actor, self.page, self.session_key = actor, page, session_key
        if before is not None:
            await before.close(4001)
        self.times.viewer_away = None
        self.tell_viewer()
        self.say_helper("viewer", present=True, sentence="")
        await self.interrupt("dropped")
        await self.begin()

    async def helper_left(self, end: End) -> None:
        """The customer's line broke: nothing passes, the clock stops, the viewer is told."""
        if self.helper is not end or self.ended:
            return
        self.helper, self.times.helper_away = None, time.monotonic()
        await self.interrupt("dropped")
        self.tell_viewer()

    async def viewer_left(self, end: End) -> None:
        """The engineer's line broke, or the page was closed."""
        if self.viewer is not end or self.ended:
            return
        self.viewer, self.times.viewer_away = None, time.monotonic()
        self.say_helper("viewer", present=False, sentence=self.in_language(lambda: translation.gettext("The engineer's line dropped; nothing is seen.")))
        await self.interrupt("dropped")

    # --- how it runs -----------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Let it run where both ends are there, the customer consented and there is time. LIV-2, CAS-5."""
        async with self.lock:
            if self.ended or self.running:
                return
            try:
                if self.row.state == "running":  # a broker before us died with it: the clock stops, whoever comes back
                    self.row = await threads.run(commands.drop, self.row, at=self.row.seen_at or clock.now())
                if self.helper is None or self.viewer is None or self.actor is None or self.row.state not in ("consented", "dropped"):
                    return
                self.row = await threads.run(commands.begin, self.row, actor=self.actor, at=clock.now())
            except LimitUndecided:
                self.times.wait_for_decision()
                return
            except NotInAttention:
                self.hall.later(self.end("closed"))
                return
            except Refusal as refusal:
                self.hall.later(self.end("fault", str(refusal)))
                return
            await self._start()

    async def _start(self) -> None:
        if self.recorder is None:
            assert self.row.started_at is not None
            self.octets_max = await threads.run(_octets_max)
            fresh = await threads.run(Session.objects.get, pk=self.row.pk)
            try:
                self.recorder = await Recorder.open(fresh, since=self.row.started_at.timestamp())
            except OSError as error:  # what cannot be recorded does not run
                log.error("a remote session cannot be recorded", session=self.row.pk, error=type(error).__name__)
                self.hall.later(self.end("cut"))
                return
        if self.ended:
            return
        if self.helper is None or self.viewer is None:  # somebody left meanwhile
            self.row = await threads.run(commands.drop, self.row, at=clock.now())
            return
        self.client, self.server = Client(control=self.row.mode == "control"), Server()
        self.awaits_version = self.awaits_viewer = True
        self.recorder.happened("segment", segment=self.row.segments, mode=self.row.mode)
        self.running = True
        self.times.goes_on()
        told = {"mode": self.row.mode, "segment": self.row.segments}
        self.helper.say("start", **told)
        self.tell_viewer()
        self.viewer.say("start", **told)
        await self.times.learn(clock.now())
        self.times.tell(clock.now())

    async def interrupt(self, why: str) -> None:
        """Stop what passes; the clock stops and the session waits: `dropped` for a line, `paused` for the time. CAS-5."""
        if not self.running:
            return
        self.stop_passing()
        async with self.lock:
            if self.ended or self.row.state != "running":
                return
            verb = commands.pause if why == "paused" else commands.drop
            if self.recorder is not None:
                self.recorder.happened(why)
            self.row = await threads.run(verb, self.row, at=clock.now())

    def stop_passing(self) -> None:
        """From here on nothing passes; what is held down at the customer's computer is let go of."""
        self.running = False
        self.client.control = False
        if self.helper is not None:
            self._to_helper(self.client.release())

    async def moved(self, broker: str) -> None:
        """Send the engineer to where his customer is: another broker has the session."""
        self.ended = True  # for this process
        self.hall.forget(self)
        if self.viewer is not None:
            self.viewer.say("elsewhere", viewer=f"{broker}/remote/viewer")
            await self.viewer.close(1012)

    async def end(self, reason: str, detail: str = "", *, by: Actor = SYSTEM, code: int = 1000, outside: bool = False) -> None:
        """End for good: both ends are told and closed within a second, the record is sealed, then the session. SEC-40."""
        if self.ended:
            return
        self.ended = True
        self.stop_passing()
        # Closing a line ends whoever reads it, and that may be who is here: the rest is done apart.
        await asyncio.shield(self.hall.later(self._finish(reason, detail, by, code, outside)))

    async def _finish(self, reason: str, detail: str, by: Actor, code: int, outside: bool) -> None:
        said = {"reason": reason, "sentence": self.in_language(lambda: words.end_sentence(reason, detail))}
        ends = [one for one in (self.helper, self.viewer) if one is not None]
        for one in ends:
            one.say("end", **said)
        await asyncio.gather(*(one.close(code) for one in ends))
        try:
            async with self.lock:
                if self.recorder is not None:
                    self.recorder.happened("end", reason=reason)
                    await self.recorder.close()
                if not outside:
                    await threads.run(_ended, self.row, reason, detail, by, clock.now())
        except Exception as error:  # the database is away: nobody keeps the session any more, so it ends as cut
            log.error("the end of a remote session was not noted", session=self.row.pk, error=type(error).__name__)
        finally:
            self.hall.forget(self)
        log.info("remote session ended", session=self.row.pk, reason=reason)

    # --- what passes -----------------------------------------------------------------------------------------------

    async def from_helper(self, end: End, data: bytes) -> None:
        """Take bytes of the screen: parsed, recorded, sent on; what is late of a segment before is thrown away."""
        if end is not self.helper or not self.running or self.viewer is None or self.recorder is None:
            return
        if self.awaits_version:
            if not data.startswith(VERSION):
                return
            self.awaits_version = False
        server, viewer, recorder = self.server, self.viewer, self.recorder
        try:
            async for passed in self._in_turns(server, self.helper_pace, data):
                if end is not self.helper or server is not self.server or viewer is not self.viewer or not self.running:
                    return
                recorder.write(Kind.SHOWN, passed)
                viewer.push(passed)
        except Malformed as wrong:
            await self.end("fault", str(wrong), by=CUSTOMER, code=1008)
            return
        await self._held_back(viewer, recorder)

    async def _in_turns(self, reader: Reader, pace: Pace, data: bytes) -> AsyncIterator[bytes]:
        """Yield what may pass, and let other sessions have their turn between: very small pieces are much work. SEC-37, SEC-40."""
        before, octets = reader.steps, len(data)
        for passed in reader.pieces(data):
            yield passed
            wait = pace.spend(reader.steps - before, octets, time.monotonic())
            if wait or reader.steps - before >= STEPS_A_TURN:
                await asyncio.sleep(wait)
            before, octets = reader.steps, 0

    async def from_viewer(self, end: End, data: bytes) -> None:
        """Take bytes of keys and pointer: parsed, dropped where they were not consented to, recorded, sent on."""
        if end is not self.viewer or not self.running or self.awaits_viewer:
            return
        client = self.client
        try:
            async for passed in self._in_turns(client, self.viewer_pace, data):
                if end is not self.viewer or client is not self.client or not self.running:
                    return
                self._to_helper(passed)
        except Malformed as wrong:
            await self.end("fault", str(wrong), by=self.actor or SYSTEM, code=1008)
            return
        if self.helper is not None and self.recorder is not None:
            await self._held_back(self.helper, self.recorder)

    async def _held_back(self, reader: End, recorder: Recorder) -> None:
        """End what passes too much; wait for a slow reader and a slow disk. In both directions: keys fill memory and disk as pictures do."""
        if recorder.octets > self.octets_max:
            await self.end("bytes")
            return
        await reader.drained()
        if recorder.is_behind:
            await recorder.caught_up()

    def _to_helper(self, passed: bytes) -> None:
        if passed and self.helper is not None and self.recorder is not None:
            self.recorder.write(Kind.DONE, passed)
            self.helper.push(passed)

    # --- modes -----------------------------------------------------------------------------------------------------

    async def only_see(self, by: Actor) -> None:
        """Go back to seeing, at once: the customer revokes, or the engineer lets go. LIV-2."""
        self._hands_off()
        async with self.lock:
            if self.ended or self.row.mode != "control":
                return
            self._hands_off()  # a yes to control may have come while this waited
            self.row = await threads.run(commands.change_mode, self.row, mode="view", actor=by, at=clock.now())
        self.tell_mode()

    def _hands_off(self) -> None:
        self._to_helper(self.client.release())
        self.client.control = False

    def allow_control(self) -> None:
        """Let keys and pointer pass from here on; called after the consent is on the record."""
        self.client.control = self.running
        self.tell_mode()

    def tell_mode(self) -> None:
        """Tell both ends, and the record, which mode holds."""
        if self.recorder is not None:
            self.recorder.happened("mode", mode=self.row.mode)
        self.say_helper("mode", mode=self.row.mode)
        self.tell_viewer()

    async def clipboard_off(self, by: Actor) -> None:
        """Share the clipboard no longer, at once."""
        was, self.row.clipboard = self.row.clipboard, False
        self.say_helper("clipboard_off")
        if was or self.lock.locked():  # a yes may be on its way to the record
            async with self.lock:
                if not self.ended and (was or self.row.clipboard):
                    self.row = await threads.run(commands.change_clipboard, self.row, on=False, actor=by, at=clock.now())
        self.tell_viewer()

    def clipboard(self, text: Any, *, to_helper: bool) -> None:
        """Send a text of the clipboard on: after consent alone, and to the customer's computer in control alone. SEC-40."""
        if not isinstance(text, str) or len(text) > 65_536 or not (self.running and self.row.clipboard):
            return
        if to_helper and not self.client.control:
            return
        whom = self.helper if to_helper else self.viewer
        if whom is not None and self.recorder is not None:
            who = "engineer" if to_helper else "customer"
            self.recorder.happened("clipboard", by=who, characters=len(text))
            self.recorder.write(Kind.CLIPBOARD, _as_json({"by": who, "text": text}))
            whom.say("clipboard", text=text)

    # --- telling ---------------------------------------------------------------------------------------------------

    def say_helper(self, type: str, **told: Any) -> None:
        if self.helper is not None:
            self.helper.say(type, **told)

    def tell_viewer(self) -> None:
        """Tell the viewer how all stands."""
        if self.viewer is None:
            return
        row = self.row
        self.viewer.say(
            "state", state=row.state, mode=row.mode, asked=row.asked, clipboard=row.clipboard, can=row.can, system=row.system,
            helper=self.helper is not None, running=self.running, paused=self.paused, question=self.questions.open_kind,
        )  # fmt: skip

    def in_language(self, words_of: Callable[[], str]) -> str:
        """Return words in the customer's language."""
        with translation.override(self.row.language):
            return str(words_of())


def _octets_max() -> int:
    return value("remote.megabytes_max", at=clock.now()) * MEGABYTE


def _ended(row: Session, reason: str, detail: str, by: Actor, at: Any) -> Session:
    actor = by if by is CUSTOMER or access.may_end(by, row) else SYSTEM
    return commands.end(row, reason=reason, detail=detail, actor=actor, at=at)


def _as_json(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()
