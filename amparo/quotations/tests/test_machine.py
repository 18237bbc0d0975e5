"""The lives of a quote and an order, cell by cell. QUO-3, QUO-5, CAS-6."""

from __future__ import annotations

import itertools

import pytest

from amparo.kernel.machine import IllegalMove
from amparo.quotations.machine import (
    ORDER_ENDED,
    ORDER_LIFE,
    QUOTE_ENDED,
    QUOTE_LIFE,
    OrderMove,
    OrderState,
    QuoteMove,
    QuoteState,
)

# Written out by hand from the rules: every move that a state allows, and where it leads. All else is refused.
QUOTE = {
    "draft": {"revise": "draft", "present": "presented", "withdraw": "withdrawn"},
    "presented": {
        "revise": "presented", "present": "presented", "accept": "accepted", "reject": "rejected", "ask_change": "change_asked",
        "expire": "expired", "withdraw": "withdrawn",
    },
    "change_asked": {"revise": "change_asked", "present": "presented", "reject": "rejected", "withdraw": "withdrawn"},
    "expired": {"revise": "expired", "present": "presented", "ask_change": "change_asked", "withdraw": "withdrawn"},
    "accepted": {}, "rejected": {}, "withdrawn": {},
}  # fmt: skip
ORDER = {
    "accepted": {"start": "in_progress", "tell_delay": "accepted", "deliver": "delivered", "cancel": "cancelled", "close": "finished"},
    "in_progress": {"tell_delay": "in_progress", "deliver": "delivered", "close": "finished"},
    "delivered": {"accept_delivery": "finished", "refuse_delivery": "in_progress", "close": "finished"},
    "finished": {}, "cancelled": {},
}  # fmt: skip
CELLS = [(QUOTE_LIFE, QUOTE, s, m) for s, m in itertools.product(QuoteState, QuoteMove)]
CELLS += [(ORDER_LIFE, ORDER, s, m) for s, m in itertools.product(OrderState, OrderMove)]


@pytest.mark.parametrize(("life", "table", "state", "move"), CELLS)
def test_every_cell_of_the_lives(life, table, state, move):
    """QUO-3, QUO-5, CAS-6"""
    wanted = table[state].get(move)
    assert life.may(state, move) is (wanted is not None)
    if wanted is None:
        with pytest.raises(IllegalMove):
            life.after(state, move)
    else:
        assert life.after(state, move) == wanted


@pytest.mark.parametrize(("life", "ends"), [(QUOTE_LIFE, QUOTE_ENDED), (ORDER_LIFE, ORDER_ENDED)])
def test_from_every_state_there_is_a_way_to_an_end(life, ends):
    """QUO-3, QUO-5"""
    reached = set(ends)
    while more := {s for s, _m, to in life.cells() if to in reached} - reached:
        reached |= more
    assert reached == set(life.states)
