"""The life of a complaint as a table, cell by cell. COM-1 to COM-6."""

from __future__ import annotations

import itertools

import pytest

from amparo.complaints.machine import DECIDED, LIFE, MOVE_OF, OPEN, Move, Outcome, State
from amparo.kernel.machine import IllegalMove

_ENDS = {"uphold": "upheld", "uphold_partly": "partly", "dismiss": "dismissed", "lapse": "lapsed", "withdraw": "withdrawn"}
# Written out by hand from the rules: every move that a state allows, and where it leads. All else is refused.
LAWFUL = {
    "raised": {**_ENDS, "take": "review", "say": "raised", "ask_opinion": "opinion"},
    "review": {**_ENDS, "take": "review", "say": "review", "ask_opinion": "opinion"},
    "opinion": {**_ENDS, "take": "opinion", "say": "opinion", "give_opinion": "review"},
    "upheld": {},
    "partly": {},
    "dismissed": {},
    "lapsed": {},
    "withdrawn": {},
}


@pytest.mark.parametrize(("state", "move"), list(itertools.product(State, Move)))
def test_every_cell_of_the_life_of_a_complaint(state, move):
    """COM-1, COM-2, COM-3, COM-6"""
    wanted = LAWFUL[state].get(move)
    assert LIFE.may(state, move) is (wanted is not None)
    if wanted is None:
        with pytest.raises(IllegalMove):
            LIFE.after(state, move)
    else:
        assert LIFE.after(state, move) == wanted


def test_whatever_is_open_can_lapse_and_what_is_decided_never_moves():
    """COM-6"""
    assert all(LIFE.after(state, Move.LAPSE) == State.LAPSED for state in OPEN)
    assert all(not LIFE.open_moves(state) for state in {*DECIDED, State.WITHDRAWN})
    assert {LIFE.after(State.RAISED, MOVE_OF[outcome]) for outcome in Outcome} == DECIDED
