from __future__ import annotations

import itertools
import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from amparo.live import rules
from amparo.live.errors import DialRefused, EventInvalid, SignatureMissing, SignatureOld, SignatureWrong
from amparo.live.machine import State, Told, merge

NOON = datetime(2026, 11, 11, 18, 0, tzinfo=UTC)
SECRET = "un secreto de conmutador"


def event(state: str, seconds: int = 0, **given) -> rules.Event:
    return rules.Event(given.pop("id", f"{state}-{seconds}"), "c1", state, NOON + timedelta(seconds=seconds), **given)


def fold(events, direction="in") -> Told:
    told = Told(direction=direction)
    for one in events:
        told = merge(told, one)
    return told


# --- the life of a call ---------------------------------------------------------------------------------------------


LIVES = {
    "answered": ([event("ringing", 0, extension="101"), event("ringing", 1, extension="102"), event("answered", 6, extension="102"), event("held", 20),
                  event("resumed", 25), event("ended", 60)], State.ENDED),
    "transferred": ([event("ringing", 0, extension="101"), event("answered", 5, extension="101"), event("transferred", 30, extension="102"),
                     event("ended", 90)], State.ENDED),
    "gave up": ([event("ringing", 0, extension="101"), event("ended", 12)], State.MISSED),
    "nobody": ([event("ringing", 0, extension="101"), event("missed", 30), event("ended", 30)], State.MISSED),
    "on hold": ([event("ringing", 0), event("answered", 4, extension="101"), event("held", 9)], State.HELD),
}  # fmt: skip


@pytest.mark.parametrize("name", list(LIVES))
def test_a_call_is_the_same_whatever_the_order_and_however_often_it_is_told(name):
    """TEL-3"""
    events, state = LIVES[name]
    wanted = fold(events)
    assert wanted.state == state
    orders = itertools.permutations(events) if len(events) < 6 else (random.Random(n).sample(events, len(events)) for n in range(200))
    for order in orders:
        assert fold(order) == wanted
        assert fold([*order, *order[::-1]]) == wanted


def test_a_ringing_that_comes_late_reopens_nothing():
    """TEL-3"""
    told = fold([event("ended", 10), event("ringing", 30, extension="101")])
    assert told.state == State.MISSED and not told.was_answered


def test_an_answer_after_the_end_is_none_and_one_that_was_late_on_its_way_is():
    """TEL-3"""
    assert fold([event("missed", 10), event("answered", 60, extension="101")]).state == State.MISSED
    assert fold([event("ended", 60), event("answered", 10, extension="101")]).state == State.ENDED


def test_who_gave_up_is_told_from_whom_nobody_answered():
    """TEL-3"""
    assert fold([event("ringing"), event("ended", 5)]).was_abandoned
    assert not fold([event("ringing"), event("missed", 25)]).was_abandoned
    assert fold([event("ringing"), event("ended", 5)], "out").state == State.ENDED


# --- events ---------------------------------------------------------------------------------------------------------


def body(**given) -> bytes:
    row = {"id": "e1", "call": "c1", "state": "ringing", "at": NOON.isoformat(), "from": "5555123456", **given}
    return json.dumps({name: value for name, value in row.items() if value is not None}).encode()


def test_a_delivery_holds_one_event_or_several():
    """TEL-3"""
    [one] = rules.parse_events(body(extension="101", at="2026-11-11T12:00:00-06:00"), at=NOON)
    assert (one.call, one.state, one.at, one.caller, one.extension, one.direction) == ("c1", "ringing", NOON, "5555123456", "101", "in")
    two = b'{"events": [%s, %s]}' % (body(id="a"), body(id="b", state="ended"))
    assert [one.id for one in rules.parse_events(two, at=NOON)] == ["a", "b"]


@pytest.mark.parametrize("sent", [
    b"", b"nothing", b"[]", b"null", b"\xff\xfe", b'{"events": []}', b'{"events": {}}', b'{"events": [1]}', body(id=None), body(id="  "), body(id="\0"), body(call="\u202e"), body(from_name="\ud800"), body(recording="\udfff"), body(call=None), body(state="dancing"),
    body(state=1), body(at=None), body(at="ayer"), body(at="2026-11-11T12:00:00"), body(at="2026-11-12T12:00:00Z"), body(at="2020-01-01T00:00:00Z"),
    body(direction="sideways"), body(is_staff="yes"), body(extension=["101"]), body(**{"from": "9" * 81}), body(id="x" * 121),
    b'{"events": [%s]}' % b",".join([body()] * 51), b"[" * 100_000,
])  # fmt: skip
def test_what_is_not_an_event_is_refused_whole(sent):
    """SEC-33, SEC-42"""
    with pytest.raises(EventInvalid) as refused:
        rules.parse_events(sent, at=NOON)
    assert str(refused.value) and refused.value.status == 400


def test_texts_of_an_exchange_are_one_line_of_text():
    """SEC-43, SEC-22"""
    [one] = rules.parse_events(body(from_name="Ana\r\nAction: Originate\u202e<script>", extension="1\n01"), at=NOON)
    assert one.caller_name == "Ana Action: Originate <script>" and one.extension == "1 01"


