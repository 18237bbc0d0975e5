"""An extension of ours that registers at an exchange and listens: it sees who calls and that the caller gave up, answers nothing. TEL-3.

Who scans the network for telephones finds nothing here: what does not come from the exchange itself, or not to the contact
that only the exchange was told (random in each life), is dropped before it is read further, without an answer. SEC-43.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import socket
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from aiosipua import (
    Registration,
    RegistrationState,
    SipDigestAuth,
    SipMessage,
    SipRequest,
    SipTransport,
    SipUAC,
    SipUAS,
    TcpSipTransport,
    UdpSipTransport,
    parse_address,
)

from .ami import Address, why_unreachable
from .errors import NoAnswer
from .rules import Event
from .rules.events import event_id

TIMEOUT_SECONDS = 8
EXPIRES_SECONDS = 120
LATE_SECONDS = 30
CALLS_MAX = 50
DATAGRAM_MAX = 16_384
_ELSEWHERE = re.compile(r"SIP\s*;\s*cause\s*=\s*200\b|Q\.850\s*;\s*cause\s*=\s*26\b|elsewhere", re.IGNORECASE)
_OURS = {b"INVITE", b"CANCEL", b"ACK", b"OPTIONS", b"BYE"}


class _Datagrams(asyncio.DatagramProtocol):
    """Hands over what comes to a socket, to whoever listens when it comes."""

    def __init__(self, owner: UdpSipTransport) -> None:
        self.owner = owner

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.owner._dispatch(data, addr[:2])


class _Udp(UdpSipTransport):
    """The library's transport with a socket of our own making."""

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        made, _protocol = await loop.create_datagram_endpoint(lambda: _Datagrams(self), local_addr=self.local_addr)
        self._udp_transport = made
        self.local_addr = made.get_extra_info("sockname")[:2]


class Ears:
    """One registration and what comes to it, until `stop`."""

    def __init__(self, address: Address, transport: str, *, own_host: str, exchange_ip: str) -> None:
        self.address, self.exchange_ip = address, exchange_ip
        self.contact = f"amparo-{secrets.token_hex(12)}"
        kind: type[SipTransport] = TcpSipTransport if transport == "tcp" else _Udp
        self.transport = kind(local_addr=(own_host, 0))
        self.dropped = 0
        self.state: asyncio.Queue[tuple[bool, int]] = asyncio.Queue()
        self.heard: asyncio.Queue[tuple[str, SipRequest]] = asyncio.Queue(200)
        self.uac: SipUAC | None = None
        self.uas: SipUAS | None = None
        self.registration: Registration | None = None
        self.remote: tuple[str, int] = (exchange_ip, address.port)

    async def start(self) -> None:
        """Open the socket and register. Raises OSError."""
        if isinstance(self.transport, TcpSipTransport):
            _reader, writer = await asyncio.wait_for(self.transport.connect(self.remote), TIMEOUT_SECONDS)
            self.transport.local_addr = writer.get_extra_info("sockname")[:2]
        else:
            await self.transport.start()
        self.uac = SipUAC(self.transport)
        self.uas = SipUAS(self.transport, uac=self.uac, user_agent="Amparo")
        self.uas.on_invite = self._rings
        self.uas.on_cancel = lambda request, _addr: self._hear("cancel", request)
        self.transport.on_message = self.uas._on_message
        self._guard()
        host, port = self.transport.local_addr
        user, _sep, domain = self.address.username.partition("@")
        via = ";transport=tcp" if isinstance(self.transport, TcpSipTransport) else ""
        self.registration = Registration(
            self.uac, f"sip:{user}@{domain or self.address.host}", self.remote, expires=EXPIRES_SECONDS, auth=SipDigestAuth(user, self.address.secret),
            contact_uri=f"sip:{self.contact}@{host}:{port}{via}", registrar_uri=f"sip:{domain or self.address.host}", user_agent="Amparo",
        )  # fmt: skip
        self.registration.on_registered = lambda _one: self.state.put_nowait((True, 200))
        self.registration.on_failed = lambda _one, status, _reason: self.state.put_nowait((False, int(status)))
        self.registration.on_expired = lambda _one: self.state.put_nowait((False, 408))
        self.registration.register()

    def _guard(self) -> None:
        """Drop what the exchange did not send to us before anything else reads it."""
        inner = self.transport._dispatch

        def dispatch(data: bytes, addr: tuple[str, int]) -> None:
            first = data[:300].split(b"\r\n", 1)[0].split(b" ")
            if addr[0] != self.exchange_ip or len(data) > DATAGRAM_MAX or (first[0] not in _OURS and not first[0].startswith(b"SIP/2.0")):
                self.dropped += 1
                return
            if first[0] != b"ACK" and not first[0].startswith(b"SIP/") and self.contact.encode() not in (first[1] if len(first) > 1 else b""):
                self.dropped += 1
                return
            with contextlib.suppress(Exception):  # what cannot be read is nothing
                SipMessage.parse(data)
                inner(data, addr)

        self.transport._dispatch = dispatch  # type: ignore[method-assign]

    def _rings(self, call: Any) -> None:
        if self.uas is not None and len(self.uas.active_calls) > CALLS_MAX:  # the oldest goes: its end was lost on its way
            call_id, oldest = next(iter(self.uas.active_calls.items()))
            with contextlib.suppress(Exception):
                oldest.reject(486)
            self.uas._calls.pop(call_id, None)
        call.ringing()
        self._hear("invite", call.invite)

    def _hear(self, what: str, request: SipRequest) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            self.heard.put_nowait((what, request))

    async def registered(self) -> None:
        """Return once the exchange took the registration. Raises NoAnswer."""
        try:
            good, status = await asyncio.wait_for(self.state.get(), TIMEOUT_SECONDS)
        except TimeoutError:
            raise NoAnswer(why="silent") from None
        if not good:
            raise NoAnswer(why=_why(status))

    async def stop(self) -> None:
        """Give the registration back and close."""
        if self.registration is not None:
            with contextlib.suppress(Exception):
                if self.registration.state == RegistrationState.REGISTERED:
                    self.registration.unregister()
                    await asyncio.wait_for(asyncio.shield(asyncio.sleep(0.15)), 1)
                self.registration._cancel_timers()
        if self.uas is not None:
            with contextlib.suppress(Exception):
                await self.uas.stop()


