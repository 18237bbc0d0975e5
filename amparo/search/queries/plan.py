"""A query as the database is asked it: for every word its light form, its stems and its synonyms. SRC-2.

What is typed never becomes text of a statement, nor of a query of the index: words are values, lexemes are made of a-z and
0-9 alone, stems are written by the database. SEC-30.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from amparo.kernel import spanish
from amparo.search import rules

PREFIX_MIN = 3
MANY, MINUS_ONE_MAX = 3, 6
TELLING_ROWS = 3_000

# One statement: the stems of each word (immutable, but only the database knows them), and the groups of synonyms it stands in.
_LOOKED_UP = """
SELECT (SELECT json_agg(json_build_array(plainto_tsquery('pg_catalog.spanish', es_norm(asked.word))::text,
                                         plainto_tsquery('pg_catalog.english', asked.word)::text) ORDER BY asked.place)
        FROM unnest(%(words)s::text[]) WITH ORDINALITY AS asked(word, place)),
       (SELECT json_agg(g.lights) FROM search_synonymgroup g WHERE g.lights && %(spans)s::text[])
"""
_ROWS_OF = {
    "heads": "SELECT 1 FROM search_document d WHERE d.heads @@ %s::tsquery",
    "words": "SELECT 1 FROM search_document d WHERE d.words @@ %s::tsquery",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A query as texts of `tsquery`.

    `all` holds every word and code, `some` every word but one (of many: any), `any` any of them; `some` is empty for
    a single word. `each` are its words one by one, synonyms and all, without the codes. A word that is only begun is so
    in `all` and `any`, and in `inside`, which is `all` for whole texts, only beside one other: among many words its
    list would cost more than it tells. `typed` is the light form of the whole, `marking` what finds it in a text.
    """

    words: tuple[str, ...]
    codes: tuple[str, ...]
    each: tuple[str, ...]
    all: str
    inside: str
    some: str
    any: str
    typed: str
    marking: re.Pattern[str] | None


def plan_of(cursor: Any, words: Sequence[str], codes: Sequence[str], *, typing: bool = False) -> Plan:
    """Return the plan of words and codes that `rules.words_of` told apart. One statement.

    Synonyms are read each time, so that a change holds at once in every process.
    """
    cursor.execute(_LOOKED_UP, {"words": list(words), "spans": rules.spans(words)})
    stems, groups = (json.loads(one) if isinstance(one, str) else one or [] for one in cursor.fetchone())
    fixed = [f"'#{code}'" for code in codes]
    each: list[str] = []
    begun: list[str] = []
    lights = [spanish.light_word(word) for word in words]
    marked = set(lights)
    for start, length, others in _runs(lights, groups):
        same = [_and([f"'{piece}'" for piece in other.split()]) for other in others]
        marked.update(piece for other in others for piece in other.split())
        for into, open_ended in ((each, False), (begun, typing)):
            own = [_word(lights[n], stems[n], begun=open_ended and n == len(words) - 1) for n in range(start, start + length)]
            into.append(_or([_and(own), *same]))
    typed = spanish.light(" ".join(words))
    whole = _and(fixed + begun)
    return Plan(
        tuple(words), tuple(codes), tuple(each), whole, _and(fixed + each) if len(each) >= MANY else whole, _most_of(fixed, each), _or(fixed + begun),
        typed, rules.marking(marked, codes),
    )  # fmt: skip


def telling(cursor: Any, plan: Plan, column: str) -> str:
    """Return a query of any word of a plan, without the words that tell least: of many, the rarest stay. Codes are all kept.

    Where one word stands in every other text, what holds it says nothing of the others, and its list is as long as the
    index. How many have a word the planner's own statistics say, without looking. At most one statement.
    """
    if not plan.each or len(plan.each) + len(plan.codes) < 2:
        return plan.any
    rows_of = " UNION ALL ".join([_ROWS_OF[column]] * len(plan.each))
    cursor.execute(f"EXPLAIN (FORMAT JSON) {rows_of}", list(plan.each))
    said = cursor.fetchone()[0]
    rows = [node["Plan Rows"] for node in _nodes((json.loads(said) if isinstance(said, str) else said)[0]["Plan"]) if "Relation Name" in node]
    if len(rows) != len(plan.each):
        return plan.any
    kept, together = [f"'#{code}'" for code in plan.codes], 0
    for count, piece in sorted(zip(rows, plan.each, strict=True)):
        if kept and together + count > TELLING_ROWS:
            break
        together += count
        kept.append(piece)
    return _or(kept)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a node of a plan and those below it, in order."""
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _runs(lights: Sequence[str], groups: Sequence[Sequence[str]]) -> list[tuple[int, int, list[str]]]:
    """Cut a query into runs (start, length, what means the same), the longest synonym first."""
    found, start = [], 0
    while start < len(lights):
        length, others = 1, []
        for size in (3, 2, 1):
            here = " ".join(lights[start : start + size])
            same = [one for group in groups if here in group for one in group if one != here]
            if start + size <= len(lights) and same:
                length, others = size, list(dict.fromkeys(same))[:12]
                break
        found.append((start, length, others))
        start += length
    return found


def _word(light: str, stems: Sequence[str], *, begun: bool) -> str:
    lexeme = f"'{light}'" + (":*" if begun and len(light) >= PREFIX_MIN else "")
    return _or([lexeme, *(f"({stem})" for stem in stems if stem and stem != f"'{light}'")])


def _and(pieces: Sequence[str]) -> str:
    return pieces[0] if len(pieces) == 1 else "(" + " & ".join(pieces) + ")"


def _or(pieces: Sequence[str]) -> str:
    return pieces[0] if len(pieces) == 1 else "(" + " | ".join(dict.fromkeys(pieces)) + ")"


def _most_of(fixed: Sequence[str], free: Sequence[str]) -> str:
    """All but one of the words; a code is never left out unless nothing else is asked."""
    if len(free) < 2:
        return _or([*fixed, *free]) if len(fixed) + len(free) > 1 else ""
    if len(free) > MINUS_ONE_MAX:
        return _and([*fixed, _or(free)])
    return _or([_and([*fixed, *(one for other, one in enumerate(free) if other != left_out)]) for left_out in range(len(free))])


__all__ = ["MINUS_ONE_MAX", "Plan", "plan_of", "telling"]
