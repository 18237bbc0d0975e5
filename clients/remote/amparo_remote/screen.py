"""What is on the screen, and what of it changed since it was last sent."""

from __future__ import annotations

from collections.abc import Iterator

import mss
from PIL import Image
from Xlib import display

TILE = 64
RUN_MAX = 1024  # pixels: longer runs of changed tiles are cut, Tight allows 2048


class Screen:
    """Grabs the whole X screen by shared memory, with the pointer drawn in. Belongs to the one thread that makes it."""

    def __init__(self, name: str | None = None) -> None:
        self.display = display.Display(name)
        self.root = self.display.screen().root
        self.grabber = mss.MSS(display=name, with_cursor=True) if name else mss.MSS(with_cursor=True)

    def size(self) -> tuple[int, int]:
        geometry = self.root.get_geometry()
        return geometry.width, geometry.height

    def grab(self, size: tuple[int, int]) -> bytes:
        """Return the pixels as blue, green, red, nothing; row after row."""
        shot = self.grabber.grab({"left": 0, "top": 0, "width": size[0], "height": size[1]})
        return bytes(shot.raw)

    def close(self) -> None:
        self.grabber.close()
        self.display.close()


def changed(old: bytes | None, new: bytes, size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the rectangles (x, y, width, height) that differ, tile by tile, neighbours in a row joined."""
    width, height = size
    stride = width * 4
    for top in range(0, height, TILE):
        rows = min(TILE, height - top)
        band = slice(top * stride, (top + rows) * stride)
        if old is not None and old[band] == new[band]:
            continue
        yield from _runs(old, new, width, top, rows)


def _runs(old: bytes | None, new: bytes, width: int, top: int, rows: int) -> Iterator[tuple[int, int, int, int]]:
    begun: int | None = None
    for left in range(0, width, TILE):
        differs = old is None or _differs(old, new, width, left, top, rows)
        if differs and begun is None:
            begun = left
        if begun is not None and (not differs or left - begun >= RUN_MAX):
            yield begun, top, left - begun, rows
            begun = left if differs else None
    if begun is not None:
        yield begun, top, width - begun, rows


def _differs(old: bytes, new: bytes, width: int, left: int, top: int, rows: int) -> bool:
    span = min(TILE, width - left) * 4
    for row in range(top, top + rows):
        at = (row * width + left) * 4
        if old[at : at + span] != new[at : at + span]:
            return True
    return False


def piece(pixels: bytes, size: tuple[int, int], area: tuple[int, int, int, int]) -> Image.Image:
    """Return a rectangle of the screen as a picture."""
    width = size[0]
    x, y, across, down = area
    band = Image.frombuffer("RGB", (width, down), pixels[y * width * 4 : (y + down) * width * 4], "raw", "BGRX", 0, 1)
    return band.crop((x, 0, x + across, down))
