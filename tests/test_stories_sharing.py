"""A customer shares the screen from its own browser, to be seen only: two real Chromium pages, a real Janus, the film kept with the case.

Denied, stopped by the customer, an engineer whose computer dies, and a code that was used: told in words. In Spanish and in English.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from amparo.cases.models import Case
from amparo.conftest import make_contact, make_customer, make_user
from amparo.files.models import StoredFile
from amparo.history.models import Fact
from amparo.kernel.actor import Actor
from amparo.people.models import StaffRole
from amparo.people.queries import actor_by_id
from amparo.remote import commands, tasks
from amparo.remote.models import Session
from amparo.remote.tests.world import a_case

from .browser import CHROMIUM, EXECUTABLE, needs_chromium, open_page  # noqa: F401 (fixture)
from .gateway import needs_janus, running_gateway
from .live import service, until
from .test_stream import session_of

pytestmark = [pytest.mark.browser, pytest.mark.operations, pytest.mark.django_db(transaction=True), needs_chromium, needs_janus]
FRAMES = "() => document.querySelector('video[data-seen]')?.getVideoPlaybackQuality().totalVideoFrames ?? 0"


@dataclass(frozen=True)
class Cast:
    language: str
    asks: str
    denied: str
    waiting: str
    seen: str
    stopped: str
    away: str
    stood: str
    whole: str


CASTS = {
    "es": Cast("es-mx", "pide ver su pantalla", "no compartió nada", "Esperando a Elena", "ve lo que usted comparte", "Usted detuvo", "el reloj está detenido", "estuvo ausente 2 minutos", "Íntegro"),
    "en": Cast("en", "asks to see your screen", "did not share anything", "Waiting for Elena", "sees what you share", "You stopped", "the clock stands", "was away for 2 minutes", "Whole"),
}


@pytest.fixture(scope="module")
def chromium():
    """A Chromium that answers its own question about the screen with yes, without asking."""
    from playwright.sync_api import sync_playwright

    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as play:
        arguments = [*CHROMIUM, "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required", "--disable-features=WebRtcHideLocalIpsWithMdns"]
        browser = play.chromium.launch(executable_path=EXECUTABLE, args=arguments)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def running(django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sharing")
    with django_db_blocker.unblock(), running_gateway(folder / "gateway", settings) as gateway:
        media = {"AMPARO_MEDIA_URL": gateway.url, "AMPARO_MEDIA_ADMIN": gateway.admin, "AMPARO_MEDIA_FOLDER": str(folder / "gateway")}
        with service(folder, parts=("web",), **media) as found:
            found.own = (found.url, found.stream_url.removesuffix("/events"), gateway.url)  # type: ignore[attr-defined]
            yield found


def _enter(page, running, code: str) -> None:
    """The gateway may just be starting again: the page says so, and one tries once more."""

    def is_in() -> bool:
        page.goto(f"{running.url}/r/")
        page.fill("#code", code)
        page.locator("[data-enter] button").click()
        page.locator("form[action$='/r/share/'] button").click()
        page.wait_for_selector("[data-share], main a[href='/r/']")
        return page.locator("[data-share]").count() == 1

    until(is_in, every=1)


def _watch(open_page, running, engineer: Actor, session: Session):  # noqa: F811
    desk = open_page(running.own, viewport={"width": 1280, "height": 860})
    desk.context.add_cookies([{"name": "amparo", "value": session_of(engineer), "url": running.url}])
    desk.goto(f"{running.url}/desk/remote/{session.pk}/")
    return desk


@pytest.mark.parametrize("language", list(CASTS))
def test_a_browser_shares_its_screen_and_an_engineer_sees_it(language, running, open_page, settings):  # noqa: F811
    """LIV-2, LIV-3, CAS-5, SEC-38, SEC-39, SEC-41"""
    cast = CASTS[language]
    settings.MEDIA_ROOT = running.mailbox.parent / "files"
    user = make_user("Elena Ingeniera", language=cast.language)
    StaffRole.objects.create(user=user, role="engineer")
    engineer = actor_by_id(user.pk)
    contact = make_contact(make_customer("Abarrotes Lupita"), "Lupita Romero", language=cast.language)
    case = a_case(contact, engineer, at=timezone.now())
    offer = commands.offer(case, mode="control", key=f"s-{language}", actor=engineer, at=timezone.now())
    desk = _watch(open_page, running, engineer, offer.session)
    desk.wait_for_selector("[data-code-digits]")
    desk.goto("about:blank")  # its broker and its stream do not run here

    customer = open_page(running.own, language=cast.language, viewport={"width": 1024, "height": 800})
    _enter(customer, running, offer.code)
    assert cast.asks in customer.inner_text(".remote-shown")
    customer.evaluate("() => { window.asked = navigator.mediaDevices.getDisplayMedia; navigator.mediaDevices.getDisplayMedia = async () => { throw new DOMException('', 'NotAllowedError'); }; }")
    customer.click("[data-do=yes]")
    customer.wait_for_selector("[data-problem]:not([hidden])")
    assert cast.denied in customer.inner_text("[data-problem]")
    assert Session.objects.get(pk=offer.session.pk).state == "offered", "who denied has used up nothing"

    customer.evaluate("() => { navigator.mediaDevices.getDisplayMedia = window.asked; }")
    customer.click("[data-do=yes]")
    customer.wait_for_selector("[data-banner]:not([hidden])")
    assert cast.waiting in customer.inner_text("[data-says]")
    row = Session.objects.get(pk=offer.session.pk)
    assert (row.state, row.way, row.mode, row.consented) == ("consented", "browser", "view", "view") and cast.asks in row.shown

    desk.goto(f"{running.url}/desk/remote/{row.pk}/")
    assert desk.url.endswith("/watch/")
    until(lambda: desk.evaluate(FRAMES) > 5 or desk.wait_for_timeout(50), 60)
    until(lambda: cast.seen in customer.inner_text("[data-says]") or customer.wait_for_timeout(50))
    assert Case.objects.get(pk=case.pk).clock_since is not None, "the clock of the case runs"
    assert desk.evaluate("() => document.querySelector('video[data-seen]').videoWidth") > 100
    customer.evaluate("() => window.scrollTo(0, 0)")
    before = desk.evaluate(FRAMES)
    until(lambda: desk.evaluate(FRAMES) > before + 5 or desk.wait_for_timeout(50), 60)

    parts = 1
    if language == "es":
        _the_engineer_is_away(desk, customer, row, cast)
        parts = 2
    customer.click("[data-do=stop]")
    assert cast.stopped in customer.inner_text("[data-over]")
    row = until(lambda: Session.objects.filter(pk=row.pk, state="ended").first())
    assert row.end_reason == "stopped_by_customer" and Case.objects.get(pk=case.pk).clock_since is None
    desk.wait_for_url(f"{running.url}/desk/remote/{row.pk}/")
    _enter_again(customer, running, offer.code)
    desk.goto("about:blank")
    _is_kept(desk, running, row, parts, cast)


def _the_engineer_is_away(desk, customer, row: Session, cast: Cast) -> None:
    """CAS-5: his computer dies; the customer's page stops the clock at his last sign of life and says so; his return goes on and tells him."""
    desk.context.set_offline(True)
    Session.objects.filter(pk=row.pk).update(running_since=timezone.now() - timedelta(minutes=3))

    def is_told() -> bool:
        # his last sign of life may still be under way in the service, and is written after this
        now = timezone.now()
        Session.objects.filter(pk=row.pk, state="running", viewed_at__gt=now - timedelta(minutes=1)).update(viewed_at=now - timedelta(minutes=2))
        customer.wait_for_timeout(50)
        return cast.away in customer.inner_text("[data-says]")

    until(is_told)
    assert Case.objects.get(pk=row.case_id).clock_since is None
    desk.context.set_offline(False)
    until(lambda: cast.stood in desk.inner_text("[data-note]") or desk.wait_for_timeout(50))
    before = desk.evaluate(FRAMES)
    until(lambda: desk.evaluate(FRAMES) > before + 5 or desk.wait_for_timeout(50), 60)
    until(lambda: cast.seen in customer.inner_text("[data-says]") or customer.wait_for_timeout(50))


