"""What was searched and not found, what came of it, and what is to be written. SRC-2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from amparo.search.models import SynonymGroup, WritingTask

ROWS_MAX = 100


@dataclass(frozen=True, slots=True)
class NotFound:
    """Words that led to nothing: how often, by how many, how many of them opened a ticket next, and the task that is open."""

    words: str
    normal: str
    searches: int
    searchers: int
    tickets: int
    last_at: datetime | None
    task_id: int | None = None
    task_state: str = ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """All searches of a time in figures. `hidden` found only what this reader may not see."""

    searches: int
    found: int
    clicked: int
    hidden: int
    tickets: int

    @property
    def not_found(self) -> int:
        return self.searches - self.found - self.hidden


_ROWS = """
SELECT s.words, s.normal, s.searches, s.searchers, s.tickets, s.last_at, t.id, COALESCE(t.state, '') FROM (
    SELECT (array_agg(words ORDER BY at DESC))[1] AS words, normal, count(*) AS searches, count(DISTINCT who) AS searchers,
           count(DISTINCT who) FILTER (WHERE next_act = 'ticket') AS tickets, max(at) AS last_at
    FROM search_search WHERE at >= %(since)s AND results = 0 AND NOT was_hidden AND normal <> '' AND {which}
    GROUP BY normal
) s LEFT JOIN search_writingtask t ON t.normal = s.normal AND t.state IN ('open', 'taken')
ORDER BY s.searchers DESC, s.searches DESC, s.normal LIMIT %(limit)s
"""


def not_found(since: datetime, *, limit: int = ROWS_MAX) -> list[NotFound]:
    """Return what was searched since a moment and not found, by how many people, the most first. One statement. SRC-2.

    What was not found only for the rights of who searched is not among it.
    """
    return _rows("true", {"since": since, "limit": limit})


def not_found_of(normal: str) -> NotFound:
    """Return the same of some words, over all that is kept."""
    found = _rows("normal = %(normal)s", {"since": "-infinity", "limit": 1, "normal": normal})
    return found[0] if found else NotFound("", normal, 0, 0, 0, None)


def _rows(which: str, given: dict[str, Any]) -> list[NotFound]:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS.format(which=which), given)
        return [NotFound(*row) for row in cursor.fetchall()]


_NUMBERS = """
SELECT count(*), count(*) FILTER (WHERE results > 0), count(*) FILTER (WHERE clicked_position IS NOT NULL),
       count(*) FILTER (WHERE results = 0 AND was_hidden), count(*) FILTER (WHERE next_act = 'ticket')
FROM search_search WHERE at >= %s
"""


def numbers(since: datetime) -> Numbers:
    """Return the searches since a moment in figures. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, [since])
        return Numbers(*cursor.fetchone())


def writing_tasks(states: Sequence[str]) -> QuerySet[WritingTask]:
    """Return writing tasks in some states, what most people look for first."""
    tasks = WritingTask.objects.filter(state__in=list(states)).select_related("assignee", "created_by")
    return tasks.order_by("-tickets", "-searchers", "-created_at", "-id")[:ROWS_MAX]


def writing_task(number: int) -> WritingTask | None:
    """Return a writing task by its number: what an article begun from it is called."""
    return WritingTask.objects.filter(pk=number).first()


def synonym_groups() -> QuerySet[SynonymGroup]:
    """Return the groups of words that mean the same, in order of their first."""
    return SynonymGroup.objects.select_related("changed_by").order_by("words", "id")
