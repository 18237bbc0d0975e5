"""How the banner and the questions look: drawn as pictures, so that they need no toolkit and no window manager."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageDraw, ImageFont

INK, PAPER, SOFT, LINE = (24, 32, 36), (250, 250, 247), (84, 98, 104), (206, 210, 208)
TEAL, RED, SLATE, WHITE = (0, 92, 99), (158, 32, 24), (72, 84, 92), (255, 255, 255)
FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Ubuntu-R.ttf", "FreeSans.ttf")
Box = tuple[int, int, int, int]


@dataclass
class Picture:
    """A drawn window and where its buttons are."""

    image: Image.Image
    buttons: dict[str, Box] = field(default_factory=dict)

    def hit(self, x: int, y: int) -> str | None:
        for name, (left, top, right, bottom) in self.buttons.items():
            if left <= x < right and top <= y < bottom:
                return name
        return None


@functools.cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def width(text: str, size: int) -> int:
    return int(font(size).getlength(text)) + 1


def shortened(text: str, size: int, room: int) -> str:
    if width(text, size) <= room:
        return text
    while text and width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def wrapped(text: str, size: int, room: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        word = shortened(word, size, room)
        if lines and width(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def banner(text: str, left: str, buttons: Sequence[tuple[str, str]], colour: tuple[int, int, int], room: int) -> Picture:
    """Return the banner: what is happening, how long it goes on, buttons (name, label)."""
    across = 12 + sum(width(label, 15) + 36 for _name, label in buttons) + (width(left, 15) + 24 if left else 0)
    text = shortened(text, 16, max(room - across - 28, 80))
    image = Image.new("RGB", (min(room, across + width(text, 16) + 40), 44), colour)
    draw = ImageDraw.Draw(image)
    draw.ellipse((14, 17, 24, 27), fill=WHITE)
    draw.text((34, 22), text, font=font(16), fill=WHITE, anchor="lm")
    at = 34 + width(text, 16) + 16
    if left:
        draw.text((at, 22), left, font=font(15), fill=(230, 240, 240), anchor="lm")
        at += width(left, 15) + 16
    result = Picture(image)
    for name, label in buttons:
        box = (at, 7, at + width(label, 15) + 24, 37)
        draw.rounded_rectangle(box, 6, fill=WHITE)
        draw.text(((box[0] + box[2]) // 2, 22), label, font=font(15), fill=RED if name == "stop" else INK, anchor="mm")
        result.buttons[name] = box
        at = box[2] + 12
    return result


def question(title: str, lines: Sequence[str], buttons: Sequence[tuple[str, str]], room: int) -> Picture:
    """Return a question: a title, lines, and buttons (value, label) of the same weight."""
    across = min(560, room)
    rows = [(row, 22, INK) for row in wrapped(title, 22, across - 56)]
    for line in lines:
        rows += [(row, 16, SOFT) for row in wrapped(line, 16, across - 56)] + [("", 6, SOFT)]
    laid = _lay(buttons, across - 56)
    down = 28 + sum(size + 10 for _row, size, _ink in rows) + 16 + 52 * (laid[-1][3] + 1) + 16
    image = Image.new("RGB", (across, down), PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, across - 1, down - 1), outline=LINE)
    draw.rectangle((0, 0, across - 1, 5), fill=TEAL)
    y = 28
    for row, size, ink in rows:
        draw.text((28, y), row, font=font(size), fill=ink)
        y += size + 10
    result = Picture(image)
    for value, label, x, row_number in laid:
        top = y + 16 + 52 * row_number
        box = (28 + x, top, 28 + x + width(label, 16) + 32, top + 40)
        draw.rounded_rectangle(box, 6, fill=PAPER, outline=TEAL, width=2)
        draw.text(((box[0] + box[2]) // 2, top + 20), label, font=font(16), fill=TEAL, anchor="mm")
        result.buttons[value] = box
    return result


def _lay(buttons: Sequence[tuple[str, str]], room: int) -> list[tuple[str, str, int, int]]:
    """Return (value, label, x, row) for each button."""
    laid: list[tuple[str, str, int, int]] = []
    x = row = 0
    for value, label in buttons:
        across = width(label, 16) + 32
        if x and x + across > room:
            x, row = 0, row + 1
        laid.append((value, label, x, row))
        x += across + 12
    return laid
