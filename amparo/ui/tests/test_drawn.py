"""What is drawn once: for whom, until when, and how much of it is kept."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from jinja2 import UndefinedError
from markupsafe import Markup

from amparo.kernel.actor import Actor
from amparo.ui import drawn, pieces

NOON = datetime(2026, 11, 24, 18, tzinfo=UTC)
STAFF = Actor(kind="staff", user_id=1, name="Iván")
CONTACT = Actor(kind="contact", user_id=2, name="Lupita", customer_id=5)
MEXICO = ZoneInfo("America/Mexico_City")


@pytest.fixture(autouse=True)
def nothing_kept():
    drawn.drawings.clear()
    yield
    drawn.drawings.clear()


def request(actor=STAFF, now=NOON, zone=MEXICO):
    return SimpleNamespace(actor=actor, now=now, zone=zone)


@pytest.fixture
def draw():
    asked = []

    def once(made=None, of=("thread", 7, 3), **given):
        asked.append(0)

        def show():
            asked[-1] = 1
            return {"code": 404, "title": "x", "text": "y"} | given

        html = drawn.kept(made or request(), "ui/tests/drawn.html", of, show)
        return html, asked[-1]

    return once


@pytest.fixture(autouse=True)
def template(monkeypatch):
    """A part that shows a time, a word, and what it was given."""
    from django.template import engines

    environment = engines["jinja2"].env
    part = environment.from_string("{{ title }}|{{ pieces.time(at) if at is defined }}|{{ _('today') }}")
    monkeypatch.setattr(engines["jinja2"], "get_template", lambda _name: SimpleNamespace(template=part))


def test_it_is_drawn_once(draw):
    first, again = draw(), draw()
    assert first[1] == 1 and again == (first[0], 0)


def test_another_version_is_another_drawing(draw):
    draw()
    assert draw(of=("thread", 7, 4))[1] == 1


def test_a_customer_never_gets_what_was_drawn_for_staff(draw):
    """SEC-10, ACC-11"""
    draw(title="internal")
    html, asked = draw(request(CONTACT), title="public")
    assert asked and "internal" not in html and "public" in html


def test_each_language_zone_and_day_has_its_own(draw):
    at = NOON - timedelta(hours=1)
    with translation.override("es-mx"):
        spanish, _ = draw(at=at)
    with translation.override("en"):
        english, asked = draw(at=at)
        assert asked and "today" in english and "hoy" in spanish
        elsewhere, asked = draw(request(zone=ZoneInfo("Asia/Tokyo")), at=at)
        assert asked and elsewhere != english
        tomorrow, asked = draw(request(now=NOON + timedelta(days=1)), at=at)
        assert asked and "yesterday" in tomorrow


def test_what_was_purged_is_drawn_anew_each_time(draw):
    """CAS-2"""
    assert draw(of=None)[1] and draw(of=None, title="empty")[0].startswith("empty|")


def test_a_kept_part_cannot_look_at_the_reader(monkeypatch):
    from django.template import engines

    part = engines["jinja2"].env.from_string("{{ actor.name }}")
    monkeypatch.setattr(engines["jinja2"], "get_template", lambda _name: SimpleNamespace(template=part))
    with pytest.raises(UndefinedError):
        drawn.kept(request(), "any", ("x",), dict)


def test_no_more_is_kept_than_may_be():
    kept = drawn.Drawings(100_000)
    for number in range(200):
        kept.keep(number, Markup("x" * 5000))
        assert kept.get(0) or number > 15, "what is asked for stays"
    assert kept.bytes <= 100_000 and kept.get(199) and kept.get(1) is None
    kept.keep("large", Markup("x" * 50_000))
    assert kept.get("large") is None, "one may not push out all others"


def test_a_matter_whose_title_was_purged_still_has_words_to_press():
    """After its time a case keeps its number, and a row of a list its link."""
    with translation.override("es-mx"):
        row = pieces.Clocked(lambda: (NOON, MEXICO)).matter_row("C-8", "", "/cases/8/", "Cerrado", tone="done")
        assert "Contenido purgado" in row and "C-8" in row
