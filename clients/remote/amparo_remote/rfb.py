"""The server side of RFB 3.8 (RFC 6143): what a viewer sends, read in bounds, and rectangles in Tight or raw for it."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL import Image

from .protocol import NonsenseError

RAW, TIGHT, DESKTOP_SIZE = 0, 7, -223
ENCODINGS_MAX = 256
BUFFER_MAX = 2 * 1024 * 1024
COLOURS_PLAIN = 192  # up to so many colours a tile is text or a window: sent exactly; more is a photograph: JPEG
QUALITY = (15, 29, 41, 42, 62, 77, 79, 86, 92, 100)


@dataclass(frozen=True)
class UpdateWanted:
    incremental: bool
    area: tuple[int, int, int, int]


@dataclass(frozen=True)
class Key:
    down: bool
    keysym: int


@dataclass(frozen=True)
class Pointer:
    buttons: int
    x: int
    y: int


@dataclass(frozen=True)
class Ready:
    """The handshake is done."""


Event = UpdateWanted | Key | Pointer | Ready


@dataclass
class Wishes:
    """How the viewer wants its pictures."""

    order: str = "BGRX"  # of the bytes of a raw pixel
    tight: bool = False
    quality: int | None = None
    desktop_size: bool = False


@dataclass
class Peer:
    """Read a viewer's bytes. `feed` takes what came and yields events; `to_send` is what must go back."""

    name: str
    size: tuple[int, int]
    wishes: Wishes = field(default_factory=Wishes)
    to_send: bytearray = field(default_factory=lambda: bytearray(b"RFB 003.008\n"))
    _buffer: bytearray = field(default_factory=bytearray)
    _stage: int = 0

    def feed(self, data: bytes) -> Iterator[Event]:
        """Yield the events that are complete. Raises NonsenseError."""
        self._buffer += data
        if len(self._buffer) > BUFFER_MAX:
            raise NonsenseError("too much at once")
        while self._stage < 3 and (needed := (12, 1, 1)[self._stage]) <= len(self._buffer):
            yield from self._greet(self._take(needed))
        if self._stage < 3:
            return
        while self._buffer and (length := self._length()) <= len(self._buffer):
            event = self._message(self._take(length))
            if event is not None:
                yield event

    def _take(self, length: int) -> bytes:
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken

    def _greet(self, said: bytes) -> Iterator[Event]:
        if self._stage == 0:
            if said not in (b"RFB 003.008\n", b"RFB 003.889\n"):
                raise NonsenseError("the viewer does not speak RFB 3.8")
            self.to_send += b"\x01\x01"  # one kind of security: none; the broker has asked who it is
        elif self._stage == 1:
            if said != b"\x01":
                raise NonsenseError("the viewer chose what was not offered")
            self.to_send += b"\0\0\0\0"
        else:
            name = self.name.encode()[:200]
            form = struct.pack(">BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
            self.to_send += struct.pack(">HH", *self.size) + form + struct.pack(">I", len(name)) + name
            yield Ready()
        self._stage += 1

    def _length(self) -> int:
        """Return how long the message at the front is; more than what is there when that cannot be said yet."""
        kind, have = self._buffer[0], len(self._buffer)
        if kind in _LENGTHS:
            return _LENGTHS[kind]
        if kind == 2:
            count = int.from_bytes(self._buffer[2:4], "big") if have >= 4 else 0
            if count > ENCODINGS_MAX:
                raise NonsenseError("too many encodings")
            return 4 + 4 * count
        raise NonsenseError(f"a message of kind {kind} was not agreed")

    def _message(self, said: bytes) -> Event | None:
        kind = said[0]
        if kind == 0:
            self.wishes.order = _order(said[4:20])
        elif kind == 2:
            self._encodings(struct.unpack(f">{(len(said) - 4) // 4}i", said[4:]))
        elif kind == 3:
            incremental, *area = struct.unpack(">BHHHH", said[1:])
            return UpdateWanted(bool(incremental), (area[0], area[1], area[2], area[3]))
        elif kind == 4:
            down, keysym = struct.unpack(">BxxI", said[1:])
            return Key(bool(down), keysym)
        else:
            return Pointer(*struct.unpack(">BHH", said[1:]))
        return None

    def _encodings(self, numbers: tuple[int, ...]) -> None:
        levels = [number + 32 for number in numbers if -32 <= number <= -23]
        self.wishes.tight = TIGHT in numbers
        self.wishes.desktop_size = DESKTOP_SIZE in numbers
        self.wishes.quality = QUALITY[levels[0]] if levels else None


_LENGTHS = {0: 20, 3: 10, 4: 8, 5: 6}


def _order(said: bytes) -> str:
    """Return how the viewer wants its pixels. Only whole bytes of true colour, which every browser and viewer of today asks for."""
    bits, _depth, big, true_colour, red_max, green_max, blue_max, red, green, blue = struct.unpack(">BBBBHHHBBB", said[:13])
    if bits != 32 or not true_colour or (red_max, green_max, blue_max) != (255, 255, 255) or sorted((red, green, blue)) not in (
        [0, 8, 16], [8, 16, 24]
    ):  # fmt: skip
        raise NonsenseError("the viewer wants pixels that are not offered")
    places = ["X"] * 4
    for letter, shift in (("R", red), ("G", green), ("B", blue)):
        places[shift // 8] = letter
    order = "".join(places[::-1] if big else places)
    if order not in ("BGRX", "RGBX", "XRGB", "XBGR"):
        raise NonsenseError("the viewer wants pixels that are not offered")
    return order


class Painter:
    """Turns pieces of a picture into rectangles. One per connection: the compressor of Tight lives as long as it."""

    def __init__(self) -> None:
        self.compressor = zlib.compressobj(2)
        self.begun = False

    def rectangle(self, image: Image.Image, x: int, y: int, wishes: Wishes) -> bytes:
        """Return one rectangle of a framebuffer update: exact where it is text, JPEG where it is a photograph."""
        head = struct.pack(">HHHHi", x, y, image.width, image.height, TIGHT if wishes.tight else RAW)
        if not wishes.tight:
            return head + (image.tobytes("raw", wishes.order) if wishes.order != "XRGB" else _xrgb(image))
        colours = image.getcolors(COLOURS_PLAIN)
        if colours and len(colours) == 1:
            return head + b"\x80" + bytes(colours[0][1])
        if colours or wishes.quality is None:
            return head + self._exact(image)
        packed = io.BytesIO()
        image.save(packed, "JPEG", quality=wishes.quality, subsampling=0 if wishes.quality > 80 else 2)
        return head + b"\x90" + _compact(packed.tell()) + packed.getvalue()

    def _exact(self, image: Image.Image) -> bytes:
        pixels = image.tobytes()
        control = b"\x00" if self.begun else b"\x01"  # the first resets the viewer's stream too
        if len(pixels) < 12:
            return b"\x00" + pixels
        self.begun = True
        packed = self.compressor.compress(pixels) + self.compressor.flush(zlib.Z_SYNC_FLUSH)
        return control + _compact(len(packed)) + packed


def _xrgb(image: Image.Image) -> bytes:
    red, green, blue = image.split()
    return Image.merge("RGBX", (Image.new("L", image.size), red, green, blue)).tobytes("raw", "RGBX")


def _compact(length: int) -> bytes:
    if length >= 1 << 22:
        raise NonsenseError("a rectangle is too large")
    if length < 128:
        return bytes((length,))
    if length < 16384:
        return bytes((length & 127 | 128, length >> 7))
    return bytes((length & 127 | 128, length >> 7 & 127 | 128, length >> 14))


def update(rectangles: list[bytes]) -> bytes:
    """Return one framebuffer update."""
    return struct.pack(">BxH", 0, len(rectangles)) + b"".join(rectangles)


def resized(width: int, height: int) -> bytes:
    """Return the rectangle that says that the screen has another size."""
    return struct.pack(">HHHHi", 0, 0, width, height, DESKTOP_SIZE)
