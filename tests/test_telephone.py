"""The process that listens to telephones, against a real exchange and a real caller: Kamailio and baresip."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from datetime import UTC, datetime

import pytest

from amparo.live import sip
from amparo.live.ami import Address
from amparo.live.errors import NoAnswer
from amparo.live.machine import State, Told, merge

from . import exchange as exchanges

missing = exchanges.missing()
pytestmark = [pytest.mark.operations, pytest.mark.skipif(bool(missing), reason=missing or "-")]


@pytest.fixture(scope="module")
def exchange():
    with exchanges.running() as running:
        yield running


def address(exchange, user: str = "600", password: str = exchanges.PASSWORD) -> Address:
    return Address(exchange.address, exchange.port, f"{user}@{exchanges.DOMAIN}", password)


@contextlib.asynccontextmanager
async def listening(exchange):
    """An extension that listens, the events it hears, and what it is made of."""
    events, made, ready = [], [], asyncio.Event()

    async def take(event) -> None:
        events.append(event)

    async def is_ready() -> None:
        ready.set()

    task = asyncio.create_task(
        sip.listen(address(exchange), "udp", take=take, ready=is_ready, now=lambda: datetime.now(UTC), about=made.append)
    )
    try:
        await asyncio.wait_for(ready.wait(), 10)
        yield events, made[0]
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, NoAnswer):
            await task


async def until(ask, seconds: float = 15) -> None:
    for _turn in range(int(seconds / 0.05)):
        if ask():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come true")


def test_a_call_rings_and_the_caller_gives_up(exchange):
    """TEL-1, TEL-3: who calls is seen while it rings, and that nobody answered."""

    async def play() -> list:
        async with listening(exchange) as (events, _ears):
            with exchange.caller("+525555123456", "Lupita Romero") as caller:
                await asyncio.to_thread(caller.dial, "600")
                await until(lambda: events)
                await asyncio.to_thread(caller.hang_up)
                await until(lambda: len(events) == 2)
            return events

    rings, ends = asyncio.run(play())
    assert (rings.state, rings.caller, rings.caller_name, rings.called) == ("ringing", "+525555123456", "Lupita Romero", "600")
    told = merge(merge(Told(), rings), ends)
    assert ends.call == rings.call and told.state == State.MISSED and told.was_abandoned


def test_what_is_wrong_with_the_settings_is_said(exchange):
    """TEL-3"""
    for given, why in ((address(exchange, password="otra"), "denied"), (address(exchange, user="999"), "unknown"), (Address("no-hay.invalid", 5060, "600", "x"), "name")):
        with pytest.raises(NoAnswer) as refused:
            asyncio.run(sip.probe(given, "udp"))
        assert refused.value.context["why"] == why
    asyncio.run(sip.probe(address(exchange), "udp"))


_SCANS = ("INVITE sip:100@{host} SIP/2.0", "OPTIONS sip:100@{host} SIP/2.0", "REGISTER sip:{host} SIP/2.0", "INVITE sip:600@{host}:{port} SIP/2.0",
          "CANCEL sip:600@{host} SIP/2.0", "BYE sip:{contact}x@{host} SIP/2.0", "SIP/2.0 200 OK", "SIP/2.0 401 Unauthorized", "GET / HTTP/1.1")  # fmt: skip


def _scan(number: int, host: str, port: int) -> bytes:
    first = _SCANS[number % len(_SCANS)].format(host=host, port=port, contact="amparo-0000")
    tag = random.Random(number)
    rows = [first, f"Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK{number}", f'From: "sipvicious" <sip:100@1.1.1.1>;tag={number}', "To: <sip:100@1.1.1.1>",
            f"Call-ID: {number}@scan", f"CSeq: {tag.choice(['1', '-1', 'x', '9' * 40])} INVITE", "Max-Forwards: 70", f"Content-Length: {tag.choice(['0', '-5', '99999999'])}"]  # fmt: skip
    whole = "\r\n".join(rows).encode() + b"\r\n\r\n"
    return whole if number % 5 else whole[: tag.randrange(len(whole))] + bytes(tag.randrange(256) for _octet in range(40))


def test_who_scans_for_telephones_finds_nothing_and_calls_go_on(exchange):
    """SEC-37, SEC-43: floods from elsewhere and from the exchange's own machine have no effect, and get no answer."""

    async def play() -> tuple[list, int, bytes]:
        async with listening(exchange) as (events, ears):
            host, port = ears.transport.local_addr
            heard = b""
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as near:
                elsewhere.bind(("127.0.0.1", 0))
                near.bind((exchange.address, 0))
                for line in (elsewhere, near):
                    line.setblocking(False)
                for number in range(2000):
                    with contextlib.suppress(OSError):
                        (elsewhere if number % 2 else near).sendto(_scan(number, host, port), (host, port))
                    if number % 100 == 0:
                        await asyncio.sleep(0)
                await asyncio.sleep(0.1)
                for line in (elsewhere, near):
                    with contextlib.suppress(OSError):
                        heard += line.recv(65_536)
            assert events == [] and ears.uas.active_calls == {}
            with exchange.caller("+525555987654") as caller:
                await asyncio.to_thread(caller.dial, "600")
                await until(lambda: events)
            return events, ears.dropped, heard

    events, dropped, heard = asyncio.run(play())
    assert events[0].caller == "+525555987654" and dropped > 50 and heard == b""
