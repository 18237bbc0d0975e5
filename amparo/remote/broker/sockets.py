"""The two sockets of the broker. SEC-35, SEC-37, SEC-39, SEC-41.

The helper is no browser: it proves itself by its code, and a web page (which always says its origin) is not let in. The viewer is a page of
ours: its exact origin, its session, and a token that is a minute old at most, in the first message. Nothing secret is in an address.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import secrets
from collections.abc import Iterator
from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.utils import translation
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.refusals import Refusal
from amparo.remote import access, commands
from amparo.remote.commands.shared import CUSTOMER
from amparo.remote.errors import Elsewhere, ResumeUnknown
from amparo.remote.machine import Way
from amparo.remote.models import Session
from amparo.remote.rules.codes import network_of

from . import threads
from .bridge import Bridge
from .ends import Broke, End, Message
from .hall import hall, who

VERSION: Final = 1
FIRST_SECONDS: Final = 10
TOKEN_SECONDS: Final = 60
TOKEN_SALT: Final = "amparo.remote.viewer"  # noqa: S105 (a name, no secret)
STRANGERS_OF_NETWORK, STRANGERS = 20, 400
_WORD = re.compile(r"[A-Za-z0-9._+ -]{1,20}")


def viewer_token(session: Session, actor: Actor) -> str:
    """Return what the engineer's page shows to the broker: good for a minute, for this session and this person. SEC-41."""
    return signing.dumps({"s": session.pk, "u": actor.user_id}, salt=TOKEN_SALT)


def address_of(socket: WebSocket) -> str:
    """Return the address of the other end: behind a proxy that is trusted, the one that the proxy says. SEC-60."""
    address = socket.client.host if socket.client else ""
    for hop in reversed([one.strip() for one in socket.headers.get("x-forwarded-for", "").split(",") if one.strip()]):
        if not _trusted(address):
            break
        address = hop
    return address


def _trusted(address: str) -> bool:
    with contextlib.suppress(ValueError):
        found = ipaddress.ip_address(address)
        return any(found in ipaddress.ip_network(one, strict=False) for one in settings.TRUSTED_PROXIES)
    return False


@contextlib.contextmanager
def _stranger(network: str) -> Iterator[bool]:
    """Count a line that did not say yet who it is; False where there are too many. SEC-37."""
    hall.strangers[network] += 1
    try:
        yield hall.strangers[network] <= STRANGERS_OF_NETWORK and hall.strangers.total() <= STRANGERS
    finally:
        hall.strangers[network] -= 1
        if not hall.strangers[network]:
            del hall.strangers[network]


# --- the customer's helper -------------------------------------------------------------------------------------------


async def helper(socket: WebSocket) -> None:
    """`/remote/helper`: hello or resume, then the session. docs/remote-protocol.md"""
    if "origin" in socket.headers:
        await socket.close(1008)
        return
    address = address_of(socket)
    with _stranger(network_of(address)) as welcome:
        if not welcome:
            await socket.close(1013)
            return
        await socket.accept()
        end = End(socket)
        first = await end.first(FIRST_SECONDS)
        bridge = await _met(end, first, address) if first is not None else None
    if bridge is None:
        await end.close(1008)
        return
    await end.conversation(_helped(bridge, end))


async def _helped(bridge: Bridge, end: End) -> None:
    try:
        await bridge.helper_arrived(end)
        async for piece in end.messages():
            if isinstance(piece, bytes):
                await bridge.from_helper(end, piece)
            elif end is bridge.helper:
                await _helper_says(bridge, end, piece)
    except Broke as broke:
        if end is bridge.helper:
            await bridge.end("fault", broke.why, by=CUSTOMER, code=broke.code)
    finally:
        await bridge.helper_left(end)


async def _met(end: End, first: Message, address: str) -> Bridge | None:
    """Return the bridge of the session that a helper names by its code or its secret; None, told why, where there is none."""
    end.open()
    kind = first.get("type")
    if kind not in ("hello", "resume"):
        return None
    if first.get("version") != VERSION:
        _refused(end, "VERSION", translation.gettext_lazy("This program is too old or too new for this service. Get it again."))
        return None
    try:
        if kind == "hello":
            return await _hello(first, address)
        row = await threads.run(commands.resume, str(first.get("resume", ""))[:64], broker=settings.BROKER_URL, at=clock.now())
        if row.way == Way.BROWSER:  # a page has it, no line to a helper
            raise ResumeUnknown()
        bridge = hall.bridge(row)
        if bridge.ended:  # its last words are being written
            raise ResumeUnknown()
        bridge.resume = str(first["resume"])
        return bridge
    except Elsewhere as other:
        end.say("elsewhere", helper=f"{other.address}/remote/helper")
    except Refusal as refusal:
        _refused(end, refusal.code, refusal.text)
    return None


def _refused(end: End, code: str, sentence: Any) -> None:
    with translation.override(settings.LANGUAGE_CODE):
        end.say("refused", code=code, sentence=str(sentence))


