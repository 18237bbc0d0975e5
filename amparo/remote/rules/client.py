"""What the engineer's viewer may say to the customer's computer: parsed whole, and dropped where it was not consented to. SEC-40.

Keys and pointer pass in control alone; the clipboard, changes of the screen's size, files, power and whatever else the protocol
family knows never pass. Encodings whose lengths the other direction could not tell apart are taken out of what is asked for.
"""

from __future__ import annotations

from typing import Final

from .stream import PASSED, Malformed, Reader, Script, check_format, number, signed

VERSION: Final = b"RFB 003.008\n"
CUT_TEXT_MAX: Final = 1_048_576
ENCODINGS_MAX: Final = 256
KEY, POINTER, UPDATE_REQUEST = 4, 5, 3
# Messages of a fixed length that are dropped: continuous updates, power, and its own answers.
_DROPPED = {150: 9, 250: 3}
_LEVELS = (range(-32, -22), range(-256, -246))


def passes(encoding: int) -> bool:
    """True for an encoding or level that may be asked for."""
    return encoding in PASSED or any(encoding in levels for levels in _LEVELS)


class Client(Reader):
    """Parses what the viewer says. `control` and `paused` are set from without and hold from the next message on.

    `keys` and `buttons` are what is down at the customer's computer, for `release`; `dropped` counts what was not let through.
    """

    def __init__(self, *, control: bool = False) -> None:
        self.control, self.paused = control, False
        self.keys: set[int] = set()
        self.buttons, self.place = 0, b"\0\0\0\0"
        self.dropped = 0
        self.requested = False
        super().__init__()

    def script(self) -> Script:
        version = yield ("take", 12)
        if version != VERSION:
            raise Malformed("the viewer speaks another version")
        self.send(version)
        choice = yield ("take", 1)
        if choice != b"\1":
            raise Malformed("the viewer chose a security type that was not offered")
        self.send(choice)
        shared = yield ("take", 1)
        self.send(b"\1" if shared != b"\0" else b"\0")
        while True:
            kind = (yield ("take", 1))[0]
            if kind == KEY:
                self._key((yield ("take", 7)))
            elif kind == POINTER:
                self._pointer((yield ("take", 5)))
            elif kind == UPDATE_REQUEST:
                self._request((yield ("take", 9)))
            elif kind == 0:
                raw = yield ("take", 19)
                check_format(raw[3:])
                self.send(b"\0", raw)
            elif kind == 2:
                yield from self._encodings()
            elif kind in _DROPPED:
                yield ("skip", _DROPPED[kind])
                self.dropped += 1
            else:
                yield from self._never(kind)

    def _key(self, raw: bytes) -> None:
        down, key = raw[0] != 0, number(raw[3:])
        if not self._may_act():
            return
        (self.keys.add if down else self.keys.discard)(key)
        if len(self.keys) > 64:
            raise Malformed("more keys are held down than a keyboard has hands")
        self.send(bytes([KEY, 1 if down else 0, 0, 0]), raw[3:])

    def _pointer(self, raw: bytes) -> None:
        if self._may_act():
            self.buttons, self.place = raw[0], raw[1:]
            self.send(bytes([POINTER]), raw)

    def _request(self, raw: bytes) -> None:
        self.requested = True
        if self.paused:
            self.dropped += 1
        else:
            self.send(bytes([UPDATE_REQUEST]), raw)

    def _may_act(self) -> bool:
        if self.control and not self.paused:
            return True
        self.dropped += 1
        return False

    def _encodings(self) -> Script:
        count = number((yield ("take", 3))[1:])
        if count > ENCODINGS_MAX:
            raise Malformed(f"{count} encodings are more than there are")
        raw = yield ("take", 4 * count)
        kept = [raw[at : at + 4] for at in range(0, len(raw), 4) if passes(signed(raw[at : at + 4]))]
        self.send(b"\2\0", len(kept).to_bytes(2), *kept)

    def _never(self, kind: int) -> Script:
        """Read past what never passes; raise for what cannot be read past."""
        if kind == 6:  # text cut, plain, or with a negative length the extended clipboard
            length = abs(signed((yield ("take", 7))[3:]))
            if length > CUT_TEXT_MAX:
                raise Malformed(f"a clipboard of {length} bytes is too long")
            yield ("skip", length)
        elif kind == 248:
            head = yield ("take", 8)
            if head[7] > 64:
                raise Malformed("a fence carries more than 64 bytes")
            yield ("skip", head[7])
        elif kind == 251:
            head = yield ("take", 7)
            yield ("skip", 16 * head[5])
        elif kind == 255:
            part = yield ("take", 1)
            if part != b"\0":
                raise Malformed("the viewer sent an extension that nobody offered")
            yield ("skip", 10)
        else:
            raise Malformed(f"the viewer sent a message of the unknown type {kind}")
        self.dropped += 1

    def release(self) -> bytes:
        """Return the messages that let go of every key and button that is down; from then on none is."""
        pieces = [bytes([KEY, 0, 0, 0]) + key.to_bytes(4) for key in sorted(self.keys)]
        if self.buttons:
            pieces.append(bytes([POINTER, 0]) + self.place)
        self.keys.clear()
        self.buttons = 0
        return b"".join(pieces)
