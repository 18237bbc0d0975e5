"""Who worked on a case, which consequences fit which ruling, what a lapse brings. COM-2, COM-4 to COM-6."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.complaints.machine import Outcome
from amparo.complaints.rules import (
    NOTHING,
    Consequences,
    Deed,
    Disputed,
    fault,
    is_in_time,
    of_lapse,
    worked_on,
)
from amparo.conftest import NOON

RESERVED = Disputed(1, "reserved", "charge", "incident", "", {"incident": 1})
CREDITS = Disputed(2, "reserved", "charge", "further", "Datos", {"credit": 4})
PAID = Disputed(3, "final", "keep", "general", "", {"credit": 6})
GONE = Disputed(4, "released", "charge", "incident", "", {})
ALL = (RESERVED, CREDITS, PAID, GONE)
UPHELD, PARTLY, DISMISSED = Outcome.UPHELD, Outcome.PARTLY, Outcome.DISMISSED


@pytest.mark.parametrize(
    ("name", "is_given", "worked"),
    [
        ("case.answered", False, True), ("case.noted", False, True), ("case.clock_started", False, True),
        ("case.classified", False, True), ("case.closing_proposed", False, True), ("case.order_proposed", False, True),
        ("charge.reserved", False, True), ("case.something_new", False, True), ("promise.kept", False, False),
        ("case.given_again", False, False), ("case.follows", False, False),
        ("case.assigned", True, True), ("case.assigned", False, False), ("case.tagged", False, False),
    ],
)  # fmt: skip
def test_whoever_did_anything_in_a_case_worked_on_it(name, is_given, worked):
    """COM-2"""
    assert worked_on([Deed(7, name, is_given)]) == ({7} if worked else set())


def test_to_sort_a_case_does_not_undo_having_worked_on_it():
    """COM-2"""
    assert worked_on([Deed(7, "case.tagged"), Deed(7, "case.answered"), Deed(8, "case.tagged")]) == {7}
    assert worked_on([]) == frozenset()


@pytest.mark.parametrize(
    ("outcome", "chosen", "wanted"),
    [
        (UPHELD, Consequences(again=True), None),
        (UPHELD, NOTHING, ("again", "upheld_gives_again")),
        (UPHELD, Consequences(credits=5, back={3: {"credit": 1}}), ("again", "upheld_gives_again")),
        (UPHELD, Consequences(again=True, back={1: {"incident": 1}}, credits=100, measure="x"), None),
        (UPHELD, Consequences(again=True, back={3: {"credit": 2}}), None),
        (UPHELD, Consequences(again=True, back={2: {"credit": 2}}), ("back", "carried_whole")),
        (UPHELD, Consequences(again=True, back={2: {"credit": 4}}), None),
        (UPHELD, Consequences(again=True, back={2: {"credit": 0}}), None),
        (PARTLY, NOTHING, ("outcome", "partly_gives_something")),
        (PARTLY, Consequences(back={1: {"incident": 0}}, measure="  "), ("outcome", "partly_gives_something")),
        (PARTLY, Consequences(again=True), None),
        (PARTLY, Consequences(back={2: {"credit": 2}}), None),
        (PARTLY, Consequences(credits=1), None),
        (PARTLY, Consequences(measure="Una disculpa por escrito."), None),
        (PARTLY, Consequences(credits=101), ("credits", "credits_out_of_range")),
        (PARTLY, Consequences(credits=-1, measure="x"), ("credits", "credits_out_of_range")),
        (PARTLY, Consequences(back={1: {"incident": 2}}), ("back", "more_than_held")),
        (PARTLY, Consequences(back={1: {"credit": 1}}), ("back", "more_than_held")),
        (PARTLY, Consequences(back={1: {"incident": -1}}, credits=1), ("back", "more_than_held")),
        (PARTLY, Consequences(back={9: {"incident": 1}}), ("back", "more_than_held")),
        (PARTLY, Consequences(back={4: {"incident": 1}}), ("back", "more_than_held")),
        (DISMISSED, NOTHING, None),
        (DISMISSED, Consequences(again=True), ("outcome", "dismissed_gives_nothing")),
        (DISMISSED, Consequences(credits=1), ("outcome", "dismissed_gives_nothing")),
        (DISMISSED, Consequences(back={1: {"incident": 1}}), ("outcome", "dismissed_gives_nothing")),
        (DISMISSED, Consequences(measure="x"), ("outcome", "dismissed_gives_nothing")),
    ],
)  # fmt: skip
def test_which_consequences_fit_which_ruling(outcome, chosen, wanted):
    """COM-3, COM-4, COM-5"""
    assert fault(outcome, chosen, ALL, credits_max=100) == wanted


@pytest.mark.parametrize(
    ("gives_again", "gives_back", "wanted"),
    [
        (True, True, Consequences(again=True, back={1: {"incident": 1}, 2: {"credit": 4}, 3: {"credit": 6}})),
        (True, False, Consequences(again=True)),
        (False, True, Consequences(back={1: {"incident": 1}, 2: {"credit": 4}, 3: {"credit": 6}})),
        (False, False, Consequences(back={1: {"incident": 1}, 2: {"credit": 4}, 3: {"credit": 6}})),
    ],
)
def test_what_a_lapse_brings_by_the_settings(gives_again, gives_back, wanted):
    """COM-6"""
    assert of_lapse(ALL, gives_again=gives_again, gives_back=gives_back) == wanted


def test_a_lapse_never_brings_nothing():
    """COM-6"""
    for again in (True, False):
        for back in (True, False):
            assert not of_lapse([GONE], gives_again=again, gives_back=back).is_empty


def test_the_deadline_itself_is_in_time():
    """TIM-6"""
    assert is_in_time(NOON, NOON) and not is_in_time(NOON + timedelta(microseconds=1), NOON)
