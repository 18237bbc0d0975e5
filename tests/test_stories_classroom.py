"""A class as people play it: an exclusive hour that a customer agrees to, an instructor, five browsers and twenty light clients;
hands, the floor, silence, a gateway that is killed, the recording, attendance, and what it costs.

Real browsers, a real Janus, the service's own processes.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone

from amparo.classroom import commands, queries
from amparo.classroom.errors import FloorFull
from amparo.classroom.models import LiveClass, Participant, Recording
from amparo.conftest import make_contact, make_customer, make_user
from amparo.contracts import commands as contracts
from amparo.files.commands.disk import path_of
from amparo.history.queries import facts
from amparo.kernel.actor import SYSTEM, Actor
from amparo.ledger import queries as ledger
from amparo.media import rooms
from amparo.people.models import User
from amparo.people.queries import actor_by_id
from amparo.policies.commands import set_value
from amparo.project import testreset

from .browser import EXECUTABLE, SOUND_LOST, needs_chromium, watch, with_devices
from .gateway import needs_janus
from .light import Crowd
from .live import CHROMIUM, PATIENCE_SECONDS, service, until

pytestmark = [pytest.mark.browser, pytest.mark.operations, pytest.mark.django_db(transaction=True), needs_chromium, needs_janus]
FAKE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required"]
BACK_SECONDS_MAX = 10
LINES = """() => {
  const { dataset } = document.querySelector("[data-class]");
  window.lines = [];
  new MutationObserver(() => lines.push(dataset.line)).observe(document.querySelector("[data-class]"), { attributeFilter: ["data-line"] });
}"""
HEARS = """async () => {
  const of = document.querySelector(".tile:not(.is-self) video")?.srcObject;
  if (!of?.getAudioTracks().length) return false;
  const audio = new AudioContext(), analyser = audio.createAnalyser(), samples = new Float32Array(analyser.fftSize);
  audio.createMediaStreamSource(of).connect(analyser);
  let loud = false;
  for (let n = 0; n < 60 && !loud; n += 1) {
    await new Promise((done) => setTimeout(done, 30));
    analyser.getFloatTimeDomainData(samples);
    loud = samples.some((one) => Math.abs(one) > 0.01);
  }
  await audio.close();
  return loud;
}"""


def _shop(language: str, count: int) -> SimpleNamespace:
    """A customer with sixty credits, so many of its people, and who leads the class."""
    now = timezone.now()
    plan = contracts.add_plan(f"Plus {language}", events=5, incidents=3, credits=60, months=12, price=100, currency="MXN", actor=SYSTEM, at=now - timedelta(days=60))
    customer = make_customer(f"Tienda {language}")
    contracts.sell_contract(customer, plan, (now - timedelta(days=30)).date(), key=language, actor=SYSTEM, at=now - timedelta(days=30))
    people = [make_contact(customer, f"Persona {n:02d}", "administrator" if n == 1 else "member", language=language) for n in range(1, count + 1)]
    leader = actor_by_id(make_user("Inés Instructora" if language == "es-mx" else "Ingrid Teacher", roles=("engineer",), language=language).pk)
    return SimpleNamespace(customer=customer, people=people, leader=leader)


@pytest.fixture(scope="module")
def playing(django_db_setup, django_db_blocker, tmp_path_factory):
    """Web, stream, worker and the gateway as processes, one world, one browser for both languages."""
    from playwright.sync_api import sync_playwright

    folder = tmp_path_factory.mktemp("class")
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=folder / "files", DATA_DIR=folder):
        try:
            parts = ("web", "stream", "worker", "media")
            with service(folder, parts=parts, AMPARO_MEDIA_RTP="31000-31999") as running, sync_playwright() as play:
                browser = play.chromium.launch(executable_path=EXECUTABLE, args=[*CHROMIUM, *FAKE])
                yield SimpleNamespace(url=running.url, stream=running.stream_url.rsplit("/", 1)[0], browser=browser, play=play, folder=folder, running=running)
                browser.close()
        finally:
            testreset.reset()
            os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None) if before is None else None


class Visitor:
    """A person at a browser in a class."""

    def __init__(self, playing: Any, actor: Actor, language: str, *, browser: Any = None, **options: Any) -> None:
        client = Client()
        client.force_login(User.objects.get(pk=actor.user_id), backend="amparo.people.backends.PeopleBackend")
        self.actor, self.url = actor, playing.url
        self.context = (browser or playing.browser).new_context(locale=language, reduced_motion="reduce", **options)
        name = django_settings.SESSION_COOKIE_NAME
        self.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": playing.url}])
        self.context.set_default_timeout(PATIENCE_SECONDS * 1000)
        self.page = self.context.new_page()
        self.complaints = watch(self.page, (playing.url, playing.stream))

    def go(self, path: str) -> Any:
        return self.page.goto(self.url + path)

    def sees(self, selector: str) -> None:
        self.page.locator(selector).first.wait_for()

    def frames(self, tile: str = ".tile:not(.is-self)") -> list[int]:
        return self.page.evaluate("s => [...document.querySelectorAll(s)].map(one => one.querySelector('video').getVideoPlaybackQuality().totalVideoFrames)", tile)

    def decodes(self, pictures: int, frames: int = 15) -> None:
        """Wait until so many pictures of others have moved on by so many frames."""
        until(lambda: sum(1 for count in self.frames() if count >= frames) >= pictures)

    def enter(self) -> None:
        self.page.locator("[data-enter]").click()

    def close(self) -> list[str]:
        words = [one for one in self.complaints if not any(known in one for known in ("/enter/", "WebSocket", "503", "409", "403", "404", SOUND_LOST))]
        self.context.close()
        return words


@pytest.fixture
def come(playing) -> Iterator[Any]:
    came: list[Visitor] = []

    def enter(actor: Actor, language: str, **options: Any) -> Visitor:
        came.append(Visitor(playing, actor, language, **options))
        return came[-1]

    yield enter
    complaints = [f"{one.actor.name}: {word}" for one in came for word in one.close()]
    assert not complaints, "\n".join(dict.fromkeys(complaints))


def left(customer: Any) -> int:
    return sum(one.available for one in ledger.pockets(customer.pk, timezone.now()) if one.unit == "credit")


def at_the_door(actor: Actor, url: str) -> dict[str, Any]:
    """What a page of this person is given at the door."""
    client = Client()
    client.force_login(User.objects.get(pk=actor.user_id), backend="amparo.people.backends.PeopleBackend")
    return client.post(url).json()


def test_an_exclusive_hour_with_twenty_five_people(playing, come, settings):
    """LIV-1, LIV-3, TAR-1, TAR-4, CHG-1, CHG-4, SEC-38"""
    cast, other, now = _shop("es-mx", 25), _shop("en", 1), timezone.now()
    _point(settings, playing)
    made = commands.plan_hour(cast.customer, "Cierre de mes", now + timedelta(minutes=2), minutes=120, people=25, key="es", actor=cast.leader, at=now)
    path = f"/classroom/{made.pk}/"
    boss = come(cast.people[0], "es-mx")
    boss.go(path)
    boss.page.locator(f"form[action='{path}agree/'] button").first.click()
    boss.sees("[data-enter]")
    assert left(cast.customer) == 60 - 24
    leader = come(cast.leader, "es-mx")
    leader.go(path)
    leader.enter()
    leader.sees(".is-inside")
    leader.page.locator("[data-camera]").click()
    leader.page.locator("[data-mic]").click()
    students = [boss, *(come(person, "es-mx") for person in cast.people[1:5])]
    for student in students:
        student.go(path)
        student.enter()
    for student in students:
        leader.page.locator(f"[aria-label='Dejar entrar: {student.actor.name}']").click()
    for student in students:
        student.sees(".is-inside")
        student.decodes(1)
    crowd = Crowd()
    try:
        _crowd_comes(crowd, cast, made, path)
        _floor_is_given_and_taken(leader, students)
        stranger = come(other.people[0], "es-mx")
        assert stranger.go(path).status == 404 == at_the_door_status(other.people[0], path)
        stranger.complaints.clear()  # the page that says so in tests has a style of its own
        _gateway_is_killed(playing, [leader, *students])
    finally:
        crowd.close()
    leader.page.locator("#end-class summary").click()
    leader.page.locator("[data-end] button").click()
    until(lambda: LiveClass.objects.get(pk=made.pk).state == "ended")
    _is_on_the_record(made, cast)
    _film_plays(playing, made, boss, path)


def _point(settings: Any, playing: Any) -> None:
    """Let this process speak with the gateway of the service."""
    settings.GATEWAY_FOLDER = playing.folder / "media"
    settings.GATEWAY_URL, settings.GATEWAY_ADMIN = (playing.running.environment[f"AMPARO_MEDIA_{word}"] for word in ("URL", "ADMIN"))


def at_the_door_status(actor: Actor, path: str) -> int:
    client = Client()
    client.force_login(User.objects.get(pk=actor.user_id), backend="amparo.people.backends.PeopleBackend")
    return client.post(f"{path}enter/").status_code


def _crowd_comes(crowd: Crowd, cast: Any, made: LiveClass, path: str) -> None:
    """Twenty more come in without a browser; every one of them gets moving pictures, and nothing is lost."""
    light = cast.people[5:25]
    for person in light:
        assert at_the_door(person, f"{path}enter/")["place"] == "waiting"
        commands.admit(Participant.objects.get(live_class=made, person=person.user_id), actor=cast.leader, at=timezone.now())
    crowd.enter([at_the_door(person, f"{path}enter/") for person in light])
    until(lambda: len(crowd.frames()) == 20 and min(crowd.frames()) >= 15)
    until(lambda: queries.attendance(LiveClass.objects.get(pk=made.pk), at=timezone.now()).at_once == 25)


def _floor_is_given_and_taken(leader: Visitor, students: list[Visitor]) -> None:
    asks, watches = students[1], students[2]
    leader.page.locator("form[hx-post$='/record/'] button").click()
    until(lambda: "se está grabando" in watches.page.inner_text("#class-side"))
    until(lambda: "Dejar de grabar" in leader.page.inner_text("form[hx-post$='/record/']"))  # what was just pressed says what it does now
    asks.page.locator("[data-hand] button").click()
    leader.page.locator(f"[aria-label='Dar la palabra: {asks.actor.name}']").click()
    asks.sees("[data-mic]:not([hidden])")
    asks.page.locator("[data-mic]").click()
    until(lambda: asks.page.get_attribute("[data-mic]", "aria-pressed") == "true")
    asks.page.locator("[data-camera]").click()
    watches.decodes(2)
    leader.decodes(1)
    until(lambda: "Habla:" in watches.page.inner_text("[data-caption]"))
    leader.page.locator(f"[aria-label='Silenciar: {asks.actor.name}']").click()
    until(lambda: asks.page.locator("[data-mic]").is_disabled())
    until(lambda: asks.actor.name not in watches.page.inner_text("[data-caption]"))
    leader.page.locator(f"[aria-label='Quitar la palabra: {asks.actor.name}']").click()
    until(lambda: len(watches.frames()) == 1)
    leader.page.locator("form[hx-post$='/record/'] button").click()
    until(lambda: "se está grabando" not in watches.page.inner_text("#class-side"))
    until(lambda: asks.page.locator("[data-mic]").is_hidden())
    watches.page.fill("#say-body", "¿Se puede cerrar dos veces?")
    watches.page.press("#say-body", "Enter")
    until(lambda: "¿Se puede cerrar dos veces?" in leader.page.inner_text("[data-lines]"))


def _gateway_is_killed(playing: Any, everybody: list[Visitor]) -> None:
    """The room is made again and people come back by themselves, with pictures, within ten seconds."""
    janus = next(one for one in playing.running.part("media").children(recursive=True) if one.name() == "janus")
    for one in everybody:
        one.page.evaluate(LINES)
    janus.kill()
    killed = time.monotonic()
    until(lambda: all(one.page.evaluate("lines.length > 0 && lines.at(-1) === 'inside'") for one in everybody))
    took = time.monotonic() - killed
    print(f"back {took:.1f} s after the gateway was killed")
    assert took <= BACK_SECONDS_MAX
    for one in everybody[1:]:
        one.decodes(1)


def _is_on_the_record(made: LiveClass, cast: Any) -> None:
    """Twenty-five of the customer at once for some minutes: one hour at three prices, of the two that were agreed to."""
    done = LiveClass.objects.select_related("charge").get(pk=made.pk)
    there = queries.attendance(done)
    assert len(there.rows) == 26 and there.at_once == 25
    assert {row.person for row in there.rows} == {cast.leader.user_id, *(person.user_id for person in cast.people)}
    assert done.charge.state == "final" and left(cast.customer) == 60 - 12


def _film_plays(playing: Any, made: LiveClass, boss: Visitor, path: str) -> None:
    asked = time.monotonic()
    film = until(lambda: Recording.objects.filter(live_class=made, state__in=["ready", "failed", "empty"]).select_related("file").first(), 90)
    assert film.state == "ready", film.reason
    print(f"film of {film.seconds} s ready {time.monotonic() - asked:.1f} s after the class")
    with override_settings(MEDIA_ROOT=playing.folder / "files"):
        stored = path_of(film.file.sha256)
    ask = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_type:format=duration", "-count_frames", "-of", "json", str(stored)]
    found = json.loads(subprocess.run(ask, capture_output=True, text=True, check=True).stdout)
    assert {one["codec_type"] for one in found["streams"]} == {"video", "audio"} and film.seconds >= 2
    boss.go(path)
    boss.sees("video.film")
    until(lambda: boss.page.evaluate("() => document.querySelector('video.film').readyState >= 1"))


def test_a_class_in_english_and_a_browser_without_a_camera(playing, come, settings):
    """LIV-1, SEC-38: devices denied, absent, lost while speaking; who cheats the gateway; somebody else's link."""
    cast, now = _shop("en", 3), timezone.now()
    _point(settings, playing)
    set_value("classroom.floor_max", 2, from_at=now, actor=SYSTEM, at=now)
    made = commands.plan_hour(cast.customer, "Month end", now + timedelta(minutes=2), minutes=60, people=5, key="en", actor=cast.leader, at=now)
    commands.agree(made, actor=cast.people[0], at=now)
    path = f"/classroom/{made.pk}/"
    with with_devices(playing.play, FAKE[2]) as asking:
        leader, student = come(cast.leader, "en"), come(cast.people[1], "en", browser=asking.browser, viewport={"width": 390, "height": 844})
        leader.go(path)
        leader.enter()
        leader.sees(".is-inside")
        leader.page.locator("[data-camera]").click()
        leader.page.locator("[data-share]").click()
        student.go(path)
        _tries_devices(student, playing, asking)
        student.enter()
        until(lambda: "waiting room" in student.page.inner_text("[data-wait]"))
        leader.page.locator(f"[aria-label='Let in: {student.actor.name}']").click()
        student.decodes(2)
        assert student.page.locator(".tile.is-screen").count() == 1
        student.page.locator("[data-hand] button").click()
        leader.page.locator(f"[aria-label='Give the floor: {student.actor.name}']").click()
        _speaks_and_loses(student, leader, playing, asking)
        _is_told_that_there_is_none(playing, cast.people[2])
        _cheats(playing, leader, cast, made, path)
        leader.page.locator("#end-class summary").click()
        leader.page.locator("[data-end] button").click()
        until(lambda: LiveClass.objects.get(pk=made.pk).state == "ended")
        assert left(cast.customer) == 60 - 4


