"""The text that is accepted, its hash, and what differs between two versions: pure. AGR-1."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

CODE: Final = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
RESERVED: Final = frozenset({"accept", "mine"})  # addresses of our own beside those of documents
TEXT_MAX: Final = 100_000
TITLE_MAX: Final = 160
LANGUAGES: Final = ("es", "en")

# What may ask for an acceptance: never reading, signing in or out, or the knowledge base.
GOVERNABLE: Final = ("ticket", "phone_limited", "case", "chat", "remote", "classroom", "development", "downloads", "campus")

Kind = Literal["same", "added", "removed", "changed", "gap"]
Piece = tuple[Literal["same", "ins", "del"], str]


def canonical(title: str, text: str) -> str:
    """Return the one text of a version in a language: title, an empty line, the Markdown text.

    NFC, line ends LF, no space at the end of a line, no control code, no empty line at either end of the text, one
    line end last: so that anybody can compute the hash from the file that he was given.
    """
    return f"{clean_line(title, TITLE_MAX)}\n\n{clean_text(text)}\n"


def fingerprint(title: str, text: str) -> str:
    """Return the SHA-256 of the canonical text, UTF-8, as hex."""
    return hashlib.sha256(canonical(title, text).encode("utf-8")).hexdigest()


def clean_text(text: str) -> str:
    """Return a text as it is kept: NFC, line ends LF, no control codes, nothing at its ends."""
    return "\n".join(line.rstrip() for line in _clean(text).split("\n")).strip("\n")


def clean_line(text: str, length: int) -> str:
    """Return a text as one line of at most `length` characters."""
    return " ".join(_clean(text).split())[:length]


def _clean(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return unicodedata.normalize("NFC", re.sub(r"[\x00-\x09\x0b-\x1f\x7f\ufeff]", "", text))


def language_of(language: str | None) -> str:
    """Return `es` or `en` for a language code of a person or a page."""
    return "en" if (language or "").startswith("en") else "es"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison. `pieces`: what stays, what is new, what is gone."""

    kind: Kind
    pieces: tuple[Piece, ...] = ()
    count: int = 0


def compare(before: str, after: str, *, around: int | None = None) -> list[Line]:
    """Return two texts as lines that stay, go, come, or change in some words; stdlib difflib.

    With `around`, of what stays only so many lines beside a change are told, and the rest is counted.
    """
    old, new = clean_text(before).split("\n"), clean_text(after).split("\n")
    found = list(_lines(old, new))
    return found if around is None else list(_shortened(found, around))


def _lines(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (Line("same", (("same", line),)) for line in old[i1:i2])
            continue
        paired = min(i2 - i1, j2 - j1)
        for left, right in zip(old[i1 : i1 + paired], new[j1 : j1 + paired], strict=True):
            yield from _paired(left, right)
        yield from (Line("removed", (("del", line),)) for line in old[i1 + paired : i2])
        yield from (Line("added", (("ins", line),)) for line in new[j1 + paired : j2])


def _paired(left: str, right: str) -> Iterator[Line]:
    """Two lines in one place: one line with its changed words where they are alike, else two."""
    words_left, words_right = re.findall(r"\s+|\S+", left), re.findall(r"\s+|\S+", right)
    matcher = SequenceMatcher(None, words_left, words_right, autojunk=False)
    if matcher.ratio() < 0.4:
        if left:
            yield Line("removed", (("del", left),))
        if right:
            yield Line("added", (("ins", right),))
        return
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            pieces.append(("same", "".join(words_left[i1:i2])))
            continue
        if i2 > i1:
            pieces.append(("del", "".join(words_left[i1:i2])))
        if j2 > j1:
            pieces.append(("ins", "".join(words_right[j1:j2])))
    yield Line("changed", tuple(pieces))


def _shortened(lines: Sequence[Line], around: int) -> Iterator[Line]:
    near: set[int] = set()
    for place, line in enumerate(lines):
        if line.kind != "same":
            near.update(range(place - around, place + around + 1))
    left_out = 0
    for place, line in enumerate(lines):
        if place in near:
            if left_out:
                yield Line("gap", count=left_out)
                left_out = 0
            yield line
        else:
            left_out += 1
    if left_out:
        yield Line("gap", count=left_out)
