"""What the customer sees: the banner that stays on top, the questions, the key that stops; and the clipboard.

One thread with its own connection to the X server. When it dies, for whatever reason, `gone` is told, and the session
ends: without the banner nothing is shared.
"""

from __future__ import annotations

import os
import queue
import select
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from Xlib import XK, X, Xatom, Xutil, display, error
from Xlib.ext import xfixes

from . import paint
from .protocol import CLIPBOARD_MAX

DELIBERATE_SECONDS = 0.7  # a click that was meant for something else does not answer a question
RAISE_SECONDS = 0.5
LOCKS = (0, X.LockMask, X.Mod2Mask, X.LockMask | X.Mod2Mask)
KEYS = (("key", "s", X.ControlMask | X.Mod1Mask | X.ShiftMask), ("key_other", "Pause", 0))
Told = Callable[[str, Any], None]


class Panel(threading.Thread):
    """Tells `told(kind, value)`, in this thread: answer, shown, stop, revoke, clipboard, no_clipboard, gone."""

    def __init__(self, told: Told, name: str | None = None) -> None:
        super().__init__(name="panel", daemon=True)
        self.told = told
        self.display = display.Display(name)
        self.root = self.display.screen().root
        self.stop_key = "key_none"
        self._orders: queue.SimpleQueue[tuple[Callable[..., None], tuple[Any, ...]]] = queue.SimpleQueue()
        self._ear, self._mouth = os.pipe()
        self._banner: tuple[Any, paint.Picture] | None = None
        self._said: tuple[Any, ...] = ()
        self._question: tuple[Any, paint.Picture] | None = None
        self._asked_at = 0.0
        self._at_bottom = False
        self._raised_at = 0.0
        self._closing = False
        self._clipboard = _Clipboard(self.display, lambda text: told("clipboard", text))
        self.has_clipboard = self._clipboard.changed is not None
        self._grab_keys()

    # What others call, from any thread.

    def banner(self, text: str, left: str, buttons: Sequence[tuple[str, str]], colour: tuple[int, int, int]) -> None:
        self._order(self._show_banner, text, left, tuple(buttons), colour)

    def ask(self, title: str, lines: Sequence[str], buttons: Sequence[tuple[str, str]]) -> None:
        self._order(self._show_question, title, tuple(lines), tuple(buttons))

    def withdraw(self) -> None:
        self._order(self._hide_question)

    def share_clipboard(self, on: bool) -> None:
        self._order(self._clipboard.share, on)

    def offer_clipboard(self, text: str) -> None:
        self._order(self._clipboard.offer, text)

    def close(self) -> None:
        self._order(self._close)

    def rectangles(self) -> list[tuple[int, int, int, int]]:
        """Return where our own windows are: the engineer's clicks do not reach them."""
        found = []
        for shown in (self._banner, self._question):
            if shown:
                image = shown[1].image
                found.append((*self._where(shown is self._banner, image), image.width, image.height))
        return found

    def _order(self, what: Callable[..., None], *values: Any) -> None:
        self._orders.put((what, values))
        os.write(self._mouth, b".")

    # The thread.

    def run(self) -> None:
        try:
            while not self._closing:
                self._once()
        except Exception as reason:  # whatever it was: no banner, no session
            self.told("gone", type(reason).__name__)
            return
        self.display.close()

    def _once(self) -> None:
        if not self.display.pending_events():
            self.display.flush()
            ready, _, _ = select.select([self.display.fileno(), self._ear], [], [], RAISE_SECONDS)
            if self._ear in ready:
                os.read(self._ear, 4096)
        while not self._orders.empty():
            what, values = self._orders.get()
            what(*values)
        while self.display.pending_events():
            self._event(self.display.next_event())
        if self._banner and time.monotonic() - self._raised_at > RAISE_SECONDS:
            self._raise()

    def _event(self, event: Any) -> None:
        window = getattr(event, "window", None)
        banner = self._banner[0] if self._banner else None
        if event.type == X.KeyPress:
            self.told("stop", "key")
        elif event.type == X.ButtonPress and window == banner and banner:
            self._pressed(event)
        elif event.type == X.ButtonPress and self._question and window == self._question[0]:
            value = self._question[1].hit(event.event_x, event.event_y)
            if value and event.detail == 1 and time.monotonic() - self._asked_at > DELIBERATE_SECONDS:
                self._hide_question()
                self.told("answer", value)
        elif event.type == X.Expose and window:
            self._paint(window)
        elif event.type in (X.VisibilityNotify, X.UnmapNotify, X.ConfigureNotify) and window == banner and banner:
            if event.type == X.UnmapNotify:
                banner.map()
            if time.monotonic() - self._raised_at > RAISE_SECONDS / 10:
                self._raise()
        elif event.type == X.DestroyNotify and window == banner and banner:
            raise error.ConnectionClosedError("banner")
        elif event.type == X.MappingNotify:
            self.display.refresh_keyboard_mapping(event)
        else:
            self._clipboard.event(event)

    def _pressed(self, event: Any) -> None:
        if event.detail != 1 or not self._banner:
            return
        name = self._banner[1].hit(event.event_x, event.event_y)
        if name:
            self.told(name, "button")
        else:  # out of the way: to the other edge
            self._at_bottom = not self._at_bottom
            x, y = self._where(True, self._banner[1].image)
            self._banner[0].configure(x=x, y=y)

    def _where(self, is_banner: bool, image: Any) -> tuple[int, int]:
        geometry = self.display.screen()
        across, down = geometry.width_in_pixels, geometry.height_in_pixels
        if not is_banner:
            return (across - image.width) // 2, max(56, (down - image.height) // 3)
        return (across - image.width) // 2, down - image.height if self._at_bottom else 0

    def _window(self, picture: paint.Picture, is_banner: bool, title: str) -> Any:
        x, y = self._where(is_banner, picture.image)
        screen = self.display.screen()
        window = self.root.create_window(
            x, y, picture.image.width, picture.image.height, 0, screen.root_depth, X.InputOutput, X.CopyFromParent,
            override_redirect=True, background_pixel=screen.white_pixel,
            bit_gravity=X.NorthWestGravity,  # what is drawn stays while the size changes
            event_mask=X.ExposureMask | X.ButtonPressMask | X.VisibilityChangeMask | X.StructureNotifyMask,
        )  # fmt: skip
        window.set_wm_name("Amparo")
        window.change_property(self.display.intern_atom("_NET_WM_NAME"), self.display.intern_atom("UTF8_STRING"), 8, title.encode())
        window.set_wm_hints(flags=Xutil.InputHint, input=0)
        window.map()
        window.configure(stack_mode=X.Above)
        return window

    def _show_banner(self, text: str, left: str, buttons: tuple[tuple[str, str], ...], colour: tuple[int, int, int]) -> None:
        if self._said == (text, left, buttons, colour):
            return
        self._said = (text, left, buttons, colour)
        picture = paint.banner(text, left, buttons, colour, self.display.screen().width_in_pixels)
        if self._banner:
            window = self._banner[0]
            x, y = self._where(True, picture.image)
            window.configure(x=x, y=y, width=picture.image.width, height=picture.image.height)
        else:
            window = self._window(picture, True, text)
        self._banner = (window, picture)
        self._paint(window)
        self._raise()
        self.display.sync()
        self.told("shown", None)

    def _show_question(self, title: str, lines: tuple[str, ...], buttons: tuple[tuple[str, str], ...]) -> None:
        self._hide_question()
        picture = paint.question(title, lines, buttons, self.display.screen().width_in_pixels)
        self._question = (self._window(picture, False, title), picture)
        self._asked_at = time.monotonic()

    def _hide_question(self) -> None:
        if self._question:
            self._question[0].destroy()
            self._question = None
            self.display.sync()  # its last event is read before another window can have its number
            while self.display.pending_events():
                self._event(self.display.next_event())

    def _paint(self, window: Any) -> None:
        for shown in (self._banner, self._question):
            if shown and shown[0] == window:
                gc = window.create_gc()
                window.put_pil_image(gc, 0, 0, shown[1].image)
                gc.free()

    def _raise(self) -> None:
        self._raised_at = time.monotonic()
        for shown in (self._banner, self._question):
            if shown:
                shown[0].configure(stack_mode=X.Above)
        self.display.flush()

    def _grab_keys(self) -> None:
        """Take the keys that stop, whichever of them no other program holds."""
        for name, key, modifiers in reversed(KEYS):
            code = self.display.keysym_to_keycode(XK.string_to_keysym(key))
            taken = error.CatchError(error.BadAccess)
            for locks in LOCKS if code else ():
                self.root.grab_key(code, modifiers | locks, True, X.GrabModeAsync, X.GrabModeAsync, onerror=taken)
            self.display.sync()
            if code and not taken.get_error():
                self.stop_key = name

    def _close(self) -> None:
        self._closing = True
        self._clipboard.share(False)
        self._hide_question()
        if self._banner:
            self._banner[0].destroy()
            self._banner = None
        self.display.sync()


