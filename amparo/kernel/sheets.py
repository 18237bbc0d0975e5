"""Tables for spreadsheets: CSV that they open rightly and take no formula from. SEC-56."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def safe_cell(value: object) -> str:
    """Return a value as it is written into a cell: a number as it is, a text such that no spreadsheet counts with it. SEC-56."""
    if isinstance(value, int | float):
        return str(value)
    text = _CONTROL.sub("", str(value if value is not None else ""))
    return "'" + text if text.startswith(FORMULA) else text


def as_csv(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as CSV that spreadsheets open rightly: UTF-8 with a mark, commas, safe cells."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([safe_cell(value) for value in row] for row in rows)
    return ("\ufeff" + out.getvalue()).encode()
