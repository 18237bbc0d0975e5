"""The figure of chats for `amparo bench`: a message to the other browser, with 500 chats open on one process. CHT-1.

Web and stream run as processes over the database of the environment. Every chat has its customer's stream open; an HTTP client plays
the browsers: one sends a message as the page does, the other is told by its own stream and asks what came since. Both directions in turn.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connections

from amparo.kernel import clock
from amparo.kernel.ids import make_nic
from amparo.people.models import Contact, Customer, StaffRole, User
from amparo.people.sessions import SessionStore

from .models import Chat

CHATS, ROUNDS, WARM = 500, 200, 20
LIMIT_P50_MS, LIMIT_P99_MS = 60.0, 250.0
TOKEN = "m" * 32


def run(chats: int = CHATS, rounds: int = ROUNDS) -> list[dict[str, object]]:
    """Measure, over customers of its own. Return figures as plain data."""
    world = _world(chats, clock.now())
    connections.close_all()
    web, stream = _ports()
    processes = _start(web, stream)
    try:
        spent = asyncio.run(_Crowd(web, stream, *world).measure(rounds))
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)
    spent = sorted(spent)
    name = f"chat message to the other browser, {len(world[0]):,} chats open"
    return [
        {"name": f"{name}, p50", "milliseconds": median(spent), "limit": LIMIT_P50_MS, "note": f"{len(spent)} messages, both directions"},
        {"name": f"{name}, p99", "milliseconds": spent[max(0, int(len(spent) * 0.99) - 1)], "limit": LIMIT_P99_MS, "note": f"slowest {spent[-1]:.0f} ms"},
    ]


def _world(count: int, at: datetime) -> tuple[list[tuple[int, str]], str]:
    """Open so many chats, all of one engineer; return each with its customer's cookie, and the engineer's."""
    engineer = User.objects.create_user("ingeniero@medida.example", None, name="Medida")
    StaffRole.objects.create(user=engineer, role="engineer")
    people = User.objects.bulk_create([User(email=f"c{n}@medida.example", name=f"Cliente {n}", password="!", language="es-mx") for n in range(count)])
    firms = Customer.objects.bulk_create([Customer(nic=make_nic(800_000 + n), name=f"Medida {n}", created_at=at) for n in range(count)])
    contacts = Contact.objects.bulk_create(
        [Contact(user=user, customer=firm, company_role="administrator", created_at=at) for user, firm in zip(people, firms, strict=True)]
    )
    made = Chat.objects.bulk_create([
        Chat(customer_id=one.customer_id, contact_id=one.user_id, contact_name="Medida", about="Medida", language="es-mx", state="open", opened_at=at,
             waiting_since=at, taken_at=at, last_at=at, customer_seen_at=at, assignee=engineer)
        for one in contacts
    ])  # fmt: skip
    cookies = [(chat.pk, _session(one.user)) for chat, one in zip(made, contacts, strict=True)]
    return cookies, _session(engineer)


def _session(user: User) -> str:
    store = SessionStore()
    store[SESSION_KEY], store[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return f"{settings.SESSION_COOKIE_NAME}={store.session_key}; {settings.CSRF_COOKIE_NAME}={TOKEN}"


def _ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def _start(web: int, stream: int) -> list[subprocess.Popen[bytes]]:
    more = {"AMPARO_URL": f"http://127.0.0.1:{web}", "AMPARO_STREAM_URL": f"http://127.0.0.1:{stream}/events", "AMPARO_HOSTS": "127.0.0.1,localhost"}
    made = [
        subprocess.Popen([sys.executable, "-m", "amparo", part, "--host", "127.0.0.1", "--port", str(port)], env=os.environ | more,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for part, port in (("web", web), ("stream", stream))
    ]  # fmt: skip
    for port, path in ((web, "/health"), (stream, "/events/health")):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                line = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
                line.request("GET", path)
                if line.getresponse().status == 200:
                    break
            except OSError:
                time.sleep(0.1)
    return made


class _Crowd:
    """All browsers, in this process: each with its stream, one of them sending at a time."""

    def __init__(self, web: int, stream: int, customers: Sequence[tuple[int, str]], engineer: str) -> None:
        self.web, self.stream, self.customers, self.engineer = web, stream, customers, engineer
        self.ready = 0
        self.told: dict[tuple[str, int], asyncio.Event] = {}
        self.last: dict[int, int] = {}

    async def _listen(self, who: str, cookie: str, chats: Sequence[int]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.stream)
        topics = "&".join(f"t=chat:{chat}" for chat in chats)
        writer.write(
            f"GET /events?{topics} HTTP/1.1\r\nHost: 127.0.0.1:{self.stream}\r\nOrigin: http://127.0.0.1:{self.web}\r\n"
            f"Cookie: {cookie}\r\nAccept: text/event-stream\r\n\r\n".encode()
        )
        try:
            assert b" 200 " in await reader.readline(), "the stream refused"
            self.ready += 1
            while line := await reader.readline():
                if line.startswith(b"data: chat:"):
                    self.told.setdefault((who, int(line[11:].split(b"|")[0])), asyncio.Event()).set()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def measure(self, rounds: int) -> list[float]:
        measured = [chat for chat, _cookie in self.customers[:40]]
        tasks = [asyncio.create_task(self._listen("engineer", self.engineer, measured))]
        for place, (chat, cookie) in enumerate(self.customers):
            tasks.append(asyncio.create_task(self._listen("customer", cookie, [chat])))
            if place % 50 == 49:
                await asyncio.sleep(0.2)
        until = time.monotonic() + 60
        while self.ready <= len(self.customers) and time.monotonic() < until:
            await asyncio.sleep(0.1)
        assert self.ready == len(self.customers) + 1, f"only {self.ready} streams opened"
        sending, asking = (http.client.HTTPConnection("127.0.0.1", self.web, timeout=20) for _one in range(2))
        spent = [await self._message(number, sending, asking) for number in range(rounds + WARM)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return spent[WARM:]

    async def _message(self, number: int, sending: http.client.HTTPConnection, asking: http.client.HTTPConnection) -> float:
        """Return the milliseconds from the sending to the other browser's holding the message."""
        chat, cookie = self.customers[number % 40]
        by_customer = number // 40 % 2 == 0
        other = ("engineer", self.engineer) if by_customer else ("customer", cookie)
        since = self.last.get(chat, 0)
        event = self.told[other[0], chat] = asyncio.Event()
        began = time.perf_counter()
        sent = asyncio.create_task(asyncio.to_thread(self._say, sending, chat, cookie if by_customer else self.engineer, by_customer, number))
        await asyncio.wait_for(event.wait(), 20)
        held = await asyncio.to_thread(self._ask, asking, chat, other[1], not by_customer, since)
        milliseconds = (time.perf_counter() - began) * 1e3
        await sent
        assert f"Mensaje {number}" in held["html"], "the other browser was told and did not get it"
        self.last[chat] = held["last"]
        return milliseconds

    def _say(self, line: http.client.HTTPConnection, chat: int, cookie: str, by_customer: bool, number: int) -> None:
        body = urlencode({"body": f"Mensaje {number}", "key": f"m{number}", "kind": "reply", "since": self.last.get(chat, 0), "head": "-"})
        line.request("POST", f"{'' if by_customer else '/desk'}/chat/{chat}/say/", body, {
            "Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": TOKEN, "Accept": "application/json",
            "Origin": f"http://127.0.0.1:{self.web}",
        })  # fmt: skip
        answer = line.getresponse()
        said = answer.read()
        assert answer.status == 200, (answer.status, said[:300])

    def _ask(self, line: http.client.HTTPConnection, chat: int, cookie: str, as_customer: bool, since: int) -> dict[str, Any]:
        line.request("GET", f"{'' if as_customer else '/desk'}/chat/{chat}/events/?since={since}&head=-", headers={"Cookie": cookie, "Accept": "application/json"})
        answer = line.getresponse()
        said = answer.read()
        assert answer.status == 200, (answer.status, said[:300])
        return json.loads(said)
