"""A page of a list, newest first, by key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from amparo.kernel.paging import Page, page_of, unmark

T = TypeVar("T")


def newest(found: Any, shape: Callable[[dict[str, Any]], T], *, after: str, size: int) -> Page[T]:
    """Return a page of rows by falling id. One statement. Raises Invalid for a mark that was tampered with."""
    if (below := unmark(after, 1)) is not None:
        found = found.filter(pk__lt=below[0] if isinstance(below[0], int) else 0)
    return page_of([shape(row) for row in found.order_by("-id")[: size + 1]], size, lambda row: (row.id,))  # type: ignore[attr-defined]
