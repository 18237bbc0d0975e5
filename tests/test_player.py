"""The player of recordings, where what it plays comes late: every frame is given once and in its order. LIV-2, CAS-7."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from .browser import chromium, needs_chromium, open_page  # noqa: F401 - fixtures

pytestmark = [pytest.mark.browser, needs_chromium]
PLAYER = Path(__file__).parent.parent / "amparo/remote/static/remote/player.js"
MARKS = """<div id="box"><button data-player-play></button><input type="range" data-player-seek max="9000"><i data-player-time></i>
<select data-player-speed><option>8</option></select><input type="checkbox" data-player-skip checked><div data-player-screen></div><ol data-player-line></ol></div>"""
MADE = """(chunks) => {
  window.given = []; window.asked = []; window.waiting = [];
  class RFB { constructor(_screen, channel) { channel.onmessage = ({ data }) => given.push(new TextDecoder().decode(data)); } disconnect() {} }
  const load = (number) => new Promise((told) => { asked.push(number); waiting.push(() => told(new Uint8Array(chunks[number - 1]))); });
  window.arrive = () => waiting.splice(0).forEach((told) => told());
  window.player = new AmparoPlayer(document.getElementById("box"), { RFB, load, chunks: chunks.length, length: 900, rows: [], words: {} });
}"""
DONE = "() => { arrive(); return box.dataset.state === 'done'; }"


def frame(ms: int, kind: int, data: bytes) -> bytes:
    return struct.pack(">IBI", ms, kind, len(data)) + data


CHUNKS = [
    list(frame(0, 2, b'{"what":"segment"}') + frame(1, 1, b"a") + frame(300, 1, b"b")),
    list(frame(400, 1, b"c") + frame(500, 1, b"d")),
    list(frame(600, 2, b'{"what":"segment"}') + frame(700, 1, b"e") + frame(900, 2, b'{"what":"end"}')),
]


@pytest.fixture
def page(open_page):  # noqa: F811
    page = open_page(())
    page.set_content(MARKS)
    page.add_script_tag(path=PLAYER)
    page.evaluate(MADE, CHUNKS)
    page.wait_for_function("() => asked.length === 1")
    return page


def test_played_while_its_first_chunk_is_still_on_its_way(page):
    page.click("[data-player-play]")
    page.evaluate("() => new Promise((told) => requestAnimationFrame(() => requestAnimationFrame(told)))")
    page.wait_for_function(DONE)
    assert (page.evaluate("given.join('')"), page.evaluate("asked")) == ("abcde", [1, 2, 3])


def test_two_who_look_for_a_moment_at_once_give_nothing_twice(page):
    """The last one who asked has it."""
    page.evaluate("() => { player.seek(450); player.seek(800); player.seek(550); }")
    page.wait_for_function("() => { arrive(); return player.now === 550; }")
    assert page.evaluate("given.join('')") == "abcd"
    page.evaluate("() => { given.length = 0; player.seek(350); }")
    page.wait_for_function("() => { arrive(); return player.now === 350; }")
    assert page.evaluate("given.join('')") == "ab"


def test_paused_while_a_chunk_is_on_its_way_it_stands(page):
    page.click("[data-player-play]")
    page.evaluate("() => new Promise((told) => requestAnimationFrame(() => requestAnimationFrame(told)))")
    page.click("[data-player-play]")
    page.evaluate("() => { arrive(); return new Promise((told) => requestAnimationFrame(() => requestAnimationFrame(told))); }")
    assert page.get_attribute("#box", "data-state") == "still" and page.evaluate("given.join('')") == ""
    page.click("[data-player-play]")
    page.wait_for_function(DONE)
    assert page.evaluate("given.join('')") == "abcde"
