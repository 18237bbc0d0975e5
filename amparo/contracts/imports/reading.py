"""Bytes of a CSV file into rows: pure. Any of the usual encodings and separators, headings in either language."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext

from amparo.contracts.errors import FileNotRead
from amparo.kernel.sheets import FORMULA

BYTES_MAX = 4_000_000
CELL_MAX = 4000
SEPARATORS = (";", ",", "\t")


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its number as a spreadsheet shows it, and its cells by column."""

    number: int
    cells: Mapping[str, str]


def decode(content: bytes) -> str:
    """Return the text of a file: UTF-8 with or without a mark, UTF-16 with one, else Latin-1 as Excel writes it.

    Raises FileNotRead for what is too large or no text.
    """
    if len(content) > BYTES_MAX:
        raise FileNotRead(gettext("The file is larger than %(size)s MB. Split it.") % {"size": BYTES_MAX // 1_000_000}, field="file")
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            text = content.decode("utf-16")
        else:
            text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace") if b"\x00" not in content else "\x00"
    if "\x00" in text:
        raise FileNotRead(field="file")
    return text


def heading(text: str) -> str:
    """Return a heading as it is compared: «Razón social» is razon_social."""
    plain = unicodedata.normalize("NFD", text.replace("\ufeff", "").strip().lower())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def separator(text: str) -> str:
    """Return the separator of the first line: the one that stands there most often outside quotes."""
    first = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").split("\n", 1)[0])
    return max(SEPARATORS, key=first.count)


def cell(text: str) -> str:
    """Return what a cell says, without the apostrophe that keeps a spreadsheet from counting. SEC-56."""
    text = text.strip()
    return text[1:] if text.startswith("'") and text[1:2] in FORMULA else text


def read(text: str, names: Mapping[str, str], required: Sequence[str], *, rows_max: int) -> list[Row]:
    """Return the rows of a CSV text. `names`: each heading that is known, as compared, to its column.

    Empty rows are passed over. Raises FileNotRead for unknown, repeated or missing headings, and too many rows.
    """
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=separator(text), strict=True)
    try:
        lines = [(reader.line_num, line) for line in reader if any(part.strip() for part in line)]
    except csv.Error as error:
        raise FileNotRead(
            gettext("Row %(row)s cannot be read: a quotation mark is missing or too many.") % {"row": reader.line_num},
            field="file",
        ) from error
    if len(lines) < 2:
        raise FileNotRead(gettext("The file has no rows below its headings."), field="file")
    if len(lines) - 1 > rows_max:
        raise FileNotRead(
            ngettext(
                "The file has more than %(count)s row. Split it.", "The file has more than %(count)s rows. Split it.", rows_max
            )
            % {"count": rows_max},
            field="file",
        )
    columns = _columns(lines[0][1], names, required)
    return [_row(number, line, columns) for number, line in enumerate_rows(lines[1:])]


def enumerate_rows(lines: Sequence[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Number rows as a spreadsheet does: by record, where a cell with line breaks is one row."""
    numbered, breaks = [], 0
    for last_line, line in lines:
        inside = sum(part.count("\n") for part in line)
        numbered.append((last_line - inside - breaks, line))
        breaks += inside
    return numbered


def _row(number: int, line: list[str], columns: list[str]) -> Row:
    if len([part for part in line[len(columns) :] if part.strip()]):
        raise FileNotRead(
            gettext("Row %(row)s has more cells than there are headings.") % {"row": number}, field="file"
        )
    padded = [*line, *[""] * (len(columns) - len(line))]
    return Row(number, {name: cell(part) for name, part in zip(columns, padded, strict=False) if name})


def _columns(headings: list[str], names: Mapping[str, str], required: Sequence[str]) -> list[str]:
    compared = [heading(text) for text in headings]
    while compared and not compared[-1]:
        compared.pop()
    unknown = [text for text, key in zip(headings, compared, strict=False) if key not in names]
    if unknown:
        raise FileNotRead(
            gettext("These headings are not known: %(names)s. Compare them with the template.")
            % {"names": ", ".join(text.strip()[:40] or "—" for text in unknown[:10])},
            field="file",
        )
    columns = [names[key] for key in compared]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise FileNotRead(gettext("A column stands in the file twice: %(names)s.") % {"names": ", ".join(twice)}, field="file")
    missing = [name for name in required if name not in columns]
    if missing:
        raise FileNotRead(
            gettext("A column is missing: %(names)s.") % {"names": ", ".join(missing)}, field="file"
        )
    return columns
