"""A query as the database is asked it: for every word its light form, its stems and its synonyms. SRC-2.

What is typed never becomes text of a statement, nor of a query of the index: words are values, lexemes are made of a-z and
0-9 alone, stems are written by the database. SEC-30.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from amparo.kernel import spanish
from amparo.search import rules

PREFIX_MIN = 3
MINUS_ONE_MAX = 6

# One statement: the stems of each word (immutable, but only the database knows them), and the groups of synonyms it stands in.
_LOOKED_UP = """
SELECT (SELECT json_agg(json_build_array(plainto_tsquery('pg_catalog.spanish', es_norm(asked.word))::text,
                                         plainto_tsquery('pg_catalog.english', asked.word)::text) ORDER BY asked.place)
        FROM unnest(%(words)s::text[]) WITH ORDINALITY AS asked(word, place)),
       (SELECT json_agg(g.lights) FROM search_synonymgroup g WHERE g.lights && %(spans)s::text[])
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """A query as texts of `tsquery`.

    `all` holds every word and code, `some` every word but one (of many: any), `any` any of them; `some` is empty for
    a single word. `typed` is the light form of the whole, `marking` what finds it in a text.
    """

    words: tuple[str, ...]
    codes: tuple[str, ...]
    all: str
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
    each = [f"'#{code}'" for code in codes]
    lights = [spanish.light_word(word) for word in words]
    marked = set(lights)
    for start, length, others in _runs(lights, groups):
        own = [_word(lights[n], stems[n], begun=typing and n == len(words) - 1) for n in range(start, start + length)]
        ways = [_and(own), *(_and([f"'{piece}'" for piece in other.split()]) for other in others)]
        marked.update(piece for other in others for piece in other.split())
        each.append(_or(ways))
    typed = spanish.light(" ".join(words))
    return Plan(tuple(words), tuple(codes), _and(each), _most_of(each, len(codes)), _or(each), typed, rules.marking(marked, codes))


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


def _most_of(each: Sequence[str], codes: int) -> str:
    """All but one of the words; a code is never left out unless nothing else is asked."""
    fixed, free = list(each[:codes]), list(each[codes:])
    if len(free) < 2:
        return _or(each) if len(each) > 1 else ""
    if len(free) > MINUS_ONE_MAX:
        return _and([*fixed, _or(free)])
    return _or([_and([*fixed, *(one for other, one in enumerate(free) if other != left_out)]) for left_out in range(len(free))])


__all__ = ["Plan", "plan_of"]
