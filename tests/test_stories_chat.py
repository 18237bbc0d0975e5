"""A chat as two people live it, each at a real browser: opened, taken, spoken both ways with a file and a whisper, over a reload,
a broken line and the death of the stream's process; what it costs is told and consented to in it, and the closing is accepted in it.
And one from a page of the vendor's own, of another site than ours, through the widget.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from joserfc import jwt
from joserfc.jwk import OctKey
from PIL import Image

from amparo.cases.models import Case
from amparo.chat import commands as chats
from amparo.chat.models import Chat, Message
from amparo.conftest import PASSWORD
from amparo.kernel import clock
from amparo.people.models import User
from amparo.people.queries import actor_by_id
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


SITE = """<!doctype html><html lang="{language}"><head><title>Mostrador</title><meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>Mostrador</h1><p>Nuestros productos.</p></main><script src="{script}" data-word="{word}" async></script></body></html>"""


@contextlib.contextmanager
def vendors_site(page: Callable[[str], str]) -> Iterator[int]:
    """Serve pages of the vendor's own on a port of this machine; give the port."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = page(self.path).encode()
            self.send_response(200 if told else 204)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def _shop(url: str) -> Iterator[SimpleNamespace]:
    """The vendor's site: `/es` and `/en` hand their reader over, `/forged` with another's secret; only one name of it may show the widget."""
    made: dict[str, str] = {}

    def page(path: str) -> str:
        if path not in ("/es", "/en", "/forged"):
            return ""
        at = int(clock.now().timestamp())
        claims = {"aud": made["site"], "sub": CASTS["en" if path == "/en" else "es-mx"].customer, "iat": at, "exp": at + 120, "jti": uuid4().hex}
        word = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("x" * 43 if path == "/forged" else made["secret"]))
        return SITE.format(language="en" if path == "/en" else "es", script=f"{url}/chat/widget/{made['site']}.js", word=word)

    with vendors_site(page) as port:
        origin, stranger = f"http://tienda.localhost:{port}", f"http://ajena.localhost:{port}"
        admin = actor_by_id(User.objects.get(email="ada@vendor.mx").pk)
        site, made["secret"] = chats.make_site("Tienda", [origin], actor=admin, at=clock.now())
        made["site"] = site.public_id
        yield SimpleNamespace(origin=origin, stranger=stranger)

