"""What the Linux helper is made of, where it needs no screen: what it believes, reads, draws and says. LIV-2, SEC-40, SEC-41."""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from .source import ROOT

sys.path.insert(0, str(ROOT / "clients/remote"))

from amparo_remote import paint, protocol, rfb
from amparo_remote.address import lawful
from amparo_remote.cli import unable
from amparo_remote.consent import Consent
from amparo_remote.frames import Frames
from amparo_remote.protocol import NonsenseError
from amparo_remote.screen import changed, piece
from amparo_remote.words import ENGLISH, SPANISH, Words


@pytest.mark.parametrize("text", [
    "", "nonsense", "[]", "{}", '{"type":3}', '{"type":"ask"}', '{"type":"start"}', '{"type":"mode","mode":"root"}',
    '{"type":"ask","question":1,"vendor":"V","engineer":"","minutes":30,"mode":"view"}',
    '{"type":"ask","question":1,"vendor":"V","engineer":"E","minutes":-1,"mode":"view"}',
    '{"type":"ask","question":1,"vendor":"V","engineer":"E","minutes":30,"mode":"view","resume":"' + "x" * 300 + '"}',
    '{"type":"clock","seconds":"1","limit":2}', '{"type":"clock","seconds":true,"limit":2}', '{"type":"clock","seconds":1e9,"limit":2}',
    '{"type":"clipboard","text":"' + "x" * 70_000 + '"}', '{"type":"end","reason":"' + "x" * 20_000 + '"}', "[" * 9_000,
    '{"type":"elsewhere","helper":7}', '{"type":"ask_mode","question":null,"mode":"view"}',
])  # fmt: skip
def test_a_broker_that_talks_nonsense_is_not_believed(text):
    """LIV-2"""
    with pytest.raises(NonsenseError):
        protocol.read(text)


def test_words_of_a_broker_steer_no_terminal():
    """SEC-40: no escape sequence, no line of its own, no writing from right to left."""
    said = protocol.read(json.dumps({"type": "end", "reason": "x", "sentence": "a\x1b[2Jb\r\nsudo\u202ecod\u0007 \u200bñ€"}))
    assert said == protocol.End("x", "a[2Jb sudocod ñ€")
    assert protocol.read('{"type":"clipboard","text":"a\\u0000\\tb\\nc"}') == protocol.Clipboard("a\tb\nc")
    assert protocol.read('{"type":"of a later version"}') == protocol.Other("of a later version")
    assert protocol.digits(" 123 456-789") == "123456789" and not protocol.digits("12345678²") and not protocol.digits("1234567890")


def _greeted() -> rfb.Peer:
    peer = rfb.Peer("x", (640, 480))
    assert list(peer.feed(b"RFB 003.008\n\x01\x01")) == [rfb.Ready()]
    return peer


@pytest.mark.parametrize("data", [
    b"RFB 003.003\n", b"GET / HTTP/1.1", b"RFB 003.008\n\x02", b"RFB 003.008\n\x01\x01\x06\0\0\0\0\0\0\x02hi", b"RFB 003.008\n\x01\x01\xfb",
    b"RFB 003.008\n\x01\x01\x02\0\xff\xff", b"RFB 003.008\n\x01\x01\xff", b"RFB 003.008\n\x01\x01\0\0\0\0" + bytes([8, 8, 0, 1, 0, 7, 0, 7, 0, 3, 0, 3, 6, 0, 0, 0]),
    b"RFB 003.008\n\x01\x01" + b"\x02\0\x01\0" + b"\0" * 3_000_000,
])  # fmt: skip
def test_a_viewer_that_talks_nonsense_is_cut(data):
    """SEC-40"""
    with pytest.raises(NonsenseError):
        list(rfb.Peer("x", (640, 480)).feed(data))


def test_a_viewer_is_understood_however_its_bytes_are_cut():
    """LIV-2"""
    peer, found = _greeted(), []
    whole = struct.pack(">BBHHHH", 3, 1, 0, 0, 640, 480) + struct.pack(">BBxxI", 4, 1, 0xF1) + struct.pack(">BBHH", 5, 1, 7, 9)
    for byte in struct.pack(">BxHiii", 2, 3, 7, -26, -223) + whole:
        found += peer.feed(bytes((byte,)))
    assert found == [rfb.UpdateWanted(True, (0, 0, 640, 480)), rfb.Key(True, 0xF1), rfb.Pointer(1, 7, 9)]
    assert peer.wishes == rfb.Wishes("BGRX", True, rfb.QUALITY[6], True)


