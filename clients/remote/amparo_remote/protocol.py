"""What the broker says, as values. A broker may lie: what does not fit ends the session, and no text of it can steer a terminal."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from typing import Any, Literal

VERSION = 1
TEXT_MAX = 16_384
CLIPBOARD_FRAME_MAX = 262_144
CLIPBOARD_MAX = 65_536
BINARY_BYTES_MAX = 1_048_576
WORDS_MAX = 200
SENTENCE_MAX = 1000
MINUTES_MAX = 24 * 60
Mode = Literal["view", "control"]


class NonsenseError(Exception):
    """The other end sent what the protocol does not allow."""


@dataclass(frozen=True)
class Ask:
    """Who asks to see this screen, for what, for how long, in which mode; `sentence` says it whole."""

    question: int
    vendor: str
    engineer: str
    case: str
    title: str
    minutes: int
    mode: Mode
    language: str
    sentence: str
    banner: str
    stop: str
    resume: str


@dataclass(frozen=True)
class Refused:
    code: str
    sentence: str


@dataclass(frozen=True)
class Elsewhere:
    helper: str


@dataclass(frozen=True)
class Start:
    mode: Mode


@dataclass(frozen=True)
class AskMode:
    question: int
    mode: Mode
    sentence: str


@dataclass(frozen=True)
class AskClipboard:
    question: int
    sentence: str


@dataclass(frozen=True)
class ModeIs:
    mode: Mode


@dataclass(frozen=True)
class Clipboard:
    text: str


@dataclass(frozen=True)
class Clock:
    seconds: int
    limit: int
    running: bool


@dataclass(frozen=True)
class Pause:
    """The time is over and the case asks how to go on (`on`), or it goes on."""

    on: bool
    sentence: str


@dataclass(frozen=True)
class Viewer:
    present: bool
    sentence: str


@dataclass(frozen=True)
class Warn:
    sentence: str


@dataclass(frozen=True)
class End:
    reason: str
    sentence: str


@dataclass(frozen=True)
class Other:
    """A sign of life, consent to the clipboard that ended, or a kind of message of a later version."""

    kind: str


Message = (
    Ask | Refused | Elsewhere | Start | AskMode | AskClipboard | ModeIs | Clipboard | Clock | Pause | Viewer | Warn | End | Other
)  # fmt: skip


def plain(value: Any, longest: int = WORDS_MAX) -> str:
    """Return text that is safe to show: no control characters, nothing that turns the direction of writing, one line."""
    if not isinstance(value, str):
        raise NonsenseError("text was expected")
    kept = "".join(" " if c.isspace() else c for c in value[: longest * 4] if c.isspace() or unicodedata.category(c)[0] not in "CZ")
    return " ".join(kept.split())[:longest]


def read(text: str) -> Message:
    """Return what one text frame says. Raises NonsenseError."""
    if len(text) > CLIPBOARD_FRAME_MAX:
        raise NonsenseError("a message is too long")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NonsenseError("a message is not JSON") from error
    if not isinstance(said, dict) or not isinstance(said.get("type"), str):
        raise NonsenseError("a message has no type")
    kind = said["type"]
    if len(text) > TEXT_MAX and kind != "clipboard":
        raise NonsenseError("a message is too long")
    reader = _READERS.get(kind)
    return reader(said) if reader else Other(plain(kind, 40))


def _mode(said: dict[str, Any]) -> Mode:
    mode = said.get("mode")
    if mode not in ("view", "control"):
        raise NonsenseError("there is no such mode")
    return "control" if mode == "control" else "view"


def _number(said: dict[str, Any], name: str, highest: int = 1_000_000_000) -> int:
    value = said.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= highest:
        raise NonsenseError(f"{name} is out of bounds")
    return value


def _sentence(said: dict[str, Any]) -> str:
    return plain(said.get("sentence", ""), SENTENCE_MAX)


def _lines(said: dict[str, Any]) -> str:
    """Return the sentence that is asked, line by line as it was written."""
    whole = said.get("sentence", "")
    if not isinstance(whole, str):
        raise NonsenseError("text was expected")
    return "\n".join(filter(None, (plain(line, SENTENCE_MAX) for line in whole[:SENTENCE_MAX].split("\n"))))


def _ask(said: dict[str, Any]) -> Ask:
    resume = said.get("resume", "")
    if not isinstance(resume, str) or len(resume) > 200 or not resume.isascii():
        raise NonsenseError("resume is out of bounds")
    words = {name: plain(said.get(name, "")) for name in ("vendor", "engineer", "case", "title", "language", "banner")}
    if not words["engineer"] or not words["vendor"]:
        raise NonsenseError("nobody asks")
    return Ask(
        question=_number(said, "question"), minutes=_number(said, "minutes", MINUTES_MAX), mode=_mode(said),
        sentence=_lines(said), stop=plain(said.get("stop", ""), 24), resume=resume, **words,
    )  # fmt: skip


def _clipboard(said: dict[str, Any]) -> Clipboard:
    text = said.get("text")
    if not isinstance(text, str) or len(text) > CLIPBOARD_MAX:
        raise NonsenseError("a clipboard is out of bounds")
    return Clipboard("".join(c for c in text if c in "\n\t" or (c.isprintable() or c.isspace())))


def _elsewhere(said: dict[str, Any]) -> Elsewhere:
    helper = said.get("helper")
    if not isinstance(helper, str) or len(helper) > 500 or not helper.isascii():
        raise NonsenseError("elsewhere is nowhere")
    return Elsewhere(helper)


_READERS: dict[str, Any] = {
    "ask": _ask,
    "refused": lambda said: Refused(plain(said.get("code", ""), 40), _sentence(said)),
    "elsewhere": _elsewhere,
    "start": lambda said: Start(_mode(said)),
    "ask_mode": lambda said: AskMode(_number(said, "question"), _mode(said), _sentence(said)),
    "ask_clipboard": lambda said: AskClipboard(_number(said, "question"), _sentence(said)),
    "mode": lambda said: ModeIs(_mode(said)),
    "clipboard": _clipboard,
    "clock": lambda said: Clock(_number(said, "seconds"), _number(said, "limit"), said.get("running", True) is True),
    "pause": lambda said: Pause(True, _sentence(said)),
    "go": lambda said: Pause(False, _sentence(said)),
    "viewer": lambda said: Viewer(said.get("present") is True, _sentence(said)),
    "warn": lambda said: Warn(_sentence(said)),
    "end": lambda said: End(plain(said.get("reason", ""), 40), _sentence(said)),
}


def write(kind: str, **values: Any) -> str:
    """Return one text frame."""
    return json.dumps({"type": kind, **values}, ensure_ascii=False)


def digits(code: str) -> str | None:
    """Return the nine digits of a code however it was written, or nothing."""
    kept = "".join(c for c in code if c not in " -.\u00a0")
    return kept if len(kept) == 9 and kept.isascii() and kept.isdecimal() else None
