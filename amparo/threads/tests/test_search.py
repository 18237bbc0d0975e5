"""Search in what was said."""

from __future__ import annotations

import itertools
import unicodedata
from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection

from amparo.conftest import NOON
from amparo.threads import commands, queries
from amparo.threads.errors import SearchTooBroad

search_module = import_module("amparo.threads.queries.search")
pytestmark = pytest.mark.django_db
# Singular and plural of words that customers type; both are also typed without accents.
NOUNS = """
instalación/instalaciones actualización/actualizaciones configuración/configuraciones licencia/licencias conexión/conexiones
impresión/impresiones impresora/impresoras avería/averías contraseña/contraseñas código/códigos árbol/árboles fichero/ficheros
archivo/archivos informe/informes error/errores versión/versiones activación/activaciones terminal/terminales usuario/usuarios
cliente/clientes contrato/contratos incidencia/incidencias solución/soluciones artículo/artículos guía/guías vídeo/vídeos
descarga/descargas curso/cursos módulo/módulos almacén/almacenes albarán/albaranes factura/facturas recibo/recibos báscula/básculas
tarifa/tarifas teléfono/teléfonos página/páginas cajón/cajones sesión/sesiones red/redes copia/copias migración/migraciones
función/funciones botón/botones línea/líneas etiqueta/etiquetas tique/tiques céntimo/céntimos
día/días
"""


def _plain(word):
    return "".join(c for c in unicodedata.normalize("NFD", word) if unicodedata.category(c) != "Mn")


def _pairs():
    for noun in NOUNS.split():
        forms = sorted({form for word in noun.split("/") for form in (word, _plain(word))})
        yield from itertools.permutations(forms, 2)


def test_words_meet_without_accents_and_endings():
    """SRC-2's promise, kept for messages too: every form in the text is found by every form that is typed."""
    pairs = list(_pairs())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT said, typed FROM unnest(%s::text[], %s::text[]) AS pair(said, typed) WHERE NOT "
            "to_tsvector('spanish', es_norm(said)) @@ websearch_to_tsquery('spanish', es_norm(typed))",
            [[said for said, _typed in pairs], [typed for _said, typed in pairs]],
        )
        missed = cursor.fetchall()
    assert len(pairs) == 298 and missed == []


@pytest.mark.parametrize(
    ("text", "norm"),
    [
        ("Instalaciones", "instalación"),
        ("los albaranes", "los albaran"),
        ("antes de las vacaciones", "antes de las vacación"),
        ("E-1234 v12.3.1 0x80070005", "e-1234 v12.3.1 0x80070005"),
        ("CONTRASEÑAS", "contrasena"),
    ],
)
def test_how_words_are_made_alike(text, norm):
    with connection.cursor() as cursor:
        cursor.execute("SELECT es_norm(%s)", [text])
        assert cursor.fetchone()[0] == norm


def test_codes_are_found_whole(open_one, engineer):
    one = open_one("Falla", "sale el error 0x80070005 en la versión 12.3.1, clave E-1234")
    open_one("Otra", "sale el error 0x80070006")
    for words in ("0x80070005", "12.3.1", "E-1234"):
        assert [h.number for h in queries.search(engineer, words)] == [one.number], words


def test_search_by_number_title_and_a_slip(open_one, engineer):
    one, case = open_one("Impresora fiscal no imprime"), open_one("Otro", kind="case", promise_kind=None)
    for words in (one.shown_number, f"#{one.number}", str(one.number), "fiscal", "impresoras", "imprime -factura"):
        assert one.number in [h.number for h in queries.search(engineer, words) if h.kind == "ticket"], words
    assert [h.shown for h in queries.search(engineer, case.shown_number)] == [case.shown_number]
    assert [h.number for h in queries.search(engineer, "impresroa")] == [one.number]
    assert queries.search(engineer, "   ") == []


def test_what_is_in_the_title_comes_first(open_one, engineer):
    body = open_one("Otra cosa", "se habla de inventario aquí")
    title = open_one("Inventario", "nada", at=NOON - timedelta(days=30))
    assert [h.number for h in queries.search(engineer, "inventario")] == [title.number, body.number]


@pytest.mark.parametrize("words", ["canario", "canarios", "CANARIO nota", "\"nota canario\""])
def test_notes_and_other_customers_are_not_found(thread, open_one, engineer, contact, other_contact, own_only, words):
    """SEC-29, SEC-10, ACC-11: no hit and no count, by no way of asking."""
    commands.note(thread, "nota canario secreta", actor=engineer, at=NOON)
    theirs = open_one("Suyo", "canario nota canario", actor=other_contact)
    assert {h.number for h in queries.search(engineer, words)} == {thread.number, theirs.number}
    assert queries.search(contact, words) == [] == queries.search(own_only, words)
    assert [h.number for h in queries.search(other_contact, words)] == [theirs.number]


@pytest.mark.parametrize(
    "words",
    ["'", "=i", "=c1", "& | !", "a:*", "'=p'", "\\", "%", "\"", "(((((", "-", "or", "x\x00y", "=p or =i", "🦜", "a" * 5000],
)
def test_no_query_text_breaks_out(thread, engineer, contact, other_contact, words):
    """SEC-30: marks of the index cannot be asked for, and nothing raises."""
    commands.note(thread, "nota canario", actor=engineer, at=NOON)
    assert queries.search(other_contact, words) == []
    assert all(h.number == thread.number for h in queries.search(contact, words))


def test_the_walk_finds_the_same_as_the_index(open_one, engineer, monkeypatch):
    """Whichever way the statistics choose; a walk that finds little is followed by the index, one that finds all that was asked for is not."""
    for n in range(5):
        open_one(f"caja {n}", "la caja no abre")
    by_index = {h.number for h in queries.search(engineer, "cajas")}
    monkeypatch.setattr(search_module, "COMMON_ROWS", -1)
    assert {h.number for h in queries.search(engineer, "cajas")} == by_index and len(by_index) == 5
    monkeypatch.setattr(search_module, "WALK_ENOUGH", 1)
    assert {h.number for h in queries.search(engineer, "cajas")} == by_index
    monkeypatch.setattr(search_module, "WALK_ENOUGH", 10)
    monkeypatch.setattr(search_module, "WALK_ROWS_MAX", 1)
    assert {h.number for h in queries.search(engineer, "cajas")} == by_index
    monkeypatch.setattr(search_module, "WALK_ROWS_MAX", 12_000)
    monkeypatch.setattr(search_module, "_MATCH_INDEX", "SELECT 1 / 0")  # where fewer are asked for than would be enough, they are enough
    assert len(queries.search(engineer, "cajas", limit=3)) == 3


def test_a_search_has_its_own_time_limit(thread, engineer, monkeypatch):
    """SEC-30: it is told, and the connection goes on with its own limit."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        own = cursor.fetchone()[0]
    monkeypatch.setattr(search_module, "_ESTIMATE", "SELECT pg_sleep(2)")
    monkeypatch.setattr(search_module, "TIMEOUT_MS", 50)
    with pytest.raises(SearchTooBroad):
        queries.search(engineer, "caja")
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone()[0] == own != "50ms"


def test_search_costs_few_statements(thread, engineer, contact, django_assert_max_num_queries):
    for actor in (engineer, contact):
        with django_assert_max_num_queries(6):
            queries.search(actor, "caja")
