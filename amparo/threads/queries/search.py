"""Search in everything that was said, within what the reader may see. ACC-11, SEC-29, SEC-30.

The words are matched by the full-text index alone; the newest of what matches are ranked, so that the price of a
search does not grow with a word's commonness. A word that stands in very many messages is looked for by walking back
from the newest message instead: the planner's own statistics of the vectors say which.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from amparo.kernel.actor import Actor
from amparo.threads.errors import SearchTooBroad
from amparo.threads.models import shown
from amparo.threads.rules import number_in, search_words

TIMEOUT_MS = 400
ALIKE_TIMEOUT_MS = 25
CANDIDATES_MAX = 200
ALIKE_MAX = 80
WALKED_MAX = 80
COMMON_ROWS = 2_500
WALK_ROWS_MAX = 12_000
WALK_ENOUGH = 10


@dataclass(frozen=True, slots=True)
class Hit:
    """A thread that was found, and the words around what was found."""

    thread_id: int
    kind: str
    number: int
    title: str
    state: str
    queue: str
    customer_id: int
    customer: str
    last_public_at: datetime
    due_at: datetime | None
    excerpt: str
    entry_seq: int | None

    @property
    def shown(self) -> str:
        return shown(self.kind, self.number)


_COLUMNS = """t.id, t.kind, t.number, t.title, t.state, t.queue, t.customer_id, c.name, t.last_public_at, t.due_at"""

_MATCH_INDEX = """
SELECT entry_id FROM (
    SELECT w.entry_id FROM threads_words w WHERE w.vector @@ ({query}) AND {mine} OFFSET 0
) found ORDER BY entry_id DESC LIMIT %(most)s"""

_MATCH_WALK = """
SELECT newest.entry_id FROM (
    SELECT w.entry_id, w.vector FROM threads_words w WHERE {mine} ORDER BY w.entry_id DESC LIMIT %(walk)s
) newest WHERE newest.vector @@ ({query}) LIMIT %(walked)s"""

_FOUND = """
WITH hit AS MATERIALIZED ({match}
), ranked AS MATERIALIZED (
    SELECT w.thread_id, w.entry_id, ts_rank(w.vector, {query}) AS rank
    FROM hit JOIN threads_words w ON w.entry_id = hit.entry_id
), best AS (
    SELECT DISTINCT ON (thread_id) thread_id, entry_id, rank FROM ranked ORDER BY thread_id, rank DESC, entry_id DESC
), top AS MATERIALIZED (
    SELECT best.* FROM best {of_kind} ORDER BY best.rank DESC, best.entry_id DESC LIMIT %(limit)s
)
SELECT {columns}, left(e.body, 4000), e.seq
FROM top JOIN threads_thread t ON t.id = top.thread_id
JOIN people_customer c ON c.id = t.customer_id
JOIN threads_entry e ON e.id = top.entry_id
ORDER BY top.rank DESC, top.entry_id DESC
"""
_OF_KIND = "JOIN threads_thread k ON k.id = best.thread_id AND k.kind = %(kind)s"

_ESTIMATE = "EXPLAIN (FORMAT JSON) SELECT 1 FROM threads_words w WHERE w.vector @@ ({query})"

_ALIKE = """
SELECT {columns}, '', NULL::int
FROM (
    SELECT a.id, word_similarity(es_norm(%(words)s), es_norm(a.title)) AS likeness FROM (
        SELECT t.id, t.title FROM threads_thread t
        WHERE es_norm(%(words)s) <%% es_norm(t.title) AND {visible} AND {kind} LIMIT %(alike)s
    ) a ORDER BY likeness DESC, a.id DESC LIMIT %(limit)s
) near JOIN threads_thread t ON t.id = near.id JOIN people_customer c ON c.id = t.customer_id
ORDER BY near.likeness DESC, t.id DESC
"""

_NUMBERED = """
SELECT {columns}, '', NULL::int
FROM threads_thread t JOIN people_customer c ON c.id = t.customer_id
WHERE t.number = %(number)s AND t.kind = ANY(%(kinds)s) AND {visible}
ORDER BY t.kind DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class _Reach:
    """What the reader may find: as a condition of threads, as one of words, and as marks in the query itself."""

    visible: str
    mine: str
    marks: str
    given: dict[str, Any]