class _Clipboard:
    """Text of the selection CLIPBOARD, only while it is shared."""

    def __init__(self, connection: display.Display, copied: Callable[[str], None]) -> None:
        self.display = connection
        self.copied = copied
        self.on = False
        self.text = b""
        screen = connection.screen()
        self.window = screen.root.create_window(-9, -9, 1, 1, 0, screen.root_depth, event_mask=X.PropertyChangeMask)
        self.selection = connection.intern_atom("CLIPBOARD")
        self.utf8 = connection.intern_atom("UTF8_STRING")
        self.targets = connection.intern_atom("TARGETS")
        self.place = connection.intern_atom("AMPARO_REMOTE")
        self.changed: Any = None
        if connection.has_extension("XFIXES"):
            connection.xfixes_query_version()
            connection.xfixes_select_selection_input(self.window, self.selection, xfixes.XFixesSetSelectionOwnerNotifyMask)
            self.changed = connection.extension_event.SetSelectionOwnerNotify

    def share(self, on: bool) -> None:
        if self.on and not on and self.text and self.display.get_selection_owner(self.selection) == self.window:
            self.text = b""
        self.on = on

    def offer(self, text: str) -> None:
        """Put the engineer's text where the customer can paste it."""
        if self.on:
            self.text = text.encode()
            self.window.set_selection_owner(self.selection, X.CurrentTime)

    def event(self, event: Any) -> None:
        if event.type == X.SelectionRequest:
            self._serve(event)
        elif self.on and event.type == X.SelectionNotify and event.property:
            found = self.window.get_full_property(event.property, X.AnyPropertyType, CLIPBOARD_MAX)
            if found and found.property_type in (self.utf8, Xatom.STRING) and found.format == 8:
                self.copied(bytes(found.value).decode("utf-8" if found.property_type == self.utf8 else "latin-1", "replace"))
            self.window.delete_property(event.property)
        elif self.on and self.changed and (event.type, getattr(event, "sub_code", None)) == self.changed and event.owner != self.window:
            self.window.convert_selection(self.selection, self.utf8, self.place, X.CurrentTime)

    def _serve(self, event: Any) -> None:
        from Xlib.protocol.event import SelectionNotify

        place = event.property or event.target
        if event.target == self.targets:
            event.requestor.change_property(place, Xatom.ATOM, 32, [self.targets, self.utf8, Xatom.STRING])
        elif event.target == self.utf8:
            event.requestor.change_property(place, self.utf8, 8, self.text)
        elif event.target == Xatom.STRING:
            event.requestor.change_property(place, Xatom.STRING, 8, self.text.decode("utf-8", "ignore").encode("latin-1", "replace"))
        else:
            place = X.NONE
        event.requestor.send_event(
            SelectionNotify(time=event.time, requestor=event.requestor, selection=event.selection, target=event.target, property=place)
        )
