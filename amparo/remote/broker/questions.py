"""What the customer is asked while a session is open: one question at a time, each answer on the record. LIV-2."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from django.utils import translation

from amparo.kernel import clock
from amparo.kernel.refusals import Refusal
from amparo.remote import commands, words
from amparo.remote.commands.shared import CUSTOMER

from . import threads
from .ends import Message

if TYPE_CHECKING:
    from .bridge import Bridge

FIRST_SECONDS: Final = 300
LATER_SECONDS: Final = 120


class Questions:
    """The question that is open, if any, and what follows from its answer."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self.number = 0
        self.open_kind = ""
        self.sentence = ""
        self._since = 0.0

    def ask(self, kind: str, sentence: str) -> int:
        """Open a question; return its number."""
        self.number += 1
        self.open_kind, self.sentence, self._since = kind, sentence, time.monotonic()
        return self.number

    @property
    def is_overdue(self) -> bool:
        """True where the open question was not answered in its time."""
        limit = FIRST_SECONDS if self.open_kind == "session" else LATER_SECONDS
        return bool(self.open_kind) and time.monotonic() - self._since > limit

    def ask_mode(self) -> None:
        """Ask for control while the screen is seen, at the engineer's wish."""
        bridge = self.bridge
        if self.open_kind or not bridge.running or bridge.row.mode == "control" or "control" not in bridge.row.can:
            return
        sentence = bridge.in_language(lambda: words.ask_control_sentence(bridge.row.engineer.name))
        bridge.say_helper("ask_mode", question=self.ask("mode", sentence), mode="control", sentence=sentence)
        bridge.tell_viewer()

    def ask_clipboard(self) -> None:
        """Ask to share the clipboard, at the engineer's wish."""
        bridge = self.bridge
        if self.open_kind or not bridge.running or bridge.row.clipboard or "clipboard" not in bridge.row.can:
            return
        sentence = bridge.in_language(lambda: words.ask_clipboard_sentence(bridge.row.engineer.name))
        bridge.say_helper("ask_clipboard", question=self.ask("clipboard", sentence), sentence=sentence)
        bridge.tell_viewer()

    async def answered(self, message: Message) -> None:
        """Take the customer's answer to the open question; what answers another one is passed over."""
        if not self.open_kind or message.get("question", self.number) != self.number:
            return
        kind, self.open_kind = self.open_kind, ""
        yes = message.get("answer") == "yes"
        if kind == "session":
            await self._session(yes, message.get("mode"))
        elif kind == "mode":
            await self._mode(yes and message.get("mode", "control") == "control")
        else:
            await self._clipboard(yes)

    async def unanswered(self) -> None:
        """Take silence for a no."""
        kind, self.open_kind = self.open_kind, ""
        if kind == "session":
            await self.bridge.end("unanswered")
        elif kind == "mode":
            await self._mode(False)
            self.bridge.say_helper("mode", mode=self.bridge.row.mode)
        else:
            await self._clipboard(False)
            self.bridge.say_helper("clipboard_off")

    async def _session(self, yes: bool, mode: Any) -> None:
        bridge = self.bridge
        if not yes:
            await threads.run(commands.decline, bridge.row, shown=bridge.shown, at=clock.now())
            await bridge.end("declined", by=CUSTOMER, outside=True)
            return
        most = bridge.row.asked if "control" in bridge.row.can else "view"
        given = mode if mode in ("view", "control") else most
        given = "view" if most == "view" else given
        async with bridge.lock:
            try:
                bridge.row = await threads.run(commands.consent, bridge.row, mode=given, shown=bridge.shown, at=clock.now())
            except Refusal:
                return
        bridge.tell_viewer()
        if bridge.viewer is None:
            bridge.say_helper("viewer", present=False, sentence=bridge.in_language(lambda: translation.gettext("Waiting for the engineer.")))
        await bridge.begin()

    async def _mode(self, yes: bool) -> None:
        bridge = self.bridge
        async with bridge.lock:
            if bridge.ended:
                return
            bridge.row = await threads.run(
                commands.change_mode, bridge.row, mode="control", answer=yes, shown=self.sentence, at=clock.now()
            )
        if yes:
            bridge.allow_control()
        else:
            bridge.tell_viewer()
            if bridge.viewer is not None:
                bridge.viewer.say("answer", about="mode", answer="no")

    async def _clipboard(self, yes: bool) -> None:
        bridge = self.bridge
        async with bridge.lock:
            if bridge.ended:
                return
            bridge.row = await threads.run(commands.change_clipboard, bridge.row, on=yes, shown=self.sentence, at=clock.now())
        bridge.tell_viewer()
        if not yes and bridge.viewer is not None:
            bridge.viewer.say("answer", about="clipboard", answer="no")
