"""Remote control of a real screen, as it is played: a real Chromium at the desk, another at the portal, x11vnc on Xvfb at the other end.

From the code to the recording replayed, at our page and from the exported case file without a server. In Spanish and in English.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from amparo.casefiles.commands.building import make
from amparo.casefiles.rules.verifier import verify
from amparo.cases import commands as cases
from amparo.cases.models import Case
from amparo.conftest import make_contact, make_customer, make_user
from amparo.kernel.actor import Actor
from amparo.people.models import StaffRole
from amparo.people.queries import actor_by_id
from amparo.remote import queries
from amparo.remote.models import Session
from amparo.remote.tests.world import a_case

from .browser import EXECUTABLE, chromium, needs_chromium, open_page  # noqa: F401 (fixtures)
from .live import service, until
from .remote_screen import Customer, needs_screen, screen  # noqa: F401 (fixture)
from .test_stream import session_of

BROWSER = EXECUTABLE  # screens are shown, and keys pressed in them
pytestmark = [pytest.mark.browser, pytest.mark.operations, pytest.mark.django_db(transaction=True), needs_chromium, needs_screen]
PIXELS = """() => { const canvas = document.querySelector('canvas'); if (!canvas) return 0;
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data; const seen = new Set();
  for (let i = 0; i < data.length; i += 4 * 97) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]); return seen.size; }"""


@dataclass(frozen=True)
class Cast:
    language: str
    asks: str
    tell: str
    controlling: str
    whole: str
    typed: str
    used_up: str


CASTS = {
    "es": Cast("es-mx", "pide ver su pantalla", "Diga este código", "En control", "Íntegra:", "Hola Peña 42!", "Se agot"),
    "en": Cast("en", "asks to see your screen", "Tell this code", "Controlling", "Whole:", "Hello World 42!", "used up"),
}


@pytest.fixture(scope="module")
def running(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), service(tmp_path_factory.mktemp("remote"), parts=("web", "stream")) as found:
        yield found


def _page(open_page, running, actor: Actor, cast: Cast):  # noqa: F811
    own = (running.url, running.stream_url.removesuffix("/events"), "ws" + running.stream_url[4:].removesuffix("/events"))
    page = open_page(own, language=cast.language, viewport={"width": 1280, "height": 860})
    page.context.add_cookies([{"name": "amparo", "value": session_of(actor), "url": running.url}])
    return page


def _people(cast: Cast) -> tuple[Actor, Actor]:
    user = make_user("Elena Ingeniera", language=cast.language)
    StaffRole.objects.create(user=user, role="engineer")
    return actor_by_id(user.pk), make_contact(make_customer("Abarrotes Lupita"), "Lupita Romero", language=cast.language)


@pytest.mark.parametrize("language", list(CASTS))
def test_a_real_screen_is_seen_controlled_and_replayed(language, running, screen, open_page, settings, tmp_path):  # noqa: F811
    """LIV-2, LIV-3, CAS-5, CAS-7, CHG-5, SEC-39, SEC-40, SEC-41"""
    cast = CASTS[language]
    settings.RECORDINGS_ROOT = running.mailbox.parent / "recordings"
    engineer, contact = _people(cast)
    case = a_case(contact, engineer, at=timezone.now())
    desk = _page(open_page, running, engineer, cast)
    desk.goto(f"{running.url}/desk/cases/{case.pk}/")
    desk.locator("#remote form button[type=submit]").click()
    desk.wait_for_selector("[data-code-digits]")
    assert cast.tell in desk.inner_text("[data-code]")
    code = desk.inner_text("[data-code-digits]")

    own = _page(open_page, running, contact, cast)
    own.goto(f"{running.url}/cases/{case.pk}/")
    own.locator("#remote form button").click()
    own.wait_for_selector(".remote-shown")
    assert cast.asks in own.inner_text(".remote-shown") and code in own.inner_text("main")

    customer = Customer(running.stream_url.replace("http", "ws", 1).replace("/events", "/remote/helper"), screen.port)
    try:
        _is_played(desk, customer, screen, cast, code.replace(" ", ""), case, engineer)
    finally:
        customer.close()
    session = until(lambda: Session.objects.filter(state="ended").first())
    assert queries.verified(session) == (session.chunks, None)
    _is_replayed(desk, running, session, cast)
    _is_replayed_from_its_file(open_page, case, session, cast, tmp_path)


def _is_played(desk, customer: Customer, screen, cast: Cast, code: str, case: Case, engineer: Actor) -> None:  # noqa: F811
    asked = customer.enter(code)
    assert cast.asks in asked["sentence"]
    customer.consent(asked["question"], "view")
    desk.wait_for_selector("[data-screen][data-segment='1'] canvas")
    until(lambda: desk.evaluate(PIXELS) > 3)
    canvas = desk.locator("[data-screen] canvas")
    before, written = screen.pointer(), screen.text()
    _move(desk, canvas, 300, 200)
    desk.keyboard.type("nada")
    desk.click("[data-do=control]")
    question = customer.heard("ask_mode")["question"]
    assert screen.pointer() == before and screen.text() == written
    customer.consent(question)
    desk.wait_for_function("words => document.querySelector('[data-mode-badge]').textContent === words", arg=cast.controlling)
    until(lambda: _lands(desk, canvas, screen, 300, 200), every=0.2)
    desk.mouse.down()
    desk.mouse.up()
    ascii_ = "".join(sign for sign in cast.typed if sign.isascii())
    desk.keyboard.type(ascii_)
    desk.keyboard.press("Enter")
    until(lambda: screen.text().endswith(f"{ascii_}\n"))
    customer.lose()
    desk.wait_for_selector("[data-screen].is-still")
    customer.come_back()
    desk.wait_for_selector("[data-screen][data-segment='2'] canvas")
    until(lambda: desk.evaluate(PIXELS) > 3)
    _time_is_up(desk, customer, cast, case, engineer)


def _lands(desk, canvas, screen, x: int, y: int) -> bool:  # noqa: F811
    """True once the pointer there stands where it was moved to here; the page may still be finding its size."""
    _move(desk, canvas, x + 40, y + 40)
    _move(desk, canvas, x, y)
    desk.wait_for_timeout(100)
    found = screen.pointer()
    return abs(found[0] - x) <= 2 and abs(found[1] - y) <= 2


def _move(desk, canvas, x: int, y: int) -> None:
    box = canvas.bounding_box()
    width, height = desk.evaluate("() => { const c = document.querySelector('canvas'); return [c.width, c.height]; }")
    desk.mouse.move(box["x"] + x * box["width"] / width, box["y"] + y * box["height"] / height)


def _time_is_up(desk, customer: Customer, cast: Cast, case: Case, engineer: Actor) -> None:
    """CAS-5, CHG-5: asked at the limit, at both ends; the decision ends it."""
    Case.objects.filter(pk=case.pk).update(clock_seconds=1799)
    assert cast.used_up in customer.heard("pause")["sentence"]
    desk.wait_for_selector("[data-question]:not([hidden])")
    assert cast.used_up in desk.inner_text("[data-question]")
    stands = Case.objects.get(pk=case.pk)
    assert stands.clock_since is None and stands.reached_at is not None
    cases.decide_at_limit(stands, choice="procedure", actor=engineer, at=timezone.now())
    customer.heard("end", reason="time")
    desk.wait_for_selector("a[href$='/replay/']")  # it leads on by itself; before that no other page may be asked for


def _is_replayed(desk, running, session: Session, cast: Cast) -> None:
    """CAS-7, LIV-2: pixels of the screen again, what was typed as dots, and that it is whole."""
    desk.goto(f"{running.url}/desk/remote/{session.pk}/replay/")
    assert cast.whole in desk.inner_text("main")
    desk.wait_for_selector("[data-player][data-state=still]")
    line = desk.inner_text("[data-player-line]")
    assert "••••" in line and "42" not in line.replace("0:42", "")
    desk.select_option("[data-player-speed]", "8")
    desk.click("[data-player-play]")
    desk.wait_for_selector("[data-player][data-state=done]", timeout=90_000)
    until(lambda: desk.evaluate(PIXELS) > 3)


def _is_replayed_from_its_file(open_page, case: Case, session: Session, cast: Cast, tmp_path) -> None:  # noqa: F811
    """CAS-7: the file proves itself, and plays the recording with no server."""
    path = tmp_path / "case.zip"
    with path.open("w+b") as out:
        make(Case.objects.get(pk=case.pk), out, language=cast.language, zone=ZoneInfo("America/Mexico_City"), at=timezone.now())
    assert verify(path).problems == []
    zipfile.ZipFile(path).extractall(tmp_path / "case")
    page_of = tmp_path / "case" / "recordings" / session.number / "replay.html"
    page = open_page(("file://",), language=cast.language)
    page.goto(f"file://{page_of}")
    page.wait_for_selector("[data-player][data-state=still]")
    page.select_option("[data-player-speed]", "8")
    page.click("[data-player-play]")
    page.wait_for_selector("[data-player][data-state=done]", timeout=90_000)
    until(lambda: page.evaluate(PIXELS) > 3)
