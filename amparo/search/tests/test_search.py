"""Search as pages call it: words, codes, typing errors, synonyms, filters, limits."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from amparo.contracts.access import readable
from amparo.contracts.rules.audience import ANYBODY, AUDIENCES, OF_STAFF, Reader
from amparo.search import access, queries
from amparo.search.errors import SearchTooBroad, SearchTooLong
from amparo.search.models import Document
from amparo.search.queries import words as module
from amparo.search.queries.plan import Plan, telling


def search(words, reader=ANYBODY, **more):
    return queries.search(reader, words, **more)


@pytest.mark.parametrize("typed", ["impresora", "impresoras", "IMPRESORA", "imprésora", "impresora termica", "la impresora de tickets"])
def test_accents_endings_and_small_words_do_not_matter(publish, titles, typed):
    """SRC-2"""
    publish("Las impresoras térmicas dejan de cortar", body="El papel de tickets se atora.")
    assert titles(typed) == ["Las impresoras térmicas dejan de cortar"]


def test_verbs_meet_by_their_stem(publish, titles):
    """SRC-2: stock spanish beside the light form."""
    publish("No se puede imprimir la factura")
    assert titles("imprimiendo facturas") == ["No se puede imprimir la factura"]


def test_a_title_stands_before_a_summary_and_a_summary_before_a_text(publish, titles):
    """SRC-2: weights"""
    publish("Otra cosa del texto", body="Aquí se habla del cajón de dinero una vez.")
    publish("Otra cosa del resumen", summary="El cajón de dinero", body="Nada más que esto.")
    publish("El cajón de dinero", body="Nada más que esto.")
    assert titles("cajón de dinero") == ["El cajón de dinero", "Otra cosa del resumen", "Otra cosa del texto"]


@pytest.mark.parametrize("typed, found", [
    ("0x80070005", True), ("0X80070005", True), ("error 0x80070005", True), ("0x80070006", False), ("0x8007000", False),
    ("E-1234", True), ("e1234", True), ("E_1234", True), ("E-1235", False), ("E-123", False), ("12.3.1", True), ("12.3", False), ("v12.3.1", False),
])  # fmt: skip
def test_error_codes_and_versions_are_exact(publish, typed, found):
    """SRC-2: intact in the index and in the query."""
    publish("Acceso denegado al actualizar", codes=["0x80070005", "E-1234"], body="Corregido en la versión 12.3.1 de la caja.")
    assert bool(search(typed).hits) is found


def test_a_code_of_its_own_stands_before_one_in_passing(publish, titles):
    """SRC-2"""
    publish("Muchos errores E-1234 E-1234", body="También E-77 de paso.")
    publish("Otro título", codes=["E-77"])
    assert titles("E-77")[0] == "Otro título"


def test_codes_in_a_query_are_marked_as_they_are_written(publish):
    publish("Error E-1234 al abrir")
    assert search("e1234").hits[0].title_html == "Error <mark>E-1234</mark> al abrir"


@pytest.mark.parametrize("typed, meant", [
    ("impresroa", "impresora"), ("inpresora", "impresora"), ("facturasion", "facturación"), ("bascual", "báscula"),
])  # fmt: skip
def test_a_typing_error_finds_what_was_meant(publish, typed, meant):
    """SRC-2: «¿Quiso decir …?», with the hits of it."""
    publish("La impresora no corta")
    publish("La facturación electrónica")
    publish("La báscula no pesa")
    found = search(typed)
    assert found.did_you_mean == meant
    assert len(found.hits) == 1


def test_what_nobody_wrote_is_not_found(publish):
    publish("La impresora no corta")
    found = search("zanahorias moradas")
    assert (found.hits, found.did_you_mean, found.total) == ([], "", 0)


def test_most_of_the_words_do_where_not_all_are_held(publish):
    """SRC-2: people write sentences."""
    publish("El cajón no abre", body="Revise el cable del cajón y la impresora.")
    found = search("cajón cable impresora urgente")
    assert [hit.title for hit in found.hits] == ["El cajón no abre"] and found.near
    sentence = search("desde ayer nuestro cajón dejó repentinamente cualquier respuesta, urgente")
    assert [hit.title for hit in sentence.hits] == ["El cajón no abre"] and sentence.near


def test_of_many_words_those_that_tell_something_are_asked():
    """SRC-2: what stands in every other text is left out, never a code, and never the last word."""
    rows = {"'caj'": 40_000, "'cabl'": 200, "'barc'": 900, "'rar'": 1}

    class Planner:
        def execute(self, _sql, given):
            self.said = [{"Plan": {"Plans": [{"Relation Name": "d", "Plan Rows": rows[one]} for one in given]}}]

        def fetchone(self):
            return [self.said]

    def asked(*each, codes=()):
        fixed = [f"'#{code}'" for code in codes]
        return telling(Planner(), Plan((), tuple(codes), each, "all", "all", "some", "|".join([*fixed, *each]), "", None), "heads")

    assert asked("'caj'", "'cabl'", "'barc'", "'rar'") == "('rar' | 'cabl' | 'barc')"
    assert asked("'caj'", codes=["e12"]) == "'#e12'"
    assert asked("'caj'", "'caj'") == asked("'caj'") == "'caj'"


def test_kinds_products_and_languages_narrow(publish, product, other_product):
    """SRC-2"""
    publish("Cajón uno", kind="article", product_id=product.pk)
    publish("Cajón dos", kind="topic", subject="topic:1", product_id=other_product.pk)
    publish("Cajón de todos", kind="post", subject="post:1")
    publish("Drawer", kind="article", language="en", body="Cajón means drawer.")
    assert search("cajón").by_kind == {"article": 2, "topic": 1, "post": 1}
    assert [hit.subject for hit in search("cajón", kinds=["topic"]).hits] == ["topic:1"]
    assert {hit.title for hit in search("cajón", product_id=product.pk).hits} == {"Cajón uno", "Cajón de todos", "Drawer"}
    assert [hit.title for hit in search("cajón", language="en").hits] == ["Drawer"]


def test_english_is_found_by_its_own_stems(publish, titles):
    publish("Printing receipts twice", language="en")
    assert titles("printed receipt") == ["Printing receipts twice"]


def test_a_product_is_found_by_its_name(publish, titles, product):
    """SRC-2: weight A"""
    publish("Cómo empezar", product_id=product.pk)
    assert titles("punto facil empezar") == ["Cómo empezar"]


def test_a_video_opens_at_the_second(publish):
    """SRC-2, SRC-3"""
    publish("Cambiar el rollo", kind="video", subject="video:2", url="/videos/2/",
            parts=[("0", "Apague la impresora"), ("83", "Limpie el cabezal con alcohol")])  # fmt: skip
    hit = search("limpiar cabezal").hits[0]
    assert (hit.url, hit.part) == ("/videos/2/?t=83", "83")
    assert "<mark>cabezal</mark>" in hit.excerpt_html
    assert search("cambiar el rollo").hits[0].url == "/videos/2/"


def test_what_is_shown_is_escaped(publish):
    """SRC-2, SEC-29: plain text goes in, marks alone come out."""
    publish("<script>alert(1)</script> impresora", summary="<img src=x onerror=alert(2)> impresora & caja")
    hit = search("impresora").hits[0]
    assert "<script" not in hit.title_html and "&lt;script&gt;" in hit.title_html
    assert "<img" not in hit.excerpt_html and "<mark>impresora</mark>" in hit.excerpt_html
    assert "<mark" not in search("mark script").hits[0].title_html.replace("<mark>", "")


def test_what_a_query_brings_is_never_shown_unescaped(publish):
    publish("La impresora")
    assert "<b>" not in search("<b>impresora</b>").hits[0].title_html


# --- who may see what ------------------------------------------------------------------------------------------------

def _readers(product, other_product):
    return [
        ANYBODY, Reader(frozenset({"visitor", "registered"})), Reader(frozenset({"visitor", "registered", "customer"})),
        Reader(frozenset({"visitor", "registered", "customer", "licensed"}), frozenset({product.pk})),
        Reader(frozenset({"visitor", "registered", "customer", "licensed", "covered"}), frozenset({product.pk, other_product.pk})), OF_STAFF,
    ]  # fmt: skip


def test_every_outlet_keeps_to_the_rule_of_what_is_published(publish, product, other_product):
    """SEC-29, ACC-1, ACC-3: hits, counts, what was meant and what is alike, for every reader and audience."""
    for audience in AUDIENCES:
        for own in (None, product, other_product):
            publish(f"Canario {audience} {own.code if own else 'todos'}", audience=audience, product_id=own and own.pk)
    for reader in _readers(product, other_product):
        seen = set(Document.objects.filter(readable(reader)).values_list("subject", flat=True))
        assert seen == set(access.visible_to(reader).values_list("subject", flat=True))
        found = search("canario", reader, limit=50)
        assert {hit.subject for hit in found.hits} == seen
        assert found.total == found.by_kind["article"] == len(seen)
        for words in ("canraio", "canarios todos", "canari"):
            assert {hit.subject for hit in search(words, reader, limit=50).hits} <= seen
        assert {hit.subject for hit in queries.similar(reader, "canario", limit=50)} == seen


def test_words_of_what_is_hidden_are_never_proposed(publish):
    """SEC-29: the vocabulary of «¿Quiso decir …?» is the reader's own."""
    publish("Ornitorrinco confidencial", audience="staff")
    publish("Impresora")
    found = search("ornitorrinko")
    assert (found.hits, found.did_you_mean) == ([], "")
    assert search("ornitorrinko", OF_STAFF).did_you_mean == "ornitorrinco"


