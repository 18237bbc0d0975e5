"""The open house, as people play it: from a search with a slip to an article that the next search finds; the update that
somebody is led to; a terminal without network; a course paid with credits, and a stranger who verifies its certificate.

Real browsers, the service's own processes, real mail, and the licence client as a shop would have it.
"""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test.utils import override_settings
from django.utils import timezone

from amparo.campus import commands as campus
from amparo.conftest import PASSWORD, make_contact, make_customer, make_user
from amparo.contracts import commands as contracts
from amparo.downloads import commands as downloads
from amparo.downloads.commands.publishing import Sheet
from amparo.downloads.commands.uploads import Described
from amparo.downloads.models import Download
from amparo.editor import commands as editor
from amparo.forum import commands as forum
from amparo.forum.models import Topic
from amparo.kernel.actor import SYSTEM
from amparo.knowledge import commands as knowledge
from amparo.knowledge.models import Article
from amparo.ledger import queries as ledger
from amparo.people.models import Customer, User
from amparo.people.queries import actor_by_id
from amparo.policies.commands import set_value
from amparo.products import commands as products
from amparo.products.models import Release
from amparo.project import testreset

from . import house
from .browser import chromium, needs_chromium, open_page  # noqa: F401 (fixtures)
from .live import service, until
from .mailbox import mail_server
from .test_stories import Player

pytestmark = [pytest.mark.browser, pytest.mark.operations, pytest.mark.django_db, needs_chromium]
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "clients" / "python"))


@dataclass(frozen=True)
class Cast:
    """Who plays in a language, and what is written and read in it."""

    language: str
    title: str
    slip: str
    solution: str
    question: str
    answer: str
    words: str
    subject: str
    course: str
    genuine: str


CASTS = {
    "es-mx": Cast(
        "es-mx", "La impresora térmica no corta el papel", "inpresora termica", "Abra la tapa y limpie la **cuchilla** con un paño seco.",
        "Cómo cambiar el rollo de etiquetas", "Levante la palanca azul, saque el carrete vacío y ponga el nuevo con la flecha hacia arriba.",
        "palanca azul carrete", "La impresora no corta", "Inventario sin errores", "Este certificado es auténtico",
    ),
    "en": Cast(
        "en", "The thermal printer does not cut the paper", "termal prinrer", "Open the lid and clean the **blade** with a dry cloth.",
        "How to change the label roll", "Lift the blue lever, take the empty spool out and put the new one in with the arrow up.",
        "blue lever spool", "The printer does not cut", "Stock without errors", "This certificate is genuine",
    ),
}  # fmt: skip


def _people(language: str) -> dict[str, Any]:
    """Staff of a language, a shop that is up to date, and one that is not."""
    roles = {"moderator": ("moderator",), "editor": ("editor",)}
    for name, held in roles.items():
        make_user(f"{name} {language}", f"{name}.{language}@vendor.mx", roles=held, language=language)
    shops = {}
    for word in ("current", "outdated"):
        contact = make_contact(make_customer(f"{word} {language}"), f"{word} {language}")
        User.objects.filter(pk=contact.user_id).update(email=f"{word}.{language}@shop.mx", language=language)
        User.objects.get(pk=contact.user_id).emailaddress_set.update(email=f"{word}.{language}@shop.mx")
        shops[word] = actor_by_id(contact.user_id)
    return shops


def _world(folder: Path) -> None:
    """What the stories find: a product with an old and a current version, an article, a theme, a course in each language."""
    now = timezone.now()
    before = now - timedelta(days=200)
    for key, figure in (("notifications.quiet_from_hour", 0), ("notifications.quiet_until_hour", 0), ("forum.fast_seconds", 0)):
        set_value(key, figure, from_at=now, actor=SYSTEM, at=now)
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"]):
        admin = actor_by_id(make_user("Admin", "administrator@vendor.mx", roles=("administrator",)).pk)
        shops = {language: _people(language) for language in CASTS}
    product = products.add_product("pos", "Mostrador POS", actor=admin, at=before)
    for version, days in (("10.0", 190), ("10.1", 100)):
        _release(folder, product, version, admin, now - timedelta(days=days))
    plan = contracts.add_plan("Uno", events=0, incidents=0, credits=10, months=12, price=100, currency="MXN", actor=admin, at=before)
    old, new = (Release.objects.get(version=version) for version in ("10.0", "10.1"))
    for language, cast in CASTS.items():
        for word, installed in (("current", new), ("outdated", old)):
            shop = Customer.objects.get(pk=shops[language][word].customer_id)
            products.register_licence(
                f"CAJA-{word[:3].upper()}-{language[:2].upper()}1234", product, shop, terminals=2, installed=installed, actor=admin, at=before
            )
            contracts.sell_contract(shop, plan, (now - timedelta(days=150)).date(), key=f"{word}{language}", actor=admin, at=before)
        article = Article(title=cast.title, solution=cast.solution, language=language[:2], kind="problem", product=product, created_at=before)
        editor.save_draft(article, actor=admin, at=before)
        knowledge.publish(article, actor=SYSTEM, at=before)  # its writer alone may not: there are two editors
        forum.put_theme(None, {"name": f"Tema {language}", "position": 1}, actor=SYSTEM, at=before)
        _course(cast, before)
    house.furnish(shops["es-mx"]["current"], shops["en"]["current"], admin, at=before)


