"""One session, from the code to its end: the line to the broker, what the customer allowed, and the pictures."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidURI, WebSocketException

from . import __version__, paint, protocol, rfb
from .address import lawful
from .consent import Consent
from .frames import Frames
from .hands import Hands
from .panel import Panel
from .protocol import NonsenseError, write
from .terminal import Terminal
from .words import Words

ANSWER_SECONDS = 290
AGAIN_SECONDS = 115
RESUME_SECONDS = 60
PAUSES = (0.5, 1, 2, 4, 8)
PING_SECONDS = 10
SILENCE_SECONDS = 25
OVERTIME_SECONDS = 90
PIECE = 65_536


@dataclass(frozen=True)
class Outcome:
    status: int
    sentence: str


class Session:
    """Speaks the protocol. Everything that was not consented to here is refused here, whatever the broker says. LIV-2"""

    def __init__(
        self, address: str, code: str, words: Words, *, hands: Hands, terminal: Terminal | None,
        screen: str | None, trust: ssl.SSLContext | None,
    ) -> None:  # fmt: skip
        self.address, self.code, self.words, self.trust = address, code, words, trust
        self.hands, self.terminal = hands, terminal
        self.loop = asyncio.get_running_loop()
        self.outcome: asyncio.Future[Outcome] = self.loop.create_future()
        self.given = Consent()
        self.ask: protocol.Ask | None = None
        self.line: ClientConnection | None = None
        self.peer: rfb.Peer | None = None
        self.clock: tuple[protocol.Clock, float] | None = None
        self.notice = ""  # what the banner says instead of who sees
        self.question: asyncio.Task[None] | None = None
        self.answers: asyncio.Queue[str] = asyncio.Queue()
        self.worker = ThreadPoolExecutor(1, "frames")
        self.frames = Frames(screen, self.worker)
        self.panel = Panel(lambda kind, value: self.loop.call_soon_threadsafe(self._panel_said, kind, value), screen)
        self.heard = 0.0
        self.wandered = False
        self.banner_stands = False  # before it does, no picture leaves

    # The line.

    async def run(self) -> Outcome:
        """Hold the session until it ends; return how it ended."""
        self.panel.start()
        ticking = self.loop.create_task(self._tick())
        try:
            can = ["view", *(["control"] if self.hands.able else []), *(["clipboard"] if self.panel.has_clipboard else [])]
            size = list(await self.frames.size())
            hello = write("hello", version=protocol.VERSION, code=self.code, system="linux", helper=__version__, screen=size, can=can)
            await self._hold(hello)
            return await self.outcome
        finally:
            ticking.cancel()
            self._let_go()
            self.hands.close()
            self.panel.close()
            self.panel.join(2)
            await self.frames.close()

    async def _hold(self, opening: str) -> None:
        """Keep a line open: the first one, then by resuming for a minute after each break."""
        broken_at: float | None = None
        tries = 0
        while not self.outcome.done():
            reached = False
            try:
                async with connect(
                    self.address, ssl=self.trust, compression=None, max_size=protocol.BINARY_BYTES_MAX, open_timeout=10, close_timeout=1,
                    user_agent_header=f"amparo-remote/{__version__}",
                ) as line:  # fmt: skip
                    reached = True
                    opening = await self._talk(line, opening)
            except ssl.SSLError:
                self._end(3, self.words("certificate", server=self.address.split("/")[2]))
            except (OSError, WebSocketException, InvalidURI, InvalidHandshake, TimeoutError):
                pass
            if self.outcome.done() or opening == "":
                return
            if not self.ask:
                if self.wandered and reached:
                    continue
                return self._end(3, self.words("not_reached", server=self.address.split("/")[2]))
            if reached or broken_at is None:
                broken_at, tries = time.monotonic(), 0
            self.notice = self.words("lost")
            if time.monotonic() - broken_at > RESUME_SECONDS:
                return self._end(3, self.words("not_resumed"))
            opening = write("resume", version=protocol.VERSION, resume=self.ask.resume)
            await asyncio.wait([self.outcome], timeout=PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1

    async def _talk(self, line: ClientConnection, opening: str) -> str:
        """Speak on one line until it breaks or the session ends."""
        self.line, self.heard = line, time.monotonic()
        helpers = [self.loop.create_task(self._ping(line)), self.loop.create_task(self._pump(line))]
        reading = self.loop.create_task(self._read(line))
        try:
            await line.send(opening)
            await asyncio.wait({reading, self.outcome, *helpers}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.line = None
            for task in (reading, *helpers):
                task.cancel()
            await asyncio.gather(reading, *helpers, return_exceptions=True)
            self._let_go()
            self._drop_question()
        if self.outcome.done():
            return ""
        return opening

    async def _read(self, line: ClientConnection) -> None:
        try:
            async for message in line:
                self.heard = time.monotonic()
                if isinstance(message, str):
                    await self._told(protocol.read(message))
                else:
                    await self._viewer_said(line, message)
                if self.outcome.done():
                    return
        except NonsenseError:
            self._let_go()
            with contextlib.suppress(WebSocketException):
                await line.send(write("stop"))
            self._end(4, self.words("nonsense"))

    async def _ping(self, line: ClientConnection) -> None:
        while time.monotonic() - self.heard < SILENCE_SECONDS:
            await line.send(write("ping"))
            await asyncio.sleep(PING_SECONDS)

    async def _pump(self, line: ClientConnection) -> None:
        """Send a picture for each request, not more often than it is useful, and none that nobody may see."""
        while True:
            peer, data = await self.frames.next()
            for at in range(0, len(data), PIECE):
                if not self.given.seen or peer is not self.peer:
                    break
                await line.send(data[at : at + PIECE])

    async def _say(self, kind: str, **values: Any) -> None:
        if self.line:
            with contextlib.suppress(WebSocketException):
                await self.line.send(write(kind, **values))

    # What the broker says.

    async def _told(self, message: protocol.Message) -> None:
        if isinstance(message, protocol.Ask):
            self._asked(message)
        elif isinstance(message, protocol.Refused):
            self._end(1, message.sentence or self.words("refused"))
        elif isinstance(message, protocol.Elsewhere):
            self._elsewhere(message)
        elif isinstance(message, protocol.End):
            self._end(0, message.sentence or self.words("ended"))
        elif isinstance(message, protocol.Other):
            if message.kind == "clipboard_off":
                self._clipboard(False)
        elif self.ask and self.given.to_view:
            await self._told_in_session(message, self.ask)
        elif isinstance(message, (protocol.Start, protocol.AskMode, protocol.AskClipboard, protocol.Clipboard)):
            raise NonsenseError("nothing was consented to")

    async def _told_in_session(self, message: protocol.Message, ask: protocol.Ask) -> None:
        if isinstance(message, protocol.Start):
            self._let_go()
            self.notice = ""
            self.given.start(message.mode)
            self.peer = rfb.Peer(f"{ask.case} {ask.engineer}", await self.frames.size())
            self.frames.begin(self.peer)
            await self._greet()
        elif isinstance(message, protocol.ModeIs):
            self.given.broker_says(message.mode)
        elif isinstance(message, protocol.AskMode):
            self._question(self._ask_mode(message))
        elif isinstance(message, protocol.AskClipboard):
            self._question(self._ask_clipboard(message))
        elif isinstance(message, protocol.Clipboard):
            if self.given.clipboard and self.given.controlled:
                self.panel.offer_clipboard(message.text)
        elif isinstance(message, protocol.Clock):
            self.clock = (message, time.monotonic())
        elif isinstance(message, protocol.Pause):
            self.given.paused = message.on
            self.notice = self.words("paused") if message.on else ""
            self._print(message.sentence)
        elif isinstance(message, protocol.Viewer):
            self.given.viewer = message.present
            self.notice = "" if message.present else self.words("away")
        elif isinstance(message, protocol.Warn):
            self._print(message.sentence)
        self._apply()

    async def _viewer_said(self, line: ClientConnection, data: bytes) -> None:
        if not self.peer or not self.given.started:
            raise NonsenseError("nothing was consented to")
        for event in self.peer.feed(data):
            if isinstance(event, rfb.UpdateWanted):
                self.frames.wanted(event)
            elif isinstance(event, rfb.Pointer):
                self.hands.forbidden = self.panel.rectangles()
                self.hands.pointer(event.x, event.y, event.buttons, self.peer.size)
                self.frames.touched()
            elif isinstance(event, rfb.Key):
                self.hands.key(event.keysym, event.down)
                self.frames.touched()
        await self._greet()

    async def _greet(self) -> None:
        if self.peer and self.peer.to_send and self.line:
            data = bytes(self.peer.to_send)
            self.peer.to_send.clear()
            await self.line.send(data)

    def _elsewhere(self, message: protocol.Elsewhere) -> None:
        if self.wandered or self.ask or not lawful(message.helper):
            raise NonsenseError("sent elsewhere without need")
        self.wandered, self.address = True, message.helper

    # What the customer is asked.

    def _asked(self, ask: protocol.Ask) -> None:
        if self.ask and (ask.engineer, ask.case, ask.vendor) != (self.ask.engineer, self.ask.case, self.ask.vendor):
            raise NonsenseError("another one asks")
        if self.given.started:
            raise NonsenseError("asked twice")
        self.given = Consent()  # also where the answer went down with the line
        self.ask = ask
        self.words = Words(ask.language or self.words.language)
        self.notice = ""
        self._question(self._ask_first(ask))

    async def _ask_first(self, ask: protocol.Ask) -> None:
        wants_control = ask.mode == "control" and self.hands.able
        lines = ask.sentence.split("\n") if ask.sentence else []
        if ask.case not in ask.sentence:  # what the service says itself is not said twice
            lines += [self.words("for_case", case=ask.case, title=ask.title)]
        if ask.minutes and str(ask.minutes) not in ask.sentence:
            lines += [self.words("minutes", minutes=ask.minutes)]
        lines += [self.words("any_time", key=self.words(self.panel.stop_key))]
        title = self.words("asks_control" if ask.mode == "control" else "asks", engineer=ask.engineer, vendor=ask.vendor)
        buttons = [("view", self.words("button_view")), ("no", self.words("button_no"))]
        if wants_control:
            buttons.insert(0, ("control", self.words("button_control")))
        prompt = self.words("terminal_start" if wants_control else "terminal_first")
        answer = await self._wait(title, lines, buttons, prompt, ANSWER_SECONDS)
        mode: protocol.Mode = "control" if answer == "control" else "view"
        if answer not in ("view", "control"):
            await self._say("consent", question=ask.question, answer="no")
            return self._end(1, self.words("declined" if answer == "no" else "no_answer"))
        self.given.give(mode)
        self.notice = self.words("waiting", engineer=ask.engineer)
        self._apply()
        await self._say("consent", question=ask.question, answer="yes", mode=mode)
        self._print(self.words("terminal_stop", key=self.words(self.panel.stop_key)))

    async def _ask_mode(self, message: protocol.AskMode) -> None:
        if message.mode == "view":
            self.given.to_control = False
            return await self._say("consent", question=message.question, answer="yes", mode="view")
        answer = "no"
        if self.hands.able and self.ask:
            title = self.words("again_control", engineer=self.ask.engineer)
            answer = await self._wait(title, [message.sentence], self._yes_no(), self.words("terminal_yes"), AGAIN_SECONDS)
        if answer == "yes":
            self.given.to_control = True
            await self._say("consent", question=message.question, answer="yes", mode="control")
        else:
            await self._say("consent", question=message.question, answer="no")

    async def _ask_clipboard(self, message: protocol.AskClipboard) -> None:
        title = self.words("clipboard", engineer=self.ask.engineer if self.ask else "")
        answer = await self._wait(title, [message.sentence], self._yes_no(), self.words("terminal_yes"), AGAIN_SECONDS)
        await self._say("consent", question=message.question, answer="yes" if answer == "yes" else "no")
        self._clipboard(answer == "yes")

    def _yes_no(self) -> list[tuple[str, str]]:
        return [("yes", self.words("button_yes")), ("no", self.words("button_no"))]

    def _question(self, asking: Any) -> None:
        self._drop_question()
        self.question = self.loop.create_task(asking)
        self.question.add_done_callback(self._asking_ended)

    def _asking_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception():
            self._end(4, self.words("nonsense"))

    def _drop_question(self) -> None:
        if self.question and not self.question.done():
            self.question.cancel()
        self.question = None
        self.panel.withdraw()

    async def _wait(self, title: str, lines: list[str], buttons: list[tuple[str, str]], prompt: str, seconds: float) -> str:
        """Ask in the window and, where there is one, the terminal; meanwhile nothing of the engineer's is typed or clicked."""
        self.answers = asyncio.Queue()  # what was said before it was asked is no answer
        allowed = {value for value, _label in buttons}
        self.given.asking = True
        self._apply()
        try:
            lines = [line for line in lines if line]
            self.panel.ask(title, lines, buttons)
            self._print("\n".join([title, *lines]), prompt)
            ends = time.monotonic() + seconds
            while (left := ends - time.monotonic()) > 0:
                with contextlib.suppress(TimeoutError):
                    value = await asyncio.wait_for(self.answers.get(), left)
                    if value in allowed:
                        return value
                    self._print("", prompt)
            return ""
        finally:
            self.given.asking = False
            self.panel.withdraw()
            self._apply()

    # What the customer does.

    def _panel_said(self, kind: str, value: Any) -> None:
        if kind == "answer":
            self.answers.put_nowait(value)
        elif kind == "shown":
            self.banner_stands = True
            self._apply()
        elif kind == "stop":
            self.stop()
        elif kind == "revoke":
            self.given.to_control = False
            self._apply()
            self._soon("revoke")
        elif kind == "no_clipboard":
            self._clipboard(False)
            self._soon("revoke_clipboard")
        elif kind == "clipboard" and self.given.clipboard and len(value) <= protocol.CLIPBOARD_MAX:
            self._soon("clipboard", text=value)
        elif kind == "gone":
            self.stop("banner_gone")

    def typed(self, answer: str) -> None:
        """Take a word from the terminal."""
        if answer == "stop":
            self.stop()
        else:
            self.answers.put_nowait(answer)

    def stop(self, why: str = "stopped") -> None:
        """End everything, at once and here; the broker is told, and not waited for."""
        self._let_go()
        self.given = Consent()
        self._soon("stop")
        self._end(0 if why == "stopped" else 4, self.words(why))

    def _soon(self, kind: str, **values: Any) -> None:
        task = self.loop.create_task(self._say(kind, **values))
        task.add_done_callback(lambda done: done.exception())

    # What follows from it.

    def _apply(self) -> None:
        """Set the switches to what is allowed now."""
        was, self.hands.allowed = self.hands.allowed, self.given.controlled
        if was and not self.hands.allowed:
            self.hands.release()
        self.frames.open(self.given.seen and self.banner_stands)
        if not self.given.to_view:
            self._clipboard(False)
        self._show()

    def _let_go(self) -> None:
        """Stop showing and doing: the line is gone, or begins anew."""
        self.hands.allowed = False
        with contextlib.suppress(Exception):
            self.hands.release()
        self.given.halt()
        self.frames.open(False)
        self._clipboard(False)
        self.peer = None

    def _clipboard(self, on: bool) -> None:
        self.given.clipboard = on
        self.panel.share_clipboard(on)
        self._show()

    def _end(self, status: int, sentence: str) -> None:
        self._let_go()
        self.given = Consent()
        if not self.outcome.done():
            self.outcome.set_result(Outcome(status, sentence))

    async def _tick(self) -> None:
        while True:
            self._show()
            left = self._left()
            if left is not None and left < -OVERTIME_SECONDS:
                self.stop("time_over")
            await asyncio.sleep(1)

    def _left(self) -> int | None:
        if not self.clock or not self.clock[0].limit:
            return None
        clock, told_at = self.clock
        return int(clock.limit - clock.seconds - (time.monotonic() - told_at if clock.running else 0))

    def _show(self) -> None:
        """Bring the banner up to date."""
        if not self.ask or not (self.given.to_view or self.notice) or self.outcome.done():
            return
        words, left = self.words, self._left()
        who = self.ask.banner or f"{self.ask.engineer}, {self.ask.vendor}"
        text = self.notice or f"{who} · {words('used' if self.given.controlled or self.given.asking_in_control else 'seen')}"
        time_left = ""
        if left is not None:
            time_left = words("left", minutes=-(-left // 60)) if left > 60 else words("left_seconds", seconds=max(left, 0))
        stop = self.ask.stop or words("stop")
        buttons = [("stop", stop if self.panel.stop_key == "key_none" else f"{stop} ({words(self.panel.stop_key)})")]
        if self.given.clipboard:
            buttons.insert(0, ("no_clipboard", words("no_clipboard")))
        if self.given.controlled:
            buttons.insert(0, ("revoke", words("take_back")))
        colour = paint.SLATE if self.notice else paint.RED if self.given.controlled else paint.TEAL
        self.panel.banner(text, time_left, buttons, colour)

    def _print(self, text: str, prompt: str = "") -> None:
        if self.terminal:
            self.terminal.say(text, prompt)