def _reach(actor: Actor) -> _Reach | None:
    if actor.is_staff or actor.is_system:
        return _Reach("true", "true", "", {})
    if not actor.is_contact or actor.customer_id is None:
        return None
    given: dict[str, Any] = {"customer": actor.customer_id}
    visible, mine = "t.customer_id = %(customer)s", "w.customer_id = %(customer)s AND NOT w.is_internal"
    marks = f" && '''=c{actor.customer_id:d}'''::tsquery"
    if actor.company_role == "own":
        visible += " AND t.opened_by_id = %(own)s"
        mine += " AND w.thread_id IN (SELECT id FROM threads_thread WHERE customer_id = %(customer)s AND opened_by_id = %(own)s)"
        marks += f" && '''=u{actor.user_id or 0:d}'''::tsquery"
        given["own"] = actor.user_id
    return _Reach(visible, mine, marks, given)


def search(actor: Actor, words: str, *, kind: str = "", limit: int = 20) -> list[Hit]:
    """Return the threads that hold the words, or have the number, best first, as far as the actor may see them.

    Notes are searched for staff alone. Words are found without their accents and endings; where nothing holds them,
    titles that are written alike. At most three statements, each under a time limit of its own. Raises SearchTooBroad.
    """
    asked, reach = search_words(words), _reach(actor)
    if reach is None or not asked:
        return []
    given = {**reach.given, "words": asked, "limit": limit, "kind": kind,
             "most": CANDIDATES_MAX, "walked": WALKED_MAX, "walk": WALK_ROWS_MAX, "alike": ALIKE_MAX}  # fmt: skip
    found: dict[int, Hit] = {}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, true), "
                "set_config('pg_trgm.word_similarity_threshold', '0.5', true)",
                [f"{TIMEOUT_MS}ms"],
            )
            if numbered := number_in(asked):
                kinds = [numbered[0]] if numbered[0] else ["ticket", "case"]
                sql = _NUMBERED.format(columns=_COLUMNS, visible=reach.visible)
                _collect(found, cursor, sql, {**given, "number": numbered[1], "kinds": kinds})
            if not numbered or numbered[0] is None:
                _worded(found, cursor, reach, given)
            if not found and len(asked) >= 4:
                _alike(found, cursor, reach, given)
        if connection.in_atomic_block:  # the limit is the search's, not that of the transaction around it
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise SearchTooBroad() from None
        raise
    return list(found.values())[:limit]


def _worded(found: dict[int, Hit], cursor: Any, reach: _Reach, given: dict[str, Any]) -> None:
    """Match by the index, or, for what stands nearly everywhere, by walking back from the newest message.

    A walk that finds little (a word that was common long ago) is followed by the index.
    """
    query = f"websearch_to_tsquery('pg_catalog.spanish', es_norm(%(words)s)){reach.marks}"
    by_index, by_walk = (
        _FOUND.format(
            match=match.format(query=query, mine=reach.mine), query=query, columns=_COLUMNS,
            of_kind=_OF_KIND if given["kind"] else "",
        )
        for match in (_MATCH_INDEX, _MATCH_WALK)
    )
    if not reach.marks:
        cursor.execute(_ESTIMATE.format(query=query), given)
        plan = cursor.fetchone()[0]
        plan = json.loads(plan) if isinstance(plan, str) else plan
        if plan[0]["Plan"]["Plan Rows"] > COMMON_ROWS:
            before = len(found)
            _collect(found, cursor, by_walk, given)
            if len(found) - before >= min(WALK_ENOUGH, given["limit"]):
                return
    _collect(found, cursor, by_index, given)


def _alike(found: dict[int, Hit], cursor: Any, reach: _Reach, given: dict[str, Any]) -> None:
    """Look for titles that are written alike; where that takes long, nothing was found."""
    kind = "t.kind = %(kind)s" if given["kind"] else "true"
    try:
        with transaction.atomic():
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{ALIKE_TIMEOUT_MS}ms"])
            _collect(found, cursor, _ALIKE.format(columns=_COLUMNS, visible=reach.visible, kind=kind), given)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise


def _collect(found: dict[int, Hit], cursor: Any, sql: str, given: dict[str, Any]) -> None:
    cursor.execute(sql, given)
    for *fields, body, seq in cursor.fetchall():
        found.setdefault(fields[0], Hit(*[*fields, _around(body, given["words"]), seq]))


def _around(body: str, words: str, length: int = 160) -> str:
    """Return the words around the first one that was asked for, as plain text."""
    text = " ".join(body.split())
    low = text.lower()
    places = [place for word in words.lower().split() if (place := low.find(word[:6])) >= 0]
    start = max(0, min(places, default=0) - 40)
    cut = text[start : start + length]
    return ("…" if start else "") + cut + ("…" if len(text) > start + length else "")


__all__ = ["Hit", "search"]