def _release(folder: Path, product: Any, version: str, admin: Any, at: Any) -> None:
    publication = downloads.prepare(product, version, Sheet(notes=f"- {version}"), released_on=at.date(), actor=admin, at=at)
    source = folder / f"pos-{version}.exe"
    source.write_bytes(b"MZ" + version.encode() * 200_000)
    downloads.add_file(publication, source, Described("installer", "windows"), actor=admin, at=at)
    downloads.publish(publication, actor=admin, at=at)
    release = Release.objects.get(version=version)
    if not release.is_current:
        products.make_current(release, actor=admin, at=at)


def _course(cast: Cast, at: Any) -> None:
    """A lesson and a quiz of one question, for three credits."""
    course = campus.add_course(title=cast.course, summary="…", body="…", access="credits", price=3, language=cast.language[:2], actor=SYSTEM, at=at)
    section = campus.add_section(course, "1", actor=SYSTEM, at=at)
    campus.add_lesson(section, "text", title="A", body="Cuente **todo**.", actor=SYSTEM, at=at)
    options = [{"text": "right", "is_right": True, "feedback": ""}, {"text": "wrong", "is_right": False, "feedback": ""}]
    campus.put_question(course, kind="one", text="?", options=options, pool="", points=1, feedback="", actor=SYSTEM, at=at)
    campus.add_lesson(section, "quiz", title="B", body="", quiz={}, actor=SYSTEM, at=at)
    campus.publish(course, actor=SYSTEM, at=at)


@pytest.fixture(scope="module")
def playing(django_db_setup, django_db_blocker, tmp_path_factory):
    """One service for both languages: web, stream, worker, and a mail server with a mailbox."""
    folder = tmp_path_factory.mktemp("house")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=folder / "files", DATA_DIR=folder):
        try:
            _world(folder)
            with mail_server(folder / "maildir") as box, service(folder, smtp_port=box.port) as running:
                stream = running.stream_url.rsplit("/", 1)[0]
                yield SimpleNamespace(box=box, url=running.url, own=(running.url, stream), folder=folder)
        finally:
            testreset.reset()


@pytest.fixture(params=list(CASTS))
def stage(request, playing, open_page):  # noqa: F811
    cast = CASTS[request.param]

    def enter(email: str = "", **options: Any) -> Player:
        player = Player(open_page(playing.own, language=cast.language, **options), playing.url)
        if email:
            player.sign_in(email, PASSWORD)
        return player

    return SimpleNamespace(cast=cast, enter=enter, box=playing.box, url=playing.url, folder=playing.folder)


def test_a_visitor_finds_asks_and_leaves_an_article_behind(stage):
    """SRC-1, SRC-2, ACC-1, ACC-2, FOR-1, FOR-2, TIM-4, TIM-9"""
    cast = stage.cast
    visitor = stage.enter()
    _finds_with_a_slip(visitor, cast)
    with visitor.page.expect_response(lambda one: "/useful/" in one.url):
        visitor.page.locator("#useful button[value=no]").click()
    visitor.page.locator("#useful textarea[name=word]").wait_for()
    member = _registers(stage, f"nueva.{cast.language}@ejemplo.mx")
    topic = _asks(member, cast)
    moderator = stage.enter(f"moderator.{cast.language}@vendor.mx")
    moderator.go(f"/forum/topics/{topic.pk}/")
    _writes(moderator, cast.answer)
    topic.refresh_from_db()
    assert topic.first_answered_at < topic.first_due_at if hasattr(topic, "first_due_at") else not topic.is_owed
    member.go(f"/forum/topics/{topic.pk}/")
    with member.page.expect_navigation():
        member.page.locator('form[action$="/solve/"] button').first.click()
    _becomes_an_article(stage, moderator, topic, cast)
    visitor.go(f"/search/?q={cast.words}&kind=article")
    visitor.page.locator(".hit-title").first.click()
    visitor.reads(cast.answer[:30])


