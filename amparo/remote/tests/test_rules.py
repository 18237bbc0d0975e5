"""What may pass between the ends, the codes, and the chain of the record: without a database."""

from __future__ import annotations

import contextlib
import io
import itertools
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amparo.remote.machine import LIFE, LIVE, OPEN, Move, State
from amparo.remote.rules import codes, record, typed
from amparo.remote.rules.client import KEY, POINTER, Client
from amparo.remote.rules.record import Broken, Frame, Kind
from amparo.remote.rules.server import Server
from amparo.remote.rules.stream import (
    FLOOD_SECONDS,
    SMALL_OCTETS,
    STEPS_A_SECOND,
    STEPS_A_TURN,
    Malformed,
    Pace,
)

VERSION = b"RFB 003.008\n"
HELLO = VERSION + b"\1\1"
FORMAT = bytes([32, 24, 0, 1]) + struct.pack(">HHH", 255, 255, 255) + bytes([16, 8, 0, 0, 0, 0])


def key(sym: int, down: bool = True) -> bytes:
    return struct.pack(">BBHI", 4, down, 0, sym)


def pointer(buttons: int, x: int, y: int) -> bytes:
    return struct.pack(">BBHH", 5, buttons, x, y)


def request() -> bytes:
    return struct.pack(">BBHHHH", 3, 1, 0, 0, 64, 48)


def greeting(width: int = 64, height: int = 48) -> bytes:
    return VERSION + b"\1\1" + b"\0\0\0\0" + struct.pack(">HH", width, height) + FORMAT + struct.pack(">I", 4) + b"caja"


def update(*rectangles: bytes) -> bytes:
    return b"\0\0" + struct.pack(">H", len(rectangles)) + b"".join(rectangles)


def rectangle(x: int, y: int, w: int, h: int, encoding: int, body: bytes = b"") -> bytes:
    return struct.pack(">HHHHi", x, y, w, h, encoding) + body


def in_pieces(reader, data: bytes, cuts: list[int]) -> bytes:
    out, at = b"", 0
    for cut in sorted({min(cut, len(data)) for cut in cuts} | {len(data)}):
        out += reader.feed(data[at:cut])
        at = cut
    return out


# --- the engineer's side -----------------------------------------------------------------------------------------------


def viewer(*, control: bool) -> Client:
    client = Client(control=control)
    assert client.feed(HELLO) == HELLO
    return client


def test_what_is_done_passes_in_control_alone():
    """LIV-2, SEC-40"""
    said = key(0x61) + pointer(1, 10, 20) + request() + key(0x61, False)
    assert viewer(control=True).feed(said) == said
    seeing = viewer(control=False)
    assert seeing.feed(said) == request()
    assert seeing.dropped == 3


def test_each_word_of_the_greeting_passes_at_once():
    """LIV-2: the other end waits for each before it says the next."""
    client = Client()
    assert [client.feed(word) for word in (VERSION, b"\1", b"\1")] == [VERSION, b"\1", b"\1"]
    server = Server()
    words = [VERSION, b"\1\1", b"\0\0\0\0", greeting()[18:]]
    assert [server.feed(word) for word in words] == words


def test_nothing_but_keys_and_pointer_ever_passes():
    """SEC-40: clipboard plain and extended, size of the screen, power, fences, continuous updates, extensions."""
    never = (
        struct.pack(">BxxxI", 6, 4) + b"hola"
        + struct.pack(">Bxxxi", 6, -12) + b"\x10\0\0\1" + b"zlibzlib"
        + struct.pack(">BxHHBx", 251, 800, 600, 1) + b"\0" * 16
        + b"\xfa\0\1\2" + struct.pack(">BxxxIB", 248, 1, 3) + b"abc" + b"\x96" + b"\0" * 9
        + b"\xff\0" + b"\0" * 10
    )  # fmt: skip
    client = viewer(control=True)
    assert client.feed(never + request()) == request()
    assert client.dropped == 7


