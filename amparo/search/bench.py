"""The figures of search for `amparo bench`: recall over the pairs of words, and the time of a search over a large index.

Beside recall stands stock `spanish`; beside time the plain way, which ranks every hit. Documents are made here, over
whatever world the database holds, and left: what is measured is the door that pages call.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import accumulate, permutations

from django.db import connection

from amparo.contracts.rules.audience import ANYBODY, OF_STAFF, Reader
from amparo.kernel import spanish
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Refusal
from amparo.threads import bench as messages
from amparo.threads import queries as threads
from amparo.threads.models import Entry

from . import commands, queries, rules
from .models import KINDS, Document

# Singular and plural of the words that customers type. Forms of a word: these two, and both without accents.
_WORDS = """
instalación/instalaciones actualización/actualizaciones configuración/configuraciones licencia/licencias conexión/conexiones
impresión/impresiones impresora/impresoras avería/averías contraseña/contraseñas código/códigos árbol/árboles fichero/ficheros
archivo/archivos informe/informes error/errores versión/versiones activación/activaciones terminal/terminales usuario/usuarios
cliente/clientes contrato/contratos incidencia/incidencias solución/soluciones artículo/artículos guía/guías vídeo/vídeos
descarga/descargas curso/cursos módulo/módulos almacén/almacenes albarán/albaranes factura/facturas recibo/recibos báscula/básculas
tarifa/tarifas teléfono/teléfonos página/páginas cajón/cajones sesión/sesiones red/redes copia/copias migración/migraciones
función/funciones botón/botones línea/líneas etiqueta/etiquetas tique/tiques céntimo/céntimos
"""
WORDS: tuple[tuple[str, str], ...] = tuple((pair.partition("/")[0], pair.partition("/")[2]) for pair in _WORDS.split())
# Every ordered pair of distinct forms of a word: what stands in the text, what is typed.
PAIRS: tuple[tuple[str, str], ...] = tuple(
    pair for both in WORDS for pair in permutations(sorted({*both, *map(spanish.plain, both)}), 2)
)

_OURS = (
    "search_lexemes(said, 'es') @@ (light::tsquery || plainto_tsquery('pg_catalog.spanish', es_norm(typed)) "
    "|| plainto_tsquery('pg_catalog.english', typed))"
)
_STOCK = "to_tsvector('pg_catalog.spanish', said) @@ plainto_tsquery('pg_catalog.spanish', typed)"


def missed_pairs(*, peer: bool = False) -> dict[str, list[tuple[str, str]]]:
    """Return the pairs that do not meet, by our recipe or by stock `spanish`, judged by the database."""
    said, typed = zip(*PAIRS, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT said, typed FROM unnest(%s::text[], %s::text[], %s::text[]) AS pair(said, typed, light) WHERE NOT ({_STOCK if peer else _OURS})",
            [list(said), list(typed), [f"'{spanish.light(one)}'" for one in typed]],
        )
        return {"spanish" if peer else "amparo": cursor.fetchall()}


# --- a large index ---------------------------------------------------------------------------------------------------

DOCUMENTS, SMALL_DOCUMENTS = 100_000, 10_000
SEARCHES = 240
TARGET_P50_MS, TARGET_P99_MS = 15.0, 60.0
_STAFF = Actor(kind="staff", user_id=0, name="Bench", roles=frozenset({"engineer"}))
_LICENSED = Reader(frozenset({"visitor", "registered", "customer", "licensed"}), frozenset({1, 2}))
_STEMS = "factur impres almac etiquet contraseñ configur licenc báscul recib cotiz inventar client proveed sucurs descuent tarjet efectiv respald servid conex"
_ENDS = "a o as os ar ando ado ación aciones adora able mente ero era illo ita ista ismo edad ura ante"

def vocabulary(dice: random.Random) -> tuple[list[str], list[float]]:
    """Return 4,000 words as Spanish makes them, and how common each is: the first stand in every other text."""
    real = [stem + end for stem in _STEMS.split() for end in _ENDS.split()]
    made = ["".join(dice.choice("bcdfglmnprst") + dice.choice("aeiouáéíó") for _one in range(dice.randint(2, 4))) + dice.choice(["", "s", "r", "n", "ción"])
            for _word in range(4_000 - len(real))]  # fmt: skip
    words = [*{*real, *made}]
    words.sort()
    dice.shuffle(words)
    return words, [1 / (rank + 3) for rank in range(len(words))]


_COLUMNS = "subject, kind, title, summary, codes, inner_codes, title_words, url, audience, product_name, language, weight, published_at, body"
_AUDIENCES = ["visitor"] * 12 + ["registered", "customer", "covered", "staff"]
PIECE, WRITERS = 2_000, 2


def fill(count: int, *, at: datetime, seed: int = 7) -> None:
    """Make documents of a hundred and fifty words each, as many as are missing, for every audience.

    They are copied in by two at once, for the database makes the vectors of each; an index is made faster than it is kept up.
    """
    first_of_piece = {f"article:9{start:07d}": start for start in range(0, count, PIECE)}
    there = set(Document.objects.filter(subject__in=first_of_piece).values_list("subject", flat=True))
    missing = [start for subject, start in first_of_piece.items() if subject not in there]
    if not missing:
        return
    words, common = vocabulary(random.Random(seed))
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'search_document' AND indexdef LIKE '%% USING gin %%'")
        indexes = cursor.fetchall()
        for name, _made in indexes:
            cursor.execute(f"DROP INDEX {name}")

    def write(start: int) -> None:
        try:
            with connection.cursor() as cursor, cursor.copy(f"COPY search_document ({_COLUMNS}) FROM STDIN") as copy:
                for row in _documents(words, common, range(start, min(start + PIECE, count)), at, random.Random(seed + start)):
                    copy.write_row(row)
        finally:
            connection.close()

    try:
        with ThreadPoolExecutor(WRITERS) as writers:
            list(writers.map(write, missing))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET maintenance_work_mem = '256MB'")
            for _name, made in indexes:
                cursor.execute(made)
            cursor.execute("RESET maintenance_work_mem")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE search_document")
    for _turn in range(count // 50_000 + 1):  # as the worker does each time it comes round
        commands.compact_words(at=at)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE search_word")


def _documents(words: list[str], common: list[float], numbers: range, at: datetime, dice: random.Random) -> Iterator[tuple[object, ...]]:
    """Yield documents as rows of their table."""
    until = list(accumulate(common))
    for number in numbers:
        said = dice.choices(words, cum_weights=until, k=dice.randint(90, 210))
        title = " ".join([*dice.sample(words, 2), *dice.choices(words, cum_weights=until, k=3)]).capitalize()
        code = f"e{number:06d}"
        yield (
            f"article:9{number:07d}", KINDS[number % len(KINDS)] if number % 3 else "article", f"{title} {code.upper()}", " ".join(said[:14]), [code],
            [_version(number)], rules.title_words(title), f"/knowledge/9{number:07d}/", dice.choice(_AUDIENCES), "", "en" if number % 20 == 0 else "es", 0,
            at - timedelta(minutes=number), " ".join(said),
        )  # fmt: skip


def _version(number: int) -> str:
    """Return a version that some hundreds of documents name."""
    return f"{number % 9}.{number % 8}.{number % 7}"


def asked(count: int = SEARCHES) -> dict[str, list[str]]:
    """Return what is searched, by kind of search: the commonest words among single ones, and words that stand together."""
    words, _common = vocabulary(random.Random(7))
    dice = random.Random(11)
    common, rare = ([word for band in bands for word in dice.sample(band, min(len(band), count // 4))]
                    for bands in ((words[:40], words[40:400]), (words[400:1_500], words[1_500:])))  # fmt: skip
    bodies = list(Document.objects.filter(subject__startswith="article:9").order_by("?").values_list("body", flat=True)[: count * 2])
    pairs = [" ".join(dice.sample(body.split(), 2)) for body in bodies[:count]]
    sentences = [" ".join(body.split()[:6]) for body in bodies[count : count + count // 2]]
    slips = [_slip(word, dice) for word in dice.sample([word for word in words if len(word) > 6], count // 4)]
    known = {spanish.plain(word) for word in words}
    absent = [word for _one in range(count) if (word := "".join(dice.choices("qwxzkjyvh", k=4)) + "".join(dice.choices("aeioubdg", k=4))) not in known]
    return {
        "a common word": common, "a rare word": rare, "a word that nothing holds": absent, "two words": pairs, "six words": sentences, "a code": [f"E-{dice.randrange(10_000):06d}" for _one in range(60)],
        "a version": [_version(dice.randrange(10_000)) for _one in range(60)], "a typing error": slips, "begun words": [word[:4] for word in [*common, *rare][: count // 2]],
    }  # fmt: skip


def _slip(word: str, dice: random.Random) -> str:
    place = dice.randrange(1, len(word) - 2)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


_PLAIN = """
SELECT d.id FROM search_document d, websearch_to_tsquery('pg_catalog.spanish', es_norm(%s)) query
WHERE d.words @@ query ORDER BY ts_rank(d.words, query) DESC LIMIT 20
"""


def run(*, at: datetime, documents: int = DOCUMENTS) -> list[dict[str, object]]:
    """Measure and return figures as plain data: recall beside stock, then p50 and p99 of each kind of search. The index is filled first."""
    ours, stock = (1 - len(missed_pairs(peer=peer)[name]) / len(PAIRS) for peer, name in ((False, "amparo"), (True, "spanish")))
    figures: list[dict[str, object]] = [{
        "name": f"pairs of words that meet, of {len(PAIRS)}", "value": ours * 100, "unit": "%", "beside_name": "stock spanish", "beside": stock * 100,
        "target": "= 100 %", "holds": ours == 1,
    }]  # fmt: skip
    fill(documents, at=at)
    for who, reader in (("a visitor", ANYBODY), ("somebody signed in", _LICENSED)):
        for kind, searches in asked().items():
            typing = kind == "begun words"
            spent = _times(lambda words, reader=reader, typing=typing: queries.search(reader, words, typing=typing), searches)  # type: ignore[misc]
            peer = _times(_plain, searches[:40]) if reader is ANYBODY and kind in ("a common word", "a rare word", "two words") else []
            figures += _figures(f"search for {kind} over {documents:,} documents, by {who}", spent, peer)
    both, said = asked(80), messages.sample(120)
    figures += _figures("what may answer a subject of six words", _times(lambda words: queries.similar(ANYBODY, words), both["six words"]), [])
    pairs = [f"{one} {other}" for one, other in zip(said[::2], said[1::2], strict=False)]
    everywhere = [*both["a common word"], *both["a rare word"], *both["two words"], *said, *pairs]
    figures += _figures(f"all of it, and all {Entry.objects.count():,} messages, for staff", _times(_everything, everywhere), [])
    return figures


def _everything(words: str) -> None:
    queries.search(OF_STAFF, words)
    with contextlib.suppress(Refusal):
        threads.search(_STAFF, words, limit=5)


def _plain(words: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_PLAIN, [words])
        cursor.fetchall()


def _times(act: Callable[[str], object], given: Sequence[str]) -> list[float]:
    """Return the milliseconds of each call, after one round to warm up; a search that is refused counts its time."""
    spent = []
    for turn in range(2):
        for one in given:
            began = time.perf_counter()
            with contextlib.suppress(Refusal):
                act(one)
            if turn:
                spent.append((time.perf_counter() - began) * 1_000)
    return sorted(spent)


def _figures(name: str, spent: list[float], peer: list[float]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for part, share, limit in (("p50", 0.5, TARGET_P50_MS), ("p99", 0.99, TARGET_P99_MS)):
        value = spent[min(len(spent) - 1, int(len(spent) * share))]
        figure: dict[str, object] = {
            "name": f"{name}, {part}", "value": value, "unit": "ms", "target": f"≤ {limit:g} ms", "holds": value <= limit, "note": f"{len(spent)} searches"
        }
        if peer:
            beside = peer[min(len(peer) - 1, int(len(peer) * share))]
            figure |= {"beside_name": "rank every hit", "beside": beside, "share": value / beside}
        found.append(figure)
    return found
