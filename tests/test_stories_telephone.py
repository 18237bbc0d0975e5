"""A call as people live it: baresip calls through Kamailio, the caller's card opens by itself on the operator's screen, the
operator answers in the browser and both hear each other, holds and mutes, presses keys, hangs up, and the call becomes a case;
a second call is passed on to another extension, which hears the caller.

In Spanish the browser speaks straight with the exchange (JsSIP over its WebSocket), in English through our gateway (Janus).
"""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import override_settings
from django.utils import timezone

from amparo.cases.models import Case
from amparo.conftest import PASSWORD, make_contact, make_customer, make_user
from amparo.contracts import commands as contracts
from amparo.kernel.actor import SYSTEM
from amparo.live import commands as live
from amparo.live.models import Call, Callback, ExchangeCall
from amparo.people.queries import actor_by_id
from amparo.project import testreset

from . import exchange as exchanges
from .browser import EXECUTABLE, SOUND_LOST, watch, with_devices
from .gateway import JANUS, running_gateway
from .live import PATIENCE_SECONDS, service, until
from .test_stories import Player

missing = exchanges.missing()
pytestmark = [
    pytest.mark.browser, pytest.mark.operations, pytest.mark.django_db,
    pytest.mark.skipif(not EXECUTABLE, reason="needs Chromium"), pytest.mark.skipif(bool(missing), reason=missing or "-"),
]  # fmt: skip
SOUND = "--autoplay-policy=no-user-gesture-required"
TONE = 440

# What the page hears now: the loudest frequency and how loud, of whatever the telephone window plays.
_HEARS = """() => {
  const sound = document.querySelector("audio");
  if (!sound?.srcObject) return [0, -200];
  if (window.__ear?.media !== sound.srcObject) {
    const audio = window.__ear?.audio ?? new AudioContext();
    const analyser = audio.createAnalyser();
    analyser.fftSize = 8192;
    analyser.smoothingTimeConstant = 0;
    audio.createMediaStreamSource(sound.srcObject).connect(analyser);
    audio.resume();
    window.__ear = { media: sound.srcObject, audio, analyser };
  }
  const bins = new Float32Array(window.__ear.analyser.frequencyBinCount);
  window.__ear.analyser.getFloatFrequencyData(bins);
  let top = 0;
  bins.forEach((loud, at) => { if (loud > bins[top]) top = at; });
  return [top * window.__ear.audio.sampleRate / 8192, bins[top]];
}"""


# What the window asks of microphones goes through here, so that the story can have none.
_MICROPHONES = """
const ask = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
if (ask) navigator.mediaDevices.getUserMedia = async (wanted) => {
  if (window.__refused) throw new DOMException("no", window.__refused);
  return ask(wanted);
};
"""


@dataclass(frozen=True)
class Cast:
    """Who plays in a language, by which way, and what they read."""

    language: str
    way: str
    number: str
    shop: str
    email: str
    ready: str
    talking: str
    held: str
    about: str
    denied: str
    absent: str
    lost: str
    back: str
    passed: str
    not_passed: str


CASTS = {
    "es-mx": Cast("es-mx", "websocket", "+525555123456", "Abarrotes Lupita", "oscar.es@vendor.mx", "Listo", "En llamada", "En espera", "No abre la caja 3",
                  "elija «Permitir»", "No se encontró micrófono", "Se desconectó el micrófono", "El micrófono volvió", "Transferida a 102.", "No se pudo transferir"),
    "en": Cast("en", "janus", "+525555987654", "Canary Corner Shop", "oscar.en@vendor.mx", "Ready", "Talking", "On hold", "Till 3 does not open",
               "choose «Allow»", "No microphone was found", "The microphone was unplugged", "The microphone is back", "Passed on to 102.", "could not be passed on"),
}  # fmt: skip


