"""The figures of conversations for `amparo bench`, over whatever world the database holds (best a large one).

Search by words of every commonness, beside the plain way (rank every hit) over the same words in the same run; and the
statements of the hot lists. What is measured is the door that pages call.
"""

from __future__ import annotations

import contextlib
import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from amparo.kernel.actor import Actor

from . import queries
from .errors import SearchTooBroad
from .models import Thread

TARGET_P50_MS, TARGET_P99_MS = 8.0, 50.0
WORDS = 240
_STAFF = Actor(kind="staff", user_id=0, name="Bench", roles=frozenset({"engineer"}))

_PLAIN = """
SELECT w.entry_id FROM threads_words w, websearch_to_tsquery('spanish', es_norm(%s)) query
WHERE w.vector @@ query ORDER BY ts_rank(w.vector, query) DESC LIMIT 20
"""


def run(*, at: datetime, words: int = WORDS) -> list[dict[str, object]]:
    """Measure and return figures as plain data: name, p50 and p99 in milliseconds, target, peer."""
    asked = sample(words)
    figures = [_figure("search by words", _times(lambda word: queries.search(_STAFF, word), asked), _plain(asked[:40]))]
    pairs = [f"{a} {b}" for a, b in zip(asked[::2], asked[1::2], strict=False)]
    figures.append(_figure("search by two words", _times(lambda word: queries.search(_STAFF, word), pairs), None))
    thread = Thread.objects.order_by("-entry_count").first()
    for name, act in (
        ("desk queue of 50", lambda _n: queries.queue(_STAFF, at=at)),
        ("counts of the queue", lambda _n: queries.counts(_STAFF, at=at)),
        ("timeline of the longest thread", lambda _n: queries.timeline(thread, _STAFF) if thread else None),
    ):
        figures.append(_figure(name, _times(act, range(60)), None))
    return figures


def sample(count: int) -> list[str]:
    """Return words of the messages themselves, as many rare as middling as common, the commonest among them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word FROM ts_stat($q$ SELECT to_tsvector('simple', left(body, 2000)) FROM threads_entry "
            "TABLESAMPLE SYSTEM (5) REPEATABLE (7) $q$) WHERE length(word) > 3 ORDER BY ndoc DESC, word"
        )
        found = [row[0] for row in cursor.fetchall()]
    if not found:
        return []
    dice = random.Random(11)
    third = max(1, len(found) // 3)
    bands = [found[:40], found[40:third], found[third : 2 * third], found[2 * third :]]
    chosen = [word for band in bands if band for word in dice.sample(band, min(len(band), count // 4))]
    dice.shuffle(chosen)
    return chosen


def _plain(words: Sequence[str]) -> list[float]:
    def ask(word: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_PLAIN, [word])
            cursor.fetchall()

    return _times(ask, words)


def _times(act: Callable[[Any], object], given: Sequence[Any]) -> list[float]:
    """Return the milliseconds of each call, after one round to warm up; a search that is refused counts its time."""
    for one in given:
        _once(act, one)
    return [_once(act, one) for one in given]


def _once(act: Callable[[Any], object], one: Any) -> float:
    begin = time.perf_counter()
    with contextlib.suppress(SearchTooBroad):
        act(one)
    return (time.perf_counter() - begin) * 1000


def _figure(name: str, times: list[float], peer: list[float] | None) -> dict[str, object]:
    ordered = sorted(times) or [0.0]
    p50, p99 = statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    figure: dict[str, object] = {"name": name, "p50_ms": round(p50, 2), "p99_ms": round(p99, 2), "count": len(ordered)}
    if name.startswith("search"):
        figure |= {"target_p50_ms": TARGET_P50_MS, "target_p99_ms": TARGET_P99_MS}
        figure["kept"] = p50 <= TARGET_P50_MS and p99 <= TARGET_P99_MS
    if peer:
        worst = sorted(peer)[min(len(peer) - 1, int(len(peer) * 0.99))]
        figure |= {"peer": "rank every hit", "peer_p50_ms": round(statistics.median(peer), 2), "peer_p99_ms": round(worst, 2)}
    return figure
