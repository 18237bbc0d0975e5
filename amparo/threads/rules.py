"""What is decided without a database: texts that can be sent, fields of templates, words of a search."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from amparo.kernel.refusals import Invalid

FIELD = re.compile(r"\{(cliente|numero|persona|customer|number|person|producto|product)\}")
FIELD_NAMES: Mapping[str, str] = {
    "cliente": "customer",
    "customer": "customer",
    "numero": "number",
    "number": "number",
    "persona": "person",
    "person": "person",
    "producto": "product",
    "product": "product",
}
TAG_LENGTH_MAX = 40
TAGS_MAX = 12
WORDS_MAX = 12


def clean_text(text: str) -> str:
    """Return a text as it is kept: one kind of line end, no control characters, no blanks around it."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc").strip()


def clean_line(text: str, length: int) -> str:
    """Return a text as one line of at most `length` characters."""
    return re.sub(r"\s+", " ", clean_text(text)).strip()[:length].rstrip()


def clean_tags(names: list[str]) -> list[str]:
    """Return tags in small letters, each once, in order, at most twelve."""
    seen: dict[str, None] = {}
    for name in names:
        tag = clean_line(name.lower().replace("#", " "), TAG_LENGTH_MAX)
        if tag:
            seen.setdefault(tag)
    return list(seen)[:TAGS_MAX]


def fill(template: str, fields: Mapping[str, str]) -> str:
    """Put values into the named fields of a template, once and as plain text: a value is never read again. SEC-19.

    >>> fill("Hola {persona}: {numero}", {"person": "Ana {numero}", "number": "T-4"})
    'Hola Ana {numero}: T-4'
    """
    return FIELD.sub(lambda m: fields.get(FIELD_NAMES[m[1]], m[0]), template)


def unknown_fields(template: str) -> list[str]:
    """Return what stands in braces and is no field, so that a slip is told when the template is saved."""
    return [m for m in re.findall(r"\{([^{}\n]{1,40})\}", template) if m not in FIELD_NAMES]


def number_in(words: str) -> tuple[str | None, int] | None:
    """Return the kind and number that somebody typed (`T-41`, `c2041`, `#41`, `41`), None where it is none."""
    found = re.fullmatch(r"\s*(?:([tc])\s*-?\s*|#\s*)?(\d{1,15})\s*", words.lower())
    if not found:
        return None
    kind = {"t": "ticket", "c": "case"}.get(found[1] or "")
    return kind, int(found[2])


def draft_key(user_id: int | None, place: str) -> str:
    """Return the key under which a person's files wait at a place: the same after a reload, another for anybody else."""
    return hashlib.sha256(f"{user_id}:{place}".encode()).hexdigest()[:32]


def place_parts(place: str) -> tuple[str, int | None] | None:
    """Return kind and number of a place where one writes (`ticket:41`, `case:new`), None where it is none."""
    found = re.fullmatch(r"(ticket|case):(new|\d{1,18})", place)
    if not found:
        return None
    return found[1], None if found[2] == "new" else int(found[2])


def read_mark(values: list[Any] | None, shape: str) -> list[Any] | None:
    """Return the values of a page's mark as their shape says: `i` a number, `t` a moment, `T` a moment or none.

    A mark comes from the address: whatever is not of the shape is refused. Raises Invalid. SEC-30.
    """
    if values is None:
        return None
    return [_read(value, kind) for value, kind in zip(values, shape, strict=True)]


def _read(value: Any, kind: str) -> Any:
    if kind == "i" and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**62:
        return value
    if kind == "T" and value is None:
        return None
    if kind in "tT" and isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise Invalid(field="after") from None
        if moment.tzinfo is not None:
            return moment
    raise Invalid(field="after")


def search_words(words: str) -> str:
    """Return the words of a search as they are asked: no control characters, at most twelve words."""
    return " ".join(clean_line(words, 200).split(" ")[:WORDS_MAX])
