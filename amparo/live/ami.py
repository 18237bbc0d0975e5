"""Asterisk's manager interface: a connection that listens, places calls, and says in words what is wrong. TEL-3, SEC-43.

One connection is one `listen`: it ends with NoAnswer, and whoever runs it tries again. What is written to the exchange is made
of fields without control characters only.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from panoramisk import Manager

from .errors import NoAnswer
from .rules import Event, one_line
from .rules.asterisk import Asterisk, going_on

TIMEOUT_SECONDS = 5
PING_SECONDS = 15
PLACED_MAX = 500
_EVENTS = "call,dialplan"
_REASONS = {"0": "absent", "1": "unanswered", "3": "unanswered", "5": "busy", "8": "crowded"}


@dataclass(frozen=True, slots=True)
class Address:
    """Where an exchange is, and as whom we sign in there."""

    host: str
    port: int
    username: str
    secret: str
    tls: bool = False


@dataclass(frozen=True, slots=True)
class Placing:
    """A call to place: which telephone of ours rings first, and what it is then connected to."""

    channel: str
    context: str
    number: str


class _Line(Manager):
    """Panoramisk's manager that does not reconnect by itself: one connection, one life."""

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self.pinger: Any = None
        self.lost = asyncio.Event()

    def connection_lost(self, exc: Any) -> None:
        self._connected = False
        if self.pinger:
            self.pinger.cancel()
            self.pinger = None
        self.lost.set()

    def connect(self, *args: Any, **more: Any) -> Any:
        return None