def _world(running: exchanges.Running) -> dict[str, SimpleNamespace]:
    now = timezone.now()
    before = now - timedelta(days=30)
    made = {}
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"]):
        admin = actor_by_id(make_user("Ada", "ada@vendor.mx", roles=("administrator",)).pk)
        people = {cast.language: make_user("Óscar", cast.email, roles=("operator", "engineer"), language=cast.language) for cast in CASTS.values()}
    plan = contracts.add_plan("Plus", events=3, incidents=4, credits=40, months=12, price=100, currency="MXN", actor=SYSTEM, at=before)
    for cast in CASTS.values():
        customer = make_customer(cast.shop, phone=cast.number)
        contact = make_contact(customer, f"Lupita {cast.language}")
        contracts.sell_contract(customer, plan, before.date(), actor=SYSTEM, at=before)
        made[cast.language] = SimpleNamespace(customer=customer, contact=contact, user=people[cast.language])
    given = {
        "kind": "sip", "name": "Kamailio", "host": running.address, "port": running.port, "username": f"600@{exchanges.DOMAIN}",
        "sip_domain": exchanges.DOMAIN, "socket_url": running.socket_url, "sip_proxy": f"{running.address}:{running.port}",
    }  # fmt: skip
    exchange, _secret = live.add_exchange({**given, "browser": "websocket"}, secret=exchanges.PASSWORD, actor=admin, at=now)
    return {"admin": admin, "exchange": exchange, **made}


