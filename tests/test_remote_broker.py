"""The broker as it runs: code, consent, view-only, stop, breaks of the line, time, size; and that the record of it is whole. LIV-2, CAS-5, SEC-39, SEC-40."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import time
import urllib.request
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from amparo.cases import commands as cases
from amparo.cases.models import Case
from amparo.conftest import make_staff
from amparo.history.queries import facts, faults_of_chain
from amparo.people.commands import set_roles
from amparo.people.models import User
from amparo.policies.commands import set_value
from amparo.remote import commands, queries
from amparo.remote.commands.store import path_of
from amparo.remote.models import Chunk, Session

from .live import Service, answers, service, until
from .remote_line import VERSION, Line, Painted, hello
from .remote_world import Scene

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.operations]
HELLO = VERSION + b"\1\1"


def key(sym: int, down: bool = True) -> bytes:
    return struct.pack(">BBHI", 4, down, 0, sym)


def request() -> bytes:
    return struct.pack(">BBHHHH", 3, 1, 0, 0, 64, 48)


@pytest.fixture(scope="module")
def running(django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("broker")
    with django_db_blocker.unblock(), service(folder, parts=("stream",)) as found:
        yield found


@pytest.fixture
def scene(db, running: Service, settings) -> Scene:
    settings.RECORDINGS_ROOT = running.mailbox.parent / "recordings"
    yield Scene(running.url, running.stream_url)
    with urllib.request.urlopen(running.stream_url + "/health", timeout=5) as answer:
        open_ = json.load(answer)["remote"]
    assert not open_ or until(lambda: not Session.objects.exclude(state="ended").exists())


async def joined(scene: Scene, mode: str = "control", *, consent: str | None = "control"):
    """A session with both ends there; consented where it is said so."""
    offer = await sync_to_async(scene.offer)(mode)
    viewer = await scene.viewer(offer.session)
    await viewer.heard("state")
    helper = await hello(scene.helper_url, offer.code)
    screen = Painted(helper)
    asked = await helper.heard("ask")
    if consent:
        await helper.say("consent", question=asked["question"], answer="yes", mode=consent)
    return offer.session, viewer, helper, screen


async def begun(scene: Scene, mode: str = "control", *, consent: str = "control"):
    session, viewer, helper, screen = await joined(scene, mode, consent=consent)
    start = await viewer.heard("start")
    await viewer.say("started", segment=start["segment"])
    await viewer.push(HELLO)
    await viewer.wait(lambda: b"Caja 3" in viewer.octets)
    return session, viewer, helper, screen


def stored(session: Session) -> Session:
    return Session.objects.get(pk=session.pk)


def stored_end() -> str:
    return until(lambda: Session.objects.filter(state="ended").first()).end_reason


def run(story) -> None:
    asyncio.run(story)


def test_a_session_from_code_to_end(scene):
    """LIV-2, LIV-3, CAS-5, SEC-39, SEC-40: asked in words, seen and controlled, recorded whole, stopped by one word."""

    async def story() -> None:
        offer = await sync_to_async(scene.offer)()
        viewer = await scene.viewer(offer.session)
        assert (await viewer.heard("state"))["state"] == "offered"
        helper = await hello(scene.helper_url, offer.shown)
        screen = Painted(helper)
        asked = await helper.heard("ask")
        assert asked["engineer"] == "Elena Ingeniera" and asked["case"] == scene.case.number and asked["minutes"] == 30
        assert asked["mode"] == "control" and asked["engineer"] in asked["sentence"] and asked["resume"]
        again = await hello(scene.helper_url, offer.code)
        assert (await again.heard("refused"))["code"] == "CODE_USED"
        assert await again.closed() == 1008
        second = await scene.viewer(offer.session, page="another tab")
        assert (await second.heard("refused"))["code"] == "VIEWER_TAKEN"
        assert not viewer.octets and not any(one["type"] == "start" for one in viewer.told)
        await helper.say("consent", question=asked["question"], answer="yes", mode="control")
        start = await viewer.heard("start")
        await viewer.say("started", segment=start["segment"])
        await viewer.push(HELLO + request())
        await viewer.wait(lambda: len(viewer.octets) > 64 * 48 * 4)
        await viewer.push(key(0x41) + key(0x41, False) + struct.pack(">BBHH", 5, 0, 30, 20))
        await helper.wait(lambda: screen.pointers)
        assert screen.keys == [(0x41, True), (0x41, False)] and screen.pointers == [(0, 30, 20)]
        assert (await viewer.heard("clock"))["limit"] == 1800
        await helper.say("stop")
        ended = await viewer.heard("end")
        assert ended["reason"] == "stopped_by_customer" and ended["sentence"]
        assert (await viewer.closed(), await helper.closed()) == (1000, 1000)
        back = await Line.open(scene.helper_url)
        await back.say("resume", version=1, resume=asked["resume"])
        assert (await back.heard("refused"))["code"] == "RESUME_UNKNOWN"

    run(story())
    session = until(lambda: Session.objects.filter(state="ended").first())
    case = Case.objects.get(pk=scene.case.pk)
    assert case.clock_since is None and session.consented == "control"
    assert queries.verified(session) == (session.chunks, None) and session.chunks > 0
    line = queries.time_line(session, reveal=True)
    assert [row["text"] for row in line.rows if row["what"] == "typed"] == ["A"] and line.rows[-1]["what"] == "end"
    told = {fact.name: fact.data for fact in facts(case.subject)}
    assert told["remote.ended"]["head"] == session.head and told["remote.consented"]["shown"] == session.shown
    assert not list(faults_of_chain(case.subject))


def test_while_it_is_only_seen_nothing_passes(scene):
    """SEC-40, LIV-2: keys, pointer and clipboard are dropped; control is asked for, revoked in mid-stroke, and the keys let go of."""

    async def story() -> None:
        _session, viewer, helper, screen = await begun(scene, consent="view")
        await viewer.push(key(0x61) + struct.pack(">BBHH", 5, 1, 3, 4) + struct.pack(">BxxxI", 6, 4) + b"hola" + request())
        await helper.wait(lambda: screen.requests)
        await viewer.say("clipboard", text="nada")
        assert not screen.keys and not screen.pointers
        await viewer.say("ask_mode")
        asked = await helper.heard("ask_mode")
        await helper.say("consent", question=99, answer="yes", mode="control")  # of no question
        await helper.say("consent", question=asked["question"], answer="no")
        await viewer.heard("answer", about="mode")
        await viewer.push(key(0x62) + request())
        await helper.wait(lambda: screen.requests >= 2)
        assert not screen.keys
        await viewer.say("ask_mode")
        asked = await helper.heard("ask_mode", count=2)
        await helper.say("consent", question=asked["question"], answer="yes", mode="control")
        await helper.heard("mode", mode="control")
        await viewer.push(key(0xFFE1) + key(0x41))
        await helper.wait(lambda: len(screen.keys) == 2)
        await helper.say("revoke")
        await helper.heard("mode", mode="view")
        await viewer.push(key(0x41, False) + key(0x43) + request())
        await helper.wait(lambda: screen.requests >= 3)
        assert sorted(screen.keys[2:]) == [(0x41, False), (0xFFE1, False)]
        await viewer.say("ask_clipboard")
        asked = await helper.heard("ask_clipboard")
        await helper.say("clipboard", text="demasiado pronto")
        await helper.say("consent", question=asked["question"], answer="yes")
        await viewer.heard("state", clipboard=True)
        await helper.say("clipboard", text="de la caja ñ €")
        assert (await viewer.heard("clipboard"))["text"] == "de la caja ñ €"
        await viewer.say("clipboard", text="en vista no")
        await helper.say("revoke_clipboard")
        await helper.heard("clipboard_off")
        await viewer.say("stop")
        await helper.heard("end", reason="stopped_by_engineer")
        assert not [one for one in helper.told if one["type"] == "clipboard"]

    run(story())
    session = until(lambda: Session.objects.filter(state="ended").first())
    line = queries.time_line(session, reveal=False)
    assert not [row for row in line.rows if "caja" in str(row)]
    assert [row["characters"] for row in line.rows if row["what"] == "clipboard"] == [14]


@pytest.mark.parametrize(("said", "words"), [
    (VERSION[:-2] + b"9\n", ""), (struct.pack(">BxHHHHHi", 0, 1, 60, 0, 9, 9, 0), "outside"),
])  # fmt: skip
def test_a_helper_that_lies_is_cut_with_words(scene, said, words):
    """SEC-40"""

    async def story() -> None:
        if not words:
            _session, viewer, helper, _screen = await joined(scene, consent=None)
            helper.on_message = None
            await helper.push(said)  # before anything began: thrown away
            await helper.say("nothing that anybody knows")
            await viewer.heard("end", reason="fault")
            assert await helper.closed() == 1008
            return
        _session, viewer, helper, _screen = await begun(scene)
        await helper.push(said)
        ended = await viewer.heard("end", reason="fault")
        assert words in ended["sentence"]
        await helper.heard("end", reason="fault")
        assert await helper.closed() == 1008

    run(story())


def test_a_flood_of_tiny_pieces_holds_up_no_other_session_and_ends(scene, running):
    """SEC-37, SEC-40: frames of a million bells; another customer's key is there in its time meanwhile."""
    other = Scene(running.url, running.stream_url)

    async def story() -> None:
        _session, viewer, helper, _screen = await begun(scene)
        _theirs, their_viewer, _their_helper, their_screen = await begun(other)
        flood = asyncio.create_task(_bells(helper))
        took = []
        while viewer.code is None and len(took) < 60:
            began = time.perf_counter()
            await their_viewer.push(key(0x41, len(took) % 2 == 0))
            await their_screen.line.wait(lambda: len(their_screen.keys) > len(took))
            took.append(time.perf_counter() - began)
            await asyncio.sleep(0.05)
        ended = await viewer.heard("end", reason="fault", seconds=40)
        assert "pieces" in ended["sentence"]
        await flood
        assert sorted(took)[len(took) // 2] < 0.15, f"half of the keys took longer than {sorted(took)[len(took) // 2]:.3f} s"
        await their_viewer.say("stop")
        await their_viewer.heard("end")

    run(story())


async def _bells(helper: Line) -> None:
    helper.on_octets = None
    with contextlib.suppress(ConnectionClosed):
        while helper.code is None:
            await helper.push(b"\2" * 1_000_000)


def test_a_line_that_breaks_comes_back_without_a_new_code(scene, running):
    """LIV-2, SEC-39, CAS-5: either end, and the broker itself when it is killed; the record is one chain over all of it."""

    async def story() -> None:
        session, viewer, helper, _screen = await begun(scene)
        resume = (await helper.heard("ask"))["resume"]
        helper.cut()
        await viewer.heard("state", state="dropped", helper=False)
        assert (await sync_to_async(stored)(session)).state == "dropped"
        helper = await Line.open(scene.helper_url)
        screen = Painted(helper)
        await helper.say("resume", version=1, resume=resume)
        assert (await helper.heard("start"))["segment"] == 2
        await _goes_on(viewer, helper, screen, 2)
        viewer.cut()
        assert (await helper.heard("viewer", present=False))["sentence"]
        viewer = await scene.viewer(session)
        await helper.heard("start", segment=3)
        await _goes_on(viewer, helper, screen, 3)
        await sync_to_async(until)(lambda: Chunk.objects.filter(session=session).exists())
        await sync_to_async(_killed)(running)
        helper = await Line.open(scene.helper_url)
        screen = Painted(helper)
        await helper.say("resume", version=1, resume=resume)
        viewer = await scene.viewer(session)
        await helper.heard("start", segment=4)
        await _goes_on(viewer, helper, screen, 4)
        await viewer.say("stop")
        await helper.heard("end")

    run(story())
    session = until(lambda: Session.objects.filter(state="ended").first())
    assert queries.verified(session) == (session.chunks, None) and session.segments == 4
    segments = [row["segment"] for row in queries.time_line(session, reveal=False).rows if row["what"] == "segment"]
    assert segments == [1, 2, 3, 4]
    names = [fact.name for fact in facts(scene.case.subject)]
    assert names.count("case.clock_started") == names.count("case.clock_stopped") == 4
    raw = bytearray(path_of(session).read_bytes())
    raw[len(raw) // 2] ^= 1
    path_of(session).write_bytes(raw)
    assert queries.verified(session)[1]


async def _goes_on(viewer: Line, helper: Line, screen: Painted, segment: int) -> None:
    await viewer.heard("start", segment=segment)
    await viewer.push(key(0x7A))  # late, of the segment before
    await viewer.say("started", segment=segment)
    before = len(viewer.octets)
    await viewer.push(HELLO + request())
    await viewer.wait(lambda: len(viewer.octets) - before > 64 * 48 * 4)
    assert not screen.keys


def _killed(running: Service) -> None:
    """kill -9 of the whole group, and the same command again at the same port."""
    running.kill("stream")
    running.start("stream")
    until(lambda: answers(running.stream_url + "/health"))


def test_at_the_limit_it_is_asked_and_nothing_passes(scene):
    """CAS-5, CHG-5: warned before, paused at the limit with the clock standing, ended by the decision."""
    now = timezone.now()
    admin = make_staff("Ada", "administrator")
    set_value("cases.warning_minutes", 29, from_at=now - timedelta(minutes=1), actor=admin, at=now - timedelta(minutes=1))
    Case.objects.filter(pk=scene.case.pk).update(clock_seconds=1797)

    async def story() -> None:
        _session, viewer, helper, screen = await begun(scene)
        await viewer.heard("warn")
        paused = await helper.heard("pause")
        assert "30" in paused["sentence"] and (await viewer.heard("pause"))["sentence"] == paused["sentence"]
        screen.requests = 0
        await viewer.push(request() + key(0x61))
        stands = await sync_to_async(lambda: Case.objects.get(pk=scene.case.pk))()
        assert stands.clock_since is None and stands.clock_seconds >= 1800
        assert not screen.requests and not screen.keys
        await sync_to_async(cases.decide_at_limit)(stands, choice="closing", actor=scene.engineer, at=timezone.now())
        await helper.heard("end", reason="time")
        await viewer.closed()

    run(story())
    session = until(lambda: Session.objects.filter(state="ended").first())
    assert session.end_reason == "time"


def test_who_loses_the_right_sees_nothing_more(scene):
    """SEC-6, SEC-39: switched off while the session runs, within a second; the session waits, and the clock stands."""

    async def story() -> None:
        session, viewer, helper, _screen = await begun(scene)
        admin = await sync_to_async(make_staff)("Ada", "administrator")
        engineer = await sync_to_async(User.objects.get)(pk=scene.engineer.user_id)
        await sync_to_async(set_roles)(engineer, {"sales"}, actor=admin, at=timezone.now())
        assert await viewer.closed() == 1008
        await helper.heard("viewer", present=False)
        await helper.say("stop")
        await helper.closed()
        assert session

    run(story())
    assert stored_end() == "stopped_by_customer"


@pytest.mark.parametrize("where", ["at the helper", "in the page of the case"])
def test_what_is_ended_ends_at_both_ends_within_a_second(scene, where):
    """SEC-40: by either side. A machine that has much else to do may be late twice, not three times."""

    async def story() -> float:
        session, viewer, helper, _screen = await begun(scene)
        began = time.monotonic()
        if where == "at the helper":
            await helper.say("stop")
        else:
            await sync_to_async(commands.end)(session, reason="stopped_by_customer", actor=scene.contact, at=timezone.now())
            await helper.heard("end")
        await viewer.closed()
        return time.monotonic() - began

    assert any(asyncio.run(story()) < 1 for _time in range(3))
    assert stored_end() == "stopped_by_customer"
