"""What the customer's helper may show: parsed by its lengths, so that whoever lies or floods is cut before the viewer sees it. SEC-40.

Pixels pass as they come and are never held; only heads are read. The clipboard and the bell are thrown away.
"""

from __future__ import annotations

from typing import Final

from .stream import (
    COPY,
    CURSOR,
    DESKTOP_NAME,
    DESKTOP_SIZE,
    EXTENDED_SIZE,
    LAST_RECT,
    PIXEL_OCTETS,
    RAW,
    TIGHT,
    TIGHT_PNG,
    ZRLE,
    Malformed,
    Reader,
    Script,
    check_format,
    check_size,
    number,
)

VERSION: Final = b"RFB 003.008\n"
NAME_MAX: Final = 1024
CUT_TEXT_MAX: Final = 16_777_216
CURSOR_SIDE_MAX: Final = 512
TIGHT_BARE_OCTETS: Final = 12  # what is shorter comes without compression
_TPIXEL = 3


class Server(Reader):
    """Parses what the helper says; `width` and `height` are those of its screen once it said so."""

    def __init__(self) -> None:
        self.width = self.height = 0
        self.name = ""
        self.updates = 0
        super().__init__()

    @property
    def begun(self) -> bool:
        """True once the screen's size is known: updates may be asked for."""
        return self.width > 0

    def script(self) -> Script:
        version = yield ("take", 12)
        if version != VERSION:
            raise Malformed("the helper speaks another version of RFB than 3.8")
        self.send(version)
        types = yield ("take", (yield ("take", 1))[0])
        if 1 not in types:
            raise Malformed("the helper does not offer the security type «none»")
        self.send(b"\1\1")
        result = yield ("take", 4)
        if number(result):
            raise Malformed("the helper refused the viewer")
        self.send(result)
        yield from self._init()
        while True:
            kind = (yield ("take", 1))[0]
            if kind == 0:
                yield from self._update()
            elif kind == 3:
                length = number((yield ("take", 7))[3:])
                size = min(length, 2**32 - length)  # the extended clipboard's length is negative
                if size > CUT_TEXT_MAX:
                    raise Malformed(f"a clipboard of {size} bytes is too long")
                yield ("skip", size)
            elif kind != 2:  # the bell
                raise Malformed(f"the helper sent a message of the unknown type {kind}")

    def _init(self) -> Script:
        head = yield ("take", 24)
        width, height, length = number(head[:2]), number(head[2:4]), number(head[20:])
        check_size(width, height)
        check_format(head[4:20])
        if length > NAME_MAX:
            raise Malformed("the name of the screen is too long")
        name = yield ("take", length)
        self.name = name.decode("utf-8", "replace")
        self.width, self.height = width, height
        self.send(head, name)

    def _update(self) -> Script:
        head = yield ("take", 3)
        count = number(head[1:])
        self.send(b"\0", head)
        self.updates += 1
        while count:
            raw = yield ("take", 12)
            x, y, w, h = (number(raw[at : at + 2]) for at in (0, 2, 4, 6))
            encoding = int.from_bytes(raw[8:], signed=True)
            self.send(raw)
            if encoding == LAST_RECT:
                return
            yield from self._rectangle(encoding, x, y, w, h)
            if count != 0xFFFF:
                count -= 1

    def _rectangle(self, encoding: int, x: int, y: int, w: int, h: int) -> Script:
        if encoding == DESKTOP_SIZE:
            check_size(w, h)
            self.width, self.height = w, h
            return
        if encoding == EXTENDED_SIZE:
            head = yield ("take", 4)
            self.send(head)
            yield ("pass", 16 * head[0])
            if y == 0:  # y tells whether the change was made
                check_size(w, h)
                self.width, self.height = w, h
            return
        if encoding == CURSOR:
            if max(w, h) > CURSOR_SIDE_MAX:
                raise Malformed(f"a pointer of {w} × {h} is too large")
            yield ("pass", w * h * PIXEL_OCTETS + (w + 7) // 8 * h)
            return
        if encoding == DESKTOP_NAME:
            yield from self._counted(NAME_MAX)
            return
        if x + w > self.width or y + h > self.height:
            raise Malformed(f"a rectangle of {w} × {h} at {x}, {y} lies outside of the screen of {self.width} × {self.height}")
        yield from self._pixels(encoding, w, h)

    def _pixels(self, encoding: int, w: int, h: int) -> Script:
        if encoding == RAW:
            yield ("pass", w * h * PIXEL_OCTETS)
        elif encoding == COPY:
            place = yield ("take", 4)
            if number(place[:2]) + w > self.width or number(place[2:]) + h > self.height:
                raise Malformed("a rectangle is copied from outside of the screen")
            self.send(place)
        elif encoding in (TIGHT, TIGHT_PNG):
            yield from self._tight(w, h, png=encoding == TIGHT_PNG)
        elif encoding == ZRLE:
            yield from self._counted(w * h * (PIXEL_OCTETS + 1) + 65_536)
        else:
            raise Malformed(f"the helper sent the encoding {encoding}, which nobody asked for")

    def _counted(self, most: int) -> Script:
        head = yield ("take", 4)
        if number(head) > most:
            raise Malformed(f"{number(head)} bytes are more than {most}")
        self.send(head)
        yield ("pass", number(head))

    def _tight(self, w: int, h: int, *, png: bool) -> Script:
        control = yield ("take", 1)
        self.send(control)
        kind = control[0] >> 4
        if kind == 8:
            yield ("pass", _TPIXEL)
        elif kind == 9 or (kind == 10 and png):
            yield from self._compact()
        elif kind < 8:
            yield from self._basic(kind, w, h)
        else:
            raise Malformed(f"a rectangle of Tight has the unknown kind {kind}")

    def _basic(self, kind: int, w: int, h: int) -> Script:
        size = w * h * _TPIXEL
        if kind & 4:
            filter_id = yield ("take", 1)
            self.send(filter_id)
            if filter_id == b"\1":
                colours = yield ("take", 1)
                self.send(colours)
                yield ("pass", (colours[0] + 1) * _TPIXEL)
                size = (w + 7) // 8 * h if colours[0] == 1 else w * h
            elif filter_id not in (b"\0", b"\2"):
                raise Malformed("a rectangle of Tight has an unknown filter")
        if size < TIGHT_BARE_OCTETS:
            yield ("pass", size)
        else:
            yield from self._compact()

    def _compact(self) -> Script:
        """Let through a length of one to three bytes, and as many bytes."""
        length = 0
        for shift in (0, 7, 14):
            octet = yield ("take", 1)
            self.send(octet)
            length |= (octet[0] & (0x7F if shift < 14 else 0xFF)) << shift
            if shift < 14 and octet[0] < 0x80:
                break
        yield ("pass", length)
