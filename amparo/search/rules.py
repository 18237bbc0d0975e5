"""What is decided without a database: words and codes of a text, of a query, and where a text is cut and marked."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from markupsafe import Markup, escape

from amparo.kernel import spanish

QUERY_LENGTH_MAX: Final = 2_000  # people paste whole messages of an error; what is longer is no search
WORDS_MAX: Final = 12
WORD_LENGTH_MAX: Final = 40
CODES_MAX: Final = 200
BODY_MAX: Final = 40_000
_RUN = re.compile(r"[a-z0-9][a-z0-9._-]{0,120}")
_HAS_BOTH = re.compile(r"(?=[^a-z]*[a-z])(?=\D*\d)")
_VERSION = re.compile(r"\d+(?:\.\d+)+")
_SHOWN_WORD = re.compile(r"[^\W\d_]{4,40}")


def clean(text: str) -> str:
    """Return a text as it is kept in the index: composed letters, no control characters but line ends."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()


def code_of(text: str) -> str:
    """Return an error code or a version as it is compared, empty where it is none: `E-1234` and `e1234` are one.

    >>> code_of("0x80070005"), code_of("E-1234"), code_of("12.3.1"), code_of("2026"), code_of("e-mail")
    ('0x80070005', 'e1234', '12.3.1', '', '')
    """
    token = text.strip().lower().strip("._-")
    if not _RUN.fullmatch(token) or not (_HAS_BOTH.match(token) or _VERSION.fullmatch(token)):
        return ""
    return re.sub(r"[-_]", "", token)[:WORD_LENGTH_MAX]


def codes_in(text: str, most: int = CODES_MAX) -> list[str]:
    """Return the codes and versions that stand in a text, each once, in order."""
    found: dict[str, None] = {}
    for run in _RUN.finditer(text.lower()):
        if code := code_of(run[0]):
            found.setdefault(code)
            if len(found) >= most:
                break
    return list(found)


def title_words(title: str) -> list[str]:
    """Return the words of a title that may be proposed to somebody who mistyped, in small letters, each once."""
    seen: dict[str, None] = {}
    for found in _SHOWN_WORD.finditer(title.lower()):
        if spanish.light_word(found[0]) not in spanish.STOP:
            seen.setdefault(found[0])
    return list(seen)


def words_of(text: str) -> tuple[list[str], list[str]]:
    """Return the words and the codes of a query: at most twelve together, codes first, words that tell nothing left out.

    Where nothing else was written, such words are looked for after all.
    """
    text = clean(text)[:QUERY_LENGTH_MAX].lower()
    codes: dict[str, None] = {}
    rest: list[str] = []
    for token in re.split(r"[^\w.\-]+", text):
        if code := code_of(spanish_letters(token)):
            codes.setdefault(code)
        else:
            rest.extend(spanish.plain(token).split())
    words = dict.fromkeys(word[:WORD_LENGTH_MAX] for word in rest)
    telling = [word for word in words if spanish.light_word(word) not in spanish.STOP and word not in spanish.STOP]
    kept = telling or ([] if codes else list(words))
    return kept[: max(0, WORDS_MAX - len(codes))], list(codes)[:WORDS_MAX]


def spanish_letters(token: str) -> str:
    """Return a token with plain letters, its dots and hyphens kept."""
    return "".join(c if c in "._-" else spanish.plain(c) for c in token)


def normal(text: str) -> str:
    """Return a query in the form under which equal ones are counted: light words and codes, in order of the alphabet."""
    words, codes = words_of(text)
    return " ".join(sorted({*codes, *(spanish.light_word(word) for word in words)}))[:200]


def spans(words: Sequence[str], longest: int = 3) -> list[str]:
    """Return every run of one to three neighbours of a query in light form: what synonyms are looked up by."""
    lights = [spanish.light_word(word) for word in words]
    return [
        " ".join(lights[start : start + length])
        for length in range(1, longest + 1)
        for start in range(len(lights) - length + 1)
    ]


def phrase(text: str) -> str:
    """Return a word or phrase as synonyms are compared: its light form without what tells nothing.

    >>> phrase("Punto de venta")
    'punt vent'
    """
    lights = spanish.light(text).split()
    return " ".join([word for word in lights if word not in spanish.STOP] or lights)


