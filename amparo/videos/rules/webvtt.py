"""Cues of captions and chapters: read tolerantly, kept as plain text, written strictly. Pure. SRC-3, SEC-21.

Taken are WebVTT and SubRip. Styles, regions, notes, settings of cues and every mark inside them (`<v>`, `<c>`, `<b>`, times)
are dropped: a cue is two moments and plain text. What is served is written anew from that, never the file that came.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

KINDS: Final = ("captions", "chapters")
CUES_MAX, CUE_LENGTH_MAX, TEXT_LENGTH_MAX = 6000, 500, 600_000
BLOCK_SECONDS: Final = 20  # of transcript that is one hit of the search

_TIME = re.compile(r"(?:(\d{1,3}):)?([0-5]?\d):([0-5]\d)[.,](\d{3})", re.ASCII)
_ARROW = re.compile(rf"\s*({_TIME.pattern})\s*-->\s*({_TIME.pattern})(?:\s.*)?", re.ASCII)
_TAG = re.compile(r"<(?=[A-Za-z/0-9.!?])[^>]*(?:>|$)")


class Cue(NamedTuple):
    """From one moment to another, in milliseconds, a plain text of one or more lines."""

    start: int
    end: int
    text: str

    @property
    def second(self) -> int:
        return self.start // 1000


@dataclass(frozen=True, slots=True)
class Wrong(ValueError):
    """What is wrong with a file of cues, and in which line: `empty`, `long`, `time`, `order`, `text`, `many`."""

    code: str
    line: int = 0


def parse(text: str) -> list[Cue]:
    """Return the cues of a WebVTT or SubRip text, in order of time. Raises Wrong. SEC-21.

    >>> parse("WEBVTT\\n\\n00:01.000 --> 00:02.500 line:0\\n<v Ana>Abra la <b>caja</b>")
    [Cue(start=1000, end=2500, text='Abra la caja')]
    """
    if len(text) > TEXT_LENGTH_MAX:
        raise Wrong("long")
    lines = text.lstrip("\ufeff").replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    cues: list[Cue] = []
    number = 0
    while number < len(lines):
        if "-->" not in lines[number] or _is_apart(lines, number):
            number += 1
            continue
        start, end = _times(lines[number], number + 1)
        begin = number
        said: list[str] = []
        number += 1
        while number < len(lines) and lines[number].strip() and "-->" not in lines[number]:
            said.append(lines[number])
            number += 1
        if words := plain("\n".join(said)):
            if len(words) > CUE_LENGTH_MAX:
                raise Wrong("text", begin + 1)
            cues.append(Cue(start, end, words))
        if len(cues) > CUES_MAX:
            raise Wrong("many", begin + 1)
    if not cues:
        raise Wrong("empty")
    return sorted(cues)


def _is_apart(lines: Sequence[str], number: int) -> bool:
    """True inside a block of notes, styles or regions, which may hold an arrow in its first line alone."""
    return lines[number].startswith(("NOTE", "STYLE", "REGION")) and (number == 0 or not lines[number - 1].strip())


def _times(line: str, number: int) -> tuple[int, int]:
    found = _ARROW.fullmatch(line)
    if not found:
        raise Wrong("time", number)
    start, end = _moment(found[1]), _moment(found[6])
    if end <= start:
        raise Wrong("order", number)
    return start, end


def _moment(text: str) -> int:
    found = _TIME.fullmatch(text)
    assert found
    return ((int(found[1] or 0) * 60 + int(found[2])) * 60 + int(found[3])) * 1000 + int(found[4])


def plain(text: str) -> str:
    """Return the text of a cue without its marks and without invisible or direction-turning signs. SEC-21.

    What was written escaped (`&lt;script&gt;`) is text that speaks of marks; it stays text, for it is escaped again on its way out.
    """
    text = html.unescape(_TAG.sub("", text))
    text = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    lines = (re.sub(r"\s+", " ", line).strip(" -") if line.startswith("- ") else re.sub(r"\s+", " ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line).replace("-->", "→")


def written(cues: Iterable[Cue]) -> str:
    """Return the WebVTT that is served: a header, and cues of plain escaped text; nothing of the original file. SEC-21.

    >>> written([Cue(0, 1000, "a < b")])
    'WEBVTT\\n\\n00:00:00.000 --> 00:00:01.000\\na &lt; b\\n'
    """
    blocks = [f"{clock(cue.start)} --> {clock(cue.end)}\n{html.escape(cue.text, quote=False)}\n" for cue in cues]
    return "\n".join(["WEBVTT\n", *blocks])


def clock(milliseconds: int) -> str:
    """Return a moment as WebVTT writes it.

    >>> clock(83_040)
    '00:01:23.040'
    """
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def short_clock(second: int) -> str:
    """Return a moment as people read it.

    >>> short_clock(83), short_clock(3_601)
    ('1:23', '1:00:01')
    """
    hours, rest = divmod(second, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def parts(cues: Sequence[Cue], *, block_seconds: int = BLOCK_SECONDS) -> list[tuple[str, str]]:
    """Return the transcript in pieces for the search: (second of the first cue, text). SRC-3.

    A piece is short enough that the hit opens where it was said, and long enough to hold a phrase cut over several cues.
    """
    found: list[tuple[int, list[str]]] = []
    for cue in cues:
        if not found or cue.second - found[-1][0] >= block_seconds:
            found.append((cue.second, []))
        found[-1][1].append(cue.text.replace("\n", " "))
    return [(str(second), " ".join(texts)) for second, texts in found]
