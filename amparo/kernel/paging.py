"""Pages of a list by key, not by number: the cost of page 500 is that of page 1."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .refusals import Invalid

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows of one page and the marks of the next, empty where there is none."""

    rows: Sequence[T]
    next: str = ""

    def __len__(self) -> int:
        return len(self.rows)


def mark(*values: Any) -> str:
    """Return an opaque mark of a place in a list."""
    text = json.dumps([v.isoformat() if hasattr(v, "isoformat") else v for v in values])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unmark(text: str, length: int) -> list[Any] | None:
    """Return the values of a mark, None where there is none. Raises Invalid where it was tampered with."""
    if not text:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, UnicodeDecodeError):
        raise Invalid(field="after") from None
    if not isinstance(values, list) or len(values) != length or not all(
        isinstance(v, (str, int, type(None))) for v in values
    ):
        raise Invalid(field="after")
    return values


def page_of(rows: Sequence[T], size: int, key: Any) -> Page[T]:
    """Cut rows fetched as size + 1 into a page; `key` gives the values of the mark for a row."""
    if len(rows) <= size:
        return Page(rows)
    kept = rows[:size]
    return Page(kept, mark(*key(kept[-1])))
