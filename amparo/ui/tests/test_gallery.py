"""The gallery holds every component, in both languages; the pages of errors stand by themselves."""

import re
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

import pytest
from django.conf import settings as django_settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.template import engines
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory
from django.utils import translation

from amparo.kernel.actor import VISITOR, Actor
from amparo.kernel.refusals import NotPermitted, Remedy
from amparo.ui import frame, gallery, jinja

UI = Path(__file__).resolve().parents[1]
TEMPLATES = UI / "jinja2" / "ui"


@pytest.fixture(autouse=True)
def alone(settings):
    settings.ROOT_URLCONF = "amparo.ui.tests.urls"
    settings.UI_IDENTITY = settings.UI_COUNTS = ""
    settings.DEBUG = True
    jinja._door.cache_clear()
    jinja._known_url.cache_clear()
    yield
    jinja._door.cache_clear()


def request(actor=VISITOR, **cookies):
    made = RequestFactory().get("/ui/")
    made.COOKIES.update(cookies)
    made.actor, made.now = actor, gallery.NOW
    made._messages = CookieStorage(made)
    return made


def page(template, **context):
    return render_to_string(template, gallery.example() | {"dense": False} | context, request=request())


def components():
    text = (TEMPLATES / "components.html").read_text()
    return set(re.findall(r"{% set (\w+) = ", text))


def test_every_component_stands_in_the_gallery():
    shown = "".join(path.read_text() for path in (TEMPLATES / "gallery").glob("_*.html"))
    shown += (TEMPLATES / "gallery.html").read_text()
    missing = {name for name in components() if not re.search(rf"\bc\.{name}\(", shown)}
    assert not missing


def test_every_component_is_in_the_reference():
    """The comment at the head of components.html is what others write from."""
    head = (TEMPLATES / "components.html").read_text().split("#}")[0]
    assert not {name for name in components() if not re.search(rf"\b{name}\(", head)}


def test_every_macro_of_a_part_is_a_component():
    for part in (TEMPLATES / "components").glob("*.html"):
        made = set(re.findall(r"{% macro ([a-z]\w*)\(", part.read_text()))
        assert made <= components(), part.name


@pytest.mark.parametrize("language", ["es-mx", "en"])
@pytest.mark.parametrize(
    "template", ["ui/gallery.html", "ui/gallery/desk.html", "ui/gallery/portal.html", "ui/gallery/plain.html"]
)
def test_the_gallery_is_drawn_in_both_languages(template, language):
    with translation.override(language):
        html = page(template)
        word = translation.gettext("Sign in" if "plain" in template else "What you can use, and why")
    assert "style=" not in html and "onclick" not in html, "nothing inline: the policy would refuse it"
    assert word in html or "gallery/desk" in template
    assert f'<html lang="{language[:2]}"' in html


def test_the_gallery_has_no_icon_that_the_sprite_lacks():
    names = {line.partition("#")[0].strip() for line in (UI / "icons.txt").read_text().splitlines()}
    used = set(re.findall(r"icons\.svg#([\w-]+)", page("ui/gallery.html") + page("ui/gallery/desk.html")))
    scripts = "".join(path.read_text() for path in (UI / "static/ui/js").glob("*.js"))
    used |= set(re.findall(r'icon\("([\w-]+)"\)', scripts))
    assert used and used <= names, used - names


def test_no_page_asks_for_an_icon_that_the_sprite_lacks():
    names = {line.partition("#")[0].strip() for line in (UI / "icons.txt").read_text().splitlines()}
    pattern = re.compile(r"""icon(?:_name|_url|_button)?\s*[=(]\s*["']([a-z][a-z0-9-]+)["']""")
    missing = {
        f"{path.relative_to(UI.parent)}: {name}"
        for path in UI.parent.glob("*/jinja2/**/*.html")
        for name in pattern.findall(path.read_text())
        if name not in names and "icon_button" not in name
    }
    assert not missing, missing


@pytest.mark.parametrize("name", ["400", "403", "404", "409", "429", "csrf", "500", "503"])
def test_pages_of_errors_say_what_to_do(name):
    html = page(f"ui/{name}.html", request_id="abcdef0123456789")
    assert "<h1>" in html and 'class="btn btn-primary"' in html


def test_a_fault_needs_neither_request_nor_identity():
    assert "<h1>" in get_template("ui/500.html").template.render({})


def test_a_refusal_says_its_sentence_and_the_ways_out():
    """ACC-9"""
    refusal = NotPermitted("No puede <abrir>.", remedies=[Remedy("Descargar 10.1", "/downloads/")])
    for template in ("ui/refusal.html", "ui/_refusal.html"):
        html = page(template, refusal=refusal, back="")
        assert "No puede &lt;abrir&gt;." in html and "<a" in html and 'href="/downloads/"' in html


def test_the_gallery_is_for_staff_when_not_in_debug(settings, client):
    settings.DEBUG = False
    assert client.get("/ui/").status_code == 404


@pytest.mark.django_db
def test_theme_and_language_are_kept_without_script(client):
    given = client.post("/ui/choose/", {"theme": "dark", "language": "en", "next": "/ui/?page=portal"})
    assert given.status_code == 302 and given["Location"] == "/ui/?page=portal"
    assert given.cookies["theme"].value == "dark"
    assert given.cookies[django_settings.LANGUAGE_COOKIE_NAME].value == "en"
    assert 'data-theme="dark"' in client.get("/ui/").text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_a_choice_never_leads_away(client, target):
    """SEC-60"""
    given = client.post("/ui/choose/", {"theme": "plaid", "next": target})
    assert given["Location"] == "/" and "theme" not in given.cookies