def _tries_devices(person: Visitor, playing: Any, asking: Any) -> None:
    """Denied, then allowed, then lost and found again: each is said."""
    said = lambda words: until(lambda: words in person.page.inner_text("[data-device-word]"))  # noqa: E731
    person.page.locator("[data-try]").click()
    said("does not let this page use the camera")
    person.context.grant_permissions(["camera", "microphone"], origin=playing.url)
    person.page.locator("[data-try]").click()
    said("Speak")
    until(lambda: int(person.page.get_attribute("[data-level]", "aria-valuenow")) > 0)
    asking.lose("microphone")
    said("It went away")
    person.page.locator("[data-try]").click()
    said("Speak")


def _speaks_and_loses(student: Visitor, leader: Visitor, playing: Any, asking: Any) -> None:
    """Inside: denied, allowed, the microphone lost and switched on again, then the camera lost."""
    line = lambda words: until(lambda: words in student.page.inner_text("[data-line]"))  # noqa: E731
    student.sees("[data-camera]:not([hidden])")
    student.context.clear_permissions()
    student.page.locator("[data-mic]").click()
    line("does not let this page use the camera")
    student.context.grant_permissions(["camera", "microphone"], origin=playing.url)
    student.page.locator("[data-mic]").click()
    student.sees("[data-mic][aria-pressed=true]")
    asking.lose("microphone")
    line("Your microphone went away")
    student.page.locator("[data-mic][aria-pressed=false]").click()
    student.sees("[data-mic][aria-pressed=true]")
    student.page.locator("[data-camera]").click()
    leader.decodes(1)
    until(lambda: leader.page.evaluate(HEARS))
    asking.lose("camera")
    line("Your camera went away")
    leader.sees(".tile:not(.is-self).has-no-picture")


