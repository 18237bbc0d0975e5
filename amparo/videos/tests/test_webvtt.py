"""Cues: what is taken, what is dropped, what is refused."""

from __future__ import annotations

import doctest
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.videos.rules import media, webvtt
from amparo.videos.rules.webvtt import Cue, Wrong, parse, written


def test_the_examples_of_the_rules_hold():
    assert not doctest.testmod(webvtt).failed and not doctest.testmod(media).failed


def test_styles_regions_notes_and_settings_are_dropped():
    """SRC-3, SEC-21"""
    text = (
        "WEBVTT - título\nKind: captions\n\nSTYLE\n::cue { background: url(https://evil.example/x) }\n\nREGION\nid:a\n\n"
        "NOTE 00:09.000 --> 00:10.000\nnota\n\nuno\n00:01.000 --> 00:02.000 position:10% region:a\n- Hola\n- ¿Qué tal?\n"
    )
    assert parse(text) == [Cue(1000, 2000, "Hola\n¿Qué tal?")]


def test_subrip_is_taken_too():
    """SRC-3"""
    assert parse("1\r\n00:00:01,000 --> 00:00:02,000\r\nHola\r\n\r\n2\r\n01:00:00,000 --> 01:00:01,000\r\nFin\r\n") == [
        Cue(1000, 2000, "Hola"), Cue(3_600_000, 3_601_000, "Fin"),
    ]  # fmt: skip


ATTACKS = [
    "<script>alert(1)</script>", "<v <img src=x onerror=alert(1)>>x", "<c.a onclick=alert(1)>x</c>", "<svg/onload=alert(1)>", "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<ScRiPt\n>alert(1)//", "<00:00:01.000><iframe src=javascript:alert(1)>", "\u202ecba<b>", "x\x00<scr\x00ipt>alert(1)</scr\x00ipt>", "<style>*{x:url(//e)}</style>",
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_marks_in_cues_come_out_as_text_or_not_at_all(attack):
    """SEC-21"""
    try:
        cues = parse(f"WEBVTT\n\n00:01.000 --> 00:02.000\nantes {attack} después\n")
    except Wrong:
        return
    out = written(cues)
    body = out.replace("WEBVTT", "").replace("-->", "")
    assert "<" not in body and ">" not in body.replace("&gt;", "")
    assert parse(out) == cues, "what is written is read as the same"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "empty", 0), ("WEBVTT\n\nhola", "empty", 0), ("WEBVTT\n\n00:01.000 --> 00:00.500\nx", "order", 3),
        ("WEBVTT\n\n99 --> 00:00.500\nx", "time", 3), ("WEBVTT\n\n00:01.000 --> 00:02.000\n" + "x" * 501, "text", 3),
        ("x" * 700_000, "long", 0), ("WEBVTT\n\n00:01.٠٠٠ --> 00:02.000\nx", "time", 3),
    ],
)  # fmt: skip
def test_what_is_no_caption_is_refused_with_its_line(text, code, line):
    """SRC-3"""
    with pytest.raises(Wrong) as wrong:
        parse(text)
    assert (wrong.value.code, wrong.value.line) == (code, line)


def test_too_many_cues_are_refused_cheaply():
    """SEC-28"""
    one = "00:01.000 --> 00:02.000\nx\n\n"
    with pytest.raises(Wrong) as wrong:
        parse("WEBVTT\n\n" + one * 20_000)
    assert wrong.value.code == "many"


@given(st.text(max_size=300))
def test_whatever_comes_is_written_without_marks(text):
    """SEC-21"""
    try:
        cues = parse("WEBVTT\n\n00:01.000 --> 00:02.000\n" + text)
    except Wrong:
        return
    out = written(cues)
    for line in out.splitlines()[1:]:
        assert "<" not in line and (">" not in line or re.fullmatch(r"[\d:.]+ --> [\d:.]+", line))
    assert parse(out) == cues


def test_the_transcript_is_cut_where_a_hit_opens():
    """SRC-3: the hit opens at the second."""
    cues = [Cue(0, 4000, "Abra la caja"), Cue(4000, 9000, "del día"), Cue(83_000, 90_000, "e imprima\nel corte")]
    assert webvtt.parts(cues) == [("0", "Abra la caja del día"), ("83", "e imprima el corte")]
