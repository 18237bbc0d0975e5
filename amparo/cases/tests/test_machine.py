"""The life of a case as a table, cell by cell, and the reasons of each kind. CAS-3, CAS-4."""

from __future__ import annotations

import itertools

import pytest

from amparo.cases.machine import LIFE, REASONS, Kind, Move, Reason, State
from amparo.cases.rules import kind_allows, texts_missing
from amparo.kernel.machine import IllegalMove

# Written out by hand from the rules: every move that a state allows, and where it leads. All else is refused.
LAWFUL = {
    "requested": {"classify": "classified", "withdraw": "withdrawn", "propose_closing": "closing_proposed"},
    "classified": {
        "classify": "classified", "consent": "attention", "decline": "requested", "propose_order": "classified",
        "accept_order": "attention", "withdraw": "withdrawn", "propose_closing": "closing_proposed",
    },
    "attention": {
        "classify": "classified", "cancel_order": "classified", "start_clock": "attention", "decide": "attention", "raise_need": "attention",
        "agree_procedure": "procedure", "propose_closing": "closing_proposed",
    },
    "procedure": {
        "start_clock": "procedure", "decide": "procedure", "raise_need": "procedure", "agree_procedure": "procedure",
        "propose_closing": "closing_proposed",
    },
    "closing_proposed": {
        "propose_closing": "closing_proposed", "accept": "closed", "answer": "attention", "answer_unattended": "requested",
        "refuse": "complaint", "fall_silent": "silent",
    },
    "silent": {
        "propose_closing": "closing_proposed", "accept": "closed", "answer": "attention", "answer_unattended": "requested",
        "refuse": "complaint", "close_uncharged": "closed",
    },
    "complaint": {"rule": "closed"},
    "closed": {},
    "withdrawn": {},
}  # fmt: skip


@pytest.mark.parametrize(("state", "move"), list(itertools.product(State, Move)))
def test_every_cell_of_the_life_of_a_case(state, move):
    """CAS-3, CAS-4"""
    wanted = LAWFUL[state].get(move)
    assert LIFE.may(state, move) is (wanted is not None)
    if wanted is None:
        with pytest.raises(IllegalMove):
            LIFE.after(state, move)
    else:
        assert LIFE.after(state, move) == wanted


def test_from_every_state_there_is_a_way_to_an_end():
    """CAS-4"""
    ends = {State.CLOSED, State.WITHDRAWN}
    reached = set(ends)
    while more := {s for s, _m, to in LIFE.cells() if to in reached} - reached:
        reached |= more
    assert reached == set(State)


CLOSES_FOR = {
    "advisory": {"information_complete", "mutual_agreement"},
    "incident": {"solved", "not_technically_possible", "mutual_agreement"},
    "development": {"delivered"},
    "general": {"service_completed"},
}


@pytest.mark.parametrize(("kind", "reason"), list(itertools.product(Kind, Reason)))
def test_each_kind_closes_for_its_own_reasons_alone(kind, reason):
    """CAS-3"""
    assert (reason in REASONS[kind]) is (reason in CLOSES_FOR[kind])
    assert kind_allows(kind, reason, attended=True) is (reason in CLOSES_FOR[kind])
    unattended = kind in ("advisory", "incident") and reason == "mutual_agreement"
    assert kind_allows(kind, reason, attended=False) is unattended


def test_what_is_not_possible_needs_its_explanation_and_its_procedure():
    """CAS-3"""
    reason = Reason.NOT_TECHNICALLY_POSSIBLE
    assert texts_missing(reason, {}) == ["explanation", "procedure"]
    assert texts_missing(reason, {"explanation": "x", "procedure": "  "}) == ["procedure"]
    assert texts_missing(reason, {"explanation": "x", "procedure": "y"}) == []
    assert texts_missing(Reason.SOLVED, {}) == []
