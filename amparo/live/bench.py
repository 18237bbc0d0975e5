"""The figure of the screen pop for `amparo bench`: from the exchange's signed message to the operator's client holding the card. TEL-1.

Web and stream run as processes over the database of the environment; the operator's client listens to his stream, and asks for what
rings and then for the caller's card when it is told, as the page does. Every call is of another customer, who has a contract. Two figures of
each call, both from before the message is sent: until the card at the side is there, and until the whole page of the caller is.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from statistics import median

from django.db import connection, connections

from amparo.contracts import commands as contracts
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM, Actor
from amparo.people.bench import cookie_of, served
from amparo.people.models import Customer, User

from . import commands, rules

CALLS, WARM = 200, 10
LIMIT_MS = 300.0


def run(calls: int = CALLS) -> list[dict[str, object]]:
    """Measure; the database holds the customers. Return figures as plain data."""
    at = clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM people_customer")
        customers = cursor.fetchone()[0]
        cursor.execute("SELECT id, phone FROM people_customer WHERE phone ~ '^\\+52[0-9]{10}$' ORDER BY md5(id::text) LIMIT %s", [calls + WARM])
        rows = cursor.fetchall()
    user = User.objects.filter(staff_roles__role="operator", is_active=True).first() or User.objects.filter(staff_roles__isnull=False).first()
    assert user is not None and rows, "the world has staff and customers with numbers"
    admin = Actor(kind="staff", user_id=user.pk, name="Medida", roles=frozenset({"administrator", "operator"}))
    exchange, secret = commands.add_exchange({"name": "Medida", "kind": "webhook"}, actor=admin, at=at)
    commands.give_line(exchange, "101", user_id=user.pk, actor=admin, at=at)
    _contracts([number for number, _phone in rows], at)
    cookie = cookie_of(user)
    connections.close_all()
    with served() as (web, stream):
        told = _Stream(stream, web, cookie, f"user:{user.pk}")
        spent = [_pop(web, cookie, told, exchange.pk, secret, phone, number) for number, (_id, phone) in enumerate(rows)][WARM:]
    whole, region = sorted(one[0] for one in spent), sorted(one[1] for one in spent)
    at99 = int(len(whole) * 0.99) - 1 if len(whole) >= 100 else -1
    name = f"screen pop over {customers:,} customers"
    return [
        {"name": f"{name}, to the card, p99", "milliseconds": whole[at99], "limit": LIMIT_MS, "p50": median(whole)},
        {"name": f"{name}, to what opens at the side, p99", "milliseconds": region[at99], "limit": LIMIT_MS, "p50": median(region)},
    ]


def _contracts(customers: list[int], at: datetime) -> None:
    """Give who calls a contract, so that the card has something to show."""
    plan = contracts.add_plan(f"Medida {at:%H%M%S%f}", events=12, incidents=4, credits=40, months=12, price=100, currency="MXN", actor=SYSTEM, at=at)
    for customer in Customer.objects.filter(pk__in=customers):
        contracts.sell_contract(customer, plan, at.date(), actor=SYSTEM, at=at)


class _Stream:
    """The operator's stream: says when something of his changed."""

    def __init__(self, port: int, web: int, cookie: str, topic: str) -> None:
        self.changed = threading.Event()
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.line.request("GET", f"/events?t={topic}", headers={"Cookie": cookie, "Origin": f"http://127.0.0.1:{web}", "Accept": "text/event-stream"})
        self.answer = self.line.getresponse()
        assert self.answer.status == 200, self.answer.status
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for row in self._rows():
            if row.startswith(b"data: user:"):
                self.changed.set()

    def _rows(self) -> Iterator[bytes]:
        while row := self.answer.readline():
            yield row


def _pop(web: int, cookie: str, told: _Stream, exchange: int, secret: str, phone: str, number: int) -> tuple[float, float]:
    """Return the milliseconds of one call: to the card, and to what opens at the side."""
    body = json.dumps({"id": f"r{number}", "call": f"c{number}", "state": "ringing", "at": clock.now().isoformat(), "from": phone, "extension": "101"}).encode()
    stamp = int(clock.now().timestamp())
    headers = {"Content-Type": "application/json", "X-Amparo-Timestamp": str(stamp), "X-Amparo-Signature": rules.sign(secret, stamp, body)}
    reading = http.client.HTTPConnection("127.0.0.1", web, timeout=20)
    reading.connect()
    posting = http.client.HTTPConnection("127.0.0.1", web, timeout=20)
    posting.connect()
    told.changed.clear()
    began = time.perf_counter()
    sender = threading.Thread(target=_send, args=(posting, exchange, body, headers))
    sender.start()
    page = b""
    while b'data-ring-open="' not in page:  # what is told first may be that the call before ended
        assert told.changed.wait(10), "the stream said nothing"
        told.changed.clear()
        page = _get(reading, "/desk/phone/ring/", cookie)
    aside = (time.perf_counter() - began) * 1e3
    mark = page.index(b'data-ring-open="') + 16
    _get(reading, page[mark : page.index(b'"', mark)].decode(), cookie)
    whole = (time.perf_counter() - began) * 1e3
    sender.join()
    _send(posting, exchange, *_ended(secret, number))
    return whole, aside


def _ended(secret: str, number: int) -> tuple[bytes, dict[str, str]]:
    """The call is given up, so that the next one is alone; nobody is owed a call for a measurement: it goes out."""
    body = json.dumps({"id": f"e{number}", "call": f"c{number}", "state": "ended", "at": clock.now().isoformat()}).encode()
    stamp = int(clock.now().timestamp())
    return body, {"Content-Type": "application/json", "X-Amparo-Timestamp": str(stamp), "X-Amparo-Signature": rules.sign(secret, stamp, body)}


def _send(line: http.client.HTTPConnection, exchange: int, body: bytes, headers: dict[str, str]) -> None:
    line.request("POST", f"/live/exchange/{exchange}/events", body, headers)
    answer = line.getresponse()
    said = answer.read()
    assert answer.status == 200, said


def _get(line: http.client.HTTPConnection, path: str, cookie: str) -> bytes:
    line.request("GET", path, headers={"Cookie": cookie})
    answer = line.getresponse()
    page = answer.read()
    assert answer.status == 200, (answer.status, path)
    return page
