"""Search in all that is published, within what the reader may see. SRC-2, SEC-29, SEC-30.

Three limits hold the price of a search, whatever is typed: the words and their number, the candidates (what has the words
in its title before the others, so that what is cut off is what matters least), and the time of each statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction
from markupsafe import Markup
from psycopg.errors import QueryCanceled

from amparo.contracts.rules.audience import Reader
from amparo.search import access, rules
from amparo.search.errors import SearchTooBroad, SearchTooLong
from amparo.search.models import KINDS

from .plan import MINUS_ONE_MAX, Plan, plan_of, telling

TIMEOUT_MS = 250
COUNTED_MAX = 1_000
ALIKE_MAX = 80
ENOUGH = 3
EXCERPT_FROM = 4_000


class Most(NamedTuple):
    """How many candidates are looked at: of those with the words in their heads, of the others, and how many are counted."""

    heads: int = 200
    words: int = 80
    counted: int = COUNTED_MAX


PAGE, FEW = Most(), Most(heads=60, words=40, counted=40)


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found. `title_html` and `excerpt_html` are escaped, with `<mark>` around the finds."""

    subject: str
    kind: str
    title_html: Markup
    url: str
    excerpt_html: Markup
    part: str
    published_at: datetime
    product_id: int | None
    title: str = ""
    product: str = ""
    language: str = "es"
    audience: str = "visitor"

    @property
    def number(self) -> int:
        return int(self.subject.rpartition(":")[2])


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: the best hits, how many there are of each kind (`capped`: and more), and what was perhaps meant.

    Where nothing held the words and `did_you_mean` says others, `hits` are of those; `near` is true where they are
    only alike, or hold some of the words. `was_hidden`, for the log alone: this reader's rights kept something from him.
    """

    hits: list[Hit] = field(default_factory=list)
    did_you_mean: str = ""
    capped: bool = False
    total: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)
    near: bool = False
    was_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as statements need it: what the reader reaches, the plan of the words, and the filters as marks and values."""

    reach: access.Reach
    plan: Plan
    marks: str
    given: dict[str, Any]

    def narrowed(self, query: str, reach: str | None = None) -> str:
        """Return a query of words with the marks of reader and filters, by which the index narrows it."""
        parts = [part for part in (query, self.reach.marks if reach is None else reach, self.marks) if part]
        return " & ".join(f"({part})" for part in parts)


# Heads (title, codes, product, summary) are short and lie in the row; the words of a whole text are fetched from beside it,
# so only few of what has the words in its text alone are ranked, and texts are not looked at where heads are enough.
# How many there are is counted up to a limit.
_RANKED = """
WITH near AS MATERIALIZED (
    SELECT h.id, h.kind FROM (SELECT d.id, d.kind FROM search_document d WHERE d.heads @@ %(narrowed)s::tsquery AND {visible} OFFSET 0) h LIMIT {heads}
), {far}, chosen AS MATERIALIZED (
    SELECT d.id, 1 + ts_rank('{{0.05,0.15,0.45,1}}', d.heads, %(query)s::tsquery, 1) AS rank
    FROM near JOIN search_document d ON d.id = near.id
    UNION ALL
    SELECT d.id, ts_rank('{{0.05,0.15,0.45,1}}', d.words, %(query)s::tsquery, 1)
    FROM (SELECT id FROM far WHERE id NOT IN (SELECT id FROM near) LIMIT {words}) few JOIN search_document d ON d.id = few.id
), top AS MATERIALIZED (
    SELECT d.id, (chosen.rank + {bonus} + 0.02 * d.weight) * CASE WHEN %(prefer)s IN ('', d.language) THEN 1.0 ELSE 0.6 END AS rank
    FROM chosen JOIN search_document d ON d.id = chosen.id ORDER BY rank DESC, d.id DESC LIMIT %(limit)s
)
SELECT d.subject, d.kind, d.title, d.url, d.summary, left(d.body, {excerpt}), d.published_at, d.product_id, d.product_name,
       d.language, d.audience, part.key, part.text,
       (SELECT json_object_agg(kind, n) FROM (
           SELECT kind, count(*) AS n FROM (SELECT id, kind FROM near UNION SELECT id, kind FROM far) every GROUP BY kind) counted)
FROM top JOIN search_document d ON d.id = top.id
LEFT JOIN LATERAL (
    SELECT p.key, p.text FROM search_part p WHERE p.document_id = d.id AND p.words @@ %(any)s::tsquery
    ORDER BY ts_rank(p.words, %(any)s::tsquery) DESC, p.position LIMIT 1
) part ON d.kind = 'video'
ORDER BY top.rank DESC, d.id DESC
"""
_FAR = """far AS MATERIALIZED (
    SELECT w.id, w.kind FROM (
        SELECT d.id, d.kind FROM search_document d
        WHERE (SELECT count(*) FROM near) < {heads} AND d.words @@ %(inside)s::tsquery AND {visible} OFFSET 0
    ) w LIMIT {counted} + 1
)"""
_NO_FAR = "far AS MATERIALIZED (SELECT id, kind FROM near WHERE false)"

