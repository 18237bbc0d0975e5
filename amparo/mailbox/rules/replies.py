"""What of a text is new: quotes and the signature set apart. Pure, line by line, linear.

Careful rather than clever: what could be a person's own words stays. A list with hyphens, a «Gracias,» and a greeting
are words; the whole text is kept beside in any case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LINES_MAX = 20_000
_WROTE = re.compile(
    r"(?:wrote|writes|escribió|escribio|escreveu|a écrit|ha scritto|schrieb|napisał\(a\)|skrev)(?: lo siguiente)?\s?:\s*$", re.IGNORECASE
)
_BEGINS = re.compile(r"^[>\s]*(?:on|el|le|am|em|il|den|w dniu|a las|\d{1,4}[-/.]\d)", re.IGNORECASE)
_DIVIDER = re.compile(
    r"^[>\s]*-{2,}\s?(?:original message|mensaje original|mensagem original|message d'origine|ursprüngliche nachricht"
    r"|forwarded message|mensaje reenviado|messaggio originale|mensaje reenviado por|begin forwarded message)\b", re.IGNORECASE
)
_FIELD = re.compile(
    r"^[>\s]*\*?(from|de|von|da|sent|enviado(?: el)?|enviada em|envoyé|gesendet|date|fecha|data|to|para|an|à|a|cc|subject|asunto|assunto"
    r"|objet|betreff)\s?:\*?\s", re.IGNORECASE
)
_FIRST_FIELD = re.compile(r"^[>\s]*\*?(?:from|de|von|da)\s?:\*?\s", re.IGNORECASE)
_SENT_FROM = re.compile(
    r"^(?:sent from (?:my |mail for |outlook|yahoo)|enviado desde (?:mi |outlook|correo|yahoo|el )|get outlook for|obtener outlook para"
    r"|obtén outlook para|envoyé de mon|von meinem .{1,30} gesendet|enviado do meu|sent via )", re.IGNORECASE
)
_RULE = re.compile(r"^[_\-=]{20,}\s*$")
_WORDS_MAX = 600


@dataclass(frozen=True, slots=True)
class Reply:
    """`words`: what is new. `with_questions`: the same with the quotes between, where somebody answered inside them."""

    words: str
    with_questions: str

    @property
    def is_between(self) -> bool:
        return self.words != self.with_questions


def read(text: str) -> Reply:
    """Return what a text says anew. Never empty where the text is not: a bare forward is its own words."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > LINES_MAX:
        return Reply(text.strip(), text.strip())
    cut, after = _quote_header(lines)
    if cut is None:
        whole = [line for line in lines if not _is_quoted(line)]
        own = _unsigned(whole)
        between = _is_between(lines)
        words = _joined(own)
        if not words:
            return Reply(text.strip(), text.strip())
        return Reply(words, _joined(_unsigned(lines)) if between else words)
    above = _unsigned(lines[:cut])
    below = lines[after:]
    has_marks = any(_is_quoted(line) for line in below)
    own_below = _unsigned([line for line in below if not _is_quoted(line)]) if has_marks else []
    words = _joined([*above, "", *own_below]) if _joined(own_below) else _joined(above)
    if not words:
        words = _joined(_unsigned(lines))
        return Reply(words or text.strip(), words or text.strip())
    if _joined(own_below) and _is_between(below):
        return Reply(words, _joined([*above, "", *_unsigned(below)]))
    return Reply(words, words)


def _is_quoted(line: str) -> bool:
    return line.lstrip(" ").startswith(">")


def _joined(lines: list[str]) -> str:
    out: list[str] = []
    for line in lines:
        if line.strip() or (out and out[-1].strip()):
            out.append(line.rstrip())
    return "\n".join(out).strip("\n").strip()


def _is_between(lines: list[str]) -> bool:
    """True where own words stand below quoted ones and quoted ones below them again, or below the last quote."""
    quoted = [number for number, line in enumerate(lines) if _is_quoted(line)]
    if not quoted:
        return False
    own = [n for n, line in enumerate(lines) if line.strip() and not _is_quoted(line) and n > quoted[0]]
    return any(n < quoted[-1] for n in own)


def _quote_header(lines: list[str]) -> tuple[int | None, int]:
    """Return the line where the quoted message begins and the line after its header; None where there is none."""
    for number, line in enumerate(lines):
        if len(line) > _WORDS_MAX or not line.strip():
            continue
        if _DIVIDER.match(line):
            return number, number + 1
        if _FIRST_FIELD.match(line) and _fields(lines, number) >= 3:
            start = number
            while start and (not lines[start - 1].strip() or _RULE.match(lines[start - 1])):
                start -= 1
            return start, _after_fields(lines, number)
        if _WROTE.search(line):
            begun = _wrote_from(lines, number)
            if begun is not None:
                return begun, number + 1
    return None, 0


def _fields(lines: list[str], number: int) -> int:
    """How many different fields of a head stand in the next lines: `From:`, `Sent:`, `To:`, `Subject:`."""
    found = {m[1].lower() for line in lines[number : number + 7] if len(line) <= _WORDS_MAX and (m := _FIELD.match(line))}
    return len(found)


def _after_fields(lines: list[str], number: int) -> int:
    while number < len(lines) and lines[number].strip():
        number += 1
    return number


def _wrote_from(lines: list[str], number: int) -> int | None:
    """Return the first line of «On … wrote:», which mailers break over several; None where it is a sentence."""
    for start in range(number, max(-1, number - 4), -1):
        if not lines[start].strip():
            return None
        if _BEGINS.match(lines[start]):
            joined = " ".join(lines[start : number + 1])
            if len(joined) <= _WORDS_MAX and ("@" in joined or len(re.findall(r"\d+", joined)) >= 2):
                return start
    return None


def _unsigned(lines: list[str]) -> list[str]:
    """Leave the signature out: below `-- `, or a mailer's «sent from my…» in the last lines."""
    for number, line in enumerate(lines):
        if line in ("-- ", "--\xa0") or (line.rstrip() == "--" and len(lines) - number <= 16):
            if any(one.strip() for one in lines[:number]):
                lines = lines[:number]
            break
    filled = [number for number, line in enumerate(lines) if line.strip()]
    for number in filled[-3:]:
        if _SENT_FROM.match(lines[number].strip()[:200]) and number != filled[0]:
            return lines[:number]
    return lines
