"""The stream: server-sent events that tell open pages that something they show has changed.

A message carries a topic and a number, nothing else: the page then asks for its region and gets what it may
see. One connection LISTENs for the whole process and fans out. Rights are asked when a page connects, again
every half minute, and at once when a person's rights change; a stream that lost them ends. SEC-6, SEC-35, SEC-36.

A page of ours proves who reads it by its session. The frame of a site with the widget has none: it says its pass in a header,
never in an address, and no cookie counts then. SEC-41.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

import django
import psycopg
import structlog

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.project.settings")
django.setup()

from asgiref.sync import sync_to_async  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import close_old_connections  # noqa: E402
from starlette.applications import Starlette  # noqa: E402
from starlette.requests import Request  # noqa: E402
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse  # noqa: E402
from starlette.routing import Route  # noqa: E402

from amparo.chat.commands import present  # noqa: E402
from amparo.chat.queries import who_has  # noqa: E402
from amparo.kernel import clock  # noqa: E402
from amparo.kernel.actor import VISITOR, Actor  # noqa: E402
from amparo.people.queries import actor_of_session  # noqa: E402
from amparo.project.stream_dsn import listen_dsn  # noqa: E402
from amparo.project.subjects import may_follow  # noqa: E402
from amparo.remote.broker import hall, routes  # noqa: E402

log = structlog.get_logger("amparo.stream")
TOPICS_MAX = 50
TOPIC_LENGTH_MAX = 80
HEARTBEAT_SECONDS = 20
RECHECK_SECONDS = 30
QUEUE_MAX = 100
STREAMS_PER_PERSON_MAX = 30
PRESENT_SECONDS = 15
PASS = "x-chat-pass"  # noqa: S105 the name of a header
PASS_OPENS = ("chat", "chat-answering", "case")  # what the frame of a site shows


class Line:
    """One open stream: its queue, and whether it fell behind or lost its rights."""

    __slots__ = ("ended", "queue", "user_id")

    def __init__(self, user_id: int) -> None:
        self.user_id = user_id
        self.queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUE_MAX)
        self.ended = False

    def put(self, frame: bytes) -> None:
        try:
            self.queue.put_nowait(frame)
        except asyncio.QueueFull:  # too slow: it ends, the browser comes back and asks anew
            self.ended = True


class Hub:
    """Fans the database's notices out to the streams of this process."""

    def __init__(self) -> None:
        self.lines: defaultdict[str, set[Line]] = defaultdict(set)
        self.people: defaultdict[int, set[Line]] = defaultdict(set)
        self.task: asyncio.Task[None] | None = None
        self.listening = False

    async def run(self) -> None:
        delay = 0.2
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(listen_dsn(), autocommit=True) as listener:
                    await listener.execute("LISTEN amparo_stream")
                    delay, self.listening = 0.2, True
                    for line in {line for lines in self.lines.values() for line in lines}:
                        line.put(b"event: resync\ndata: {}\n\n")
                    async for notice in listener.notifies():
                        self.tell(notice.payload)
            except asyncio.CancelledError:
                raise
            except (psycopg.Error, OSError) as error:
                self.listening = False
                log.warning("listener lost", error=type(error).__name__)
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5)

    def tell(self, payload: str) -> None:
        topic, _sep, number = payload.partition("|")
        hall.notice(topic)
        if topic.startswith("rights:"):
            for line in tuple(self.people.get(int(topic[7:]), ())):
                line.ended = True
                line.put(b": bye\n\n")
            return
        lines = self.lines.get(topic)
        if lines:
            frame = f"id: {number}\ndata: {topic}|{number}\n\n".encode()
            for line in tuple(lines):
                line.put(frame)

    @contextlib.contextmanager
    def open(self, user_id: int, topics: list[str]) -> Iterator[Line]:
        line = Line(user_id)
        for topic in topics:
            self.lines[topic].add(line)
        self.people[user_id].add(line)
        try:
            yield line
        finally:
            for topic in topics:
                self.lines[topic].discard(line)
                if not self.lines[topic]:
                    del self.lines[topic]
            self.people[user_id].discard(line)
            if not self.people[user_id]:
                del self.people[user_id]


hub = Hub()


class Proof(NamedTuple):
    """By what a page says who reads it: a session, or the pass of a site's frame."""

    session_key: str | None = None
    chat_pass: str = ""

    @classmethod
    def of(cls, request: Request) -> Proof:
        given = request.headers.get(PASS)
        return cls(request.cookies.get(settings.SESSION_COOKIE_NAME)) if given is None else cls(None, given)

    def opens(self, topic: str) -> bool:
        """A pass opens chats and what is asked in them, nothing else. SEC-6."""
        return not self.chat_pass or topic.partition(":")[0] in PASS_OPENS