@pytest.fixture(scope="module")
def playing(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock():
        try:
            world = counter(CASTS.values())
            with service(tmp_path_factory.mktemp("chat"), apart=("stream",)) as served:
                own = (served.url, served.stream_url.rsplit("/", 1)[0])
                with _shop(served.url) as shop:
                    yield SimpleNamespace(world=world, served=served, url=served.url, own=own, shop=shop, all=(*own, shop.origin, shop.stranger))
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

    def attach(self, file) -> None:
        self.page.set_input_files("[data-files-input]", file)
        self.page.locator("[data-files-list] [data-id]").wait_for()

    def files(self) -> list[str]:
        return self.page.locator("[data-files-list] .file-name").all_inner_texts()

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
    engineer.page.set_viewport_size({"width": 390, "height": 760})  # the switch is chosen at the first tap there too
    engineer.page.locator("label:has([name=kind][value=note])").click()
    engineer.page.fill("[data-composer-body]", "Ya lo vimos ayer en otra tienda")
    engineer.attach(note)
    with engineer.page.expect_navigation():
        engineer.page.locator(".chat-all").click()
    engineer.page.go_back()
    engineer.ready()  # what was begun is there still, and for whom it is
    assert engineer.page.is_checked("[name=kind][value=note]") and engineer.files() == ["bitacora.txt"]
    engineer.page.press("[data-composer-body]", ENTER)
    engineer.sees("Ya lo vimos ayer")
    assert engineer.page.locator("[data-chat-lines] .is-whisper a", has_text="bitacora.txt").count() == 1 and not engineer.files()
    engineer.page.locator("label:has([name=kind][value=reply])").click()
    engineer.page.set_viewport_size({"width": 1280, "height": 720})


def _survives(playing, engineer: Talker, customer: Talker) -> None:
    """A reload, a broken line, and the stream's process killed in the middle: each message is there once, in one order. CHT-1."""
    customer.attach({"name": "recibo.txt", "mimeType": "text/plain", "buffer": b"1"})
    customer.page.reload()
    customer.ready()
    customer.sees("¿Qué error aparece?")
    assert customer.files() == ["recibo.txt"]
    customer.page.context.set_offline(True)
    customer.say("Dicho sin línea")
    customer.page.locator("[data-pending]").wait_for()
    assert not customer.files()
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


# --- the widget -------------------------------------------------------------------------------------------------------


class Visitor:
    """Somebody at a page of the vendor's own: the button, and what is in the frame."""

    def __init__(self, page) -> None:
        self.page, self.asked = page, []
        self.button, self.frame = page.locator("[data-amparo-chat]"), page.frame_locator("iframe")
        self.body = self.frame.locator("[data-composer-body]")
        page.on("request", lambda request: self.asked.append(request))

    def sees(self, text: str) -> None:
        self.frame.locator("[data-chat-lines] [data-n]", has_text=text).wait_for()

    def focus_is(self, selector: str) -> None:
        self.frame.locator(f"{selector}:focus").wait_for()

    def is_shut(self) -> None:
        self.page.wait_for_function("() => document.activeElement.matches('[data-amparo-chat][aria-expanded=false]')")

    def faults(self) -> list[str]:
        """What axe finds on the page and in the frame; the style that it writes itself our policy refuses, which is no complaint."""
        inside, before = next(frame for frame in self.page.frames if "/chat/widget/" in frame.url), len(self.page.complaints)
        found = [one for part in (self.page, inside) for one in Axe().run(part, options={"preload": False}).response["violations"] if one["impact"] in ("serious", "critical")]
        self.page.complaints[before:] = [said for said in self.page.complaints[before:] if "inline style" not in said]
        return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


def test_the_widget_on_a_page_of_another_site(playing, open_page, tmp_path):  # noqa: F811
    """CHT-1, SEC-35, SEC-41, SEC-42"""
    cast = CASTS["es-mx"]
    engineer, visitor = Talker(open_page(playing.own, language="es-mx"), playing.url), Visitor(open_page(playing.all, language="es-mx"))
    engineer.sign_in(cast.engineer, PASSWORD)
    engineer.go("/desk/chat/")
    if (off := engineer.page.locator("[data-chat-duty=off]")).count():
        with engineer.page.expect_navigation():
            off.click()
    visitor.page.goto(f"{playing.shop.origin}/es")
    visitor.button.press(ENTER)
    visitor.focus_is("#chat-body")
    assert not visitor.faults()
    visitor.page.keyboard.type("Desde la tienda")
    visitor.frame.get_by_role("button", name="Iniciar el chat").press(ENTER)
    visitor.sees("Desde la tienda")
    visitor.focus_is("[data-composer-body]")
    with engineer.page.expect_navigation():
        engineer.page.locator("[data-chat-row] > a", has_text="Desde la tienda").click()
    with engineer.page.expect_navigation():
        engineer.page.click(".thread-head [data-chat-take]")
    engineer.ready()
    visitor.frame.locator("[data-chat-who]", has_text="Elena Ríos").wait_for()
    engineer.page.locator("[data-composer-body]").press_sequentially("¿En qué", delay=5)
    visitor.frame.locator("[data-chat-typing]:not([hidden])").wait_for()  # told by the stream alone
    engineer.say("¿En qué le ayudo?")
    visitor.sees("¿En qué le ayudo?")
    _files_cross(engineer, visitor, tmp_path)
    _shut_and_reloaded(engineer, visitor, tmp_path / "caja.png")
    _no_token_anywhere(playing, visitor)
    playing.served.kill("stream")
    engineer.say("Sin avisos")
    visitor.sees("Sin avisos")
    playing.served.start("stream")
    for one in (engineer.page, visitor.page):
        one.complaints[:] = [said for said in one.complaints if "net::ERR_" not in said and not said.startswith("download")]


def _files_cross(engineer: Talker, visitor: Visitor, folder) -> None:
    """Both ways; a picture is shown, a page is saved and never opened in our origin. SEC-25, SEC-26."""
    trap, picture = folder / "pagina.html", folder / "caja.png"
    trap.write_text("<script>top.document.title = 'x'</script>")
    Image.new("RGB", (600, 900), "navy").save(picture)
    visitor.frame.locator("[data-files-input]").set_input_files([str(trap), str(picture)])
    visitor.frame.locator("[data-files-list] [data-id]").nth(1).wait_for()
    visitor.body.fill("Van dos")
    visitor.body.press(ENTER)
    engineer.sees("Van dos")
    engineer.page.locator("[data-chat-lines] a", has_text="pagina.html").wait_for()
    visitor.frame.locator(".chat-picture img[src^='blob:']").wait_for()
    engineer.page.set_input_files("[data-files-input]", [str(trap)])
    engineer.page.locator("[data-files-list] [data-id]").wait_for()
    engineer.say("Y uno mío")
    visitor.sees("Y uno mío")
    with visitor.page.expect_download() as saved:
        visitor.frame.locator(".from-staff a", has_text="pagina.html").click()
    assert saved.value.suggested_filename == "pagina.html" and saved.value.path().read_text() == trap.read_text()


def _shut_and_reloaded(engineer: Talker, visitor: Visitor, picture) -> None:
    """Escape leads back to the button, which counts what comes; a reload loses neither the count, nor a line, nor a file. CHT-1."""
    visitor.frame.locator("[data-files-input]").set_input_files(str(picture))
    visitor.frame.locator("[data-files-list] [data-id]").wait_for()
    visitor.body.press("Escape")
    visitor.is_shut()
    engineer.say("¿Sigue ahí?")
    visitor.page.locator("[data-amparo-chat]", has_text="Chat (1)").wait_for()
    visitor.page.reload()
    visitor.page.locator("[data-amparo-chat]", has_text="Chat (1)").wait_for()
    assert not engineer.page.locator(".is-mine.is-read", has_text="¿Sigue ahí?").count()
    visitor.page.set_viewport_size({"width": 390, "height": 760})
    visitor.button.press(ENTER)
    visitor.focus_is("[data-composer-body]")
    visitor.frame.locator("[data-files-list] .file-name", has_text="caja.png").wait_for()
    engineer.page.locator(".is-mine.is-read", has_text="¿Sigue ahí?").wait_for()
    visitor.sees("Desde la tienda")
    box = visitor.page.locator("iframe").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] >= 0 and not visitor.faults()
    assert visitor.frame.locator("html").evaluate("root => root.scrollWidth <= root.clientWidth && root.scrollHeight <= root.clientHeight")
    visitor.body.fill("Aquí sigo")
    visitor.body.press(ENTER)
    engineer.sees("Aquí sigo")