async def connected(address: Address) -> _Line:
    """Return a connection that is signed in. Raises NoAnswer."""
    loop = asyncio.get_running_loop()
    line = _Line(
        loop=loop, host=address.host, port=address.port, username=one_line(address.username), secret=one_line(address.secret), events=_EVENTS,
        ssl=address.tls, ping_delay=PING_SECONDS, ping_interval=PING_SECONDS,
    )  # fmt: skip
    try:
        made = await asyncio.wait_for(
            loop.create_connection(line.config["protocol_factory"], address.host, address.port, ssl=address.tls or None), TIMEOUT_SECONDS
        )
    except (OSError, TimeoutError) as error:
        raise NoAnswer(why=why_unreachable(error)) from None
    done: asyncio.Future[Any] = loop.create_future()
    done.set_result(made)
    line.connection_made(done)
    try:
        lost = asyncio.ensure_future(line.lost.wait())
        await asyncio.wait({line.authenticated_future, lost}, timeout=TIMEOUT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        lost.cancel()
        if line.authenticated_future is not None and not line.authenticated_future.done():
            raise NoAnswer(why="other" if line.protocol.version is None else "lost" if line.lost.is_set() else "silent")
        if not line.authenticated:
            await asyncio.sleep(0)  # its own callback comes next
        if not line.authenticated:
            raise NoAnswer(why="denied")
    except NoAnswer:
        line.close()
        raise
    return line


def why_unreachable(error: BaseException) -> str:
    """Return the word of NoAnswer for what a socket said."""
    if isinstance(error, socket.gaierror):
        return "name"
    if isinstance(error, ConnectionRefusedError):
        return "closed"
    return "silent" if isinstance(error, TimeoutError | OSError) else "other"


async def listen(
    address: Address, *, take: Callable[[Event], Awaitable[None]], ready: Callable[[], Awaitable[None]], placings: asyncio.Queue[tuple[Placing, Callable[[str], Awaitable[None]]]],
    now: Callable[[], datetime], compare: Callable[[frozenset[str]], Awaitable[Mapping[str, bool]]],
) -> None:
    """Tell of every call until the connection is lost; place the calls that are put into the queue. Raises NoAnswer.

    First it asks which calls there are: `compare` ends those on record that are over, and says which of the others were answered.
    What the exchange tells meanwhile is read after it.
    """
    line, reader = await connected(address), Asterisk()
    heard: asyncio.Queue[Event] = asyncio.Queue()
    early: list[tuple[dict[str, Any], datetime]] = []
    waits = True
    placed = _Placed(line)

    def hear(_line: Any, message: Any) -> None:
        if message.event == "OriginateResponse":
            placed.came_of(message)
        elif waits:
            early.append((dict(message.items()), now()))
        else:
            for event in reader.read(dict(message.items()), at=now()):
                heard.put_nowait(event)

    line.register_event("*", hear)
    tasks: list[asyncio.Future[Any]] = []
    try:
        if (there := await channels(line)) is not None:
            for event in reader.resume(there, await compare(going_on(there)), at=now()):
                heard.put_nowait(event)
        for message, at in early:
            for event in reader.read(message, at=at):
                heard.put_nowait(event)
        waits = False
        await ready()
        tasks = [asyncio.ensure_future(one) for one in (_take_all(heard, take), placed.place_all(placings), placed.tell_all(), line.lost.wait())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks[:-1]:
            if task.done() and (error := task.exception()):
                raise error
        raise NoAnswer(why="lost")
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(Exception):
            line.close()


async def _take_all(heard: asyncio.Queue[Event], take: Callable[[Event], Awaitable[None]]) -> None:
    while True:
        await take(await heard.get())


class _Placed:
    """The calls that were placed over one connection, and what came of them: whoever asked is told what went wrong."""

    def __init__(self, line: _Line) -> None:
        self.line = line
        self.waiting: OrderedDict[str, Callable[[str], Awaitable[None]]] = OrderedDict()
        self.outcomes: asyncio.Queue[tuple[Callable[[str], Awaitable[None]], str]] = asyncio.Queue()

    async def place_all(self, placings: asyncio.Queue[tuple[Placing, Callable[[str], Awaitable[None]]]]) -> None:
        while True:
            placing, answer = await placings.get()
            name = f"dial-{secrets.token_hex(8)}"
            self.waiting[name] = answer
            while len(self.waiting) > PLACED_MAX:
                self.waiting.popitem(last=False)
            error = await place(self.line, placing, name)
            if error:
                self.waiting.pop(name, None)
            await answer(error)

    def came_of(self, message: Any) -> None:
        """Take what the exchange says of a call that it had queued: our own telephone was not lifted, was engaged, is not there."""
        answer = self.waiting.pop(str(message.actionid or ""), None)
        if answer is not None and str(message.response).lower() == "failure":
            self.outcomes.put_nowait((answer, _REASONS.get(str(message.reason), "refused")))

    async def tell_all(self) -> None:
        while True:
            answer, error = await self.outcomes.get()
            await answer(error)


async def channels(line: _Line) -> list[dict[str, Any]] | None:
    """Return the channels that the exchange has now, None where it does not tell: our user lacks the right, or it is slow."""
    try:
        answer = await asyncio.wait_for(line.send_action({"Action": "CoreShowChannels"}), TIMEOUT_SECONDS)
    except TimeoutError:
        return None
    if not isinstance(answer, list):
        return None
    return [dict(one.items()) for one in answer if one.event == "CoreShowChannel"]


async def place(line: _Line, placing: Placing, name: str) -> str:
    """Ask the exchange to place a call; return nothing where it does, else the word of what went wrong. SEC-43."""
    fields = {
        "Action": "Originate", "Channel": placing.channel, "Context": placing.context, "Exten": placing.number, "Priority": "1",
        "CallerID": placing.number, "Timeout": "30000", "Async": "true", "ActionID": name,
    }  # fmt: skip
    try:
        answer = await asyncio.wait_for(line.send_action({name: one_line(value) for name, value in fields.items()}, as_list=False), TIMEOUT_SECONDS)
    except TimeoutError:
        return "silent"
    return "" if getattr(answer, "success", False) else "refused"


async def probe(address: Address) -> None:
    """Sign in and leave: for the button that asks whether the settings are right. Raises NoAnswer."""
    line = await connected(address)
    tells = await channels(line) is not None
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(line.send_action({"Action": "Logoff"}), 1)
    line.close()
    if not tells:
        raise NoAnswer(why="channels")