_HIDDEN = "SELECT EXISTS (SELECT FROM (SELECT d.id FROM search_document d WHERE d.words @@ %(narrowed)s::tsquery OFFSET 0) one)"

_ALIKE = """
SELECT d.subject, d.kind, d.title, d.url, d.summary, left(d.body, 600), d.published_at, d.product_id, d.product_name,
       d.language, d.audience, NULL, NULL, NULL
FROM (
    SELECT a.id, word_similarity(%(typed)s, es_light(a.title)) AS likeness FROM (
        SELECT d.id, d.title FROM search_document d
        WHERE %(typed)s <%% es_light(d.title) AND {visible} AND {of_kind} AND {of_product} AND {of_language} LIMIT {most}
    ) a ORDER BY likeness DESC, a.id DESC LIMIT %(limit)s
) near JOIN search_document d ON d.id = near.id
ORDER BY near.likeness DESC, d.id DESC
"""

_MEANT = """
SELECT asked.word, near.word, near.plain, near.n
FROM (
    SELECT word FROM unnest(%(typed_words)s::text[]) AS every(word)
    WHERE COALESCE((SELECT sum(w.step) FROM search_word w WHERE w.plain = every.word AND {visible}), 0) <= 0
) asked CROSS JOIN LATERAL (
    SELECT min(w.word) AS word, w.plain, sum(w.step) AS n FROM search_word w
    WHERE w.plain %% asked.word AND {visible} GROUP BY w.plain HAVING sum(w.step) > 0
    ORDER BY similarity(w.plain, asked.word) DESC, sum(w.step) DESC LIMIT 8
) near
"""


def search(
    reader: Reader, words: str, *, kinds: Sequence[str] | None = None, product_id: int | None = None,
    language: str | None = None, limit: int = 20, prefer: str = "", typing: bool = False,
) -> Found:
    """Return what holds the words or the code, best first, as far as the reader may see it. SRC-2, SEC-29, SEC-30.

    Words meet without accents and endings, and by the synonyms of administrators; error codes and versions exactly.
    Where nothing holds them all: what the reader probably meant, then what holds most of them, then titles written
    alike. `prefer` puts a language before others, `typing` takes the last word as begun. Raises SearchTooBroad, SearchTooLong.
    """
    if len(words) > rules.QUERY_LENGTH_MAX:
        raise SearchTooLong(field="q")
    asked_words, codes = rules.words_of(words)
    if not asked_words and not codes:
        return Found()
    with limited(TIMEOUT_MS) as cursor:
        plan = plan_of(cursor, asked_words, codes, typing=typing)
        return _found(cursor, asked_of(reader, plan, kinds, product_id, language, limit=limit, prefer=prefer))


def asked_of(
    reader: Reader, plan: Plan, kinds: Sequence[str] | None, product_id: int | None, language: str | None, *, limit: int, prefer: str
) -> Asked:
    """Return a plan within what a reader reaches and what was chosen."""
    marks, given = _filters(kinds, product_id, language)
    reach = access.reach(reader)
    return Asked(reach, plan, marks, {**given, **reach.given, "codes": list(plan.codes), "any": plan.any, "limit": limit, "prefer": prefer})


def _found(cursor: Any, asked: Asked) -> Found:
    found = ranked(cursor, asked, asked.plan.all)
    if found.total == 0 and asked.plan.words and (meant := _meant(cursor, asked)):
        mended = plan_of(cursor, [word for one in meant for word in rules.words_of(one)[0]], asked.plan.codes)
        other = ranked(cursor, replace(asked, plan=mended, given={**asked.given, "any": mended.any}), mended.all)
        if other.hits:
            found = replace(other, did_you_mean=" ".join([*asked.plan.codes, *meant]))
    if found.total < ENOUGH and asked.plan.some and not found.did_you_mean:
        some = asked.plan.some if len(asked.plan.each) <= MINUS_ONE_MAX else telling(cursor, asked.plan, "words")
        found = _with_more(found, ranked(cursor, asked, some), asked.given["limit"])
    if not found.hits and not asked.plan.codes:
        found = replace(_alike(cursor, asked), near=True)
    hidden = (found.near or found.did_you_mean or not found.total) and _was_hidden(cursor, asked)
    return replace(found, was_hidden=True) if hidden else found


def _with_more(found: Found, more: Found, limit: int) -> Found:
    """Add what holds most of the words behind what holds them all."""
    known = {hit.subject for hit in found.hits}
    added = [hit for hit in more.hits if hit.subject not in known]
    if found.total == 0:
        return replace(more, near=True)
    return replace(found, hits=[*found.hits, *added][:limit])