def _why(status: int) -> str:
    if status in (401, 403, 407):
        return "denied"
    if status == 404:
        return "unknown"
    return "lost" if status == 408 else "other"


async def begun(address: Address, transport: str) -> Ears:
    """Return ears that are registered. Raises NoAnswer."""
    loop = asyncio.get_running_loop()
    try:
        found = await asyncio.wait_for(loop.getaddrinfo(address.host, address.port, family=socket.AF_INET, type=socket.SOCK_DGRAM), TIMEOUT_SECONDS)
        exchange_ip = found[0][4][0]
        ears = Ears(address, transport, own_host=_own_address(str(exchange_ip), address.port), exchange_ip=str(exchange_ip))
        await ears.start()
    except (OSError, TimeoutError) as error:
        raise NoAnswer(why=why_unreachable(error)) from None
    try:
        await ears.registered()
    except NoAnswer:
        await ears.stop()
        raise
    return ears


def _own_address(exchange_ip: str, port: int) -> str:
    """Return the address of ours from which the exchange is reached."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((exchange_ip, port))
        return str(probe.getsockname()[0])


async def listen(
    address: Address, transport: str, *, take: Callable[[Event], Awaitable[None]], ready: Callable[[], Awaitable[None]], now: Callable[[], datetime],
    about: Callable[[Ears], None] | None = None,
) -> None:
    """Tell of every call that rings at our extension until the exchange lets us go. Raises NoAnswer."""
    ears = await begun(address, transport)
    if about is not None:
        about(ears)
    try:
        await ready()
        while True:
            heard, state = asyncio.ensure_future(ears.heard.get()), asyncio.ensure_future(ears.state.get())
            await asyncio.wait({heard, state}, return_when=asyncio.FIRST_COMPLETED)
            for waiting in (heard, state):
                if not waiting.done():
                    waiting.cancel()
            if heard.done() and not heard.cancelled():
                what, request = heard.result()
                if (event := event_of(what, request, at=now())) is not None:
                    await take(event)
            if state.done() and not state.cancelled():
                good, status = state.result()
                if not good:
                    raise NoAnswer(why=_why(status))
                await ready()
    finally:
        await ears.stop()


def event_of(what: str, request: SipRequest, *, at: datetime) -> Event | None:
    """Return what a request to our extension means for a call: it rings, or its ringing ended."""
    call_id = (request.call_id or "")[:120]
    if not call_id:
        return None
    if what == "cancel":
        reason = request.get_header("reason") or ""
        if _ELSEWHERE.search(reason):  # somebody took it on a telephone that we do not see
            return Event(event_id("sip", call_id, "elsewhere"), call_id, "answered", at, "in")
        return Event(event_id("sip", call_id, "cancel"), call_id, "ended", at, "in")
    number, name = _party(request.get_header("p-asserted-identity") or request.get_header("from") or "")
    called, _name = _party(request.get_header("to") or "")
    return Event(event_id("sip", call_id, "invite"), call_id, "ringing", at, "in", number, name, called)


def _party(header: str) -> tuple[str, str]:
    try:
        given = parse_address(header)
    except (ValueError, IndexError, AttributeError):
        return "", ""
    uri = getattr(given, "uri", None)
    user = getattr(uri, "user", None) if not isinstance(uri, str) else uri.partition(":")[2].partition("@")[0]
    return unquote(str(user or ""))[:80], str(getattr(given, "display_name", "") or "")[:120]


async def probe(address: Address, transport: str) -> None:
    """Register and leave: for the button that asks whether the settings are right. Raises NoAnswer."""
    ears = await begun(address, transport)
    await ears.stop()