@pytest.mark.parametrize(("given", "number", "text"), [
    ("5555123456", "+525555123456", "5555123456"), ("+52 55 5512 3456", "+525555123456", "+52 55 5512 3456"), ("+998901234567", "+998901234567", "+998901234567"),
    ("101", "", "101"), ("anonymous", "", ""), ("Anónimo", "", ""), ("<unknown>", "", ""), ("", "", ""), ("911", "", "911"),
    ("' OR 1=1;--", "", "' OR 1=1;--"), ("<img src=x onerror=alert(1)>", "", "<img src=x onerror=alert(1)>"), ("5555\r\n123456", "+525555123456", "5555 123456"),
    ("9" * 200, "", "9" * 80),
])  # fmt: skip
def test_a_number_is_stored_in_one_form_and_anything_else_is_text(given, number, text):
    """SEC-43, TEL-3"""
    assert rules.number_of(given) == (number, text)


# --- signatures -----------------------------------------------------------------------------------------------------


def test_a_signature_holds_for_its_time_and_body_alone():
    """SEC-42"""
    now = int(NOON.timestamp())
    good = rules.sign(SECRET, now, b"{}")
    rules.verify(SECRET, str(now), good, b"{}", now=now + 299)
    for secret, moment, signature, sent, error in [
        (SECRET, now, good, b"{} ", SignatureWrong), ("otro", now, good, b"{}", SignatureWrong), ("", now, good, b"{}", SignatureWrong),
        (SECRET, now + 1, good, b"{}", SignatureWrong), (SECRET, now, "", b"{}", SignatureMissing), (SECRET, now, "sha256=abc", b"{}", SignatureMissing),
        (SECRET, now, good.upper(), b"{}", SignatureMissing), (SECRET, "", good, b"{}", SignatureMissing), (SECRET, "-5", good, b"{}", SignatureMissing),
    ]:  # fmt: skip
        with pytest.raises(error):
            rules.verify(secret, str(moment), signature, sent, now=now)
    for late in (301, -301):
        with pytest.raises(SignatureOld):
            rules.verify(SECRET, str(now), good, b"{}", now=now + late)


# --- what is dialled ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "why"), [
    ("+525555123456", ""), ("+12025550123", "country"), ("+529001234567", "premium"), ("+881612345678", "country"), ("5555123456", "number"),
    ("+52 55 5512 3456", "number"), ("+525555123456\r\nAction: Command", "number"), ("", "number"), ("+52", "number"), ("sip:x@y", "number"),
    ("+520029022222", "number"), ("+520024722222", "number"),  # what an exchange would dial as 00 290 …: abroad by another door
])  # fmt: skip
def test_only_numbers_of_the_list_are_dialled(number, why):
    """SEC-43"""
    if not why:
        assert rules.dialable(number, countries=["52"], refused=["+52900"]) == number
        return
    with pytest.raises(DialRefused) as refused:
        rules.dialable(number, countries=["52"], refused=["+52900"])
    assert refused.value.context["why"] == why and str(refused.value)


def test_what_a_country_counts_as_premium_is_not_dialled_either():
    """SEC-43"""
    with pytest.raises(DialRefused):
        rules.dialable("+19002345678", countries=["1"], refused=[])


def test_nothing_ends_a_line_of_the_exchange():
    """SEC-43"""
    assert rules.one_line("a\r\nAction: x\x00\u2028b\x85") == "aAction: xb"
    assert rules.is_extension("*72") and not rules.is_extension("101\r\n") and not rules.is_extension("")


@pytest.mark.parametrize(("url", "kept"), [
    ("https://pbx.ejemplo.mx/grab/2026/a.wav", True), ("https://pbx.ejemplo.mx/grab/a.wav?t=1", True),
    ("https://pbx.ejemplo.mx/otra/a.wav", False), ("https://pbx.ejemplo.mx/grab/../etc/passwd", False), ("https://pbx.ejemplo.mx/grab/%2e%2e/x", False),
    ("http://pbx.ejemplo.mx/grab/a.wav", False), ("https://pbx.ejemplo.mx:8443/grab/a.wav", False), ("https://127.0.0.1/grab/a.wav", False),
    ("https://169.254.169.254/grab/", False), ("https://pbx.ejemplo.mx@evil.example/grab/a.wav", False), ("https://user:pw@pbx.ejemplo.mx/grab/a.wav", False),
    ("file:///grab/a.wav", False), ("javascript:alert(1)", False), ("https://pbx.ejemplo.mx\\@evil/grab/a", False), ("//pbx.ejemplo.mx/grab/a.wav", False),
    ("https://pbx.ejemplo.mx/grabado/a.wav", False), ("", False), ("https://[::1", False), ("https://pbx.ejemplo.mx/grab/a b.wav", False),
])  # fmt: skip
def test_a_recording_is_linked_on_the_known_host_alone(url, kept):
    """SEC-43"""
    assert bool(rules.recording_link(url, "https://pbx.ejemplo.mx/grab/")) is kept
    assert rules.recording_link(url, "") == ""
