"""What is published comes into the index, and leaves it. SRC-2.

The index holds nothing that the thing itself does not say, so it is no part of the record: what is told of publishing
is told by whoever publishes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction

from amparo.contracts.rules.audience import AUDIENCES
from amparo.products.models import Product
from amparo.search import rules
from amparo.search.models import KINDS, Document, Part

PARTS_MAX = 2_000
SUMMARY_MAX = 2_000
STEPS_SPARE = 500

_UPSERT = """
INSERT INTO search_document (subject, kind, title, summary, codes, inner_codes, title_words, url, audience, product_id,
    product_name, language, weight, published_at, body)
SELECT %(subject)s, %(kind)s, %(title)s, %(summary)s, %(codes)s::text[], %(inner)s::text[], %(title_words)s::text[], %(url)s,
    %(audience)s, %(product)s::bigint, COALESCE((SELECT name FROM products_product WHERE id = %(product)s::bigint), ''),
    %(language)s, %(weight)s, %(published_at)s, %(body)s
ON CONFLICT (subject) DO UPDATE SET kind = EXCLUDED.kind, title = EXCLUDED.title, summary = EXCLUDED.summary,
    codes = EXCLUDED.codes, inner_codes = EXCLUDED.inner_codes, title_words = EXCLUDED.title_words, url = EXCLUDED.url,
    audience = EXCLUDED.audience, product_id = EXCLUDED.product_id, product_name = EXCLUDED.product_name,
    language = EXCLUDED.language, weight = EXCLUDED.weight, published_at = EXCLUDED.published_at, body = EXCLUDED.body
RETURNING id
"""


@transaction.atomic
def index(
    subject: str, *, kind: str, title: str, url: str, audience: str, published_at: datetime, product_id: int | None = None,
    language: str = "es", summary: str = "", codes: Sequence[str] = (), body: str = "",
    parts: Iterable[tuple[str, str]] = (), weight: int = 0,
) -> Document:
    """Put something published into the index, or what it says now in the place of what it said. SRC-2.

    `subject` is its typed string (`article:4`), `codes` the error codes and versions that it is exactly about, `parts`
    what is said at places inside (for a video the second, `("83", "…")`). Plain text, never HTML. The last call wins.
    """
    assert kind in KINDS and audience in AUDIENCES, (kind, audience)
    kept = [(key[:40], rules.clean(text)[:2_000]) for key, text in dict(parts).items()][:PARTS_MAX]
    title = " ".join(rules.clean(title).split())[:300]
    summary, body = rules.clean(summary)[:SUMMARY_MAX], rules.clean(body)
    body = "\n".join([body, *(text for _key, text in kept)]).strip()[: rules.BODY_MAX]
    exact = [code for given in codes if (code := rules.code_of(given) or rules.code_of(f"x{given}")[1:])]
    given = {
        "subject": subject, "kind": kind, "title": title, "summary": summary, "url": url[:500], "audience": audience,
        "product": product_id, "language": language[:2], "weight": weight, "published_at": published_at, "body": body,
        "codes": list(dict.fromkeys([*exact, *rules.codes_in(title)]))[: rules.CODES_MAX],
        "inner": rules.codes_in(f"{summary}\n{body}"), "title_words": rules.title_words(title),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, given)
        number = cursor.fetchone()[0]
        cursor.execute("DELETE FROM search_part WHERE document_id = %s", [number])
    Part.objects.bulk_create(Part(document_id=number, key=key, position=place, text=text) for place, (key, text) in enumerate(kept))
    return Document.objects.get(pk=number)


def forget(subject: str) -> bool:
    """Take what is no longer published out of the index; false where it was not in it. SRC-2."""
    gone, _kinds = Document.objects.filter(subject=subject).delete()
    return bool(gone)


def rename_product(product: Product) -> int:
    """Let a product be found under its new name. Returns in how many documents."""
    return Document.objects.filter(product=product).exclude(product_name=product.name).update(product_name=product.name)


_COMPACT = """
WITH gone AS (
    DELETE FROM search_word WHERE id IN (SELECT id FROM search_word ORDER BY id LIMIT 200000 FOR UPDATE SKIP LOCKED)
    RETURNING word, plain, audience, product_id, step
), sums AS (SELECT word, plain, audience, product_id, sum(step) AS step FROM gone GROUP BY 1, 2, 3, 4 HAVING sum(step) <> 0)
INSERT INTO search_word (word, plain, audience, product_id, step) SELECT * FROM sums
"""


def compact_words(*, at: datetime) -> int:
    """Draw the steps of words together where there are many more of them than words. Returns how many words there are."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT (word, audience, product_id)) FROM search_word")
        steps, words = cursor.fetchone()
        if steps > words * 2 + STEPS_SPARE:
            cursor.execute(_COMPACT)
        return words


__all__ = ["compact_words", "forget", "index", "rename_product"]