def test_pictures_say_what_changed_and_nothing_else():
    """LIV-2"""
    size, black = (200, 130), bytes(200 * 130 * 4)
    assert list(changed(black, black, size)) == []
    assert sum(width * height for _x, _y, width, height in changed(None, black, size)) == 200 * 130
    dotted = bytearray(black)
    dotted[(129 * 200 + 199) * 4 + 2] = 255
    assert list(changed(black, bytes(dotted), size)) == [(192, 128, 8, 2)]
    corner = piece(bytes(dotted), size, (192, 128, 8, 2))
    assert corner.getpixel((7, 1)) == (255, 0, 0) and corner.getpixel((0, 0)) == (0, 0, 0)
    painter, wishes = rfb.Painter(), rfb.Wishes(tight=True, quality=79)
    noise = Image.effect_noise((64, 64), 90).convert("RGB")
    assert painter.rectangle(Image.new("RGB", (64, 64), (1, 2, 3)), 0, 0, wishes)[12:] == b"\x80\x01\x02\x03"
    assert painter.rectangle(corner, 0, 0, wishes)[12] == 1 and painter.rectangle(corner, 0, 0, wishes)[12] == 0
    assert painter.rectangle(noise, 0, 0, wishes)[12] == 0x90, "a photograph is JPEG"
    raw = painter.rectangle(corner, 0, 0, rfb.Wishes(order="XRGB"))
    assert raw[12 + 15 * 4 :] == b"\0\xff\0\0", "raw in the order that the viewer wants"


class _Slow:
    """A screen whose picture can be held up while it is looked at."""

    def __init__(self) -> None:
        self.grabs, self.held, self.go_on = 0, threading.Event(), threading.Event()
        self.go_on.set()

    def size(self):
        return 64, 64

    def grab(self, _size):
        self.grabs += 1
        self.held.set()
        assert self.go_on.wait(10)
        return bytes((self.grabs, 0, 0, 0)) + b"\xff\0\0\0" * (64 * 64 - 1)

    def close(self) -> None:
        pass


def _readable(update: bytes) -> bytes:
    """Return the pixels of an update of one exact rectangle as a viewer reads it that has seen none before."""
    control, at = update[16], 17
    assert control & 1, "the viewer's stream begins anew"
    while update[at] & 128:
        at += 1
    return zlib.decompressobj().decompress(update[at + 1 :])


def test_what_is_drawn_for_one_viewer_spoils_nothing_of_the_next():
    """LIV-2: the session goes on after a pause while the picture of before is still drawn; closed meanwhile, nothing of it leaves."""

    async def story() -> None:
        frames = Frames(None, ThreadPoolExecutor(1))
        frames.screen = screen = _Slow()
        one, two = (rfb.Peer(name, (64, 64), rfb.Wishes("BGRX", True, None, True)) for name in ("one", "two"))
        whole = rfb.UpdateWanted(False, (0, 0, 64, 64))
        frames.begin(one)
        frames.open(True)
        screen.go_on.clear()
        frames.wanted(whole)
        drawing = asyncio.ensure_future(frames.next())
        await asyncio.to_thread(screen.held.wait, 10)
        frames.begin(two)
        frames.wanted(whole)
        screen.go_on.set()
        peer, update = await asyncio.wait_for(drawing, 10)
        assert peer is two and len(_readable(update)) == 64 * 64 * 3
        screen.go_on.clear()
        screen.held.clear()
        frames.wanted(rfb.UpdateWanted(True, (0, 0, 64, 64)))
        drawing = asyncio.ensure_future(frames.next())
        await asyncio.to_thread(screen.held.wait, 10)
        frames.open(False)
        screen.go_on.set()
        while not frames.view.whole:
            await asyncio.sleep(0.01)
        assert not drawing.done()
        frames.open(True)
        peer, update = await asyncio.wait_for(drawing, 10)
        assert peer is two and len(_readable(update)) == 64 * 64 * 3
        await frames.close()

    asyncio.run(story())


def test_what_was_not_given_is_not_taken_whatever_the_broker_says():
    """LIV-2, SEC-40"""
    given = Consent()
    given.start("control")
    assert not given.seen and not given.controlled
    given.give("view")
    assert given.seen and not given.controlled, "control was not given"
    given.give("control")
    assert given.controlled
    given.asking = True
    assert given.seen and not given.controlled, "nobody but the customer answers a question"
    given.asking = False
    given.broker_says("view")
    given.broker_says("control")
    assert not given.controlled, "control that was taken back is asked for again"
    given.give("control")
    given.paused = True
    assert not given.seen
    given.halt()
    assert not given.seen and not given.controlled


def test_only_encrypted_addresses_or_this_computer():
    """SEC-41"""
    assert [lawful(a) for a in ("https://a.mx", "wss://a.mx/x", "http://127.0.0.1:8", "ws://localhost/x")] == [True] * 4
    assert not any(lawful(a) for a in ("http://a.mx", "ws://192.0.2.2", "ftp://127.0.0.1", "http://127.0.0.1.a.mx", "//a.mx", "file:///etc/passwd", "wss://"))


def test_it_says_plainly_what_it_cannot(monkeypatch):
    """LIV-2"""
    for name in ("DISPLAY", "XDG_SESSION_TYPE", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert unable(None) == "no_screen" and unable(":0") is None
    monkeypatch.setenv("XDG_SESSION_TYPE", "wayland")
    monkeypatch.setenv("DISPLAY", ":0")
    assert unable(None) == "wayland" and "/r/" in Words("es-mx")("wayland", server="https://a.mx")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert unable(None) == "macos" and "browser" in Words("en")("macos", server="https://a.mx")
    assert SPANISH.keys() == ENGLISH.keys()
    picture = paint.banner("x" * 300, "quedan 30 min", [("stop", "Detener")], paint.RED, 390)
    assert picture.image.width <= 390 and picture.hit(*[sum(picture.buttons["stop"][n::2]) // 2 for n in (0, 1)]) == "stop"
