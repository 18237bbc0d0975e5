"""A real Janus and a real coturn: what their own doors refuse. Each is started once for this module."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import os
import socket
import struct
import time
from datetime import UTC, datetime, timedelta

import pytest
import websockets
from django.conf import settings as django_settings

from amparo.media import gateway, queries, rooms, rules
from amparo.media.errors import GatewayRefused
from amparo.media.rooms import janus
from amparo.project import debian
from amparo.project.postgres import die_with
from tests.gateway import RELAY, Notices, needs_janus, needs_relay, running_gateway
from tests.live import free_port, until

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    told = Notices()
    with running_gateway(tmp_path_factory.mktemp("gateway"), django_settings, notices_port=told.port) as found:
        found.told = told
        yield found
    told.close()


def now() -> datetime:
    return datetime.now(UTC)


class Browser:
    """What a browser does at the WebSocket, without media."""

    def __init__(self, socket, token: str) -> None:
        self.socket, self.token, self.session = socket, token, 0

    async def ask(self, **message) -> dict:
        whole = {"transaction": os.urandom(6).hex(), "token": self.token, **({"session_id": self.session} if self.session else {}), **message}
        await self.socket.send(json.dumps({name: word for name, word in whole.items() if word is not None}))
        while True:
            answer = json.loads(await asyncio.wait_for(self.socket.recv(), 5))
            if answer.get("transaction") == whole["transaction"] and answer["janus"] != "ack":
                return answer

    async def attach(self, plugin: str = rules.VIDEOROOM, proof: str = "") -> int:
        if not self.session:
            self.session = (await self.ask(janus="create"))["data"]["id"]
        return (await self.ask(janus="attach", plugin=plugin, opaque_id=proof))["data"]["id"]

    async def room(self, handle: int, **body) -> dict:
        return (await self.ask(janus="message", handle_id=handle, body=body))["plugindata"]["data"]


def at_the_door(world, play, *, token: str | None = None):
    async def run():
        async with websockets.connect(world.url, subprotocols=["janus-protocol"]) as line:
            return await play(Browser(line, queries.session("p-1", at=now())["token"] if token is None else token))

    return asyncio.run(run())


@needs_janus
def test_rooms_are_made_again_at_will_and_only_by_us(world):
    """LIV-1, SEC-38"""
    for _again in range(2):
        rooms.create_room("class-1", title="Uno", publishers_max=6, at=now())
    assert rooms.participants("class-1", at=now()) == [] == rooms.participants("class-none", at=now())
    assert queries.available(at=now()).rooms and queries.available(at=now()).sip

    async def browser(one: Browser):
        handle = await one.attach()
        refused = [await one.room(handle, request="create", room="mine"), await one.room(handle, request="destroy", room="class-1"),
                   await one.room(handle, request="kick", room="class-1", id="p-1")]  # fmt: skip
        return [answer.get("error_code") for answer in refused], await one.room(handle, request="list")

    errors, listed = at_the_door(world, browser)
    assert all(errors) and listed["list"] == []
    rooms.end("class-1", at=now())
    with pytest.raises(GatewayRefused):
        rooms.record("class-1", True, at=now())


@needs_janus
def test_no_token_opens_another_room_or_lasts_longer_than_it_says(world):
    """SEC-38: other room's, expired, forged, none, for another plugin: refused by Janus itself."""
    for room in ("class-a", "class-b"):
        rooms.create_room(room, title=room, publishers_max=6, at=now())
    good = rooms.token("class-a", "p-1", rooms.VIEWER, seconds=60, at=now())
    expired = rooms.token("class-a", "p-1", rooms.VIEWER, seconds=-5, at=now())
    other = rooms.token("class-b", "p-1", rooms.VIEWER, seconds=60, at=now())
    forged = rules.room_token("class-a", secret="guessed", until=now() + timedelta(hours=1))

    async def browser(one: Browser):
        handle = await one.attach(proof=good["proof"])
        join = {"request": "join", "ptype": "publisher", "room": "class-a", "id": "p-1"}
        errors = [(await one.room(handle, **join, **more)).get("error_code") for more in ({}, {"token": expired["token"]}, {"token": other["token"]}, {"token": forged})]
        watcher = await one.attach()
        subscribe = {"request": "join", "ptype": "subscriber", "room": "class-a", "streams": [{"feed": "p-2"}]}
        errors.append((await one.room(watcher, **subscribe, token=other["token"])).get("error_code"))
        sip = await one.ask(janus="attach", plugin=rules.SIP)
        joined = await one.room(handle, **join, token=good["token"])
        return errors, sip["error"]["code"], joined["videoroom"]

    assert at_the_door(world, browser) == ([433] * 5, 405, "joined")
    ended = rules.api_token([rules.VIDEOROOM], secret=janus.secrets()["token"], until=now() - timedelta(seconds=5))

    async def stranger(one: Browser):
        return (await one.ask(janus="create"))["error"]["code"]

    assert [at_the_door(world, stranger, token=word) for word in ("", "made up", ended)] == [403, 403, 403]


