"""Pointer and keys by XTEST: only while control is given, and nothing stays pressed when it is taken back.

A key that is no modifier is pressed and released at once: a slow line then never repeats a letter, and nothing is held
when consent ends in mid-stroke. What the layout cannot type is put on a spare key for the time of the session.
"""

from __future__ import annotations

import time
from collections import OrderedDict

from Xlib import X, display
from Xlib.ext import xtest

MODIFIERS = {0xFFE1, 0xFFE2, 0xFFE3, 0xFFE4, 0xFFE7, 0xFFE8, 0xFFE9, 0xFFEA, 0xFFEB, 0xFFEC, 0xFE03, 0xFF7E}
SHIFTS = {0xFFE1, 0xFFE2}
SHIFT_L = 0xFFE1
SPARE_MAX = 24
TAKEN_IN_SECONDS = 0.02  # what programs need to learn of a key that was put elsewhere
BUTTONS = 8
PLAIN_LEVELS = 2


class Hands:
    """Injects input. `allowed` is the one switch: without it everything is dropped, here and not only at the broker."""

    def __init__(self, name: str | None = None) -> None:
        self.display = display.Display(name)
        self.able = self.display.has_extension("XTEST")
        self.root = self.display.screen().root
        self.allowed = False
        self.held: dict[int, int] = {}  # keysym of a modifier -> keycode
        self.buttons = 0
        self.spare: OrderedDict[int, int] = OrderedDict()  # keysym -> keycode
        self._free: list[int] | None = None
        self.forbidden: list[tuple[int, int, int, int]] = []  # rectangles of our own windows

    def pointer(self, x: int, y: int, buttons: int, size: tuple[int, int]) -> None:
        """Move, press and release as told; a press upon our own windows is not passed on."""
        if not self.allowed or not self.able:
            return
        x, y = min(x, size[0] - 1), min(y, size[1] - 1)
        xtest.fake_input(self.display, X.MotionNotify, x=x, y=y)
        ours = any(left <= x < left + across and top <= y < top + down for left, top, across, down in self.forbidden)
        for number in range(BUTTONS):
            bit = 1 << number
            if (buttons ^ self.buttons) & bit and not (ours and buttons & bit):
                xtest.fake_input(self.display, X.ButtonPress if buttons & bit else X.ButtonRelease, number + 1)
                self.buttons ^= bit
        self.display.flush()

    def key(self, keysym: int, down: bool) -> None:
        """Press a key; modifiers are held, all others tapped."""
        if not self.allowed or not self.able or not 0 < keysym < 0x0111_0000:
            return
        self._learn()
        if keysym in MODIFIERS:
            self._modifier(keysym, down)
        elif down:
            self._tap(keysym)
        self.display.flush()

    def release(self) -> None:
        """Let go of everything, and give spare keys back."""
        for keycode in self.held.values():
            xtest.fake_input(self.display, X.KeyRelease, keycode)
        for number in range(BUTTONS):
            if self.buttons & 1 << number:
                xtest.fake_input(self.display, X.ButtonRelease, number + 1)
        self.held.clear()
        self.buttons = 0
        for keycode in self.spare.values():
            self.display.change_keyboard_mapping(keycode, [[X.NoSymbol] * PLAIN_LEVELS])
        self.spare.clear()
        self._free = None
        self.display.sync()

    def close(self) -> None:
        self.allowed = False
        self.release()
        self.display.close()

    def _modifier(self, keysym: int, down: bool) -> None:
        if not down:
            keycode = self.held.pop(keysym, None)
            if keycode:
                xtest.fake_input(self.display, X.KeyRelease, keycode)
            return
        keycode = self.display.keysym_to_keycode(keysym)
        if keycode and keysym not in self.held:
            self.held[keysym] = keycode
            xtest.fake_input(self.display, X.KeyPress, keycode)

    def _tap(self, keysym: int) -> None:
        mask = self.root.query_pointer().mask
        place = self._place(keysym, mask >> 13 & 3)
        if place is None:
            keycode, level = self._borrow(keysym), None
            if not keycode:
                return
        else:
            keycode, level = place
        if level is not None and mask & X.LockMask and _is_letter(keysym):
            level = 1 - level
        lifted: list[int] = []
        pressed = 0
        if level == 0 and mask & X.ShiftMask:
            lifted = [code for symbol, code in self.held.items() if symbol in SHIFTS]
        elif level == 1 and not mask & X.ShiftMask:
            pressed = self.display.keysym_to_keycode(SHIFT_L)
        for code in lifted:
            xtest.fake_input(self.display, X.KeyRelease, code)
        if pressed:
            xtest.fake_input(self.display, X.KeyPress, pressed)
        xtest.fake_input(self.display, X.KeyPress, keycode)
        xtest.fake_input(self.display, X.KeyRelease, keycode)
        if pressed:
            xtest.fake_input(self.display, X.KeyRelease, pressed)
        for code in lifted:
            xtest.fake_input(self.display, X.KeyPress, code)

    def _place(self, keysym: int, group: int) -> tuple[int, int] | None:
        """Return the key of the active layout that types the keysym, and whether with Shift; none when only AltGr would."""
        first = 2 * group if group < 2 else 0
        found = [(index - first, code) for code, index in self.display.keysym_to_keycodes(keysym) if 0 <= index - first < PLAIN_LEVELS]
        found = [(level, code) for level, code in found if code not in self.spare.values()]
        return (min(found)[1], min(found)[0]) if found else None

    def _borrow(self, keysym: int) -> int:
        """Put the keysym on a spare key, the one that was used longest ago."""
        if keysym in self.spare:
            self.spare.move_to_end(keysym)
            return self.spare[keysym]
        free = self._spare_keys()
        taken = set(self.spare.values())
        keycode = next((code for code in free if code not in taken), 0)
        if not keycode and self.spare:
            _oldest, keycode = self.spare.popitem(last=False)
        if keycode:
            self.display.change_keyboard_mapping(keycode, [[keysym] * PLAIN_LEVELS])
            self.display.sync()
            self._learn()
            time.sleep(TAKEN_IN_SECONDS)
            self.spare[keysym] = keycode
        return keycode

    def _spare_keys(self) -> list[int]:
        if self._free is None:
            first = self.display.display.info.min_keycode
            last = self.display.display.info.max_keycode
            rows = self.display.get_keyboard_mapping(first, last - first + 1)
            in_use = {code for row in self.display.get_modifier_mapping() for code in row}
            self._free = [first + n for n, row in enumerate(rows) if not any(row) and first + n not in in_use][-SPARE_MAX:]
        return self._free

    def _learn(self) -> None:
        """Take in changes of the layout that happened meanwhile."""
        while self.display.pending_events():
            event = self.display.next_event()
            if event.type == X.MappingNotify:
                self.display.refresh_keyboard_mapping(event)


def _is_letter(keysym: int) -> bool:
    return 0x41 <= keysym <= 0x5A or 0x61 <= keysym <= 0x7A or 0xC0 <= keysym <= 0xFE and keysym not in (0xD7, 0xDF, 0xF7)
