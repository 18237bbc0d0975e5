"""A chat as two people live it, each at a real browser: opened, taken, spoken both ways with a file and a whisper, over a reload,
a broken line and the death of the stream's process; what it costs is told and consented to in it, and the closing is accepted in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from PIL import Image

from amparo.cases.models import Case
from amparo.chat.models import Chat, Message
from amparo.conftest import PASSWORD
from amparo.project import testreset

from .browser import EXECUTABLE, chromium, open_page  # noqa: F401
from .counter import counter
from .live import answers, service, until
from .test_stories import Player

pytestmark = [pytest.mark.browser, pytest.mark.operations, pytest.mark.django_db, pytest.mark.skipif(not EXECUTABLE, reason="needs Chromium")]
ENTER = "Enter"


@dataclass(frozen=True)
class Cast:
    """Who plays in a language, and what they read."""

    language: str
    customer: str
    engineer: str
    shop: str
    next: str
    before: str
    writes: str
    price: str
    closed: str
    ended: str


CASTS = {
    "es-mx": Cast("es-mx", "lupita.es@ejemplo.mx", "elena.es@vendor.mx", "Abarrotes Lupita", "Sigue usted", "Nadie espera antes que usted",
                  "escribe…", "1 evento", "cerrado", "Este chat terminó"),
    "en": Cast("en", "lupita.en@example.com", "elena.en@vendor.mx", "Canary Corner Shop", "You are next", "Nobody waits before you",
               "is writing…", "1 event", "closed", "This chat has ended"),
}  # fmt: skip


@pytest.fixture(scope="module")
def playing(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock():
        try:
            world = counter(CASTS.values())
            with service(tmp_path_factory.mktemp("chat")) as served:
                own = (served.url, served.stream_url.rsplit("/", 1)[0])
                yield SimpleNamespace(world=world, served=served, url=served.url, own=own)
        finally:
            testreset.reset()


AT_THE_END = """() => [...document.querySelectorAll('.chat-picture img')].some((img) => img.complete && img.naturalHeight)
  && (({ scrollHeight, scrollTop, clientHeight }) => scrollHeight > clientHeight && scrollHeight - scrollTop - clientHeight < 4)(document.querySelector('[data-chat-scroll]'))"""


class Talker(Player):
    """Somebody in a chat."""

    def say(self, text: str) -> None:
        self.page.fill("[data-composer-body]", text)
        self.page.press("[data-composer-body]", ENTER)

    def sees(self, text: str, times: int = 1) -> None:
        """Wait until a line holds the text, so often, and no line waits to be sent."""
        self.page.wait_for_function(
            "([text, times]) => [...document.querySelectorAll('[data-chat-lines] [data-n]')].filter((line) => line.innerText.includes(text)).length === times"
            " && !document.querySelector('[data-pending]')",
            arg=[text, times],
        )

    def lines(self) -> list[str]:
        return [one.strip() for one in self.page.locator("[data-chat-lines] .chat-line:not(.is-whisper) .chat-body").all_inner_texts()]

    def ready(self) -> None:
        self.page.locator("[data-chat][data-ready]").wait_for()


@pytest.mark.parametrize("language", list(CASTS))
def test_a_chat_with_consent_and_closing_in_it(playing, open_page, language, tmp_path):  # noqa: F811
    """CHT-1, CHT-3, CHG-1, CAS-4, SEC-10"""
    cast = CASTS[language]
    customer, engineer = (Talker(open_page(playing.own, language=language), playing.url) for _one in range(2))
    engineer.sign_in(cast.engineer, PASSWORD)
    engineer.go("/desk/chat/")
    with engineer.page.expect_navigation():
        engineer.page.click("[data-chat-duty=off]")
    customer.sign_in(cast.customer, PASSWORD)
    customer.go("/chat/")
    customer.reads(cast.before)
    customer.page.fill("#chat-body", "No abre el turno de la caja 3")
    customer.submit("/chat/new/")
    customer.ready()
    customer.reads(cast.next)
    _taken(engineer, customer)
    _spoken(engineer, customer, cast, tmp_path)
    _survives(playing, engineer, customer)
    _advised(engineer, customer, cast, playing)
    with customer.page.expect_navigation():
        customer.page.click(".chat-end button")
    customer.reads(cast.ended)
    engineer.page.locator(".chat-thread.is-over").wait_for()
    chat = Chat.objects.latest("pk")
    said = list(Message.objects.filter(chat=chat, kind="message").order_by("seq").values_list("body", flat=True))
    assert said == customer.lines()
    numbers = list(Message.objects.filter(chat=chat, seq__isnull=False).order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, chat.last_seq + 1)) and chat.ended_how == "customer"


def _taken(engineer: Talker, customer: Talker) -> None:
    """The offer comes by itself; the customer reads who attends, by itself. CHT-1."""
    engineer.page.locator("[data-chat-offer]").wait_for()
    with engineer.page.expect_navigation():
        engineer.page.click("[data-chat-take]")
    engineer.ready()
    engineer.sees("No abre el turno")
    customer.page.locator("[data-chat-who]", has_text="Elena Ríos").wait_for()


def _spoken(engineer: Talker, customer: Talker, cast: Cast, folder) -> None:
    """Both ways, with a file, the sign of who writes, what was read, and a whisper that stays inside. CHT-1, SEC-10."""
    engineer.page.locator("[data-composer-body]").press_sequentially("¿Qué error", delay=5)
    customer.page.locator("[data-chat-typing]:not([hidden])", has_text=cast.writes).wait_for()
    engineer.say("¿Qué error aparece?")
    customer.sees("¿Qué error aparece?")
    engineer.page.locator(".is-mine.is-read", has_text="¿Qué error aparece?").wait_for()
    note, picture = folder / "bitacora.txt", folder / "caja.png"
    note.write_text("E-204")
    Image.new("RGB", (900, 1600), "navy").save(picture)
    customer.page.set_input_files("[data-files-input]", [str(note), str(picture)])
    customer.page.locator("[data-files-list] [data-id]").nth(1).wait_for()
    customer.say("El E-204, va la bitácora")
    engineer.sees("va la bitácora")
    engineer.page.locator("[data-chat-lines] a", has_text="bitacora.txt").wait_for()
    for one in (customer, engineer):  # the picture comes after its line and is tall: the newest line stays in sight
        one.page.wait_for_function(AT_THE_END)
    engineer.page.check("[name=kind][value=note]", force=True)
    engineer.say("Ya lo vimos ayer en otra tienda")
    engineer.sees("Ya lo vimos ayer")
    engineer.page.check("[name=kind][value=reply]", force=True)


def _survives(playing, engineer: Talker, customer: Talker) -> None:
    """A reload, a broken line, and the stream's process killed in the middle: each message is there once, in one order. CHT-1."""
    customer.page.reload()
    customer.ready()
    customer.sees("¿Qué error aparece?")
    customer.page.context.set_offline(True)
    customer.say("Dicho sin línea")
    customer.page.locator("[data-pending]").wait_for()
    customer.page.context.set_offline(False)
    engineer.sees("Dicho sin línea")
    playing.served.kill("stream")
    engineer.say("Dicho sin avisos 1")
    customer.say("Dicho sin avisos 2")
    engineer.sees("Dicho sin avisos 1")
    playing.served.start("stream")
    until(lambda: answers(playing.served.stream_url + "/health"), 60)
    customer.sees("Dicho sin avisos 1")
    engineer.sees("Dicho sin avisos 2")
    engineer.say("Y otra vez con avisos")
    customer.sees("Y otra vez con avisos")
    for text in ("Dicho sin línea", "Dicho sin avisos 1", "Dicho sin avisos 2", "¿Qué error aparece?"):
        customer.sees(text)
        engineer.sees(text)
    assert customer.lines() == engineer.lines()
    for one in (customer, engineer):  # the browser's own word of lines that we broke
        one.page.complaints[:] = [said for said in one.page.complaints if "net::ERR_" not in said]
    assert "Ya lo vimos" not in customer.page.content()


