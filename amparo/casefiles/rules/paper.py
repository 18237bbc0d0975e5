"""Paper for records of any length: drawn line by line, so that neither time nor memory grows with what is written. CAS-7, SEC-24.

Nothing is interpreted: what people wrote is drawn as letters. Nothing is fetched: the canvas knows no addresses.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

# What draws is loaded where something is drawn: most processes never draw a paper.
# Faces with most of the letters of the world, where the machine has one; else the one that every reader of PDF brings.
_FACES = (
    ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"),
    ("/usr/share/fonts/dejavu/DejaVuSans.ttf", "/usr/share/fonts/dejavu/DejaVuSans-Bold.ttf"),
    ("/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf", "/usr/share/fonts/truetype/liberation/LiberationSans-Bold.ttf"),
)  # fmt: skip
WIDTH, HEIGHT = LETTER = 612.0, 792.0  # points of 1/72 of an inch
LEFT, RIGHT, TOP, BOTTOM = 56.0, 56.0, 64.0, 62.0
INK, SOFT, LINE, ACCENT = (0.13, 0.15, 0.17), (0.40, 0.43, 0.46), (0.80, 0.82, 0.84), (0.0, 0.36, 0.36)
PAPERS = {"customer": (0.945, 0.955, 0.96), "staff": (0.93, 0.965, 0.96), "system": (1, 1, 1)}


@functools.lru_cache(1)
def faces() -> tuple[str, str]:
    """Return the names of the plain and the bold face."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    for plain, bold in _FACES:
        if Path(plain).is_file() and Path(bold).is_file():
            try:
                pdfmetrics.registerFont(TTFont("Paper", plain))
                pdfmetrics.registerFont(TTFont("PaperBold", bold))
            except (TTFError, OSError):
                continue
            return "Paper", "PaperBold"
    return "Helvetica", "Helvetica-Bold"


@functools.lru_cache(20_000)
def _width(word: str, face: str, size: float) -> float:
    from reportlab.pdfbase import pdfmetrics

    return float(pdfmetrics.stringWidth(word, face, size))


def plain_text(text: str) -> str:
    """Return a text without what cannot be drawn: no control or direction-turning signs; line ends stay."""
    text = text.replace("\r\n", "\n").replace("\t", "    ")
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))


def wrapped(text: str, face: str, size: float, width: float) -> Iterator[str]:
    """Yield the lines of a text at a width; a word that is longer than a line is broken."""
    space = _width(" ", face, size)
    for paragraph in plain_text(text).split("\n"):
        indent = len(paragraph) - len(paragraph.lstrip(" "))
        line, used = " " * min(indent, 12), space * min(indent, 12)
        for word in paragraph.split():
            long = _width(word, face, size)
            gap = space if line.strip() else 0.0
            if used + gap + long <= width:
                line, used = line + (" " if gap else "") + word, used + gap + long
                continue
            if line.strip():
                yield line
            line, used = "", 0.0
            for piece in _broken(word, face, size, width) if long > width else [word]:
                if line:
                    yield line
                line, used = piece, _width(piece, face, size)
        yield line


def _broken(word: str, face: str, size: float, width: float) -> Iterator[str]:
    piece, used = "", 0.0
    for letter_ in word:
        wide = _width(letter_, face, size)
        if piece and used + wide > width:
            yield piece
            piece, used = "", 0.0
        piece, used = piece + letter_, used + wide
    yield piece


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands on every page: whose paper it is, what it is about, and how a page is numbered."""

    vendor: str
    title: str
    page: str  # with %(number)s
    language: str
    author: str = ""


class Paper:
    """Draws downwards and turns the page where it must."""

    def __init__(self, out: BinaryIO, frame: Frame) -> None:
        from reportlab.pdfgen.canvas import Canvas

        self.plain, self.bold = faces()
        self.frame = frame
        self.canvas: Any = Canvas(out, pagesize=LETTER, pageCompression=1, invariant=1, lang=frame.language)
        self._end = self.canvas.save
        self.canvas.setTitle(frame.title)
        self.canvas.setAuthor(frame.author or frame.vendor)
        self.number = 0
        self._open()

    def _open(self) -> None:
        self.number += 1
        self.y = HEIGHT - TOP
        c = self.canvas
        c.setFillColorRGB(*SOFT)
        c.setFont(self.plain, 7.5)
        c.drawString(LEFT, HEIGHT - 38, plain_text(self.frame.vendor)[:80])
        c.drawRightString(WIDTH - RIGHT, HEIGHT - 38, plain_text(self.frame.title)[:90])
        c.setStrokeColorRGB(*LINE)
        c.setLineWidth(0.5)
        c.line(LEFT, HEIGHT - 44, WIDTH - RIGHT, HEIGHT - 44)
        c.drawRightString(WIDTH - RIGHT, 36, self.frame.page % {"number": self.number})

    def turn(self) -> None:
        self.canvas.showPage()
        self._open()

    def need(self, height: float) -> None:
        """Turn the page where less than this is left on it."""
        if self.y - height < BOTTOM:
            self.turn()

    def gap(self, height: float) -> None:
        self.y -= height

    def write(
        self, text: str, *, size: float = 9, bold: bool = False, colour: Sequence[float] = INK, indent: float = 0,
        ground: Sequence[float] | None = None, leading: float = 1.38,
    ) -> None:
        """Write a text below what stands, over as many pages as it takes."""
        face = self.bold if bold else self.plain
        step = size * leading
        for line in wrapped(text, face, size, WIDTH - LEFT - RIGHT - indent - (8 if ground else 0)):
            self.need(step)
            if ground:
                self.canvas.setFillColorRGB(*ground)
                self.canvas.rect(LEFT + indent - 8, self.y - step, WIDTH - LEFT - RIGHT - indent + 8, step + 0.3, stroke=0, fill=1)
            self.canvas.setFillColorRGB(*colour)
            self.canvas.setFont(face, size)
            self.canvas.drawString(LEFT + indent, self.y - size, line)
            self.y -= step

    def heading(self, text: str, *, size: float = 13) -> None:
        self.need(size * 4)
        self.gap(size)
        self.write(text, size=size, bold=True, colour=ACCENT)
        self.gap(3)

    def rule(self) -> None:
        self.need(8)
        self.canvas.setStrokeColorRGB(*LINE)
        self.canvas.line(LEFT, self.y - 3, WIDTH - RIGHT, self.y - 3)
        self.gap(8)

    def pairs(self, rows: Iterable[tuple[str, str]], *, label: float = 128) -> None:
        """Write names and values in two columns; a pair without a value is left out."""
        for name, value in rows:
            if not value:
                continue
            size, step = 9.0, 12.6
            lines = list(wrapped(value, self.plain, size, WIDTH - LEFT - RIGHT - label))
            names = list(wrapped(name, self.plain, size, label - 10))
            self.need(step * min(max(len(lines), len(names)), 3))
            for at in range(max(len(lines), len(names))):
                self.need(step)
                self.canvas.setFont(self.plain, size)
                if at < len(names):
                    self.canvas.setFillColorRGB(*SOFT)
                    self.canvas.drawString(LEFT, self.y - size, names[at])
                if at < len(lines):
                    self.canvas.setFillColorRGB(*INK)
                    self.canvas.drawString(LEFT + label, self.y - size, lines[at])
                self.y -= step
            self.gap(1.5)

    def close(self) -> None:
        self.canvas.showPage()
        self._end()
