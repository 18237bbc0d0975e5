"""The live service from end to end: a chat that becomes a case, a remote session asked for in it, with control of a real screen by the
helper that customers start, the question at the limit of time, the closing, the charge, and the recording out of the case's file.

Real browsers, the service's own processes, Xvfb with a window manager and a terminal. In Spanish and in English.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from amparo.cases.models import Case
from amparo.charging.models import Charge
from amparo.chat.models import Chat
from amparo.conftest import PASSWORD
from amparo.history.models import Fact
from amparo.ledger import queries as ledger
from amparo.project import debian, testreset
from amparo.remote.models import Session

from .browser import chromium, needs_chromium, open_page  # noqa: F401 (fixtures)
from .counter import counter
from .live import service, until
from .remote_peer import Program, command, x_screen
from .running import amparo
from .source import ROOT
from .test_stories_chat import Talker

needs_screen = pytest.mark.skipif(not debian.present(debian.DESKTOP), reason=f"not run without {' '.join(debian.DESKTOP.packages)}")
pytestmark = [pytest.mark.browser, pytest.mark.operations, pytest.mark.django_db, needs_chromium, needs_screen]

WIDTH, HEIGHT = 1024, 768
CRIMSON = (190, 24, 93)
TYPED = "¿Qué pasó, señor Núñez? OK-42!"
# Where a keyboard of Latin America has the signs: the key, whether with Shift; the accent is a key before its letter.
PLACES = {"¿": ("Equal", False), "?": ("Minus", True), "!": ("Digit1", True), "ñ": ("Semicolon", False), ",": ("Comma", False), "-": ("Slash", False),
          " ": ("Space", False)}  # fmt: skip
ACCENTED = {"á": "a", "é": "e", "í": "i", "ó": "o", "ú": "u"}
COLOURED = """colour => { const canvas = document.querySelector('[data-screen] canvas, [data-player-screen] canvas'); if (!canvas) return 0;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height); let found = 0;
  for (let i = 0; i < data.length; i += 4) if (colour.every((value, at) => Math.abs(data[i + at] - value) < 14)) found += 1;
  return 4 * found / data.length; }"""


@dataclass(frozen=True)
class Cast:
    """Who plays in a language, and what they read and say."""

    language: str
    customer: str
    engineer: str
    shop: str
    consents: str
    asks: str
    controlling: str
    five_left: str
    used_up: str
    stopped: str
    why: str
    incident: str
    further: str
    closed: str
    own_keys: bool


CASTS = {
    "es-mx": Cast(
        "es-mx", "lupita.vivo@ejemplo.mx", "elena.vivo@vendor.mx", "Abarrotes Lupita", "controlar", "pide ver su pantalla y usar su teclado y su ratón",
        "En control", "Quedan 5 minutos", "Se agotaron los 30 minutos", "Usted detuvo la sesión", "El cliente la detuvo", "1 incidente", "4 créditos",
        "Cerrado", own_keys=True,
    ),
    "en": Cast(
        "en", "lupita.live@example.com", "elena.live@vendor.mx", "Canary Corner Shop", "control", "asks to see your screen and to use your keyboard and mouse",
        "Controlling", "5 minutes of this attention are left", "The 30 minutes of this attention are used up", "You stopped the session",
        "The customer stopped it", "1 incident", "4 credits", "Closed", own_keys=False,
    ),
}  # fmt: skip


class Computer:
    """The customer's computer: a screen, a terminal that writes down what is typed into it, and the helper."""

    def __init__(self, display: str, folder: Path) -> None:
        self.display, self.folder = display, folder
        self.programs = [self.run("openbox")]
        self.helper: Program | None = None

    def run(self, *words: str, **environment: str) -> Program:
        return Program(self.display, *words, **environment)

    def open_terminal(self, name: str) -> Path:
        written = self.folder / name
        colour = "#{:02x}{:02x}{:02x}".format(*CRIMSON)
        shell = f"cat > {shlex.quote(str(written))}"
        self.programs.append(self.run("xterm", "-u8", "-bg", colour, "-fg", "white", "-geometry", "90x24+20+300", "-e", "sh", "-c", shell, LC_ALL="C.UTF-8"))
        until(written.exists)
        return written

    def start_helper(self, told: str) -> Program:
        """Do what the page tells: its last line, whose program is installed here from its folder."""
        program, *arguments = shlex.split(told.strip().splitlines()[-1])
        assert program == "amparo-remote"
        self.helper = self.run(sys.executable, "-m", "amparo_remote.cli", *arguments, "--terminal", PYTHONPATH=str(ROOT / "clients/remote"))
        self.programs.append(self.helper)
        return self.helper

    def pointer(self) -> tuple[int, int]:
        found = dict(pair.split(":") for pair in command(self.display, "xdotool", "getmouselocation").split() if ":" in pair)
        return int(found["x"]), int(found["y"])

    def close(self, kept: int = 1) -> None:
        """End what runs on the screen; the window manager stays unless nothing is kept."""
        for program in reversed(self.programs[kept:]):
            program.kill()
            print(program.output)  # pytest shows it when a test fails
        del self.programs[kept:]