@pytest.mark.django_db
def test_the_accent_says_only_what_its_address_says(client):
    given = client.get("/ui/accent-b3261e.css")
    assert given.text == ":root{--accent-base:#b3261e}\n" and "immutable" in given["Cache-Control"]
    assert client.get("/ui/accent-red.css").status_code == 404


def test_a_letter_is_drawn_in_the_vendors_colour():
    identity = {
        "name": "Pixán",
        "accent": "#ffd400",
        "legal_name": "",
        "address": "",
        "telephone": "",
        "hours": "",
    }
    html = render_to_string(
        "ui/mail/base.html", {"identity": identity, "language": "es", "preferences_url": ""}
    )
    assert "#ffd400" in html and "Pixán" in html


def test_a_person_of_two_companies_can_switch():
    made = request(Actor(kind="contact", user_id=3, name="Lupita", customer_id=2))
    firms = [{"customer": 1, "name": "A", "nic": "1"}, {"customer": 2, "name": "B", "nic": "2"}]
    made.user = type("User", (), {"company_list": firms})()
    assert [firm["customer"] for firm in jinja.context(made)["ui"].companies()] == [2, 1]
    assert jinja.context(request())["ui"].companies() == []


def test_no_name_of_the_frame_covers_one_of_a_page():
    """A page may call what it shows words, here, counts or places."""
    assert set(jinja.context(request())) == {
        "csrf_token",
        "csrf_input",
        "user",
        "actor",
        "messages",
        "csp_nonce",
        "theme",
        "language",
        "ui",
    }


@pytest.mark.parametrize("layout", ["desk", "portal"])
def test_what_a_layout_keeps_for_itself_covers_no_name_of_a_page(layout):
    """The title in the tab may say more than the heading, made of one name."""
    lines = "{% block title %}{{ title }} C-7{% endblock %}{% block main %}[{{ title }}|{{ beside }}|{{ queue_address }}]{% endblock %}"
    template = engines["jinja2"].env.from_string(f'{{% extends "ui/layouts/{layout}.html" %}}{lines}')
    shown = template.render(jinja.context(request()) | {"title": "Cerrar", "beside": 1, "queue_address": 2})
    assert "<title>Cerrar C-7 · " in shown and "[Cerrar|1|2]" in shown


def frame_of(actor, company="Lupita", **cookies):
    """The frame of a page as a reader gets it."""
    made = request(actor, **cookies)
    made.csp_nonce = token_hex
    made.user = type("User", (), {"company_list": [{"customer": 5, "name": company, "nic": "1"}], "shortcuts_on": True})()
    return render_to_string(f"ui/layouts/{'desk' if actor.is_staff else 'portal'}.html", request=made)


def test_no_reader_gets_the_frame_of_another(settings):
    """SEC-10, SEC-12, SEC-60, ACC-11: what was drawn is kept by all that it shows; tokens and nonces are of each page."""
    settings.DEBUG = False
    frame.readers.clear(), frame.everybody.clear()
    contact = Actor(kind="contact", user_id=3, name="Ana 100%s", email="a@b.mx", customer_id=5, company_role="member")
    first, again = frame_of(contact), frame_of(contact)
    assert len(frame.readers.kept) == 1 and "Ana 100%s" in first
    for pattern in (r'nonce="(\w+)"', r'"X-CSRFToken": "(\w+)"', r'csrfmiddlewaretoken" value="(\w+)"'):
        one, other = re.findall(pattern, first), re.findall(pattern, again)
        assert one and not set(one) & set(other), pattern
    assert "Otra" in frame_of(contact, "Otra") and "Otra" not in frame_of(contact)
    assert 'data-theme="dark"' in frame_of(contact, theme="dark") and 'data-theme="dark"' not in frame_of(contact)
    with translation.override("en"):
        assert "Skip to content" in frame_of(contact)
    assert "Berta" not in first and "Berta" in frame_of(replace(contact, name="Berta")) and "Berta" not in frame_of(contact)
    frame.readers.clear(), frame.everybody.clear()


def test_a_stray_mark_in_a_name_spoils_no_page():
    shown = frame_of(Actor(kind="contact", user_id=3, name="A\x02(na", email="a@b.mx", customer_id=5))
    assert "A\x02(na" in shown and 'csrfmiddlewaretoken" value="' in shown


def test_a_form_beside_its_errors():
    """Each field has a label, its help and its error tied to it."""
    form = gallery.example()["bound"]
    html = str(form)
    assert (
        'for="id_email"' in html
        and 'aria-describedby="id_email_error"' in html
        and 'id="id_email_error"' in html
    )
    assert 'aria-describedby="id_text_helptext id_text_error"' in html
    assert 'value="lupita"' in html, "nothing typed is lost"
    assert "<fieldset" in html and "<legend>" in html


def test_each_page_has_its_own_key():
    """CHG-10"""
    keys = {jinja.idempotency_field() for _ in range(3)}
    assert len(keys) == 3 and all('name="key"' in key for key in keys)