def test_no_result_because_of_rights_is_kept_apart(publish):
    """SRC-2: for the log alone; what the reader gets is the same."""
    publish("Ornitorrinco confidencial", audience="staff")
    hidden, nothing = search("ornitorrinco"), search("hipopótamo")
    assert hidden.was_hidden and not nothing.was_hidden
    assert (hidden.hits, hidden.total, hidden.did_you_mean) == (nothing.hits, nothing.total, nothing.did_you_mean)


def test_an_audience_that_is_taken_back_hides_at_once(publish, titles):
    """SEC-29"""
    publish("Impresora", subject="article:1")
    publish("Impresora", subject="article:1", audience="covered")
    assert titles("impresora") == []


# --- bad input -------------------------------------------------------------------------------------------------------

BAD = ["", " ", "\x00", "'", "''", "\\", "a' || 'b", "& | ! <->", "(((", "foo:*", ":*", "!impresora", "impresora & (", "%s %(x)s", "{0}", "' OR 1=1 --",
       "=avisitor", "#e1234", "'=kstaff'", "\u202eimpresora", "🖨️", "a" * 2_000, "a b " * 400, "-" * 500, "1." * 300, "0x" + "f" * 300, "ñ" * 500, "日本語"]  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_nothing_that_is_typed_breaks_a_search(publish, text):
    """SEC-30"""
    publish("La impresora no corta")
    found = search(text)
    assert len(found.hits) <= 20
    assert isinstance(queries.similar(ANYBODY, text), list)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
