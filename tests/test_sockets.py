"""The table of sockets: each × wrong origins, no session, wrong token, broken JSON, giant frames; others are unharmed. SEC-35, SEC-37, SEC-41."""

from __future__ import annotations

import asyncio
import contextlib
import json
import urllib.request

import pytest
from asgiref.sync import sync_to_async
from django.urls import URLResolver, get_resolver
from websockets.exceptions import ConnectionClosed, InvalidStatus

from amparo.project.stream import application

from .live import service
from .remote_line import Line, hello
from .remote_world import Scene
from .sockets import SOCKETS, STREAMS, UNGUARDED_BY_FORMS, Socket
from .source import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.operations]
SECRET = "secreto-que-no-se-escribe"


@pytest.fixture(scope="module")
def running(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), service(tmp_path_factory.mktemp("sockets"), parts=("stream",)) as found:
        yield found


@pytest.fixture
def scene(db, running, settings) -> Scene:
    settings.RECORDINGS_ROOT = running.mailbox.parent / "recordings"
    return Scene(running.url, running.stream_url)


def test_every_route_of_the_stream_has_its_row():
    """SEC-35"""
    assert {route.path for route in application.routes} == {one.path for one in SOCKETS} | set(STREAMS)


def _addresses(resolver, space: str = ""):
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from _addresses(one, f"{space}{one.namespace}:" if one.namespace else space)
        else:
            yield f"{space}{one.name}", one.callback


def test_every_address_without_a_forms_token_has_its_row():
    """SEC-35, SEC-37: webhooks, uploads and programs; each names the test of what guards it instead."""
    open_ = {name for name, view in _addresses(get_resolver()) if getattr(view, "csrf_exempt", False)}
    known = {name for name in open_ if name in UNGUARDED_BY_FORMS or name.partition(":")[0] in UNGUARDED_BY_FORMS}
    assert open_ == known
    assert all((ROOT / path).exists() for path in (*UNGUARDED_BY_FORMS.values(), *STREAMS.values()))


async def _refused(url: str, **more) -> int:
    """Return the status with which a handshake is refused, 0 where it is not."""
    try:
        line = await Line.open(url, **more)
    except InvalidStatus as refusal:
        assert not refusal.response.body or len(refusal.response.body) < 100
        return refusal.response.status_code
    await line.close()
    return 0


@pytest.mark.parametrize("socket", SOCKETS, ids=lambda one: one.path)
def test_only_our_own_pages_connect_by_a_session(scene, socket):
    """SEC-35: another origin, `null`, none, a longer one, another scheme, with the victim's session: refused before it opens."""
    cookie = f"amparo={scene.session_key}"
    strange = ["http://evil.example", "null", f"{scene.origin}.evil.example", scene.origin.replace("http:", "https:"), f"{scene.origin}@evil.example"]

    async def story() -> None:
        url = f"{scene.broker}{socket.path}"
        for origin in strange:
            assert await _refused(url, origin=origin, cookie=cookie) == 403, origin
        if socket.browser:
            assert await _refused(url, cookie=cookie) == 403
            assert await _refused(url, origin=scene.origin) == 403  # without a session
            assert await _refused(url, origin=scene.origin, cookie=cookie) == 0
        else:
            assert await _refused(url, origin=scene.origin, cookie=cookie) == 403  # a program says no origin
            assert await _refused(url) == 0

    asyncio.run(story())


async def _opened(scene: Scene, socket: Socket) -> Line:
    url = f"{scene.broker}{socket.path}"
    if socket.browser:
        return await Line.open(url, origin=scene.origin, cookie=f"amparo={scene.session_key}")
    return await Line.open(url)


GUESTS = ["{", "[]", '"x"', '{"type":5}', '{"no":"type"}', '{"type":"nothing"}', "[" * 10_000, "\ud7ff", '{"type":"hello","version":1}', b"\0" * 64]


@pytest.mark.parametrize("socket", SOCKETS, ids=lambda one: one.path)
def test_what_a_stranger_says_first_gets_a_bare_close(scene, socket):
    """SEC-37, SEC-39: broken JSON, unknown words, bytes, frames of megabytes, wrong codes and tokens; nothing is told of what is inside."""

    async def story() -> None:
        offer = await sync_to_async(scene.offer)()
        viewer = await scene.viewer(offer.session)
        await viewer.heard("state")
        for said in [*GUESTS, json.dumps({**socket.first, "pad": "x" * 20_000}), "x" * 3_000_000]:
            line = await _opened(scene, socket)
            with contextlib.suppress(ConnectionClosed):
                await line.socket.send(said)
            assert await line.closed(15) in (1008, 1009, 1006, 1002, 1007), str(said)[:60]
            assert all(one["type"] == "refused" and set(one) == {"type", "code", "sentence"} for one in line.told), line.told
        line = await _opened(scene, socket)
        await line.socket.send(json.dumps(socket.first))
        assert await line.closed(15) == 1008
        await viewer.say("ping")
        await viewer.heard("pong")  # others are unharmed
        await viewer.say("stop")
        await viewer.closed()

    asyncio.run(story())


def test_a_viewer_needs_its_own_token(scene, running):
    """SEC-39, SEC-41: another session's, another person's, none; and what was secret stands in no log."""

    async def story() -> None:
        offer = await sync_to_async(scene.offer)()
        first = await sync_to_async(scene.first)(offer.session)
        for wrong in ({"token": SECRET}, {"session": offer.session.pk + 1}, {"token": first["token"][:-1]}):
            line = await Line.open(scene.viewer_url, origin=scene.origin, cookie=f"amparo={scene.session_key}")
            await line.say("view", **(first | wrong))
            assert await line.closed() == 1008 and not line.told
        stranger = await sync_to_async(lambda: Scene(running.url, running.stream_url))()
        line = await Line.open(scene.viewer_url, origin=scene.origin, cookie=f"amparo={stranger.session_key}")
        await line.say("view", **first)
        assert await line.closed() == 1008 and not line.told
        helper = await hello(scene.helper_url, offer.code, system=SECRET)
        await helper.heard("ask")
        await helper.say("stop")
        await helper.closed()

    asyncio.run(story())
    log = (running.mailbox.parent / "stream.log").read_text()
    assert SECRET not in log and "token" not in log


def test_lines_that_say_nothing_are_few_and_end(scene, running):
    """SEC-37: a network may keep twenty lines waiting; the next one is refused, and the service answers."""

    async def story() -> None:
        lines = [await Line.open(scene.helper_url) for _number in range(20)]
        assert await _refused(scene.helper_url) == 403
        with urllib.request.urlopen(running.stream_url + "/health", timeout=5) as answer:
            assert json.load(answer)["ok"]
        for line in lines:
            await line.close()

    asyncio.run(story())