def _no_token_anywhere(playing, visitor: Visitor) -> None:
    """The pass went in headers alone, and no cookie was kept. SEC-41."""
    inside = next(frame for frame in visitor.page.frames if "/chat/widget/" in frame.url)
    mark = inside.evaluate("() => Object.entries(sessionStorage).find(([name]) => name.startsWith('pass:'))[1]")
    streams = [one for one in visitor.asked if one.url.startswith(playing.served.stream_url)]
    assert streams and all(one.headers.get("x-chat-pass") for one in streams) and not visitor.page.context.cookies()
    assert not any(mark in one.url for one in visitor.asked)
    folder = playing.served.mailbox.parent
    assert not any(mark in (folder / f"{part}.log").read_text(errors="replace") for part in ("web", "stream"))


def test_a_page_that_may_not_show_the_widget_and_a_word_that_does_not_hold(playing, open_page):  # noqa: F811
    """CHT-1, SEC-35, SEC-42: said in words, in the language of the page."""
    visitor = Visitor(open_page(playing.all, language="en"))
    visitor.page.goto(f"{playing.shop.stranger}/en")
    visitor.button.click()
    visitor.page.get_by_role("alert").filter(has_text=f"The chat cannot be shown here: {playing.shop.stranger}").wait_for()
    visitor.page.goto(f"{playing.shop.origin}/forged")
    visitor.button.click()
    visitor.frame.get_by_role("alert").filter(has_text="No pudimos saber quién es usted").wait_for()
    visitor.page.complaints[:] = [said for said in visitor.page.complaints if "401" not in said]
    visitor.page.goto(f"{playing.shop.origin}/en")
    visitor.page.evaluate("AmparoChat.open()")
    visitor.frame.get_by_text("Nobody attends chats").or_(visitor.frame.get_by_role("button", name="Begin the chat")).first.wait_for()
    visitor.page.evaluate("AmparoChat.leave()")
    visitor.frame.get_by_role("searchbox").wait_for()
    assert not visitor.frame.locator("html").evaluate("() => Object.keys(sessionStorage).some((name) => name.startsWith('pass:'))")