@pytest.mark.parametrize("said", [
    b"\7", b"\xfc\0\0\0", b"\xff\1\0\2", struct.pack(">BxxxI", 6, 2**30), struct.pack(">Bxxxi", 6, -(2**31)),
    struct.pack(">BxH", 2, 9999), b"\0\0\0\0" + bytes([8]) + FORMAT[1:], struct.pack(">BxxxIB", 248, 0, 65),
])  # fmt: skip
def test_what_cannot_be_read_past_ends_it(said):
    """SEC-40: unknown types (files among them), lengths that lie, another pixel format."""
    with pytest.raises(Malformed):
        viewer(control=True).feed(said + b"\0" * 64)


def test_encodings_that_could_not_be_told_apart_are_not_asked_for():
    asked = [7, -223, -313, -258, -312, 16, 5, 21, 50, -26, -250, 0x574D5664, -1, -239]
    said = struct.pack(">BxH", 2, len(asked)) + b"".join(struct.pack(">i", one & 0xFFFFFFFF if one > 2**31 else one) for one in asked)
    passed = viewer(control=False).feed(said)
    kept = struct.unpack(f">{(len(passed) - 4) // 4}i", passed[4:])
    assert kept == (7, -223, 16, -26, -250, -239) and passed[2:4] == b"\0\6"


def test_what_was_down_is_let_go_of():
    """SEC-40: consent that is withdrawn in mid-stroke leaves no key behind."""
    client = viewer(control=True)
    client.feed(key(0xFFE1) + key(0x41) + pointer(1, 5, 6))
    assert client.release() == key(0x41, False) + key(0xFFE1, False) + pointer(0, 5, 6)
    assert client.release() == b""


def test_nothing_is_asked_for_while_the_time_is_over():
    """CAS-5"""
    client = viewer(control=True)
    client.paused = True
    assert client.feed(request() + key(0x61)) == b""


@settings(max_examples=120)
@given(st.lists(st.binary(max_size=60), max_size=30), st.binary(max_size=40))
def test_any_bytes_in_any_pieces_pass_no_input_while_it_is_only_seen(pieces, head):
    """SEC-40: whatever is sent, in whatever pieces: it is dropped or it ends; nothing else is raised."""
    client = viewer(control=False)
    passed = b""
    try:
        for piece in [head, *pieces]:
            passed += client.feed(piece)
    except Malformed:
        pass
    assert not client.keys and not client.buttons
    again = viewer(control=True)  # what passed holds no key, no pointer, nothing that is dropped
    again.feed(passed)
    assert not again.keys and not again.buttons and again.dropped == 0


_MESSAGES = st.one_of(
    st.builds(key, st.integers(0, 2**32 - 1), st.booleans()), st.builds(pointer, st.integers(0, 255), st.integers(0, 65535), st.integers(0, 65535)),
    st.just(request()), st.binary(max_size=30).map(lambda text: struct.pack(">BxxxI", 6, len(text)) + text),
)  # fmt: skip


@settings(max_examples=80)
@given(st.lists(_MESSAGES, max_size=20), st.lists(st.integers(0, 400), max_size=20))
def test_pieces_make_no_difference(messages, cuts):
    """SEC-40"""
    said = b"".join(messages)
    for control in (True, False):
        whole, apart = viewer(control=control), viewer(control=control)
        try:
            expected = whole.feed(said)
        except Malformed:
            continue
        assert in_pieces(apart, said, cuts) == expected
        if not control:
            assert all(expected[at] == 3 for at in range(0, len(expected), 10))


# --- the customer's side -----------------------------------------------------------------------------------------------


def helper() -> Server:
    server = Server()
    assert server.feed(greeting()) == greeting()
    assert (server.width, server.height, server.name) == (64, 48, "caja")
    return server