def _is_kept(desk, running, row: Session, parts: int, cast: Cast) -> None:
    """LIV-3, CAS-7: the film is kept once, told by a fact, shown as whole."""
    for _time in range(2):
        tasks.films(at=timezone.now())
    tasks.verify(at=timezone.now())
    films = StoredFile.objects.filter(subject=row.case.subject).order_by("pk")
    assert len(films) >= parts and all(film.content_type == "video/webm" and film.size > 1000 for film in films)
    fact = Fact.objects.get(name="remote.filmed", subject=row.case.subject)
    assert fact.data["sha256"] == [film.sha256 for film in films] and fact.data["octets"] == [film.size for film in films]
    desk.goto(f"{running.url}/desk/remote/{row.pk}/replay/")
    assert desk.locator(".remote-whole").count() == len(films) and cast.whole in desk.inner_text("main")
    until(lambda: desk.evaluate("() => [...document.querySelectorAll('video')].every(one => one.readyState > 0 && one.videoWidth > 100)") or desk.wait_for_timeout(50))
    desk.goto("about:blank")
    desk.complaints[:] = [one for one in desk.complaints if "ERR_CONNECTION_REFUSED" not in one and "ERR_INTERNET_DISCONNECTED" not in one]


def test_a_stop_holds_while_the_page_still_goes_in(running, open_page):  # noqa: F811
    """LIV-2, SEC-40: whatever the gateway does meanwhile."""
    cast = CASTS["en"]
    user = make_user("Elena Ingeniera", language="en")
    StaffRole.objects.create(user=user, role="engineer")
    engineer = actor_by_id(user.pk)
    case = a_case(make_contact(make_customer("Abarrotes Lupita"), "Lupita Romero", language="en"), engineer, at=timezone.now())
    offer = commands.offer(case, mode="view", key="s-stop", actor=engineer, at=timezone.now())
    customer = open_page(running.own, language="en", viewport={"width": 390, "height": 800})
    held: list = []
    customer.route("**/janus-room*", lambda route: held.append(route))
    _enter(customer, running, offer.code)
    customer.click("[data-do=yes]")
    customer.wait_for_selector("[data-banner]:not([hidden])")
    commands.beat_of_engineer(offer.session, actor=engineer, at=timezone.now())
    until(lambda: held or customer.wait_for_timeout(50))
    assert cast.waiting in customer.inner_text("[data-says]"), "nothing is seen yet, so nothing else is said"
    customer.click("[data-do=stop]")
    assert cast.stopped in customer.inner_text("[data-over]")
    assert until(lambda: Session.objects.filter(pk=offer.session.pk, state="ended").first()).end_reason == "stopped_by_customer"
    held[0].abort()
    customer.complaints[:] = [one for one in customer.complaints if "ERR_FAILED" not in one]


def _enter_again(page, running, code: str) -> None:
    """SEC-39: a code that was used opens nothing."""
    page.goto(f"{running.url}/r/")
    page.fill("#code", code)
    page.locator("[data-enter] button").click()
    page.wait_for_selector("[role=alert], .refusal, .notice")
    assert page.locator("form[action$='/r/share/']").count() == 0
    page.complaints[:] = [one for one in page.complaints if "409" not in one and "410" not in one and "404" not in one and "the server responded" not in one]