async def _hello(first: Message, address: str) -> Bridge | None:
    can, screen = first.get("can"), first.get("screen")
    can = [one for one in can if isinstance(one, str)][:10] if isinstance(can, list) else []
    if not isinstance(screen, list) or len(screen) != 2 or not all(type(side) is int and 1 <= side <= 16_384 for side in screen):
        return None
    secret = secrets.token_urlsafe(32)
    row = await threads.run(
        commands.join, str(first.get("code", "")), address=address, resume=secret, broker=settings.BROKER_URL,
        system=_word(first.get("system")), helper=_word(first.get("helper")), can=can, at=clock.now(),
    )  # fmt: skip
    bridge = hall.bridge(row)
    bridge.resume = secret
    return bridge


def _word(given: Any) -> str:
    return given if isinstance(given, str) and _WORD.fullmatch(given) else ""


async def _helper_says(bridge: Bridge, end: End, message: Message) -> None:
    kind = message["type"]
    if kind == "ping":
        end.say("pong")
    elif kind == "consent":
        await bridge.questions.answered(message)
    elif kind == "revoke":
        await bridge.only_see(CUSTOMER)
    elif kind == "revoke_clipboard":
        await bridge.clipboard_off(CUSTOMER)
    elif kind == "clipboard":
        bridge.clipboard(message.get("text"), to_helper=False)
    elif kind == "stop":
        await bridge.end("stopped_by_customer", by=CUSTOMER)
    else:
        raise Broke(1008, "the helper sent a message that nobody knows")


# --- the engineer's viewer -------------------------------------------------------------------------------------------


def _conducted(session_key: str | None, first: Message) -> tuple[Actor, Session] | None:
    """Return who connects to which session; None where session, token or right are missing. SEC-39."""
    actor = who(session_key)
    try:
        token = signing.loads(str(first.get("token", ""))[:500], salt=TOKEN_SALT, max_age=TOKEN_SECONDS)
    except signing.BadSignature:
        return None
    if not actor.is_signed_in or token.get("u") != actor.user_id or token.get("s") != first.get("session"):
        return None
    row = access.visible_to(actor).select_related("case__thread", "engineer").filter(pk=token["s"]).exclude(state="ended").exclude(way=Way.BROWSER.value).first()
    return (actor, row) if row is not None and access.may_conduct(actor, row) else None


async def viewer(socket: WebSocket) -> None:
    """`/remote/viewer`: the engineer's page. Only it knows how; its first message carries the token."""
    if socket.headers.get("origin") not in settings.STREAM_ORIGINS:
        await socket.close(1008)
        return
    key = socket.cookies.get(settings.SESSION_COOKIE_NAME)
    with _stranger(network_of(address_of(socket))) as welcome:
        if not key or not welcome:
            await socket.close(1008)
            return
        await socket.accept()
        end = End(socket)
        first = await end.first(FIRST_SECONDS)
        met = await threads.run(_conducted, key, first) if first is not None and first["type"] == "view" else None
    if first is None or met is None:
        await end.close(1008)
        return
    end.open()
    actor, row = met
    bridge = _taken(end, row, str(first.get("page", ""))[:40])
    if bridge is None:
        await end.close(1000)
        return
    await end.conversation(_viewed(bridge, end, actor, str(first.get("page", ""))[:40], key))


async def _viewed(bridge: Bridge, end: End, actor: Actor, page: str, key: str) -> None:
    try:
        await bridge.viewer_arrived(end, actor, page, key)
        async for piece in end.messages():
            if isinstance(piece, bytes):
                await bridge.from_viewer(end, piece)
            elif end is bridge.viewer:
                await _viewer_says(bridge, end, piece)
    except Broke as broke:
        if end is bridge.viewer:
            await bridge.end("fault", broke.why, by=actor, code=broke.code)
    finally:
        await bridge.viewer_left(end)


def _taken(end: End, row: Session, page: str) -> Bridge | None:
    """Return the bridge for a viewer; None, told why, where it is at another broker or somebody views already. SEC-39."""
    if row.broker and row.broker != settings.BROKER_URL:
        end.say("elsewhere", viewer=f"{row.broker}/remote/viewer")
        return None
    bridge = hall.bridge(row)
    if bridge.ended:
        return None
    if bridge.viewer is not None and bridge.page != page:
        end.say("refused", code="VIEWER_TAKEN")
        return None
    return bridge


async def _viewer_says(bridge: Bridge, end: End, message: Message) -> None:
    kind = message["type"]
    if kind == "ping":
        end.say("pong")
    elif kind == "started":
        bridge.awaits_viewer = message.get("segment") != bridge.row.segments
    elif kind == "ask_mode":
        bridge.questions.ask_mode()
    elif kind == "ask_clipboard":
        bridge.questions.ask_clipboard()
    elif kind == "only_see":
        await bridge.only_see(bridge.actor or SYSTEM)
    elif kind == "clipboard_off":
        await bridge.clipboard_off(bridge.actor or SYSTEM)
    elif kind == "clipboard":
        bridge.clipboard(message.get("text"), to_helper=True)
    elif kind == "stop":
        await bridge.end("stopped_by_engineer", by=bridge.actor or SYSTEM)
    else:
        raise Broke(1008, "the page sent a message that nobody knows")


routes = [WebSocketRoute("/remote/helper", helper), WebSocketRoute("/remote/viewer", viewer)]