GOOD = [
    rectangle(0, 0, 2, 2, 0, b"\1" * 16), rectangle(4, 4, 8, 8, 1, b"\0\0\0\0"), rectangle(0, 0, 9, 9, 7, b"\x80abc"),
    rectangle(0, 0, 9, 9, 7, b"\x90\x05jjjjj"), rectangle(0, 0, 2, 1, 7, b"\0abcdef"), rectangle(0, 0, 8, 8, 7, b"\0\x81\1" + b"z" * 129),
    rectangle(0, 0, 8, 8, 7, b"\x40\1\1" + b"c" * 6 + b"b" * 8), rectangle(0, 0, 8, 8, 7, b"\x50\1\3" + b"c" * 12 + b"\2zz"),
    rectangle(0, 0, 4, 4, 7, b"\x60\2\3zzz"), rectangle(0, 0, 4, 4, 16, struct.pack(">I", 3) + b"abc"), rectangle(0, 0, 3, 2, -239, b"\0" * (24 + 2)),
    rectangle(0, 0, 32, 16, -223), rectangle(0, 0, 4, 4, -260, b"\xa0\2pp"), rectangle(1, 0, 32, 16, -308, b"\1\0\0\0" + b"\0" * 16),
]  # fmt: skip


@given(st.lists(st.sampled_from(GOOD[:11]), max_size=8), st.lists(st.integers(0, 900), max_size=12))
def test_what_a_helper_shows_passes_whole_in_any_pieces(rectangles, cuts):
    """LIV-2"""
    said = update(*rectangles) * 2
    assert in_pieces(helper(), said, cuts) == said


def test_many_small_pieces_are_read_in_turns_and_pass_whole():
    """SEC-37, SEC-40: one frame of a helper never holds the broker for longer than a turn."""
    server, said = helper(), b"\2" * 5_000 + update(*GOOD[:9] * 300) + update(GOOD[0])
    turns = list(server.pieces(said))
    assert b"".join(turns) == said[5_000:] and len(turns) > server.steps // STEPS_A_TURN > 5
    before, slices = helper(), []
    for passed in before.pieces(said, 7):
        slices.append((before.steps, len(passed)))
    assert all(after - steps <= 7 for (steps, _), (after, _) in itertools.pairwise(slices))


def test_more_work_than_a_second_may_have_waits_and_a_flood_ends():
    """SEC-37, SEC-40: pictures however many wait at the most; bells and empty rectangles end it."""
    pace = Pace()
    assert pace.spend(STEPS_A_SECOND - 1, 0, 7.0) == 0.0
    assert pace.spend(1, 0, 7.25) == 0.75 and pace.spend(1, 0, 8.0) == 0.0
    pictures = Pace()
    for second in range(100):
        assert 0 < pictures.spend(STEPS_A_SECOND, STEPS_A_SECOND * SMALL_OCTETS, second + 0.5) <= 0.5
    bells, rests = Pace(), Pace()
    for second in range(FLOOD_SECONDS):
        bells.spend(STEPS_A_SECOND, STEPS_A_SECOND, second + 0.1)
        rests.spend(STEPS_A_SECOND, STEPS_A_SECOND, 2 * second + 0.1)
    with pytest.raises(Malformed, match="pieces"):
        bells.spend(1, 1, FLOOD_SECONDS + 0.1)
    assert rests.spend(1, 1, 2 * FLOOD_SECONDS + 0.1) == 0.0, "a burst now and then is none"


def test_the_screen_changes_its_size():
    server = helper()
    said = update(GOOD[11]) + update(rectangle(31, 15, 1, 1, 0, b"abcd"))
    assert server.feed(said) == said
    with pytest.raises(Malformed):
        server.feed(update(rectangle(32, 0, 1, 1, 0, b"abcd")))


def test_the_clipboard_of_rfb_and_the_bell_are_thrown_away():
    """SEC-40: the clipboard has its own way, after consent."""
    said = struct.pack(">BxxxI", 3, 4) + b"hola" + b"\2" + struct.pack(">Bxxxi", 3, -8) + b"\0" * 8
    assert helper().feed(said + update()) == update()


