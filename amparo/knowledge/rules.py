"""Codes, sources, versions, words and shares of the knowledge base: pure. SRC-1, SRC-2, SRC-5."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlsplit

from amparo.products.rules import version_order

CODES_MAX: Final = 40
CODE_LENGTH_MAX: Final = 40
SOURCES_MAX: Final = 20
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z ._:/#-]{0,38}[0-9A-Za-z]|[0-9A-Za-z]")
_CITED = re.compile(r"/knowledge/(\d{1,18})(?:-[\w-]*)?/?")
_BY_CODE = re.compile(r"/e/([0-9A-Za-z][0-9A-Za-z._%-]{0,58})")
CITES_MAX: Final = 50


def normal_code(text: str) -> str:
    """Return an error code as it is looked up: without case, spaces and signs. Empty where nothing is left.

    >>> normal_code(" pv-0417 "), normal_code("0x8007 0005"), normal_code("--")
    ('PV0417', '0X80070005', '')
    """
    return "".join(sign for sign in text.upper() if sign.isascii() and sign.isalnum())[:CODE_LENGTH_MAX]


def split_codes(text: str) -> list[str]:
    """Return the codes of a field, each once, as they are written."""
    found: dict[str, str] = {}
    for one in re.split(r"[,;\n]+", text):
        shown = " ".join(one.split())
        if shown:
            found.setdefault(normal_code(shown) or shown, shown)
    return list(found.values())


def bad_codes(text: str) -> list[str]:
    """Return what is no error code: too long, without a letter or digit, or beyond the most that an article may have."""
    codes = split_codes(text)
    return [one[:60] for one in codes if not _CODE.fullmatch(one) or not normal_code(one)] or [one[:60] for one in codes[CODES_MAX:]]


def sources_of(text: str) -> list[tuple[str, str]]:
    """Return title and address of what other makers publish, line by line. SRC-5."""
    found = []
    for line in text.splitlines():
        title, bar, address = line.rpartition("|")
        if bar and not _bad_source(line):
            found.append((title.strip(), address.strip()))
    return found


def bad_sources(text: str) -> list[str]:
    """Return the lines that are no source: without a title, or with an address that is none of the web."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [line[:80] for line in lines if _bad_source(line)] or lines[SOURCES_MAX:]


def _bad_source(line: str) -> bool:
    title, bar, address = line.rpartition("|")
    address = address.strip()
    if not bar or not title.strip() or len(address) > 500 or re.search(r"[\s<>\"'\\]", address):
        return True
    try:
        parts = urlsplit(address)
    except ValueError:
        return True
    return parts.scheme not in ("http", "https") or "." not in (parts.hostname or "")


def in_order(first: str, last: str) -> bool:
    """True where a version does not come after another."""
    return version_order(first) <= version_order(last)


def applies(first: str, last: str, installed: str) -> bool | None:
    """True where an installed version lies in an article's range, None where nobody said which is installed. SRC-2."""
    if not installed:
        return None
    mine = version_order(installed)
    if first and mine < version_order(first):
        return False
    # What is written for 11.2 holds for 11.2.3 too.
    return not last or mine <= version_order(last) or installed.startswith(f"{last}.")


def major(version: str) -> int | None:
    """Return the number that a version begins with, None where it begins with none.

    >>> major("12.1"), major("v9"), major("beta")
    (12, 9, None)
    """
    found = re.search(r"\d+", version[:20]) if re.match(r"\D?\d", version) else None
    return int(found[0]) if found else None


def is_outgrown(first: str, last: str, before: str, current: str) -> bool:
    """True where an article says nothing of a new major version, for it was written for an older one. SRC-2.

    What names its last version says of itself that it is about the old ones; what begins with the new one was written for it.
    """
    new, old = major(current), major(before)
    if new is None or old is None or new <= old or last:
        return False
    begins = major(first)
    return begins is None or begins < new


def review_on(today: date, days: int) -> date | None:
    """Return when an article is to be read again, None where never."""
    return today + timedelta(days=days) if days else None


def cited_in(text: str) -> tuple[list[int], list[str]]:
    """Return the articles that a text links to: by number, and by error code. SRC-1."""
    numbers = list(dict.fromkeys(int(one) for one in _CITED.findall(text)))
    codes = list(dict.fromkeys(filter(None, (normal_code(one) for one in _BY_CODE.findall(text)))))
    return numbers[:CITES_MAX], codes[:CITES_MAX]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a comparison: `same`, `added` or `removed`; or `skipped`, for the lines between that did not change."""

    kind: str
    text: str


def compared(before: str, after: str, context: int = 2) -> list[Line]:
    """Return how a text changed, line by line, with some lines around each change. SRC-2."""
    old, new = before.splitlines(), after.splitlines()
    found: list[Line] = []
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(context):
        if found:
            found.append(Line("skipped", ""))
        for tag, a, b, c, d in group:
            if tag == "equal":
                found += [Line("same", text) for text in old[a:b]]
            else:
                found += [Line("removed", text) for text in old[a:b]] + [Line("added", text) for text in new[c:d]]
    return found


@dataclass(frozen=True, slots=True)
class Share:
    """Of how many answers how many cite an article. SRC-1."""

    answers: int
    without: int

    @property
    def per_cent_without(self) -> int:
        return round(100 * self.without / self.answers) if self.answers else 0


def share(cites: Iterable[int]) -> Share:
    """Return the share of answers without a public source. SRC-1."""
    counts: Sequence[int] = list(cites)
    return Share(len(counts), sum(1 for one in counts if not one))
