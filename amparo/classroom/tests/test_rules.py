"""Attendance, people at once, hours, proofs: arithmetic, looked at from outside too."""

from __future__ import annotations

import itertools
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amparo.charging.rules import Need, Tariff, hours, prices_per_hour
from amparo.classroom.machine import LIFE, PLACES, Move, Place, State, Step
from amparo.classroom.rules import film
from amparo.classroom.rules.attendance import (
    Used,
    at_once,
    joined,
    last_left,
    present_for,
    share,
    to_charge,
    took_part,
    used,
    within,
)
from amparo.classroom.rules.notices import JOINED, LEFT, SENDS, STARTED, read
from amparo.conftest import NOON
from amparo.kernel.refusals import Refusal

MINUTE = timedelta(minutes=1)
END = NOON + 240 * MINUTE
TARIFF = Tariff(1, {"advisory_event": 1, "incident": 4, "online_hour": 4})


def stay(start: int, end: int):
    return (NOON + start * MINUTE, NOON + end * MINUTE)


stays = st.lists(st.tuples(st.integers(0, 240), st.integers(0, 240)).map(lambda pair: stay(min(pair), max(pair))), max_size=6)
people = st.lists(stays, max_size=8)


def naive(by_person) -> int:
    """Count heads at every minute: slow and plain."""
    return max((sum(any(a <= NOON + m * MINUTE < b for a, b in own) for own in by_person) for m in range(241)), default=0)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=2000)
@given(people)
def test_people_at_once_are_those_a_head_count_would_find(by_person):
    """TAR-1, TAR-4"""
    assert at_once(by_person) == naive(by_person)


@given(stays)
def test_two_windows_of_one_person_are_one_person(own):
    """TAR-4"""
    assert at_once([own, []]) <= 1
    found = joined(own)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(found))
    assert present_for(own) == sum((b - a for a, b in found), timedelta(0)) <= END - NOON


@given(people, st.integers(0, 120), st.integers(121, 240))
def test_what_was_used_lies_within_the_class_and_more_people_never_cost_less(by_person, start, end):
    """TAR-1, TAR-4"""
    found = used(by_person, NOON + start * MINUTE, NOON + end * MINUTE)
    assert 0 <= found.minutes <= end - start and found.people <= len(by_person)
    assert (found.minutes == 0) == (found.people == 0)
    more = used([*by_person, [stay(start, end)]], NOON + start * MINUTE, NOON + end * MINUTE)
    assert more.minutes >= found.minutes and more.people >= found.people


@given(st.integers(0, 10_000), st.integers(0, 300), st.integers(1, 600), st.integers(1, 200))
def test_never_more_is_charged_than_was_agreed_to(price, people_used, minutes, people_agreed):
    """CHG-1, TAR-4"""
    due = to_charge(Used(minutes * 2, people_used), Used(minutes, people_agreed))
    assert due.minutes <= minutes and due.people <= people_agreed
    gross = lambda use: hours(Need("online_hour", minutes=use.minutes), TARIFF) * prices_per_hour(Need("online_hour", participants=use.people), TARIFF)  # noqa: E731
    assert 0 <= share(price, gross(Used(minutes, people_agreed)), gross(due)) <= price


def test_who_leaves_as_another_comes_was_never_there_with_him():
    """TAR-4: ends are exclusive."""
    assert at_once([[stay(0, 10)], [stay(10, 20)]]) == 1
    assert at_once([[stay(0, 10)], [stay(9, 20)]]) == 2
    assert at_once([[stay(5, 5)]]) == 0 and at_once([]) == 0


def test_hours_are_counted_as_they_begin():
    """TAR-4: from the first who came until the last who left; a second begun is a minute begun."""
    second = timedelta(seconds=1)
    assert used([[(NOON, NOON + 60 * MINUTE)]], NOON, END) == Used(60, 1)
    assert used([[(NOON, NOON + 60 * MINUTE + second)]], NOON, END) == Used(61, 1)
    assert used([[(NOON, NOON + second)]], NOON, END) == Used(1, 1)
    assert used([], NOON, END) == Used(0, 0)
    assert [hours(Need("online_hour", minutes=m), TARIFF) for m in (1, 60, 61, 120, 121)] == [1, 1, 2, 2, 3]
    assert [prices_per_hour(Need("online_hour", participants=n), TARIFF) for n in (0, 1, 10, 11, 20, 21)] == [1, 1, 1, 2, 2, 3]