@pytest.mark.parametrize("said", [
    update(rectangle(60, 0, 5, 1, 0)), update(rectangle(0, 0, 64, 49, 7)), update(rectangle(0, 0, 4, 4, 5)), update(rectangle(0, 0, 4, 4, 21)),
    update(rectangle(0, 0, 65535, 65535, -223)), update(rectangle(0, 0, 0, 9, -223)), update(rectangle(0, 0, 600, 600, -239)),
    update(rectangle(0, 0, 4, 4, 16, struct.pack(">I", 2**31))), update(rectangle(0, 0, 4, 4, 1, b"\xff\xff\0\0")),
    update(rectangle(0, 0, 4, 4, 7, b"\xf0")), update(rectangle(0, 0, 4, 4, 7, b"\xa0\1p")), update(rectangle(0, 0, 4, 4, 7, b"\x40\7")),
    b"\1", b"\x96", b"RFB", struct.pack(">BxxxI", 3, 2**30),
])  # fmt: skip
def test_a_helper_that_lies_is_cut(said):
    """SEC-40: outside of the screen, impossible sizes, encodings that nobody asked for, lengths that lie."""
    with pytest.raises(Malformed):
        helper().feed(said)


@pytest.mark.parametrize("said", [
    b"RFB 003.003\n", VERSION + b"\1\2", VERSION + b"\0", VERSION + b"\1\1\0\0\0\1", greeting(0, 5), greeting(16385, 5), greeting(16384, 16384),
    greeting()[:22] + bytes([8]) + greeting()[23:], greeting()[:38] + struct.pack(">I", 99999),
])  # fmt: skip
def test_a_beginning_that_is_none_is_cut(said):
    """SEC-40"""
    with pytest.raises(Malformed):
        Server().feed(said + b"\0" * 8)


@settings(max_examples=120)
@given(st.lists(st.binary(max_size=80), max_size=20))
def test_any_bytes_of_a_helper_are_dropped_or_end_it(pieces):
    """SEC-40"""
    server = helper()
    try:
        for piece in pieces:
            server.feed(piece)
    except Malformed:
        return
    assert server.width <= 16384


# --- codes -------------------------------------------------------------------------------------------------------------


def test_a_code_is_nine_digits_that_nobody_keeps():
    """SEC-39"""
    code = codes.code_of("abc", "pepper")
    assert len(code) == 9 and code.isdecimal() and code == codes.code_of("abc", "pepper") != codes.code_of("abd", "pepper")
    assert codes.shown("123456789") == "123 456 789"
    assert codes.code_hash(code, "pepper") != codes.code_hash(code, "other") and code not in codes.code_hash(code, "pepper")


@pytest.mark.parametrize(("typed_", "expected"), [
    ("123 456 789", "123456789"), ("123-456-789", "123456789"), (" 123456789 ", "123456789"), ("12345678", ""), ("1234567890", ""),
    ("١٢٣٤٥٦٧٨٩", ""), ("12345678²", ""), ("", ""), ("abc", ""),
])  # fmt: skip
def test_a_code_is_read_as_people_type_it(typed_, expected):
    """SEC-39, SEC-49"""
    assert codes.normal(typed_) == expected


def test_guesses_are_counted_by_network():
    """SEC-39"""
    assert codes.network_of("203.0.113.9") == codes.network_of("203.0.113.200") == codes.network_of("::ffff:203.0.113.1") == "203.0.113.0/24"
    assert codes.network_of("2001:db8:0:12::1") == codes.network_of("2001:db8:0:34:5::1") == "2001:db8::/56"
    assert codes.network_of("") == codes.network_of("no address") == "unknown"


# --- the life ----------------------------------------------------------------------------------------------------------


def test_every_cell_of_the_life():
    """LIV-2: nothing runs before consent, nothing moves after the end."""
    lawful = {(state, move): after for state, move, after in LIFE.cells() if after is not None}
    assert {state for state, move in lawful if move is Move.BEGIN} == {State.CONSENTED, State.DROPPED}
    assert {state for state, move in lawful if move is Move.END} == set(OPEN)
    assert not [state for state, _move in lawful if state is State.ENDED]
    assert {state for (state, move), after in lawful.items() if after is State.CONSENTED} == {State.JOINED, State.CONSENTED}
    assert set(LIVE) == set(OPEN) - {State.OFFERED}


