"""What is decided without a database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.kernel.refusals import Invalid
from amparo.threads.rules import (
    FIELD_NAMES,
    clean_line,
    clean_tags,
    clean_text,
    draft_key,
    fill,
    number_in,
    place_parts,
    read_mark,
    search_words,
    unknown_fields,
)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("T-41", ("ticket", 41)),
        ("t 41", ("ticket", 41)),
        ("c2041", ("case", 2041)),
        (" #41 ", (None, 41)),
        ("41", (None, 41)),
        ("caja 41", None),
        ("T-", None),
        ("x-41", None),
        ("9" * 16, None),
    ],
)
def test_a_number_is_understood_as_people_say_it(words, found):
    assert number_in(words) == found


def test_values_of_a_template_are_never_read_again():
    """SEC-19"""
    values = {"person": "{numero} {{x}}", "number": "T-4"}
    assert fill("Hola {persona}: {numero} {cliente}", values) == "Hola {numero} {{x}}: T-4 {cliente}"
    assert unknown_fields("{persona} {clave} {0} {a.b}") == ["clave", "0", "a.b"]


@given(st.text(max_size=80), st.dictionaries(st.sampled_from(sorted(set(FIELD_NAMES.values()))), st.text(max_size=20)))
def test_a_template_is_text_whatever_is_in_it(template, values):
    """SEC-19: nothing raises, nothing outside a known field changes."""
    filled = fill(template, values)
    if not any(f"{{{name}}}" in template for name in FIELD_NAMES):
        assert filled == template


@given(st.text(max_size=300))
def test_kept_texts_hold_no_control_characters(text):
    """SEC-18, SEC-58"""
    kept = clean_text(text)
    assert kept == clean_text(kept) and "\x00" not in kept and "\r" not in kept
    line = clean_line(text, 50)
    assert len(line) <= 50 and "\n" not in line
    assert len(search_words(text).split(" ")) <= 12


@given(st.lists(st.text(max_size=60), max_size=30))
def test_tags_are_few_short_and_each_once(names):
    tags = clean_tags(names)
    assert len(tags) <= 12 and len(set(tags)) == len(tags) and all(0 < len(tag) <= 40 for tag in tags)


def test_a_place_and_its_key():
    """SEC-27: the key of one person at one place is nobody else's."""
    assert place_parts("ticket:41") == ("ticket", 41) and place_parts("case:new") == ("case", None)
    assert place_parts("ticket:41x") is place_parts("quote:1") is place_parts("ticket:") is None
    assert draft_key(1, "ticket:1") == draft_key(1, "ticket:1")
    assert len({draft_key(1, "ticket:1"), draft_key(2, "ticket:1"), draft_key(1, "ticket:2")}) == 3


@pytest.mark.parametrize(
    ("values", "shape", "good"),
    [
        (None, "ti", True),
        ([1, "2026-11-11T18:00:00+00:00", 3], "iTi", True),
        ([1, None, 3], "iTi", True),
        (["1", None, 3], "iTi", False),
        ([1, "2", 3], "iTi", False),
        ([1, "2026-11-11T18:00:00", 3], "iTi", False),
        ([None, 3], "ti", False),
        ([2**70], "i", False),
        ([True], "i", False),
    ],
)
def test_marks_of_pages_are_read_by_their_shape(values, shape, good):
    """SEC-30"""
    if good:
        assert (read_mark(values, shape) is None) is (values is None)
    else:
        with pytest.raises(Invalid):
            read_mark(values, shape)