@pytest.mark.django_db
def test_no_text_breaks_a_search(text):
    """SEC-30"""
    assert search(text).hits == []


def test_a_text_that_is_too_long_is_refused_in_words(db):
    """SEC-30"""
    with pytest.raises(SearchTooLong) as refused:
        search("a" * 2_001)
    assert refused.value.field == "q" and str(refused.value)


def test_filters_are_taken_from_lists_and_never_from_what_is_sent(publish):
    """SEC-30: a kind that is not known narrows nothing and is part of no statement."""
    publish("La impresora")
    assert len(search("impresora", kinds=["_connector", "article"], language="'; drop").hits) == 1


def test_a_search_that_takes_long_is_ended_and_said_so(publish, monkeypatch):
    """SEC-30: a statement has a time of its own."""
    publish("La impresora")
    before = _limits()
    monkeypatch.setattr(module, "_RANKED", "SELECT pg_sleep(2)")
    monkeypatch.setattr(module, "TIMEOUT_MS", 30)
    with pytest.raises(SearchTooBroad):
        search("impresora")
    monkeypatch.undo()
    assert _limits() == before and before[0] != "30ms"


def _limits() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), current_setting('enable_seqscan')")
        return tuple(cursor.fetchone())


def test_a_search_costs_few_statements(publish, django_assert_max_num_queries):
    """SRC-2: with hits: the limit set and taken back, synonyms, one search. Without, what was meant, what holds most, what is alike, and what is hidden."""
    for _turn in range(3):
        publish("La impresora no corta")
    with django_assert_max_num_queries(6):
        search("impresora corta")
    with django_assert_max_num_queries(18):
        search("zanahoria morada")


# --- while a text is typed -------------------------------------------------------------------------------------------

def test_what_may_answer_comes_while_it_is_typed(publish, product, other_product):
    """TKT-3: the begun word counts, all words first, then most, then any in a title."""
    publish("La impresora no imprime", product_id=product.pk)
    publish("La impresora corta mal", product_id=other_product.pk)
    publish("Imprimir etiquetas")
    found = [hit.title for hit in queries.similar(ANYBODY, "no imprime la impreso")]
    assert found[0] == "La impresora no imprime"
    assert "Imprimir etiquetas" in found
    mine = [hit.title for hit in queries.similar(ANYBODY, "impresora", product_id=product.pk)]
    assert mine == ["La impresora no imprime"]


def test_what_takes_long_is_no_help_and_no_refusal(publish, monkeypatch):
    """TKT-3: the form waits for nobody."""
    publish("La impresora")
    monkeypatch.setattr(module, "_RANKED", "SELECT pg_sleep(2)")
    monkeypatch.setattr("amparo.search.queries.suggestions.TIMEOUT_MS", 30)
    assert queries.similar(ANYBODY, "impresora") == []