@pytest.fixture(scope="module")
def playing(django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("telephone")
    with exchanges.running() as running, django_db_blocker.unblock():
        try:
            world = _world(running)
            if not JANUS:
                with service(folder, parts=("web", "stream", "worker", "telephone")) as served:
                    yield SimpleNamespace(world=world, exchange=running, url=served.url, stream=served.stream_url)
                return
            with running_gateway(folder / "gateway", django_settings) as gateway:
                more = {"AMPARO_MEDIA_URL": gateway.url, "AMPARO_MEDIA_ADMIN": gateway.admin, "AMPARO_MEDIA_FOLDER": str(folder / "gateway")}
                with service(folder, parts=("web", "stream", "worker", "telephone"), **more) as served:
                    yield SimpleNamespace(world=world, exchange=running, url=served.url, stream=served.stream_url, gateway=gateway.url)
        finally:
            testreset.reset()


@pytest.fixture
def chromium_with_sound():
    from playwright.sync_api import sync_playwright

    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as play:
        with with_devices(play, SOUND) as made:
            yield made
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def _line(playing, cast: Cast) -> None:
    """Give extension 101 to who plays, by the way of this language: by a connection of its own, so that the service sees it."""
    world, now = playing.world, timezone.now()

    def give() -> None:
        live.change_exchange(world["exchange"], {"browser": cast.way}, actor=world["admin"], at=now)
        live.give_line(
            world["exchange"], "101", user_id=world[cast.language].user.pk, sip_user="101", sip_password=exchanges.PASSWORD, actor=world["admin"], at=now
        )
        connection.close()

    with ThreadPoolExecutor(1) as apart:
        apart.submit(give).result()


@pytest.mark.parametrize("language", list(CASTS))
def test_a_call_opens_its_card_is_answered_in_the_browser_and_becomes_a_case(playing, chromium_with_sound, language):
    """TEL-1, TEL-2, TEL-3"""
    cast = CASTS[language]
    if cast.way == "janus" and not JANUS:
        pytest.skip("not run without Janus: apt install janus")
    _line(playing, cast)
    context = chromium_with_sound.browser.new_context(locale=language, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    context.add_init_script(_MICROPHONES)
    desk, own = context.new_page(), (playing.url, playing.stream.rsplit("/", 1)[0])
    complaints = watch(desk, own)
    player = Player(desk, playing.url)
    player.sign_in(cast.email, PASSWORD)
    player.go("/desk/phone/")
    with context.expect_page() as opened:
        desk.locator("[data-phone-window]").click()
    phone = opened.value
    complaints_there = watch(phone, (*own, "ws"))
    try:
        phone.locator("[data-part=state]").filter(has_text=cast.ready).wait_for()
        with playing.exchange.caller(cast.number, "Lupita", webrtc=cast.way == "websocket") as caller:
            playing.caller = caller
            caller.dial("700")
            _card_opens(desk, cast, playing)
            _card_is_reached_by_hand(desk, cast, playing)
            _told_how_to_allow(phone, cast, playing.url)
            _both_hear(phone, caller, cast)
            _held_and_muted(phone, caller, cast, chromium_with_sound.lose)
            _keys_are_heard(phone, caller)
            _becomes_a_case(desk, phone, cast, playing)
            phone.bring_to_front()
            phone.locator("[data-do=hangup]").click()
            phone.locator("[data-telephone][data-state=idle]").wait_for()
            _wrapped_up(phone, cast, playing)
            with playing.exchange.caller("102", webrtc=cast.way == "websocket", answers=True) as second:
                _passed_on(phone, caller, second, cast)
    finally:
        print(playing.caller.log()[-3000:] if hasattr(playing, "caller") else "", playing.exchange.folder.joinpath("kamailio.log").read_text()[-2000:])
        print(phone.inner_text("body")[:1500], complaints, complaints_there, desk.url, desk.inner_text("body")[:800])  # shown when it fails
    assert [one for one in complaints if "popup" not in one] == [] == [one for one in complaints_there if SOUND_LOST not in one]
    context.close()


def _card_opens(desk, cast: Cast, playing) -> None:
    """The card of who calls opens by itself, with everything of the caller. TEL-1."""
    customer = playing.world[cast.language].customer
    desk.wait_for_url(re.compile(rf"/desk/phone/{customer.pk}/"))
    assert cast.shop in desk.inner_text("h1")
    call = ExchangeCall.objects.filter(number=cast.number).latest("pk")
    assert (call.customer_id, call.offered_to) == (customer.pk, [playing.world[cast.language].user.pk])


def _card_is_reached_by_hand(desk, cast: Cast, playing) -> None:
    """On any other page the card stays at the side, and its door leads to all of the caller. TEL-1."""
    desk.goto(f"{playing.url}/desk/tickets/")
    desk.locator("[data-ring] a.btn").click()
    desk.wait_for_url(re.compile(rf"/desk/phone/{playing.world[cast.language].customer.pk}/"))


def _told_how_to_allow(phone, cast: Cast, url: str) -> None:
    """Denied by the browser, or without a microphone: the call goes on ringing, and the window says what to do."""
    phone.bring_to_front()
    phone.locator("[data-do=answer]").wait_for()
    for refused, sentence in (("", cast.denied), ("NotFoundError", cast.absent)):
        phone.evaluate("refused => { window.__refused = refused; }", refused)
        phone.keyboard.press("a")
        phone.locator("[data-part=warning]").filter(has_text=sentence).wait_for()
    phone.evaluate("window.__refused = ''")
    phone.context.grant_permissions(["microphone"], origin=url)


def _both_hear(phone, caller, cast: Cast) -> None:
    phone.bring_to_front()
    phone.locator("[data-do=answer]").wait_for()
    phone.keyboard.press("a")
    phone.locator("[data-part=state]").filter(has_text=cast.talking).wait_for()

    def tone() -> bool:
        frequency, loud = phone.evaluate(_HEARS)
        return abs(frequency - TONE) < 12 and loud > -60

    until(tone, 10, 0.2)
    until(lambda: caller.loudest() > 1000, 10, 0.2)  # the browser's own beeps, not silence


def _held_and_muted(phone, caller, cast: Cast, lose) -> None:
    phone.keyboard.press("m")
    phone.locator("[data-do=mute][aria-pressed=true]").wait_for()
    phone.keyboard.press("m")
    phone.locator("[data-do=mute][aria-pressed=false]").wait_for()
    phone.evaluate("window.__refused = 'NotFoundError'")
    lose("microphone")
    phone.locator("[data-part=warning]").filter(has_text=cast.lost).wait_for()
    phone.evaluate("window.__refused = ''; navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
    phone.locator("[data-part=warning]").filter(has_text=cast.back).wait_for()
    phone.keyboard.press("h")
    phone.locator("[data-part=state]").filter(has_text=cast.held).wait_for()
    until(lambda: ExchangeCall.objects.filter(number=cast.number).latest("pk").state == "held")
    phone.keyboard.press("h")
    phone.locator("[data-part=state]").filter(has_text=cast.talking).wait_for()


def _keys_are_heard(phone, caller) -> None:
    """Keys reach the other end within the sound, and beside it where the other end takes no events in the sound."""
    assert caller.key_heard(lambda: phone.keyboard.press("5")) == "5"
    assert "application/dtmf-relay" not in caller.log()
    phone.evaluate("Object.defineProperty(RTCDTMFSender.prototype, 'canInsertDTMF', { get: () => false, configurable: true })")
    assert caller.key_heard(phone.locator("[data-tone='#']").click) == "#"
    assert "application/dtmf-relay" in caller.log()


def _passed_on(phone, caller, second, cast: Cast) -> None:
    """A call passed on to nobody stays; passed on to an extension that answers, it goes on there, and this telephone is free."""
    caller.dial("101")
    phone.locator("[data-do=answer]").wait_for()
    phone.keyboard.press("a")
    phone.locator("[data-part=state]").filter(has_text=cast.talking).wait_for()
    phone.locator("[data-part=to]").fill("109")
    phone.locator("[data-do=transfer]").click()
    phone.locator("[data-part=warning]").filter(has_text=cast.not_passed).wait_for()
    phone.locator("[data-part=state]").filter(has_text=cast.talking).wait_for()
    phone.locator("[data-part=to]").fill("102")
    phone.locator("[data-do=transfer]").click()
    phone.locator("[data-part=state]").filter(has_text=cast.passed).wait_for()
    phone.locator("[data-telephone][data-state=idle]").wait_for()
    until(lambda: second.loudest() > 1000, 10, 0.2)
    until(lambda: not ExchangeCall.objects.filter(number=cast.number, state__in=("ringing", "answered", "held")).exists())
    assert not Callback.objects.filter(number=cast.number, state="open").exists()


def _becomes_a_case(desk, phone, cast: Cast, playing) -> None:
    """One step from the call to a case, the call linked with it. TEL-2."""
    world = playing.world[cast.language]
    desk.bring_to_front()
    form = desk.locator(f'form[action="/desk/phone/{world.customer.pk}/case/"]')
    form.locator("xpath=ancestor::details").locator("summary").click()
    form.locator("[name=title]").fill(cast.about)
    form.locator("[name=body]").fill(cast.about)
    form.locator("[name=contact]").select_option(index=0)
    with desk.expect_navigation():
        form.locator("button[type=submit]").click()
    case = Case.objects.latest("pk")
    assert desk.url.endswith(f"/desk/cases/{case.pk}/")
    call = Call.objects.latest("pk")
    assert (call.linked, call.customer_id, call.taken_by_id) == (f"case:{case.pk}", world.customer.pk, world.user.pk)


def _wrapped_up(phone, cast: Cast, playing) -> None:
    """What it was about and what came of it is written down in the window itself. TEL-3."""
    form = phone.locator("form.wrap-up").first
    form.locator("[name=about]").fill(cast.about)
    form.locator("[name=outcome]").select_option("case")
    form.locator("button[type=submit]").click()
    until(lambda: Call.objects.latest("pk").ended_at)
    call, told = Call.objects.latest("pk"), ExchangeCall.objects.filter(number=cast.number).latest("pk")
    assert (call.about, call.outcome, call.line_id, told.state) == (cast.about, "case", told.pk, "ended")
    assert call.seconds == (told.ended_at - told.answered_at).seconds
    assert not Callback.objects.filter(number=cast.number, state="open").exists()