@needs_janus
def test_the_gateway_tells_who_came_and_left_and_whoever_is_sent_out_is_out(world):
    """LIV-1, SEC-38"""
    rooms.create_room("class-c", title="c", publishers_max=6, at=now())
    token = rooms.token("class-c", "p-7", rooms.VIEWER, seconds=60, at=now())

    async def browser(one: Browser):
        handle = await one.attach(proof=token["proof"])
        await one.room(handle, request="join", ptype="publisher", room="class-c", id="p-7", token=token["token"])
        here = await asyncio.to_thread(lambda: [found.participant for found in rooms.JANUS.participants("class-c")])
        await asyncio.to_thread(lambda: rooms.JANUS.remove("class-c", "p-7"))
        return here

    rooms.JANUS = janus.JanusRooms()
    assert at_the_door(world, browser) == ["p-7"]
    plain = lambda: [(one["event"]["data"].get("event"), one.get("opaque_id", "")) for one in world.told.seen if one.get("type") == 64 and one["event"]["data"].get("id") == "p-7"]  # noqa: E731
    until(lambda: any(event in ("kicked", "leaving") for event, _word in plain()))
    assert ("joined", token["proof"]) in plain()
    assert rooms.participants("class-c", at=now()) == []


@needs_janus
def test_the_administration_listens_on_this_machine_alone(world):
    """SEC-38"""
    for port in (world.layout.admin_port, world.layout.port):
        with socket.socket() as probe:
            probe.settimeout(1)
            assert probe.connect_ex((world.layout.address, port)) != 0
    janus.ask({"janus": "ping"})
    before = dict(janus.secrets())
    janus.secrets()["admin"] = "wrong"
    try:
        assert janus.ask({"janus": "list_sessions"})["error"]["code"] == 403
    finally:
        janus.secrets().update(before)


@needs_janus
def test_the_socket_bears_what_strangers_send(world):
    """SEC-37: broken words, a giant frame: closed or refused, and the others go on."""

    async def send(text: str):
        with contextlib.suppress(websockets.ConnectionClosed, TimeoutError):
            async with websockets.connect(world.url, subprotocols=["janus-protocol"], max_size=None) as line:
                await line.send(text)
                return await asyncio.wait_for(line.recv(), 2)

    for text in ("{", "[]", '{"janus": 7}', json.dumps({"janus": "create", "transaction": "x" * 200_000})):
        answer = asyncio.run(send(text))
        assert answer is None or "error" in answer
    janus.ask({"janus": "ping"})


def stun(kind: int, attributes: list[tuple[int, bytes]], *, key: bytes = b"", transaction: bytes = b"") -> bytes:
    """One message of STUN/TURN, sealed where there is a key."""
    body = b"".join(struct.pack("!HH", name, len(word)) + word + b"\0" * (-len(word) % 4) for name, word in attributes)
    transaction = transaction or os.urandom(12)
    if key:
        head = struct.pack("!HHI", kind, len(body) + 24, 0x2112A442) + transaction
        body += struct.pack("!HH", 0x0008, 20) + hmac.new(key, head + body, hashlib.sha1).digest()
    return struct.pack("!HHI", kind, len(body), 0x2112A442) + transaction + body