def group_words(text: str) -> list[str]:
    """Return the words of a group of synonyms as an administrator wrote them, apart by commas or lines."""
    found: dict[str, str] = {}
    for one in re.split(r"[,;\n]+", clean(text)):
        shown = re.sub(r"\s+", " ", one).strip()[:60]
        if shown and (key := phrase(shown)):
            found.setdefault(key, shown)
    return list(found.values())[:20]


# --- who searched ----------------------------------------------------------------------------------------------------


def who(identity: str, at: datetime, pepper: str) -> str:
    """Return what tells one searcher from another within a month and leads back to nobody."""
    message = f"search\x00{at:%Y-%m}\x00{identity}".encode()
    return hmac.new(pepper.encode(), message, hashlib.sha256).hexdigest()[:32]


# --- what is shown of a hit ------------------------------------------------------------------------------------------

_ACCENTS = {"a": "aáàâä", "e": "eéèêë", "i": "iíìîï", "o": "oóòôö", "u": "uúùûü", "n": "nñ", "c": "cç", "z": "zc"}


def marking(lights: Iterable[str], codes: Iterable[str] = ()) -> re.Pattern[str] | None:
    """Return what finds the words of a query in a text as it is written, None where there is nothing to find."""
    wanted = []
    for word in sorted({w for w in lights if len(w) > 1}, key=len, reverse=True):
        stem = word[:-2] if len(word) >= 8 else word
        letters = "".join(f"[{_ACCENTS[c]}]" if c in _ACCENTS else c for c in stem)
        wanted.append(letters + (r"\w{0,5}" if len(word) > 3 else r"(?:e?s|[aeo])?\b"))
    for code in codes:
        wanted.append(r"[-_]?".join(map(re.escape, code)) + r"(?!\w)")
    return re.compile(r"\b(?:" + "|".join(wanted) + ")", re.I) if wanted else None


def marked(text: str, pattern: re.Pattern[str] | None) -> Markup:
    """Return a plain text as HTML, escaped, with `<mark>` around what a query found."""
    if pattern is None:
        return escape(text)
    pieces, last = [], 0
    for found in pattern.finditer(text):
        pieces += [escape(text[last : found.start()]), Markup("<mark>"), escape(found[0]), Markup("</mark>")]
        last = found.end()
    return Markup("").join([*pieces, escape(text[last:])])


def excerpt(texts: Sequence[str], pattern: re.Pattern[str] | None, length: int = 180) -> Markup:
    """Return the words around the first find, in the first of some texts that has one, else the start of the first."""
    for text in texts:
        found = pattern.search(text) if pattern else None
        if found:
            return marked(_around(text, found.start(), length), pattern)
    first = next((text for text in texts if text.strip()), "")
    return marked(_around(first, 0, length), pattern)


def _around(text: str, place: int, length: int) -> str:
    start = max(0, place - 60)
    if start:
        start = text.rfind(" ", 0, start + 1) + 1 if " " in text[max(0, start - 30) : start + 1] else start
    cut = re.sub(r"\s+", " ", text[start : start + length]).strip()
    if start + length < len(text):
        cut = cut.rpartition(" ")[0] or cut
        cut += "…"
    return ("…" if start else "") + cut


# --- typing errors ---------------------------------------------------------------------------------------------------


def distance(one: str, other: str, most: int = 3) -> int:
    """Return how many slips of the hand lie between two words: a letter more, less, other, or two changed about.

    >>> distance("impresroa", "impresora"), distance("factuar", "factura"), distance("caja", "licencia")
    (1, 1, 4)
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        previous, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, previous[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


def likeliest(word: str, near: Iterable[tuple[str, str, int]]) -> str:
    """Return the word that somebody probably meant, empty where none is near: (word, plain, how many titles hold it).

    Short words bear one slip, from six letters on two; the nearest wins, then the commonest.
    """
    bears = 2 if len(word) >= 6 else 1
    judged = [(distance(word, plain), -count, shown) for shown, plain, count in near]
    return min((one for one in judged if one[0] <= bears), default=(0, 0, ""))[2]