def _finds_with_a_slip(visitor: Player, cast: Cast) -> None:
    visitor.go("/")
    visitor.page.locator("main [type=search], [role=search] [name=q]").first.fill(cast.slip)
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url("**/search/**")
    if visitor.page.locator(".hit-title", has_text=cast.title).count() == 0:
        visitor.page.locator(".found-meant a").first.click()
    visitor.page.locator(".hit-title", has_text=cast.title).first.click()
    visitor.reads(cast.title)


def _registers(stage: Any, email: str) -> Player:
    person = stage.enter()
    person.go("/account/signup/")
    person.page.fill("[name=name]", "Nadia Nueva")
    person.page.fill("[name=email]", email)
    person.page.fill("[name=password1]", PASSWORD)
    person.submit("/account/signup/")
    person.go(stage.box.wait_for(email, "/account/").link("/account/"))
    button = person.page.locator("main form button[type=submit]")
    if button.count():
        with person.page.expect_navigation():
            button.first.click()
    if not person.page.locator('form[action*="logout"]').count():
        person.sign_in(email, PASSWORD)
    return person


def _asks(member: Player, cast: Cast) -> Topic:
    member.go("/forum/new/")
    member.page.select_option("main select[name=theme]", label=f"Tema {cast.language}")
    member.page.fill("[name=title]", cast.question)
    member.page.fill("[name=alias]", f"Nadia{cast.language[:2]}")
    _writes(member, f"{cast.question}?")
    topic = Topic.objects.get(title=cast.question)
    assert member.path().startswith(f"/forum/topics/{topic.pk}/") and topic.visibility == "shown", member.page.inner_text("main")
    assert member.page.locator("main .promise, main [data-promise]").count(), "everybody sees until when it is answered"
    return topic


def _writes(player: Player, words: str) -> None:
    """Write in the composer and send, once the work against robots is done where it is asked."""
    player.page.locator("main .composer textarea[name=body]").fill(words)
    if player.page.locator("[name=proof]").count():
        player.page.wait_for_function("() => document.querySelector('[name=proof]').value !== ''")
    with player.page.expect_navigation():
        player.page.locator("main .composer button[type=submit]").first.click()


def _becomes_an_article(stage: Any, moderator: Player, topic: Topic, cast: Cast) -> None:
    """One click makes a draft of the accepted answer; an editor publishes it."""
    someone = stage.enter(f"editor.{cast.language}@vendor.mx")
    player = moderator
    player.go(f"/desk/forum/topics/{topic.pk}/")
    if not player.page.locator(f'form[action="/desk/forum/topics/{topic.pk}/article/"]').count():
        player = someone
        player.go(f"/desk/forum/topics/{topic.pk}/")
    player.submit(f"/desk/forum/topics/{topic.pk}/article/")
    article = Article.objects.latest("pk")
    assert not article.live and cast.words.split()[0] in (article.symptom + article.cause + article.solution)
    someone.go(f"/desk/knowledge/articles/{article.pk}/")
    someone.submit(f"/desk/knowledge/articles/{article.pk}/publish/")


def test_a_licensed_user_is_answered_before_his_ticket_and_an_outdated_one_led_to_his_update(stage):
    """TKT-3, TKT-4, UPD-1, UPD-2, ACC-3, ACC-9"""
    cast = stage.cast
    current = stage.enter(f"current.{cast.language}@shop.mx")
    current.go("/tickets/new/")
    current.page.fill("[name=title]", cast.subject)
    found = current.page.locator("#answers a", has_text=cast.title)
    found.first.wait_for()
    with current.page.context.expect_page() as opened:
        found.first.click()
    opened.value.wait_for_load_state()
    assert cast.title in opened.value.inner_text("main")
    current.page.complaints[:] = [one for one in current.page.complaints if not one.startswith("popup:")]

    outdated = stage.enter(f"outdated.{cast.language}@shop.mx")
    outdated.go("/tickets/new/")
    assert "10.1" in outdated.page.inner_text("main") and not outdated.page.locator("[name=title]").count()
    outdated.page.locator("main .refusal a, main [class*=refusal] a").first.click()
    outdated.page.wait_for_load_state()
    if not re.search(r"/downloads/releases/\d+/", outdated.page.url):
        outdated.page.locator('main a[href^="/downloads/releases/"]').first.click()
        outdated.page.wait_for_url("**/downloads/releases/**")
    _takes_it_in_two_pieces(outdated, stage.folder)