@pytest.fixture(scope="module")
def playing(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[SimpleNamespace]:
    """Web, stream and worker as processes, one world for both languages, and one screen."""
    folder = tmp_path_factory.mktemp("live")
    taken = next(number for number in range(200, 260) if not Path(f"/tmp/.X11-unix/X{number}").exists())
    with django_db_blocker.unblock():
        try:
            world = counter(CASTS.values())
            with service(folder) as served, x_screen(taken, f"{WIDTH}x{HEIGHT}") as display:
                stream = served.stream_url.rsplit("/", 1)[0]
                computer = Computer(display, folder)
                yield SimpleNamespace(world=world, url=served.url, own=(served.url, stream, stream.replace("http", "ws", 1)), computer=computer)
                computer.close(kept=0)
        finally:
            testreset.reset()


@pytest.mark.parametrize("language", list(CASTS))
def test_from_a_chat_to_the_recording_in_the_file_of_its_case(playing, open_page, language, tmp_path):  # noqa: F811
    """CHT-1, CHT-3, CHG-1, CHG-5, CHG-6, CAS-1, CAS-4, CAS-5, CAS-7, LIV-2, LIV-3, TAR-1, SEC-39, SEC-40"""
    cast = CASTS[language]
    customer, engineer = (Talker(open_page(playing.own, language=language), playing.url) for _one in range(2))
    case = _agreed(customer, engineer, cast, playing)
    computer = playing.computer
    try:
        written = computer.open_terminal(f"{language}.txt")
        helper = _let_in(customer, engineer, cast, computer)
        _controlled(engineer, cast, computer, written)
        _time_is_used_up(customer, engineer, cast, case, helper)
        _stopped(customer, engineer, cast, computer, case)
    finally:
        computer.close()
    _closed(customer, engineer, cast, case)
    _charged(cast, case)
    _replayed(customer, open_page, cast, case, tmp_path)


def _agreed(customer: Talker, engineer: Talker, cast: Cast, playing: SimpleNamespace) -> Case:
    """A chat is opened, taken, and becomes a case that is classified and consented to inside it. CHT-1, CHT-3, CHG-1."""
    engineer.sign_in(cast.engineer, PASSWORD)
    engineer.go("/desk/chat/")
    with engineer.page.expect_navigation():
        engineer.page.click("[data-chat-duty=off]")
    customer.sign_in(cast.customer, PASSWORD)
    customer.go("/chat/")
    customer.page.fill("#chat-body", "La impresora de la caja 3 no corta el papel")
    customer.submit("/chat/new/")
    customer.ready()
    engineer.page.locator("[data-chat-offer]").wait_for()
    with engineer.page.expect_navigation():
        engineer.page.click("[data-chat-take]")
    engineer.ready()
    engineer.say("Lo vemos juntos en su pantalla.")
    customer.sees("Lo vemos juntos")
    with engineer.page.expect_navigation():
        engineer.page.click("[data-chat-service]")
    engineer.page.select_option("[name=kind]", "incident")
    engineer.page.fill("[name=title]", "La caja 3 no corta el papel")
    engineer.send()
    _answers(customer, "consent", cast.incident)
    case = Case.objects.get(customer=playing.world[cast.language].customer)
    assert (case.state, case.kind, case.consent_how, case.limit_minutes) == ("attention", "incident", "chat", 30)
    return case


def _answers(customer: Talker, act: str, told: str, choice: str = "") -> None:
    """The customer says yes to what is asked in the chat, having read the price. CHG-1, CHG-5, CAS-4."""
    yes = customer.page.locator(f"[data-chat-asked] form[action*='/act/{act}/'][action$='{choice}/'] button").first
    yes.wait_for()
    assert told in customer.page.inner_text("[data-chat-asked]")
    with customer.page.expect_navigation():
        yes.click()
    customer.ready()


def _let_in(customer: Talker, engineer: Talker, cast: Cast, computer: Computer) -> Program:
    """The code goes from the chat to the short address; what that page tells starts the helper, which asks. LIV-2, SEC-39."""
    engineer.page.locator("[data-chat-remote]").wait_for()
    with engineer.page.expect_navigation():
        engineer.page.click("[data-chat-remote]")
    with engineer.page.expect_navigation():
        engineer.page.click("[data-chat-session]")
    code = customer.page.locator("[data-chat-remote-code] strong").inner_text()
    assert code == engineer.page.inner_text("[data-code-digits]") and re.fullmatch(r"\d{3} \d{3} \d{3}", code)
    with customer.page.expect_popup() as opened:
        customer.page.locator("[data-chat-remote-code] a").click()
    short = opened.value
    _meant(customer, "popup")
    short.fill("#code", code)
    with short.expect_navigation():
        short.locator("[data-enter] button[type=submit]").click()
    assert cast.asks in short.inner_text("main") and "La caja 3 no corta el papel" in short.inner_text("main")
    helper = computer.start_helper(short.inner_text(".remote-command"))
    short.close()
    until(lambda: f"«{cast.consents}»" in helper.output or f"“{cast.consents}”" in helper.output)
    assert cast.asks in helper.output and "Elena Ríos" in helper.output
    assert not engineer.page.locator("[data-screen] canvas").count(), "nothing is seen before the yes"
    helper.type(cast.consents)
    engineer.page.wait_for_selector("[data-screen][data-segment='1'] canvas")
    return helper


def _meant(player: Talker, what: str) -> None:
    """Forget the note of a popup or a download that the story is about."""
    found = next(said for said in player.page.complaints if said.startswith(what))
    player.page.complaints.remove(found)


def _controlled(engineer: Talker, cast: Cast, computer: Computer, written: Path) -> None:
    """The screen is seen; pointer and text arrive whole; the clock runs on both sides. LIV-2, CAS-5."""
    page = engineer.page
    page.wait_for_function("words => document.querySelector('[data-mode-badge]').textContent === words", arg=cast.controlling)
    until(lambda: page.evaluate(COLOURED, CRIMSON) > 0.2)
    box = page.locator("[data-screen] canvas").bounding_box()
    x, y = 300, 520
    page.mouse.click(box["x"] + x * box["width"] / WIDTH, box["y"] + y * box["height"] / HEIGHT)
    until(lambda: all(abs(one - other) <= 2 for one, other in zip(computer.pointer(), (x, y), strict=True)))
    _type(page, TYPED, own=cast.own_keys)
    page.keyboard.press("Enter")
    until(lambda: written.read_text().endswith("\n"))
    assert written.read_text() == f"{TYPED}\n"


def _type(page: Any, text: str, *, own: bool) -> None:
    """Type as with a keyboard of Latin America: the engineer's own, or chosen in the page upon one of the United States."""
    line = page.context.new_cdp_session(page) if own else None
    if line is None:
        page.select_option("[data-layout]", "latam")
    for sign in text:
        plain = ACCENTED.get(sign, sign)
        code, shift = PLACES.get(plain) or (f"Digit{plain}" if plain.isdigit() else f"Key{plain.upper()}", plain.isupper())
        if line is None:
            if plain != sign:
                page.keyboard.press("BracketLeft")
            page.keyboard.press(f"Shift+{code}" if shift else code)
            continue
        held = {"modifiers": 8} if shift else {}
        if shift:
            line.send("Input.dispatchKeyEvent", {"type": "keyDown", "key": "Shift", "code": "ShiftLeft", "modifiers": 8})
        line.send("Input.dispatchKeyEvent", {"type": "keyDown", "key": sign, "code": code, "text": sign, **held})
        line.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": sign, "code": code, **held})
        if shift:
            line.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": "Shift", "code": "ShiftLeft"})


def _time_is_used_up(customer: Talker, engineer: Talker, cast: Cast, case: Case, helper: Program) -> None:
    """The clock runs at both ends, warns, and asks; the customer consents in the chat to what is charged further. CAS-5, CHG-5."""
    clocks = [(customer.page, ".chat-clock [data-digits]"), (engineer.page, "[data-remote-clock] [data-digits]")]
    for page, place in clocks:
        page.wait_for_function("([place, was]) => document.querySelector(place).textContent > was", arg=[place, page.inner_text(place)])
    _wind(case, 1499)
    engineer.page.wait_for_function("words => document.querySelector('[data-says]').textContent.includes(words)", arg=cast.five_left)
    until(lambda: cast.five_left in helper.output)
    _wind(case, 1798)
    engineer.page.wait_for_selector("[data-question]:not([hidden])")
    assert cast.used_up in engineer.page.inner_text("[data-question]")
    until(lambda: cast.used_up in helper.output)
    assert Case.objects.get(pk=case.pk).clock_since is None, "nobody pays for the question"
    with engineer.page.expect_popup() as opened:
        engineer.page.click("[data-question] form[action$='/decide/further/'] button")
    _meant(engineer, "popup")
    further = opened.value
    further.fill("[name=description]", "Cambiar el corte en las tres cajas")
    further.fill("[name=technical_hour]", "1")
    with further.expect_navigation():
        further.click("main form[method=post] .form-actions button[type=submit]")
    further.close()
    _answers(customer, "choose", cast.further, choice="now")
    engineer.page.wait_for_selector("[data-screen][data-segment='2'] canvas")
    until(lambda: engineer.page.evaluate(COLOURED, CRIMSON) > 0.2)
    engineer.page.wait_for_selector("[data-question]", state="hidden")
    consent = Fact.objects.get(subject=case.subject, name="case.need_chosen")
    assert (consent.data["choice"], consent.data["how"], consent.data["minutes"], consent.data["limit_minutes"]) == ("now", "chat", 60, 90)


def _wind(case: Case, seconds: int) -> None:
    """Wind the clock on: so much had gone by when it was started last. Told to the database for all to see, not within the test."""
    given = connection.settings_dict
    with psycopg.connect(dbname=given["NAME"], user=given["USER"], password=given["PASSWORD"], host=given["HOST"] or None, port=given["PORT"] or None) as own:
        own.execute("UPDATE cases_case SET clock_seconds = %s WHERE id = %s", [seconds, case.pk])


def _stopped(customer: Talker, engineer: Talker, cast: Cast, computer: Computer, case: Case) -> None:
    """The customer stops it by the key, wherever the hands are; both sides read so. LIV-2."""
    assert computer.helper
    command(computer.display, "xdotool", "key", "ctrl+alt+shift+s")
    assert computer.helper.end() == 0 and cast.stopped in computer.helper.output
    engineer.page.locator("main a[href$='/replay/']").wait_for()
    engineer.reads(cast.why)
    session = until(lambda: Session.objects.filter(case=case, state="ended").first())
    assert (session.end_reason, session.consented, session.segments) == ("stopped_by_customer", "control", 2)
    assert Case.objects.get(pk=case.pk).clock_since is None
    told = Fact.objects.filter(subject=case.subject, name__startswith="remote.").order_by("seq").values_list("name", flat=True)
    assert list(told) == [f"remote.{what}" for what in ("offered", "joined", "consented", "began", "paused", "resumed", "ended")]


def _closed(customer: Talker, engineer: Talker, cast: Cast, case: Case) -> None:
    """Closing is proposed in the chat, read with its price, and accepted there. CAS-4."""
    engineer.go(f"/desk/chat/{Chat.objects.get(case=case).pk}/")
    engineer.ready()
    with engineer.page.expect_navigation():
        engineer.page.click("[data-chat-closing]")
    engineer.page.fill("[name=summary]", "Se cambió el corte de la impresora.")
    engineer.send()
    _answers(customer, "accept_closing", "Se cambió el corte de la impresora.")
    case.refresh_from_db()
    assert (case.state, case.close_reason) == ("closed", "solved")
    engineer.page.locator("[data-chat-case]", has_text=cast.closed).wait_for()


def _charged(cast: Cast, case: Case) -> None:
    """One incident of the contract and the credits of one hour: nothing else, and nothing is reserved any more. TAR-1, CHG-6."""
    charges = Charge.objects.filter(subject=case.subject).order_by("pk")
    assert [(one.state, one.consent_how) for one in charges] == [("final", "chat"), ("final", "chat")]
    left = {one.unit: (one.available, one.reserved) for one in ledger.pockets(case.customer_id, timezone.now())}
    assert left == {"event": (9, 0), "incident": (3, 0), "credit": (36, 0)}


def _replayed(customer: Talker, open_page, cast: Cast, case: Case, folder: Path) -> None:  # noqa: F811
    """The customer takes the case file away; it proves itself and plays the screen without a server, what was typed hidden. CAS-7."""
    customer.go(f"/cases/{case.pk}/")
    with customer.page.expect_download() as taken:
        customer.page.locator("form[action^='/case-files/'] button").click()
    _meant(customer, "download")
    path, key = folder / "case.zip", folder / "keys.pem"
    taken.value.save_as(path)
    key.write_bytes(customer.page.request.get(f"{customer.url}/case-files/key.pem").body())
    said = amparo("verify-case", path, "--key", key, "--json")
    assert said.returncode == 0, said.stdout + said.stderr
    assert json.loads(said.stdout)["problems"] == []
    with zipfile.ZipFile(path) as file:
        file.extractall(folder / "case")
        assert not [name for name in file.namelist() if TYPED.encode() in file.read(name)]
    page = open_page(("file://",), language=cast.language)
    page.goto(f"file://{next((folder / 'case').glob('recordings/*/replay.html'))}")
    page.wait_for_selector("[data-player][data-state=still]")
    line = page.inner_text("[data-player-line]")
    assert "••••" in line and "OK" not in line and "42" not in line
    page.select_option("[data-player-speed]", "8")
    page.click("[data-player-play]")
    page.wait_for_selector("[data-player][data-state=done]")
    until(lambda: page.evaluate(COLOURED, CRIMSON) > 0.2)
