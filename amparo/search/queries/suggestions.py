"""What may answer a text while it is typed: the subject of a ticket, the title of a topic. TKT-3."""

from __future__ import annotations

from collections.abc import Sequence

from amparo.contracts.rules.audience import Reader
from amparo.search import rules
from amparo.search.errors import SearchTooBroad

from .plan import plan_of, telling
from .words import FEW, Hit, asked_of, limited, ranked

TIMEOUT_MS = 120


def similar(
    reader: Reader, words: str, *, kinds: Sequence[str] = ("article", "video", "topic"), product_id: int | None = None, limit: int = 5,
    prefer: str = "",
) -> list[Hit]:
    """Return what may answer a text, best first: what holds all its words, then most, then any in its title. TKT-3, SEC-29.

    Of a product, what is of all products counts as well. A help beside a form: where it takes long or nothing is
    alike, it is an empty list and never a refusal.
    """
    asked_words, codes = rules.words_of(words[: rules.QUERY_LENGTH_MAX])
    if not asked_words and not codes:
        return []
    found: dict[str, Hit] = {}
    try:
        with limited(TIMEOUT_MS) as cursor:
            plan = plan_of(cursor, asked_words, codes, typing=True)
            asked = asked_of(reader, plan, kinds, product_id, None, limit=limit, prefer=prefer)
            for query in (lambda: plan.all, lambda: plan.some, lambda: telling(cursor, plan, "heads")):
                if len(found) < limit and (text := query()):
                    for hit in ranked(cursor, asked, text, heads_only=text != plan.all, most=FEW).hits:
                        found.setdefault(hit.subject, hit)
    except SearchTooBroad:
        pass
    return list(found.values())[:limit]


__all__ = ["similar"]