def _is_told_that_there_is_none(playing: Any, actor: Actor) -> None:
    browser = playing.play.chromium.launch(executable_path=EXECUTABLE, args=CHROMIUM)
    try:
        person = Visitor(playing, actor, "en", browser=browser)
        person.go("/classroom/devices/")
        person.page.locator("[data-try]").click()
        until(lambda: "No camera or microphone was found" in person.page.inner_text("[data-device-word]"))
    finally:
        browser.close()


def _cheats(playing: Any, leader: Visitor, cast: Any, made: LiveClass, path: str) -> None:
    """With a client of his own: who sends without the floor, as one camera too many, as a screen, in another's name, or in another
    room, is out at once and heard by nobody; the gateway itself takes no token of another room or of before. SEC-38."""
    cheat, now = cast.people[0], timezone.now()
    assert at_the_door(cheat, f"{path}enter/")["place"] == "waiting"
    own = commands.admit(Participant.objects.get(live_class=made, person=cheat.user_id), actor=cast.leader, at=now)
    with pytest.raises(FloorFull):
        commands.give_floor(own, actor=cast.leader, at=now)
    absent = Participant.objects.get(live_class=made, person=cast.leader.user_id)
    crowd = Crowd()
    try:
        for name in ("", "_screen"):
            given = at_the_door(cheat, f"{path}enter/")
            assert given["room"]["may_publish"] is False
            given["room"]["participant"] += name
            assert crowd.sends(given, 30) == "kicked"
        given = at_the_door(cheat, f"{path}enter/")
        given["room"]["participant"] = f"{absent.word}_screen"  # the instructor's, who shows none now
        leader.page.locator("[data-share]").click()
        leader.sees("[data-share][aria-pressed=false]")
        assert crowd.sends(given, 30) == "kicked"
        other = commands.plan_hour(cast.customer, "Other", now + timedelta(minutes=2), minutes=60, people=5, key="other", actor=cast.leader, at=now)
        rooms.create_room(other.room, title="Other", publishers_max=6, at=now)
        for wrong in (given["room"] | {"room": other.room}, given["room"] | rooms.token(made.room, own.word, rooms.VIEWER, seconds=-5, at=now)):
            assert crowd.sends(given | {"room": wrong}, 30) == "433"
        rooms.end(other.room, at=now)
        assert "class.impostor" in [fact.name for fact in facts(made.subject)]
        commands.take_floor(Participant.objects.get(live_class=made, person=cast.people[1].user_id), actor=cast.leader, at=timezone.now())
        until(lambda: leader.frames() == [])
        commands.give_floor(own, actor=cast.leader, at=timezone.now())
        assert crowd.sends(at_the_door(cheat, f"{path}enter/"), 30, voices=2) == "kicked"

        def taken() -> None:
            commands.take_floor(own, actor=cast.leader, at=timezone.now())
            connection.close()

        assert crowd.sends(at_the_door(cheat, f"{path}enter/"), 30, sending=taken) == "kicked", "who keeps on sending once the floor was taken"
    finally:
        crowd.close()
    until(lambda: leader.frames() == [])
