"""What pages tell machines: nothing that people wrote leaves its place."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest

from amparo.conftest import NOON
from amparo.ui import meta

NASTY = "</script><script>alert(1)</script>\" ' & <!-- \u2028 {{ 7*7 }}"
CONTEXT = {"csp_nonce": lambda: "n0nce", "ui": SimpleNamespace(vendor=SimpleNamespace(legal_name="Sistemas", name="S"))}
MADE = {
    "article": lambda: meta.article(CONTEXT, NASTY, NASTY, "/a/", author=NASTY, published_at=NOON, language="es"),
    "questions": lambda: meta.questions(CONTEXT, [(NASTY, NASTY)]),
    "topic": lambda: meta.topic(
        CONTEXT, NASTY, NASTY, "/t/", asked_by=NASTY, asked_at=NOON, answers=1, accepted={"text": NASTY, "by": NASTY, "at": NOON}
    ),
    "video": lambda: meta.video(
        CONTEXT, NASTY, NASTY, "/v/", poster="", seconds=83, published_at=NOON, transcript=NASTY, chapters=[(NASTY, 0, 9)]
    ),
    "software": lambda: meta.software(CONTEXT, NASTY, NASTY, "/p/", version=NASTY),
    "course": lambda: meta.course(CONTEXT, NASTY, NASTY, "/c/"),
    "crumbs": lambda: meta.crumbs(CONTEXT, [(NASTY, "/")]),
}


@pytest.mark.parametrize("kind", MADE)
def test_what_people_wrote_never_leaves_the_data_element(kind):
    """SEC-60"""
    made = str(MADE[kind]())
    inside = re.fullmatch(r'<script type="application/ld\+json" nonce="n0nce">([^<>]*)</script>', made)
    assert inside, made
    told = json.loads(inside[1])
    assert told["@context"] == "https://schema.org" and NASTY[:20] in json.dumps(told, ensure_ascii=False)


def test_what_people_wrote_never_leaves_an_attribute():
    made = str(meta.page(NASTY, NASTY, "/a/?x=\"><b>", kind="article", image='/i"><b>', published_at=NOON, translations=[("en", '/e"><b>')]))
    assert "<script" not in made and "<b>" not in made
    assert re.fullmatch(r'(<(meta|link)( [a-z]+="[^"<>]*")+>\n?)+', made), made


def test_what_is_empty_is_left_out_and_a_description_is_cut_at_a_word():
    assert '"author"' not in str(meta.article(CONTEXT, "T", "D", "/a/"))
    assert meta.short("palabra " * 60).endswith("palabra…") and len(meta.short("palabra " * 60)) <= 200