def _takes_it_in_two_pieces(player: Player, folder: Path) -> None:
    whole = (folder / "pos-10.1.exe").read_bytes()
    token = player.page.locator("main [name=csrfmiddlewaretoken]").first.get_attribute("value")
    action = player.page.locator('form[action$="/take/"]').first.get_attribute("action")
    begun = player.page.request.post(
        player.url + action, form={"csrfmiddlewaretoken": token}, headers={"Referer": player.page.url}, max_redirects=0
    )
    address = begun.headers["location"]
    address = address if address.startswith("http") else player.url + address
    half = len(whole) // 2
    first = player.page.request.get(address, headers={"Range": f"bytes=0-{half - 1}"})
    rest = player.page.request.get(address, headers={"Range": f"bytes={half}-", "If-Range": first.headers["etag"]})
    assert (first.status, rest.status) == (206, 206)
    assert hashlib.sha256(first.body() + rest.body()).digest() == hashlib.sha256(whole).digest()
    assert until(lambda: Download.objects.filter(grant__artifact__name__contains="10.1").exists())


def test_a_shop_activates_without_network(stage, tmp_path):
    """LIC-1, LIC-2: the terminal's picture is an address; the telephone opens it; the terminal reads the answer."""
    from amparo_licence import Client, Product
    from amparo_licence.offline import address

    product = Product("pos", version="10.1", built_on=date.today() - timedelta(days=100))
    online = stage.enter()
    keys = online.page.request.get(f"{stage.url}/activation/v1/keys").json()
    terminal = Client("http://127.0.0.1:9", product, folder=tmp_path / "licence", keys=keys, language=stage.cast.language[:2])
    assert terminal.state().mode == "unlicensed"
    scanned = address(stage.url, terminal.offline_request())
    telephone = stage.enter(f"current.{stage.cast.language}@shop.mx", viewport={"width": 390, "height": 844})
    telephone.page.goto(scanned)
    telephone.page.locator("[name=licence]").first.check()
    telephone.page.fill("[name=terminal]", f"Caja {stage.cast.language}")
    telephone.submit("/activation/offline/place/")
    assert re.search(r"/activation/answers/\d+/$", telephone.page.url), telephone.page.inner_text("main")
    telephone.page.locator("main details summary").first.click()
    terminal.load(telephone.page.locator(".token-text").inner_text())
    assert terminal.state().mode == "full"
    telephone.go("/activation/")
    telephone.reads("CAJA")


def test_a_course_is_paid_in_credits_passed_and_its_certificate_verified(stage):
    """SRC-4, ACC-4, CHG-8, CHG-10, LED-1"""
    cast = stage.cast
    member = stage.enter(f"current.{cast.language}@shop.mx")
    customer_id = actor_by_id(User.objects.get(email=f"current.{cast.language}@shop.mx").pk).customer_id
    member.go("/campus/")
    member.page.locator("main a", has_text=cast.course).first.click()
    member.page.wait_for_url("**/campus/courses/**")
    enrol = member.path() + "enrol/"
    member.submit(enrol)
    assert _left(customer_id) == (7, 3), "three are reserved"
    with member.page.expect_navigation():
        member.page.locator('form[action$="/start/"] button').first.click()
    assert _left(customer_id) == (7, 0), "and charged at the first lesson"
    if "/lessons/" not in member.page.url:
        member.page.locator('main a[href*="/lessons/"]').first.click()
        member.page.wait_for_url("**/lessons/**")
    with member.page.expect_navigation():
        member.page.locator('form[action$="/done/"] button').first.click()
    with member.page.expect_navigation():
        member.page.locator('form[action$="/attempt/"] button').first.click()
    member.page.locator("label.option", has_text="right").first.click()
    with member.page.expect_navigation():
        member.page.locator("#paper button[type=submit]").first.click()
    member.go(re.sub(r"/lessons/.*", "/", member.path()))
    code = member.page.locator('a[href^="/campus/verify/"]').first.get_attribute("href")
    stranger = stage.enter()
    stranger.go(code)
    stranger.reads(cast.genuine)
    stranger.reads(cast.course)
    assert _left(customer_id) == (7, 0) and ledger.check()["differences"] == []


