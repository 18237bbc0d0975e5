"""`amparo telephone`: listens to the exchanges that do not tell by themselves: Asterisk's manager interface, and SIP extensions.

One task for each exchange, looked after: what is lost is tried again, ever more rarely; what was changed under Settings is begun
anew at once. What was asked to be dialled goes to the exchange over the same connection. One process does it: a lock in the
database lets a second one wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from amparo.kernel import clock
from amparo.live import ami, commands, rules, sip
from amparo.live.errors import NoAnswer
from amparo.live.models import Exchange
from amparo.people.rules import unseal

from .stream_dsn import listen_dsn

log = structlog.get_logger("amparo.telephone")
LOOK_SECONDS = 5.0
PAUSE_SECONDS_MAX = 60.0
HEALTHY_AFTER_SECONDS = 30.0
HEARD_SECONDS = 30.0  # how exactly it is known until when an exchange was heard
LOCK = 7_340_041
_WORKS = "INSERT INTO project_heartbeat (part, at) VALUES ('telephone', now()) ON CONFLICT (part) DO UPDATE SET at = now()"


@dataclass(frozen=True, slots=True)
class Setup:
    """What of an exchange decides how it is listened to: another value, another connection."""

    id: int
    kind: str
    address: ami.Address
    transport: str


class Listener:
    """Listens to one exchange until it is told to stop."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.thread = ThreadPoolExecutor(1, thread_name_prefix=f"exchange-{setup.id}")  # one after the other, on one connection
        self.placings: asyncio.Queue[Any] = asyncio.Queue()
        self.task: asyncio.Task[None] | None = None
        self.hears = False

    def start(self) -> None:
        self.task = asyncio.create_task(self.run())

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self.task
        with contextlib.suppress(RuntimeError):
            await self.apart(connection.close)
        self.thread.shutdown(wait=False)

    async def apart(self, function: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """Run what speaks with the database beside the loop."""

        def act() -> Any:
            close_old_connections()
            return function(*given, **named)

        return await asyncio.get_running_loop().run_in_executor(self.thread, act)

    async def run(self) -> None:
        pause = 1.0
        while True:
            began = asyncio.get_running_loop().time()
            why = "lost"
            try:
                await self.listen()
            except asyncio.CancelledError:
                raise
            except NoAnswer as error:
                why = str(error.context["why"])
            except (DatabaseError, psycopg.Error) as error:
                log.warning("the database is away", exchange=self.setup.id, error=type(error).__name__)
                why = ""
            except Exception as error:  # the edge of the process: logged, tried again
                log.error("an exchange could not be listened to", exchange=self.setup.id, error=type(error).__name__, exc_info=True)
                why = "other"
            await self.lose()
            if asyncio.get_running_loop().time() - began > HEALTHY_AFTER_SECONDS:
                pause = 1.0
            if why:
                log.warning("exchange away", exchange=self.setup.id, why=why, again_in=pause)
                with contextlib.suppress(DatabaseError, psycopg.Error):
                    await self.apart(commands.note_state, self.setup.id, error=why, at=clock.now())
            await asyncio.sleep(pause)
            pause = min(pause * 2, PAUSE_SECONDS_MAX)

    async def listen(self) -> None:
        if self.setup.kind == "ami":
            await ami.listen(self.setup.address, take=self.take, ready=self.ready, placings=self.placings, now=clock.now, compare=self.compare)
        else:
            await sip.listen(self.setup.address, self.setup.transport, take=self.take, ready=self.ready, now=clock.now)

    async def take(self, event: rules.Event) -> None:
        await self.apart(self._take, event)

    def _take(self, event: rules.Event) -> None:
        exchange = Exchange.objects.filter(pk=self.setup.id, is_active=True).first()
        if exchange is not None:
            commands.take_event(exchange, event, at=clock.now())

    async def compare(self, going_on: frozenset[str]) -> Mapping[str, bool]:
        """End the calls that ended while the exchange was not heard; return those that go on, True where somebody answered."""
        known: Mapping[str, bool] = await self.apart(commands.compare_calls, self.setup.id, going_on, at=clock.now())
        return known

    async def ready(self) -> None:
        log.info("listening", exchange=self.setup.id)
        self.hears = True
        await self.apart(commands.note_state, self.setup.id, at=clock.now())

    async def lose(self) -> None:
        """Forget what was not placed yet: nobody's telephone rings for it when the exchange is back an hour later."""
        self.hears = False
        while not self.placings.empty():
            _placing, told = self.placings.get_nowait()
            with contextlib.suppress(DatabaseError, psycopg.Error):
                await told("lost")

    async def dial(self) -> None:
        """Send what was asked of this exchange while it is heard; what it refuses is noted."""
        if self.setup.kind != "ami" or not self.hears:
            return
        for row in await self.apart(commands.take_dials, self.setup.id, at=clock.now()):
            exchange, line = row.line.exchange, row.line
            plain = rules.national(row.number) if rules.e164(rules.national(row.number), exchange.region) == row.number else f"00{row.number[1:]}"
            placing = ami.Placing(exchange.channel.replace("{extension}", line.extension), exchange.dial_context, f"{exchange.prefix}{plain}")
            self.placings.put_nowait((placing, self._told(row)))

    def _told(self, row: Any) -> Callable[[str], Awaitable[None]]:
        async def told(error: str) -> None:
            if error:
                await self.apart(commands.dialled, row, error=error, at=clock.now())

        return told


def _setups() -> dict[int, Setup]:
    close_old_connections()
    with connection.cursor() as cursor:
        cursor.execute(_WORKS)
    found = Exchange.objects.filter(is_active=True, kind__in=("ami", "sip"))
    key = settings.SECRETS["field_key"]
    return {
        one.pk: Setup(one.pk, one.kind, ami.Address(one.host, one.port, one.username, unseal(one.secret_sealed, key) or "", one.transport == "tls"), one.transport)
        for one in found
    }


def _note_heard(exchange_ids: list[int]) -> None:
    commands.note_heard(exchange_ids, at=clock.now())


async def _look_after(stop: asyncio.Event) -> None:
    listeners: dict[int, Listener] = {}
    looks, told, noted = ThreadPoolExecutor(1), asyncio.Event(), 0.0
    hearing = asyncio.create_task(_hear(told))
    try:
        while not stop.is_set():
            told.clear()
            try:
                wanted = await asyncio.get_running_loop().run_in_executor(looks, _setups)
            except (DatabaseError, psycopg.Error) as error:
                log.warning("the database is away", error=type(error).__name__)
                wanted = {number: one.setup for number, one in listeners.items()}
            for number in [number for number, one in listeners.items() if wanted.get(number) != one.setup]:
                await listeners.pop(number).stop()
            for number, setup in wanted.items():
                if number not in listeners:
                    listeners[number] = Listener(setup)
                    listeners[number].start()
            with contextlib.suppress(DatabaseError, psycopg.Error):
                await asyncio.gather(*(one.dial() for one in listeners.values()))
                if asyncio.get_running_loop().time() - noted > HEARD_SECONDS:
                    await asyncio.get_running_loop().run_in_executor(looks, _note_heard, [number for number, one in listeners.items() if one.hears])
                    noted = asyncio.get_running_loop().time()
            waits = [asyncio.create_task(told.wait()), asyncio.create_task(stop.wait())]
            await asyncio.wait(waits, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for task in waits:
                task.cancel()
    finally:
        hearing.cancel()
        for one in listeners.values():
            await one.stop()
        looks.shutdown(wait=False)


async def _hear(told: asyncio.Event) -> None:
    """Be woken when settings change or something is to be dialled."""
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(listen_dsn(), autocommit=True) as listener:
                await listener.execute("LISTEN amparo_stream")
                async for notice in listener.notifies():
                    if notice.payload.startswith("telephone|"):
                        told.set()
        except (psycopg.Error, OSError):
            await asyncio.sleep(2)


async def _alone(stop: asyncio.Event) -> None:
    """Listen as the only one: whoever comes second waits until the first is gone."""
    while not stop.is_set():
        try:
            async with await psycopg.AsyncConnection.connect(listen_dsn(), autocommit=True) as holder:
                cursor = await holder.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
                row = await cursor.fetchone()
                if row and row[0]:
                    await _look_after(stop)
                    return
        except (psycopg.Error, OSError) as error:
            log.warning("the database is away", error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_SECONDS)


async def _main() -> None:
    logging.getLogger("aiosipua").setLevel(logging.CRITICAL)  # who sends it nonsense fills no disk
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await _alone(stop)


def run() -> int:
    """Listen until SIGTERM or SIGINT."""
    asyncio.run(_main())
    return 0

