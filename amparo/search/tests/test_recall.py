"""The recipe of words: what customers type finds what stands in the text."""

from __future__ import annotations

import re
from importlib import import_module
from itertools import permutations

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from amparo.kernel import spanish
from amparo.search import bench, rules

LEXEMES = import_module("amparo.search.migrations.0002_vectors").LEXEMES
pytestmark = pytest.mark.django_db


def test_the_set_holds_every_pair():
    assert len(bench.PAIRS) == 286


def test_every_pair_of_the_words_that_customers_type_meets():
    """SRC-2: recall over the pairs is whole, by the statement that a search is."""
    missed = bench.missed_pairs()
    assert missed == {"amparo": []}


def test_the_stock_recipe_misses_what_ours_finds():
    """SRC-2: the peer of the bench is measured by the same function and really misses."""
    assert len(bench.missed_pairs(peer=True)["spanish"]) > 40


@pytest.mark.parametrize("text, light", [
    ("Facturación", "facturacion"), ("luces", "luz"), ("meses", "mes"), ("mes", "mes"), ("LOS ALMACENES", "los almacen"),
    ("¿Qué pasa?", "qu pas"), ("e-mail", "e mail"), ("año", "an"), ("", ""),
])  # fmt: skip
def test_light_forms(text, light):
    assert spanish.light(text) == light


def _in_database(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT es_light(%s)", [text])
        return cursor.fetchone()[0]


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60))
def test_the_light_form_is_the_same_in_the_database(text):
    """SRC-2: twins, over any text."""
    assert _in_database(text) == spanish.light(text)


_SPANISH = st.text(st.sampled_from("aábcçdeéfghiíjlmnñoópqrstuúüvxyzAÉÑSCE 0123-_.,;ªº¿́̃"), max_size=40)


@settings(deadline=None)
@given(_SPANISH)
def test_the_light_form_is_the_same_for_what_looks_like_spanish(text):
    """SRC-2: twins, where endings are cut."""
    assert _in_database(text) == spanish.light(text)


@settings(deadline=None)
@given(_SPANISH)
def test_a_light_form_is_made_of_plain_letters_alone(text):
    """SEC-30: a lexeme that is built of it can hold no sign of a query."""
    assert all(c in "abcdefghijklmnopqrstuvwxyz0123456789 " for c in spanish.light(text))


def test_pairs_meet_in_python_as_well():
    assert not [
        (one, other)
        for pair in bench.WORDS
        for one, other in permutations({*pair, *map(spanish.plain, pair)}, 2)
        if spanish.light(one) != spanish.light(other)
    ]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_what_is_asked_is_of_a_bounded_size(text):
    """SEC-30"""
    words, codes = rules.words_of(text)
    assert len(words) + len(codes) <= rules.WORDS_MAX
    assert all(len(one) <= rules.WORD_LENGTH_MAX and one.isascii() for one in [*words, *codes])


def test_what_the_index_leaves_out_is_asked_for_by_nobody():
    """SRC-2: a word that no vector holds would make a query of many words find nothing."""
    left_out = re.findall("'([a-z]+)'", LEXEMES.partition("ts_delete")[2].partition("]")[0])
    assert len(left_out) > 50 and set(left_out) <= spanish.STOP


def test_words_that_tell_something_are_none_of_those():
    kept = "caja punto venta sol sola impresora hora cobro pago corte folio precio red clave nota serie sala"
    assert not spanish.STOP & {spanish.light(word) for word in kept.split() if word not in ("sol", "sola")}
