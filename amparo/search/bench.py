"""The figures of search for `amparo bench`: recall over the pairs of words, and the time of a search over a large index.

Beside recall stands stock `spanish`; beside time the plain way, which ranks every hit. Documents are made here, over
whatever world the database holds, and left: what is measured is the door that pages call.
"""

from __future__ import annotations

from itertools import permutations

from django.db import connection

from amparo.kernel import spanish

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