def _advised(engineer: Talker, customer: Talker, cast: Cast, playing) -> None:
    """What it is and costs is told and consented to in the chat; its closing is proposed and accepted there. CHT-3, CHG-1, CAS-4."""
    with engineer.page.expect_navigation():
        engineer.page.click("[data-chat-service]")
    engineer.page.select_option("[name=kind]", "advisory")
    engineer.page.fill("[name=title]", "Turno de la caja 3")
    engineer.send()
    engineer.ready()
    yes = customer.page.locator("[data-chat-asked] form[action*='/act/consent/'] button").first
    yes.wait_for()
    assert cast.price in customer.page.inner_text("[data-chat-asked]")
    with customer.page.expect_navigation():
        yes.click()
    case = Case.objects.get(customer=playing.world[cast.language].customer)
    assert (case.state, case.consent_how) == ("attention", "chat")
    with engineer.page.expect_navigation():
        engineer.page.locator("[data-chat-closing]").click()
    engineer.page.fill("[name=summary]", "Se explicó cómo abrir el turno.")
    engineer.send()
    accept = customer.page.locator("[data-chat-asked] form[action*='/act/accept_closing/'] button").first
    accept.wait_for()
    assert "Se explicó cómo abrir el turno." in customer.page.inner_text("[data-chat-asked]")
    with customer.page.expect_navigation():
        accept.click()
    case.refresh_from_db()
    assert case.state == "closed"
    engineer.page.locator("[data-chat-case]", has_text=f"C-{case.pk}").wait_for()
    customer.ready()
