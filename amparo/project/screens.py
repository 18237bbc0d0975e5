"""Photographs of the main screens for the documentation: the demonstration world, on a working day, in a real browser.

`amparo screens` gives it a database of its own. The clock stands still at a moment of a working morning, so that two
runs differ only by what the pages themselves changed.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from unittest.mock import patch
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from zoneinfo import ZoneInfo

from amparo.project import debian, screens_live

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screens"
ZONE = ZoneInfo("America/Mexico_City")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--force-color-profile=srgb", "--hide-scrollbars",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shot:
    """One photograph: whose page, how wide, in which light and language."""

    name: str
    title: str
    path: str
    person: str = ""
    width: int = 1280
    height: int = 800
    theme: str = "light"
    language: str = "es-mx"
    before: Callable[[Any], None] | None = None
    act: Callable[[Any], None] | None = None


def shots(live: screens_live.Live) -> list[Shot]:
    """Return the main screens, and some of them in other lights and widths, with the addresses of this world."""
    case, ticket, closing = _case("attention"), _ticket(), _case("closing_proposed")
    desk = [
        Shot("01-queue", "The queue, sorted by promise", "/desk/", "ivan"),
        Shot(
            "02-case",
            "A case in attention, its clock and the customer beside it",
            f"/desk/cases/{case.pk}/",
            "elena",
            height=860,
        ),
        Shot(
            "03-ticket", "A ticket with an internal note", f"/desk/tickets/{ticket.pk}/", "elena", height=860
        ),
        Shot("04-phone", "The telephone screen, with a caller who rings", f"/desk/phone/{live.caller}/", "oscar", height=860),
        Shot("05-calendar", "A calendar year with its holidays", _calendar(), "ana", height=860),
        Shot("06-report", "Promises kept, late and open", "/desk/reports/", "ana"),
        Shot("07-settings", "The settings, each with its rule", "/desk/policies/", "ana"),
    ]
    portal = [
        Shot("08-home", "The customer's home", "/", _person(closing), height=900),
        Shot("09-closing", "A closing to be accepted", f"/cases/{closing.pk}/", _person(closing), height=900),
        Shot(
            "10-statement", "A statement, each movement with its reason", "/statements/", "lupita", height=900
        ),
        Shot("11-help", "Asking for help, at 390 px", "/help/", "lupita", width=390, height=844),
        Shot("12-sign-in", "Signing in", "/account/login/"),
    ]
    return [*desk, *portal, *_of_promises_kept(), *_of_the_open_house(), *_of_live_service(live), *_in_other_lights(case, closing)]


def _of_promises_kept() -> list[Shot]:
    """What happens when something goes wrong or costs money."""
    from amparo.complaints.models import Complaint
    from amparo.quotations.models import Quote, ServiceOrder

    lupita = {"thread__customer": _customer("Abarrotes Lupita")}
    quote = Quote.objects.filter(state="presented", **lupita).first() or Quote.objects.filter(state="presented").earliest("pk")
    order = ServiceOrder.objects.filter(state="delivered", **lupita).first() or ServiceOrder.objects.earliest("pk")
    return [
        Shot("13-complaint", "A complaint, the record beside the ruling", f"/desk/complaints/{Complaint.objects.earliest('pk').pk}/", "quetzali", height=900),
        Shot("14-quote", "A quote, with why this is the cheapest way", f"/quotations/{quote.pk}/", "lupita", height=900),
        Shot("15-delivery", "A delivery to be judged by its customer, at 390 px", f"/quotations/orders/{order.pk}/", "lupita", width=390, height=844),
        Shot("16-orders", "The board of orders", "/desk/quotations/orders/", "ivan"),
        Shot("17-shop", "Plans and cards, with the better promotion", "/sales/", "lupita", height=900),
        Shot("18-mail", "Mail that waits for somebody", "/desk/mailbox/", "ana"),
        Shot("19-fairness", "How promises are kept", "/desk/fairness/", "ana", height=900),
        Shot("20-retention", "What is purged when", "/desk/casefiles/", "ana"),
    ]


def _of_the_open_house() -> list[Shot]:
    """What anybody finds without a contract, most without signing in."""
    from amparo.campus.models import Certificate, Course
    from amparo.forum.models import Topic
    from amparo.knowledge.models import Article
    from amparo.videos.models import Video

    article = Article.objects.filter(live=True, audience="visitor", language="es").exclude(steps="").order_by("pk")[0]
    topic = Topic.objects.filter(visibility="shown", theme__audience="visitor", solution__isnull=False).order_by("-reply_count", "pk")[0]
    course = Course.objects.filter(published__isnull=False, access="open", language="es").order_by("pk")[0]
    certificate = Certificate.objects.earliest("pk")
    found = [
        Shot("21-house", "The public home", "/"),
        Shot("22-search", "One search over everything", "/search/?q=imprime"),
        Shot("23-article", "An article", f"/knowledge/{article.pk}-{article.slug}/", height=900),
        Shot("24-topic", "A topic of the forum, solved", f"/forum/topics/{topic.pk}/", height=900),
        Shot("25-downloads", "Downloads, each with why it is included", "/downloads/mine/", "lupita"),
        Shot("26-course", "A course", f"/campus/courses/{course.slug}/"),
        Shot("27-verify", "A certificate that a stranger verifies", f"/campus/verify/{certificate.code}/"),
        Shot("21-house-390-dark", "The public home at 390 px, dark, in English", "/", width=390, height=844, theme="dark", language="en"),
    ]  # fmt: skip
    video = Video.objects.filter(state="published").order_by("pk").first()  # none where there is no ffmpeg
    return [*found, Shot("28-video", "A video with its chapters", f"/videos/{video.pk}/")] if video else found


def _of_live_service(live: screens_live.Live) -> list[Shot]:
    """What goes on while one looks: chat, board, remote session, class."""
    lesson, code = f"/classroom/{live.live_class}/", screens_live.enter_code(live.offered)
    inside: dict[str, Any] = {"before": screens_live.in_class, "act": screens_live.step_inside}
    return [
        Shot("29-chat", "Chats at the desk: one attended, one that waits", f"/desk/chat/{live.chat}/", "elena", height=860),
        Shot("30-wallboard", "The board of the telephone", "/desk/live/wallboard/", "oscar"),
        Shot("31-remote", "A remote session, beside its case", f"/desk/remote/{live.watched}/", "elena", before=screens_live.far_screen, act=screens_live.far_screen_drawn),
        Shot("32-replay", "The recording of a session, what was typed masked", f"/desk/remote/{live.replayed}/replay/", "quetzali", height=860, act=screens_live.played),
        Shot("33-class", "A class, as its instructor sees it", lesson, "elena", **inside),
        Shot("29-chat-390", "The same chat at the customer's, at 390 px", f"/chat/{live.chat}/", "lupita", width=390, height=844),
        Shot("31-remote-390", "What the customer reads before a remote session, at 390 px", "/r/", width=390, height=844, act=code),
        Shot("33-class-390-dark", "The class at a student's, at 390 px, dark", lesson, "lupita", width=390, height=844, theme="dark", **inside),
    ]  # fmt: skip


def _in_other_lights(case: Any, closing: Any) -> list[Shot]:
    return [
        Shot("01-queue-dark", "The queue, dark", "/desk/", "ivan", theme="dark"),
        Shot(
            "02-case-dark",
            "A case, dark, in English",
            f"/desk/cases/{case.pk}/",
            "elena",
            theme="dark",
            height=860,
            language="en",
        ),
        Shot("02-case-390", "A case at 390 px", f"/desk/cases/{case.pk}/", "elena", width=390, height=844),
        Shot("08-home-390", "The customer's home at 390 px", "/", _person(closing), width=390, height=844),
        Shot(
            "09-closing-390-dark",
            "A closing at 390 px, dark",
            f"/cases/{closing.pk}/",
            _person(closing),
            width=390,
            height=844,
            theme="dark",
        ),
        Shot(
            "10-statement-en", "A statement, in English", "/statements/", "lupita", height=900, language="en"
        ),
    ]


def _case(state: str) -> Any:
    from amparo.cases.models import Case

    cases = (
        Case.objects.filter(state=state, kind="incident").select_related("thread__opened_by").order_by("-pk")
    )
    return next(
        (
            c
            for c in cases
            if c.thread.opened_by and not c.thread.opened_by.contacts.filter(company_role="own").exists()
        ),
        cases[0],
    )


def _ticket() -> Any:
    from amparo.threads.models import Entry
    from amparo.tickets.models import Ticket

    noted = Entry.objects.filter(is_internal=True, thread__kind="ticket").values("thread")
    tickets = Ticket.objects.filter(thread__in=noted).order_by("-pk")
    return tickets.exclude(state="closed").first() or tickets.first() or Ticket.objects.latest("pk")


def _customer(name: str) -> Any:
    from amparo.people.models import Customer

    return Customer.objects.filter(name=name).first() or Customer.objects.earliest("pk")


def _person(case: Any) -> str:
    return case.thread.opened_by.email


def _calendar() -> str:
    from amparo.deadlines.models import ServiceCalendar

    return f"/desk/deadlines/calendars/{ServiceCalendar.objects.earliest('pk').pk}/"


def working_moment(now: datetime) -> datetime:
    """Return 11:40 of the last Tuesday to Thursday in Mexico City: a morning on which much is due."""
    at = now.astimezone(ZONE).replace(hour=11, minute=40, second=0, microsecond=0)
    while at > now or at.weekday() not in (1, 2, 3):
        at -= timedelta(days=1)
    return at


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        return


@contextmanager
def _served() -> Iterator[str]:
    """Serve the pages on a free port of this machine."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application

    server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        settings.ALLOWED_HOSTS = ["127.0.0.1"]
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _session(person: str, language: str) -> str:
    """Sign a person in; return the key of the session."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from amparo.people.models import User

    user = (
        User.objects.get(email=person) if "@" in person else User.objects.get(email__startswith=f"{person}@")
    )
    User.objects.filter(pk=user.pk).update(language=language)
    session = SessionStore()
    session.update(
        {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
    )
    session.save()
    return str(session.session_key)


def _photograph(browser: Any, shot: Shot, base: str, folder: Path, at: datetime) -> None:
    from django.conf import settings

    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height}, locale=shot.language, reduced_motion="reduce"
    )
    cookies = {"theme": shot.theme, settings.LANGUAGE_COOKIE_NAME: shot.language}
    if shot.person:
        cookies[settings.SESSION_COOKIE_NAME] = _session(shot.person, shot.language)
    context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])
    context.clock.set_fixed_time(at)
    tab = context.new_page()
    tab.route("**/events?*", lambda route: None)  # the stream is not part of a still picture
    if shot.before:
        shot.before(tab)
    answer = tab.goto(base + shot.path, wait_until="load")
    if answer is None or answer.status != 200:
        raise LookupError(f"{shot.name}: {shot.path} answered {answer.status if answer else 'nothing'}")
    if shot.act:
        shot.act(tab)
    tab.wait_for_timeout(700)  # what pages fetch for themselves
    tab.evaluate(
        "document.querySelectorAll('[data-follow-end]').forEach(e => { e.scrollTop = e.scrollHeight })"
    )
    tab.wait_for_timeout(300)
    path = folder / f"{shot.name}.png"
    tab.screenshot(path=str(path))
    context.close()
    _lighten(path)


def _lighten(path: Path) -> None:
    """Keep the picture with 256 colours: a third of the size, and nobody sees it."""
    from PIL import Image

    with Image.open(path) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def _index(folder: Path, taken: Sequence[Shot]) -> None:
    """Write the page that shows them."""
    lines = [
        "# The main screens",
        "",
        "Made by `make screens` from the demonstration world; do not edit.",
        "",
    ]
    for shot in taken:
        lines += [f"## {shot.title}", "", f"![{shot.title}]({shot.name}.png)", ""]
    (folder / "README.md").write_text("\n".join(lines), encoding="utf-8")


def main(argv: list[str]) -> int:
    """Photograph the screens named, or all."""
    parser = argparse.ArgumentParser(
        prog="amparo screens", description="Photograph the main screens into docs/screens."
    )
    parser.add_argument("names", nargs="*", help="beginnings of names, like 02; all when none is given")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args(argv)
    chromium = debian.chromium()
    if chromium is None:
        sys.stderr.write("Chromium is missing: `make test` fetches it.\n")
        return 1
    os.environ["AMPARO_DEBUG"] = "1"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    import django

    django.setup()
    from django.core.management import call_command

    from amparo.fairness import commands as fairness
    from amparo.kernel import clock
    from amparo.people.models import Customer
    from amparo.project import demo

    at = working_moment(clock.now())
    with patch.object(clock, "now", lambda: at):
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        if not Customer.objects.exists():
            demo.load(at=at)
            fairness.count(at=at)
        _film(at)
        taken = [s for s in shots(screens_live.stage(at)) if not options.names or s.name.startswith(tuple(options.names))]
        options.folder.mkdir(parents=True, exist_ok=True)
        _take(taken, chromium, options.folder, at)
        if not options.names:
            _index(options.folder, taken)
    sys.stdout.write(f"{len(taken)} screens in {options.folder}\n")
    return 0


def _film(at: datetime) -> None:
    """Film the first video of the demonstration, which otherwise the worker does."""
    from amparo.project.demo import videos as films
    from amparo.videos import tasks
    from amparo.videos.models import Video

    if not Video.objects.filter(state="published").exists():
        for step in (films.tick, tasks.tick, films.tick):
            step(at=at)


def _take(taken: Sequence[Shot], chromium: str, folder: Path, at: datetime) -> None:
    from playwright.sync_api import sync_playwright

    with _served() as base, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            for shot in taken:
                _photograph(browser, shot, base, folder, at)
        finally:
            browser.close()
