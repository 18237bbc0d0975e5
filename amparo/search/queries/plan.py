"""A query as the database is asked it: for every word its light form, its stems and its synonyms. SRC-2.

What is typed never becomes text of a statement: words are values, lexemes are made of a-z and 0-9 alone. SEC-30.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from amparo.kernel import spanish
from amparo.search import rules

PREFIX_MIN = 3
MINUS_ONE_MAX = 6

_SYNONYMS = "SELECT lights FROM search_synonymgroup WHERE lights && %s::text[]"


@dataclass(frozen=True, slots=True)
class Plan:
    """A query in pieces of SQL over named values.

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
    given: dict[str, Any]
    each: tuple[str, ...] = ()


def plan_of(cursor: Any, words: Sequence[str], codes: Sequence[str], *, typing: bool = False) -> Plan:
    """Return the plan of words and codes that `rules.words_of` told apart. One statement, for the synonyms.

    Synonyms are read each time, so that a change holds at once in every process.
    """
    groups = _groups(cursor, words)
    given: dict[str, Any] = {"codes": list(codes)}
    each = [_code(place, code, given) for place, code in enumerate(codes)]
    lights: set[str] = set()
    for start, length, others in _runs([spanish.light_word(word) for word in words], groups):
        own = [_word(f"w{start + n}", words[start + n], given, begun=typing and start + n == len(words) - 1) for n in range(length)]
        ways = [_and(own)]
        lights.update(spanish.light_word(words[start + n]) for n in range(length))
        for number, other in enumerate(others):
            pieces = other.split()
            ways.append(_and([_lexeme(f"s{start}_{number}_{n}", piece, given) for n, piece in enumerate(pieces)]))
            lights.update(pieces)
        each.append("(" + " || ".join(ways) + ")")
    return Plan(
        tuple(words), tuple(codes), _and(each), _most_of(each, len(codes)), "(" + " || ".join(each) + ")", spanish.light(" ".join(words)),
        rules.marking(lights, codes), given, tuple(each),
    )  # fmt: skip


def _groups(cursor: Any, words: Sequence[str]) -> list[list[str]]:
    cursor.execute(_SYNONYMS, [rules.spans(words)])
    return [row[0] for row in cursor.fetchall()]


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


def _and(pieces: Sequence[str]) -> str:
    return pieces[0] if len(pieces) == 1 else "(" + " && ".join(pieces) + ")"


def _most_of(each: Sequence[str], codes: int) -> str:
    """All but one of the words; a code is never left out unless nothing else is asked."""
    fixed, free = list(each[:codes]), list(each[codes:])
    if len(free) < 2:
        return "(" + " || ".join(each) + ")" if len(each) > 1 else ""
    if len(free) > MINUS_ONE_MAX:
        return _and([*fixed, "(" + " || ".join(free) + ")"])
    ways = [_and([*fixed, *(one for other, one in enumerate(free) if other != left_out)]) for left_out in range(len(free))]
    return "(" + " || ".join(ways) + ")"


def _word(name: str, word: str, given: dict[str, Any], *, begun: bool) -> str:
    light = spanish.light_word(word)
    lexeme = f"'{light}'" + (":*" if begun and len(light) >= PREFIX_MIN else "")
    given[name], given[name + "l"] = word, lexeme
    return (
        f"(%({name}l)s::tsquery || plainto_tsquery('pg_catalog.spanish', es_norm(%({name})s)) "
        f"|| plainto_tsquery('pg_catalog.english', %({name})s))"
    )


def _lexeme(name: str, light: str, given: dict[str, Any]) -> str:
    given[name] = f"'{light}'"
    return f"%({name})s::tsquery"


def _code(place: int, code: str, given: dict[str, Any]) -> str:
    given[f"c{place}"] = f"'#{code}'"
    return f"%(c{place})s::tsquery"


__all__ = ["Plan", "plan_of"]