# --- the record --------------------------------------------------------------------------------------------------------


def written(count: int = 3) -> tuple[list[record.Link], bytes]:
    links, out, before = [], b"", record.genesis("abc")
    for number in range(1, count + 1):
        screen, given_ = record.frame(number, Kind.SHOWN, b"s" * number), record.frame(number, Kind.DONE, b"i")
        link = record.seal(before, number, screen, given_)
        out += record.head(number, len(screen), len(given_)) + screen + given_
        links.append(link)
        before = link.link
    return links, out


def test_a_record_is_verified_by_its_chain():
    """LIV-2, SEC-40: nothing changed, nothing moved, nothing left out, of no other session."""
    links, raw = written()
    assert record.check("abc", links, io.BytesIO(raw)) == links[-1].link
    for wrong in (raw[:-1], raw[:40] + b"!" + raw[41:], raw[len(raw) // 3 :]):
        with pytest.raises(Broken):
            record.check("abc", links, io.BytesIO(wrong))
    for changed in (links[1:], [links[0], links[2]], [links[1], links[0], links[2]]):
        with pytest.raises(Broken):
            record.check("abc", changed, io.BytesIO(raw))
    with pytest.raises(Broken):
        record.check("other", links, io.BytesIO(raw))


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_byte_of_a_record_is_found(at, bits):
    """LIV-2"""
    links, raw = written()
    at %= len(raw)
    with pytest.raises(Broken):
        record.check("abc", links, io.BytesIO(raw[:at] + bytes([raw[at] ^ bits]) + raw[at + 1 :]))


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading_of_frames(raw):
    with contextlib.suppress(Broken):
        assert all(isinstance(one, Frame) for one in record.frames(raw))


def test_what_was_typed_is_read_out_of_the_record_and_masked():
    """LIV-2"""
    done = [Frame(0, Kind.DONE, HELLO)]
    for index, sym in enumerate([0xFFE1, 0x48, 0x6F, 0x6C, 0x61, 0xFF0D]):
        done.append(Frame(100 * index, Kind.DONE, key(sym) + key(sym, False)))
    done.append(Frame(9000, Kind.DONE, key(0xFFE3) + key(0x63) + key(0x63, False) + key(0xFFE3, False) + pointer(1, 30, 40) + pointer(0, 30, 40)))
    found = typed.stretches(done)
    assert [(one.kind, one.text) for one in found] == [("typed", "Hola⏎"), ("clicked", "30, 40"), ("typed", "Ctrl+c")]
    assert typed.masked("Hola") == "••••"
    assert POINTER == 5 and KEY == 4


def test_what_was_typed_just_before_a_line_broke_belongs_to_its_segment():
    """LIV-2: the line that broke and the one that came back may stand in one chunk of two seconds, even in one millisecond."""
    segment = [Frame(ms, Kind.HAPPENED, b'{"what":"segment"}') for ms in (0, 700)]
    shown = [segment[0], Frame(30, Kind.SHOWN, b"x"), Frame(600, Kind.HAPPENED, b'{"what":"dropped"}'), segment[1], Frame(700, Kind.SHOWN, b"y")]
    done = [
        Frame(5, Kind.DONE, HELLO), Frame(500, Kind.DONE, key(0x61) + key(0x61, False)), Frame(700, Kind.DONE, key(0x62) + key(0x62, False)),
        Frame(700, Kind.DONE, HELLO), Frame(700, Kind.DONE, key(0x63) + key(0x63, False)), Frame(900, Kind.DONE, key(0x64) + key(0x64, False)),
    ]  # fmt: skip
    found = list(typed.in_order(shown, done))
    assert sorted(map(repr, found)) == sorted(map(repr, shown + done)) and [one.ms for one in found] == sorted(one.ms for one in found)
    cut = found.index(segment[1])
    assert ["".join(one.text for one in typed.stretches(part)) for part in (found[:cut], found[cut:])] == ["ab", "cd"]