def read_stun(data: bytes) -> tuple[int, dict[int, bytes]]:
    found, place = {}, 20
    while place + 4 <= len(data):
        name, size = struct.unpack("!HH", data[place : place + 4])
        found[name] = data[place + 4 : place + 4 + size]
        place += 4 + size + (-size % 4)
    return struct.unpack("!H", data[:2])[0], found


class Caller:
    """One socket that asks a relay."""

    def __init__(self, where: gateway.Layout) -> None:
        self.where = where

    def __enter__(self) -> Caller:
        self.line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.line.settimeout(1)
        return self

    def __exit__(self, *_error: object) -> None:
        self.line.close()

    def ask(self, message: bytes) -> tuple[int, dict[int, bytes]]:
        end = time.monotonic() + 8
        while time.monotonic() < end:
            self.line.sendto(message, (self.where.address, self.where.relay_port))
            with contextlib.suppress(TimeoutError, ConnectionRefusedError):
                return read_stun(self.line.recv(2000))
            time.sleep(0.05)
        raise AssertionError("the relay does not answer")

    def allocate(self, user: dict[str, str] | None) -> tuple[int, bytes]:
        udp = (0x0019, b"\x11\0\0\0")
        kind, found = self.ask(stun(0x0003, [udp]))
        if user is not None:
            realm = found[0x0014]
            self.words = [(0x0006, user["username"].encode()), (0x0014, realm), (0x0015, found[0x0015])]
            self.key = hashlib.md5(f"{user['username']}:{realm.decode()}:{user['credential']}".encode()).digest()
            kind, found = self.ask(stun(0x0003, [udp, *self.words], key=self.key))
        return kind, found.get(0x0009, b"")[2:4]

    def permission(self, address: str) -> tuple[int, bytes]:
        raw = bytes(a ^ b for a, b in zip(socket.inet_aton(address), struct.pack("!I", 0x2112A442), strict=True))
        peer = (0x0012, b"\0\1" + struct.pack("!H", 9 ^ 0x2112) + raw)
        kind, found = self.ask(stun(0x0008, [peer, *self.words], key=self.key))
        return kind, found.get(0x0009, b"")[2:4]


@needs_relay
def test_the_relay_lets_nobody_in_without_credentials_and_nobody_into_private_networks(tmp_path):
    """SEC-38: expired and forged credentials 401; a peer in a private network 403; our own gateway is allowed."""
    where = gateway.Layout(folder=tmp_path, address=gateway.media_address(), relay_port=free_port(), relay_ports=(31900, 31930), die_with=die_with(os.getpid()))
    process = gateway.start_relay(RELAY, where, environment=debian.environment(), log=tmp_path / "turn.log")
    secret = gateway.read_secrets(tmp_path)["relay"]
    try:
        soon = now() + timedelta(minutes=5)
        expired = rules.relay_credentials("p-1", secret=secret, until=now() - timedelta(seconds=5))
        forged = rules.relay_credentials("p-1", secret="guessed", until=soon)
        for wrong in (None, expired, forged):
            with Caller(where) as one:
                kind, word = one.allocate(wrong)
                assert (kind, word) == (0x0113, b"\x04\x01"), (tmp_path / "turn.log").read_text()[-2000:]
        with Caller(where) as one:
            assert one.allocate(rules.relay_credentials("p-1", secret=secret, until=soon))[0] == 0x0103
            peers = ("10.0.0.5", "127.0.0.1", "169.254.169.254", "192.168.1.1")
            assert [one.permission(peer) for peer in peers] == [(0x0118, b"\x04\x03")] * 4
            assert one.permission(where.address)[0] == 0x0108
    finally:
        process.kill()
        process.wait()
