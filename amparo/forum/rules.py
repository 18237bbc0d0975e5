"""What is decided of texts, names and members without a database. FOR-1, FOR-2."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from amparo.contracts.rules.audience import AUDIENCES, LICENSED
from amparo.kernel import masking
from amparo.kernel.ids import parse_nic
from amparo.threads.rules import clean_line, clean_text

from .errors import AliasInvalid, NothingWritten, TitleMissing, TooDeep, TooLong

BODY_MAX: Final = 30_000
QUOTES_DEEP_MAX: Final = 5
LISTS_DEEP_MAX: Final = 8
TITLE_MIN, TITLE_MAX = 8, 160
MENTIONS_MAX: Final = 10
ALIAS: Final = re.compile(r"[^\W_][\w.\-]{1,28}[\w]")
_MENTION = re.compile(r"(?<![\w@/.])@([^\W_][\w.\-]{1,28}\w)")
_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Text:
    """A body as it is stored: what is private is masked already."""

    body: str
    was_masked: bool


def body_of(text: str) -> Text:
    """Return a body as it is kept, its private data masked before anything is stored. Raises NothingWritten, TooLong, TooDeep."""
    if len(text) > BODY_MAX + 2_000:  # before anything is done with it
        raise TooLong(field="body")
    body = without_invisible(clean_text(text)).strip()
    if not body:
        raise NothingWritten(field="body")
    if len(body) > BODY_MAX:
        raise TooLong(field="body")
    for line in body.split("\n"):
        marks = re.match(r"(?:\s*>)*", line)
        if (marks[0].count(">") if marks else 0) > QUOTES_DEEP_MAX or len(re.findall(r"(?:[-*+]\s+)(?=[-*+]\s)", line[:400])) >= LISTS_DEEP_MAX:
            raise TooDeep(field="body")
    masked, found = masking.mask(body)
    return Text(masked[: BODY_MAX + 2_000], bool(found))


def title_of(text: str) -> Text:
    """Return a title as it is kept: one line, private data masked. Raises TitleMissing."""
    title = clean_line(without_invisible(text[:2_000]), 2_000)
    if not TITLE_MIN <= len(title) <= TITLE_MAX:
        raise TitleMissing(field="title")
    masked, found = masking.mask(title)
    return Text(masked[:TITLE_MAX], bool(found))


def without_invisible(text: str) -> str:
    """Return a text without signs that are not seen: zero width, direction, tags. Names and words are what they look like.

    The joiners that emoji and Indic scripts need stay between signs that are not ASCII.
    """
    kept = []
    for place, sign in enumerate(text):
        if unicodedata.category(sign) == "Cf" and sign != "\u00ad":
            around = text[max(0, place - 1) : place] + text[place + 1 : place + 2]
            if sign != "\u200d" or len(around) < 2 or any(one.isascii() or unicodedata.category(one) == "Cf" for one in around):
                continue
        kept.append(sign)
    return "".join(kept).replace("\u00ad", "")


def alias_of(text: str) -> str:
    """Return the name under which somebody takes part. Raises AliasInvalid for what is none, or tells who he is to strangers."""
    alias = without_invisible(unicodedata.normalize("NFKC", text[:200])).strip()
    if not ALIAS.fullmatch(alias) or "@" in alias or parse_nic(alias) or not any(sign.isalpha() for sign in alias):
        raise AliasInvalid(field="alias")
    if masking.mask(alias)[1]:
        raise AliasInvalid(field="alias")
    return alias


def alias_key(alias: str) -> str:
    """Return what two names are compared by: without case, accents and marks between."""
    plain = unicodedata.normalize("NFKD", alias.casefold())
    return re.sub(r"[._\-]", "", "".join(sign for sign in plain if not unicodedata.combining(sign)))[:30]


def proposed_alias(name: str, email: str, number: int) -> str:
    """Return a name to begin with: the first word of what a person is called, and a number; never of his address.

    Who gave no name is called by the beginning of his address elsewhere: that stays private.

    >>> proposed_alias("Lupita Romero", "lr@ejemplo.mx", 41), proposed_alias("gerencia", "gerencia@ejemplo.mx", 7)
    ('Lupita-41', 'usuario-7')
    """
    told = "" if "@" in name or name.casefold() == email.partition("@")[0].casefold() else name
    first = "".join(sign for sign in told.split(" ")[0] if sign.isalpha())
    return f"{first[:20] if len(first) > 1 else 'usuario'}-{number}"


def mentions(body: str) -> list[str]:
    """Return the compared forms of the names that a body calls with @, at most ten, none within code or quotes."""
    spoken = "\n".join(line for line in _CODE.sub(" ", body).split("\n") if not line.lstrip().startswith(">"))
    found: dict[str, None] = {}
    for name in _MENTION.findall(spoken):
        found.setdefault(alias_key(name))
    return list(found)[:MENTIONS_MAX]


def links(body: str) -> int:
    """Return how many links a body holds."""
    return len(_LINK.findall(body))


def quoted(alias: str, body: str, *, length: int = 1_500) -> str:
    """Return a post as a quote to begin an answer with; quotes within it are left out, so that they never pile up."""
    spoken = [line for line in body[:length].split("\n") if not line.lstrip().startswith(">")]
    return "\n".join([f"> **{alias}:**", *(f"> {line}" for line in spoken)]).rstrip(" >\n") + "\n\n"


# -- trust and limits ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a member has done so far."""

    joined_at: datetime
    replies: int
    thanks: int
    flags_upheld: int
    is_covered: bool