def test_whoever_was_there_for_half_of_it_took_part():
    """LIV-1"""
    assert took_part([stay(0, 30)], NOON, NOON + 60 * MINUTE, 50)
    assert not took_part([stay(0, 29)], NOON, NOON + 60 * MINUTE, 50)
    assert not took_part([stay(61, 90)], NOON, NOON + 60 * MINUTE, 50)
    assert took_part([stay(0, 10), stay(40, 60)], NOON, NOON + 60 * MINUTE, 50)
    assert last_left({}) is None and within([stay(0, 5)], NOON + 6 * MINUTE, END) == []


def test_the_life_of_a_class_and_of_a_place_in_every_cell():
    """LIV-1"""
    allowed = {("proposed", "agree"), ("proposed", "cancel"), ("planned", "start"), ("planned", "cancel"), ("running", "end")}
    for state in State:
        for move in Move:
            assert LIFE.may(state, move) == ((state.value, move.value) in allowed)
    for place in Place:
        for step in Step:
            expected = (place, step) in {(Place.WAITING, Step.ADMIT), (Place.OUT, Step.ADMIT), (Place.WAITING, Step.SEND_OUT), (Place.ADMITTED, Step.SEND_OUT)}
            assert PLACES.may(place, step) == expected


def told(event: str, **more):
    data = {"event": event, "room": "class-1", "id": "p-1", **more}
    return {"type": 64, "timestamp": 1795403513662314, "session_id": 5, "handle_id": 8, "opaque_id": "p-1.abc",
            "event": {"plugin": "janus.plugin.videoroom", "data": data}}  # fmt: skip


def test_the_gateways_notices_are_read_and_anything_else_is_passed_over():
    """LIV-1, SEC-38"""
    found = read([told("joined"), told("published", id="p-1_screen"), told("leaving"), {"type": 256, "timestamp": 1, "event": {"status": "started"}}])
    assert [one.what for one in found] == [STARTED, JOINED, SENDS, LEFT]
    assert (found[1].participant, found[1].handle, found[1].proof, found[1].screen) == ("p-1", "5.8", "p-1.abc", False)
    assert (found[2].participant, found[2].screen) == ("p-1", True)
    streams = [{"type": "audio"}, {"type": "video"}, {"type": "video", "disabled": True}, "x"]
    given = ({"streams": streams}, {"streams": [*streams, {"type": "video"}]}, {"streams": 7}, {})
    assert [read([told("configured", **one)])[0].most for one in given] == [1, 2, 0, 0]
    broken = [
        {}, {"event": []}, told("edited"), told("joined", room=None), told("joined", id=7), {**told("joined"), "timestamp": "soon"},
        {**told("joined"), "timestamp": 10**30}, {**told("joined"), "event": {"plugin": "janus.plugin.sip", "data": {}}}, {"type": 64, "timestamp": 5, "event": {"data": 3}},
    ]  # fmt: skip
    assert read(broken) == []


@given(st.lists(st.recursive(st.none() | st.integers() | st.text(max_size=8), lambda inner: st.dictionaries(st.sampled_from(["event", "data", "type", "timestamp", "room", "id"]), inner, max_size=5), max_leaves=8), max_size=3))
def test_no_notice_breaks_the_ear(words):
    """SEC-37, SEC-38"""
    assert isinstance(read([word for word in words if isinstance(word, dict)]), list)


def test_a_film_of_one_picture_is_taken_as_it_came_and_of_more_is_put_together():
    """LIV-1"""
    one = [film.Track(Path("v.webm"), "video", "p-1", 1.5, 10, True), film.Track(Path("a.opus"), "audio", "p-1", 0, 12, True)]
    words = film.arguments(one, Path("out.webm"))
    assert words[4:6] == ["-itsoffset", "1.500"] and "copy" in words and film.lasts(one) == 12
    many = [*one, film.Track(Path("s.webm"), "video", "p-1_screen", 3, 5, True), film.Track(Path("w.webm"), "video", "p-2", 4, 2)]
    words = film.arguments(many, Path("out.webm"))
    chain = words[words.index("-filter_complex") + 1]
    assert "overlay=0:0" in chain and "[film]" in chain and "copy" not in words and chain.count("overlay") == 4
    assert film.percent("5000000", 10) == 50 and film.percent("N/A", 10) == 0 and film.percent("999000000", 10) == 99


def test_an_illegal_move_says_so():
    try:
        LIFE.after(State.ENDED, Move.START)
    except Refusal as refusal:
        assert refusal.status == 409
    else:
        raise AssertionError