def ranked(cursor: Any, asked: Asked, query: str, *, heads_only: bool = False, most: Most = PAGE) -> Found:
    """Return the best of what a query of words matches: at most so many candidates are looked at. One statement."""
    visible = asked.reach.over("d")
    bonus = "(CASE WHEN d.codes::text[] && %(codes)s::text[] THEN 2 ELSE 0 END)" if asked.plan.codes else "0"
    far = _NO_FAR if heads_only else _FAR.format(visible=visible, counted=most.counted, heads=most.heads)
    sql = _RANKED.format(visible=visible, far=far, heads=most.heads, words=most.words, excerpt=EXCERPT_FROM, bonus=bonus)
    inside = asked.plan.inside if query == asked.plan.all else query
    cursor.execute(sql, {**asked.given, "query": query, "narrowed": asked.narrowed(query), "inside": asked.narrowed(inside)})
    rows = cursor.fetchall()
    by_kind: dict[str, int] = (rows[0][-1] or {}) if rows else {}
    total = sum(by_kind.values())
    return Found(
        [_hit(row, asked.plan) for row in rows], capped=total > most.counted or total == most.heads, total=min(total, most.counted),
        by_kind={kind: by_kind[kind] for kind in KINDS if kind in by_kind},
    )  # fmt: skip


def _hit(row: Sequence[Any], plan: Plan) -> Hit:
    subject, kind, title, url, summary, body, published_at, product, product_name, language, audience, key, said, _counts = row
    if key:
        url += ("&" if "?" in url else "?") + f"t={key}" if kind == "video" else f"#{key}"
    texts = [text for text in (said, summary, body) if text]
    return Hit(
        subject, kind, rules.marked(title, plan.marking), url, rules.excerpt(texts, plan.marking), key or "", published_at,
        product, title, product_name, language, audience,
    )  # fmt: skip


def _filters(kinds: Sequence[str] | None, product_id: int | None, language: str | None) -> tuple[str, dict[str, Any]]:
    """Return the marks that narrow a search, and the same as values. Only what is known becomes a mark. SEC-30."""
    chosen = [kind for kind in KINDS if kinds is not None and kind in kinds]
    tongue = language[:2] if language and language[:2] in ("es", "en") else ""
    marks = ["(" + "|".join(f"'=k{kind}'" for kind in chosen) + ")"] if chosen else []
    marks += [f"('=p{product_id:d}'|'=p0')"] if product_id is not None else []
    marks += [f"'=g{tongue}'"] if tongue else []
    return "&".join(marks), {"kinds": chosen, "product": product_id, "tongue": tongue}


def _was_hidden(cursor: Any, asked: Asked) -> bool:
    """True where only the reader's rights stand between him and a hit. For the log, never for the reader."""
    if not asked.reach.marks:
        return False
    cursor.execute(_HIDDEN, {"narrowed": asked.narrowed(asked.plan.all, reach="")})
    return bool(cursor.fetchone()[0])


def _alike(cursor: Any, asked: Asked) -> Found:
    """Return titles that are written alike; where that takes long, nothing was found."""
    if len(asked.plan.typed) < 4:
        return Found()
    sql = _ALIKE.format(
        visible=asked.reach.over("d"), of_kind="d.kind = ANY(%(kinds)s)" if asked.given["kinds"] else "true",
        of_product="(d.product_id = %(product)s OR d.product_id IS NULL)" if asked.given["product"] is not None else "true",
        of_language="d.language = %(tongue)s" if asked.given["tongue"] else "true", most=ALIKE_MAX,
    )  # fmt: skip
    with briefly(cursor):
        cursor.execute(sql, {**asked.given, "typed": asked.plan.typed})
        hits = [_hit(row, asked.plan) for row in cursor.fetchall()]
        return Found(hits, total=len(hits), by_kind={k: n for k in KINDS if (n := sum(h.kind == k for h in hits))})
    return Found()


def _meant(cursor: Any, asked: Asked) -> list[str]:
    """Return the words with those mended that no visible title holds; nothing where none could be mended."""
    with briefly(cursor):
        sql = _MEANT.format(visible=asked.reach.over("w"))
        cursor.execute(sql, {**asked.reach.given, "typed_words": list(asked.plan.words)})
        near: dict[str, list[tuple[str, str, int]]] = {}
        for typed, word, plain, count in cursor.fetchall():
            near.setdefault(typed, []).append((word, plain, count))
        mended = [rules.likeliest(word, near.get(word, ())) or word for word in asked.plan.words]
        return mended if mended != list(asked.plan.words) else []
    return []


@contextmanager
def limited(milliseconds: int) -> Iterator[Any]:
    """Give a cursor whose statements end after a time of their own. Raises SearchTooBroad. SEC-30."""
    within = connection.in_atomic_block  # the limits are the search's, not those of the transaction around it
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, true), set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true), "
                "set_config('pg_trgm.word_similarity_threshold', '0.55', true), set_config('pg_trgm.similarity_threshold', '0.35', true)",
                [f"{milliseconds}ms"],
            )
            yield cursor
            if within:
                cursor.execute("SELECT set_config('statement_timeout', '0', true), set_config('enable_seqscan', 'on', true), set_config('jit', 'on', true)")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise SearchTooBroad() from None
        raise


@contextmanager
def briefly(cursor: Any, milliseconds: int = 60) -> Iterator[None]:
    """Let what is only a help give up early: the block ends without a result, and the search goes on."""
    try:
        with transaction.atomic():
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{milliseconds}ms"])
            yield
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{TIMEOUT_MS}ms"])
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