def _left(customer_id: int) -> tuple[int, int]:
    pockets = [one for one in ledger.pockets(customer_id, timezone.now()) if one.unit == "credit"]
    return sum(one.available for one in pockets), sum(one.reserved for one in pockets)


def test_every_page_suits_everybody(stage, chromium):  # noqa: F811
    """ACC-1, SEC-60: nothing that axe finds, nothing that sticks out, and the keyboard: readers' pages light and wide in one language, all dark and narrow in the other."""
    language = stage.cast.language
    theme, width = ("light", 1280) if language == "es-mx" else ("dark", 390)
    people = {"": "", "customer": "current.es-mx@shop.mx", "staff": "administrator@vendor.mx"}
    faults: list[str] = []
    for who, paths in house.pages().items():
        if who == "staff" and language == "es-mx":
            continue  # looked at in the other
        context = chromium.new_context(viewport={"width": width, "height": 844}, bypass_csp=True, locale=language, reduced_motion="reduce")
        cookies = {"theme": theme, "amparo-language": language}
        context.add_cookies([{"name": name, "value": value, "url": stage.url} for name, value in cookies.items()])
        player = Player(context.new_page(), stage.url)
        if who:
            player.sign_in(people[who], PASSWORD)
        for path in paths:
            faults += house.faults_of(player.page, stage.url, path)
        context.close()
    assert not faults, "\n".join(faults)


SEEN = """() => { const last = [...document.querySelectorAll(".mention-sheet li")].at(-1), { x, y, width, height } = last.getBoundingClientRect();
  return last.contains(document.elementFromPoint(x + width / 2, y + height - 2)); }"""


MARKED = """() => [...document.querySelectorAll(".mention-sheet button")].filter((one) => getComputedStyle(one).backgroundColor !== "rgba(0, 0, 0, 0)").map((one) => one.innerText)"""


def test_the_scripts_of_the_forum(stage):
    """FOR-1, TKT-3: quote, preview, call by name with the keyboard alone, similar topics while the title is typed."""
    topic = Topic.objects.get(title=house.TITLE)
    member = stage.enter(f"outdated.{stage.cast.language}@shop.mx")
    member.go(f"/forum/topics/{topic.pk}/")
    page, body = member.page, member.page.locator("main .composer textarea[name=body]")
    page.locator("[data-quote]").nth(1).click()
    page.wait_for_function("() => document.querySelector('main .composer textarea[name=body]').value.includes('>')")
    quoted = body.input_value()
    assert f"> {house.QUOTED}" in quoted and "veinte gramos" not in quoted, "quotes within it are left out"
    assert quoted.startswith("> **")
    body.press("Control+End")
    body.type("Gracias, @b")
    page.wait_for_function("() => document.querySelectorAll('.mention-sheet li').length > 1")
    assert page.evaluate(SEEN), "the last of the list is not cut off"
    body.press("Backspace")
    page.locator(".mention-sheet").wait_for(state="hidden")
    first = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 600})
    body.scroll_into_view_if_needed()
    body.type("b")
    page.wait_for_function("() => document.querySelectorAll('.mention-sheet li').length > 1")
    body.press("ArrowUp")
    assert page.evaluate(SEEN), "nor does it lie behind the bar of a telephone"
    page.locator(".mention-sheet li").first.hover()
    assert page.evaluate(MARKED) == [page.locator(".mention-sheet li").last.inner_text()], "what the pointer rests on is not what Enter takes"
    page.set_viewport_size(first)
    body.type("eni")
    page.wait_for_function("() => document.querySelectorAll('.mention-sheet li').length === 1")
    body.press("Enter")
    assert body.input_value().endswith("@Benito ")
    _previewed(page)
    member.go("/forum/new/")
    page.fill("[name=title]", "La báscula pesa mal")
    page.locator("#similar a", has_text=house.TITLE).first.wait_for()


def _previewed(page: Any) -> None:
    """What was written is shown as it will be, quote and all, and nothing is sent."""
    page.locator("main [data-composer-preview-switch]").click()
    page.locator("main .composer blockquote", has_text=house.QUOTED).first.wait_for()