def trust_of(done: Behaviour, figures: Mapping[str, int], *, at: datetime) -> int:
    """Return how far a member is trusted: 0 new, 1 known, 2 regular. Posts that were hidden for a reason count against him."""
    days = (at - done.joined_at) / timedelta(days=1)
    counted = done.replies - 5 * done.flags_upheld
    if counted >= figures["trust2_replies"] and days >= figures["trust2_days"] and done.thanks >= figures["trust2_thanks"]:
        return 2
    known = counted >= figures["trust1_replies"] and days >= figures["trust1_days"]
    return 1 if known or (done.is_covered and not done.flags_upheld) else 0


def why_held(*, trust: int, is_first: bool, has_proof: bool, seconds: float | None, links: int, figures: Mapping[str, int]) -> str:
    """Return why a post waits for a moderator before anybody sees it, "" where it does not. FOR-1."""
    if trust > 0:
        return ""
    if not has_proof:
        return "no_proof"
    if is_first and (seconds is None or seconds < figures["fast_seconds"]):
        return "first_post"
    return "links" if links > figures["new_links_max"] else ""


# -- the promise -----------------------------------------------------------------------------------------------------


def resumed_hours(left_seconds: int, least: int) -> int:
    """Return within how many hours a question is answered whose only answer was hidden: what was left then, at least so many. FOR-2."""
    return max(least, ceil(left_seconds / 3600))


def audience_for(own: str, reading_is_open: bool) -> str:
    """Return for whom a theme is: where reading is not open, visitors are nobody's audience. ACC-2."""
    return "registered" if own == "visitor" and not reading_is_open else own


def opens_up(own: tuple[str, int | None], other: tuple[str, int | None]) -> bool:
    """True where people read the other who do not read one's own: each as audience and product of a theme. SEC-9."""
    if AUDIENCES.index(other[0]) != AUDIENCES.index(own[0]):
        return AUDIENCES.index(other[0]) < AUDIENCES.index(own[0])
    return own[0] == LICENSED and own[1] is not None and own[1] != other[1]


def levels_heard(levels: Sequence[Mapping[int, str]]) -> dict[int, str]:
    """Return by which level each person hears of a topic: what is said of the topic itself holds over theme, that over product."""
    heard: dict[int, str] = {}
    for one in levels:
        for user_id, level in one.items():
            heard.setdefault(user_id, level)
    return heard


def hears_of(level: str, *, is_first_post: bool) -> bool:
    """True where somebody is written to at once."""
    return level == "watching" or (level == "first_post" and is_first_post)


def chosen(numbers: Iterable[str]) -> list[int]:
    """Return the numbers that a form names, each once."""
    return sorted({int(text) for text in numbers if text.isdecimal() and len(text) < 18})
