"""The figure of chats for `amparo bench`: a message to the other browser, with 500 chats open on one process. CHT-1.

Web and stream run as processes over the database of the environment. Every chat has its customer's stream open, every second one in the
frame of a site, by a pass; an HTTP client plays the browsers: one sends a message as the page does, the other is told by its own stream
and asks what came since. Both directions in turn.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connections

from amparo.kernel import clock
from amparo.kernel.ids import make_nic
from amparo.people.bench import cookie_of, served
from amparo.people.models import Contact, Customer, StaffRole, User
from amparo.people.rules import token_hash

from .models import Chat, Pass, Site

CHATS, ROUNDS, WARM = 500, 200, 20
LIMIT_P50_MS, LIMIT_P99_MS = 60.0, 250.0
TOKEN = "m" * 32


@dataclass(frozen=True, slots=True)
class Person:
    """Who is at a chat: the headers that say so, and the address of its acts."""

    headers: dict[str, str]
    at: str
    by_pass: bool = False

    def lines(self) -> str:
        return "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())


def run(chats: int = CHATS, rounds: int = ROUNDS) -> list[dict[str, object]]:
    """Measure, over customers of its own. Return figures as plain data."""
    world = _world(chats, clock.now())
    connections.close_all()
    with served() as (web, stream):
        spent = sorted(asyncio.run(_Crowd(web, stream, *world).measure(rounds)))
    name = f"chat message to the other browser, {len(world[0]):,} chats open"
    return [
        {"name": f"{name}, p50", "milliseconds": median(spent), "limit": LIMIT_P50_MS, "note": f"{len(spent)} messages, both directions, every second chat in the frame of a site"},
        {"name": f"{name}, p99", "milliseconds": spent[max(0, int(len(spent) * 0.99) - 1)], "limit": LIMIT_P99_MS, "note": f"slowest {spent[-1]:.0f} ms"},
    ]


def _world(count: int, at: datetime) -> tuple[list[tuple[int, Person]], Person]:
    """Open so many chats, all of one engineer; return each with its customer, and the engineer."""
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
    site = Site.objects.create(name="Medida", public_id=secrets.token_hex(8), secret_sealed="", origins=["https://medida.example"], created_at=at)
    customers = [
        (chat.pk, _in_frame(site, one, at) if place % 2 else _signed_in(one.user, "/chat")) for place, (chat, one) in enumerate(zip(made, contacts, strict=True))
    ]
    return customers, _signed_in(engineer, "/desk/chat")


def _signed_in(user: User, at: str) -> Person:
    return Person({"Cookie": f"{cookie_of(user)}; {settings.CSRF_COOKIE_NAME}={TOKEN}", "X-CSRFToken": TOKEN}, at)


def _in_frame(site: Site, contact: Contact, at: datetime) -> Person:
    token = f"{contact.user.sessions_version}.{secrets.token_urlsafe(32)}"
    Pass.objects.create(
        token_hash=token_hash(token), site=site, user_id=contact.user_id, customer_id=contact.customer_id, created_at=at, expires_at=at + timedelta(hours=1)
    )
    return Person({"X-Chat-Pass": token}, f"/chat/widget/{site.public_id}", by_pass=True)


class _Crowd:
    """All browsers, in this process: each with its stream, one of them sending at a time."""

    def __init__(self, web: int, stream: int, customers: Sequence[tuple[int, Person]], engineer: Person) -> None:
        self.web, self.stream, self.customers, self.engineer = web, stream, customers, engineer
        self.ready = 0
        self.told: dict[tuple[str, int], asyncio.Event] = {}
        self.last: dict[int, int] = {}

    async def _listen(self, who: str, person: Person, chats: Sequence[int]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.stream)
        topics = "&".join(f"t=chat:{chat}" for chat in chats)
        writer.write(
            f"GET /events?{topics} HTTP/1.1\r\nHost: 127.0.0.1:{self.stream}\r\nOrigin: http://127.0.0.1:{self.web}\r\n"
            f"{person.lines()}Accept: text/event-stream\r\n\r\n".encode()
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
        measured = [chat for chat, _person in self.customers[:40]]
        tasks = [asyncio.create_task(self._listen("engineer", self.engineer, measured))]
        for place, (chat, person) in enumerate(self.customers):
            tasks.append(asyncio.create_task(self._listen("customer", person, [chat])))
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
        chat, customer = self.customers[number % 40]
        by_customer = number // 40 % 2 == 0
        sender, (role, reader) = (customer, ("engineer", self.engineer)) if by_customer else (self.engineer, ("customer", customer))
        since = self.last.get(chat, 0)
        event = self.told[role, chat] = asyncio.Event()
        began = time.perf_counter()
        sent = asyncio.create_task(asyncio.to_thread(self._say, sending, chat, sender, number))
        await asyncio.wait_for(event.wait(), 20)
        held = await asyncio.to_thread(self._ask, asking, chat, reader, since)
        milliseconds = (time.perf_counter() - began) * 1e3
        await sent
        assert f"Mensaje {number}" in held["html"], "the other browser was told and did not get it"
        self.last[chat] = held["last"]
        return milliseconds

    def _say(self, line: http.client.HTTPConnection, chat: int, who: Person, number: int) -> None:
        self._post(line, f"{who.at}/{chat}/say/", who, {"body": f"Mensaje {number}", "key": f"m{number}", "kind": "reply", "since": self.last.get(chat, 0), "head": "-"})

    def _ask(self, line: http.client.HTTPConnection, chat: int, who: Person, since: int) -> dict[str, Any]:
        if who.by_pass:
            return self._post(line, f"{who.at}/{chat}/events/", who, {"since": since, "head": "-"})
        line.request("GET", f"{who.at}/{chat}/events/?since={since}&head=-", headers={**who.headers, "Accept": "application/json"})
        return _answer(line)

    def _post(self, line: http.client.HTTPConnection, address: str, who: Person, values: dict[str, object]) -> dict[str, Any]:
        line.request("POST", address, urlencode(values), {
            **who.headers, "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", "Origin": f"http://127.0.0.1:{self.web}",
        })  # fmt: skip
        return _answer(line)


def _answer(line: http.client.HTTPConnection) -> dict[str, Any]:
    answer = line.getresponse()
    said = answer.read()
    assert answer.status == 200, (answer.status, said[:300])
    return json.loads(said)