def _actor(proof: Proof) -> Actor:
    close_old_connections()
    try:
        if proof.chat_pass:
            return who_has(proof.chat_pass, at=clock.now())[0]
        if not proof.session_key:
            return VISITOR
        # Not before a second factor that staff need, and not by a session that was ended: SEC-1, SEC-6.
        return actor_of_session(SessionStore(session_key=proof.session_key), at=clock.now())
    finally:
        close_old_connections()


def _lawful(proof: Proof, topics: list[str]) -> tuple[Actor, list[str]]:
    actor = _actor(proof)
    try:
        return actor, [topic for topic in topics if proof.opens(topic) and may_follow(actor, topic)]
    finally:
        close_old_connections()


lawful = sync_to_async(_lawful, thread_sensitive=False)


def _present(people: list[int], chats: list[tuple[int, int]]) -> None:
    close_old_connections()
    try:
        present(people, chats, at=clock.now())
    finally:
        close_old_connections()


async def tell_presence() -> None:
    """Say every quarter of a minute whose pages are open, for chats: an engineer who is there, a customer who left. CHT-1."""
    while True:
        await asyncio.sleep(PRESENT_SECONDS)
        people = list(hub.people)
        talks = {int(topic[5:]): lines for topic, lines in hub.lines.items() if topic.startswith("chat:") and topic[5:].isdecimal()}
        chats = [(chat, user) for chat, lines in talks.items() for user in {line.user_id for line in lines}]
        if people:
            try:
                await sync_to_async(_present, thread_sensitive=False)(people, chats)
            except Exception as error:  # the next round says it again
                log.warning("presence not told", error=type(error).__name__)


def origin_is_ours(request: Request) -> bool:
    """Only our own pages may listen: the exact origin, never a pattern, never a missing or null one. SEC-35."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site") == "same-origin"
    return origin in settings.STREAM_ORIGINS


async def events(request: Request) -> Response:
    if not origin_is_ours(request):
        return PlainTextResponse("", status_code=403)
    if request.method == "OPTIONS":  # a browser asks whether the header of a pass may come along, where the stream is another origin
        return Response(status_code=204, headers=cors(request) | {"access-control-allow-headers": PASS, "access-control-max-age": "600"})
    topics = list(dict.fromkeys(request.query_params.getlist("t")))
    if not topics or len(topics) > TOPICS_MAX or any(len(t) > TOPIC_LENGTH_MAX for t in topics):
        return PlainTextResponse("", status_code=400, headers=cors(request))
    proof = Proof.of(request)
    actor, allowed = await lawful(proof, topics)
    if not actor.is_signed_in or len(allowed) != len(topics):
        return PlainTextResponse("", status_code=403, headers=cors(request))
    if len(hub.people.get(actor.user_id or 0, ())) >= STREAMS_PER_PERSON_MAX:
        return PlainTextResponse("", status_code=429, headers=cors(request))
    headers = {"cache-control": "no-cache, no-store, private", "x-accel-buffering": "no", **cors(request)}
    return StreamingResponse(
        frames(actor.user_id or 0, proof, topics), media_type="text/event-stream", headers=headers
    )


def cors(request: Request) -> dict[str, str]:
    origin = request.headers.get("origin")
    if not origin:
        return {}
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "vary": "origin",
    }


async def frames(user_id: int, proof: Proof, topics: list[str]) -> AsyncIterator[bytes]:
    with hub.open(user_id, topics) as line:
        yield b"retry: 2000\n\nevent: resync\ndata: {}\n\n"
        checked = time.monotonic()
        while not line.ended:
            try:
                frame = await asyncio.wait_for(line.queue.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                frame = b": still here\n\n"
            if line.ended:
                break
            if time.monotonic() - checked > RECHECK_SECONDS:
                actor, allowed = await lawful(proof, topics)
                if actor.user_id != user_id or len(allowed) != len(topics):
                    break
                checked = time.monotonic()
            yield frame


async def health(request: Request) -> Response:
    return JSONResponse({"ok": hub.listening, "streams": sum(len(lines) for lines in hub.people.values()), "remote": len(hall.bridges)})


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    hub.task = asyncio.create_task(hub.run())
    telling = asyncio.create_task(tell_presence())
    await hall.start()
    try:
        yield
    finally:
        await hall.stop()
        for lines in list(hub.people.values()):
            for line in tuple(lines):
                line.ended = True
                line.put(b": bye\n\n")
        hub.task.cancel()
        telling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await hub.task


application = Starlette(routes=[Route("/events", events, methods=["GET", "OPTIONS"]), Route("/events/health", health), *routes], lifespan=lifespan)
broker = Starlette(routes=[Route("/events/health", health), *routes], lifespan=lifespan)  # remote sessions alone: `amparo broker`
