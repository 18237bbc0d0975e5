"""Every cell of the life of a ticket."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from amparo.kernel.machine import IllegalMove
from amparo.tickets.machine import LIFE, QUEUES, Move, State
from amparo.tickets.models import CUSTOMER_LABELS, STAFF_LABELS, Ticket

CELLS = {
    (State.OPEN, Move.ASK): State.OPEN,
    (State.OPEN, Move.ANSWER): State.WAITING,
    (State.OPEN, Move.CLOSE): State.CLOSED,
    (State.OPEN, Move.REOPEN): None,
    (State.WAITING, Move.ASK): State.OPEN,
    (State.WAITING, Move.ANSWER): State.WAITING,
    (State.WAITING, Move.CLOSE): State.CLOSED,
    (State.WAITING, Move.REOPEN): None,
    (State.CLOSED, Move.ASK): State.OPEN,
    (State.CLOSED, Move.ANSWER): State.WAITING,
    (State.CLOSED, Move.CLOSE): None,
    (State.CLOSED, Move.REOPEN): State.OPEN,
}


@pytest.mark.parametrize(("state", "move", "after"), list(LIFE.cells()))
def test_every_cell(state, move, after):
    """TKT-2: written out by hand, so that a change of the table is a change of two places."""
    assert CELLS[state, move] == after
    if after is None:
        with pytest.raises(IllegalMove):
            LIFE.after(state, move)


def test_every_state_has_words_and_a_place():
    assert set(CUSTOMER_LABELS) == set(STAFF_LABELS) == set(QUEUES) == set(State)


@pytest.mark.django_db
def test_the_database_repeats_the_states(ticket):
    """TKT-2"""
    for wrong in ({"state": "lost"}, {"state": "closed"}, {"state": "open", "closed_at": ticket.opened_at}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Ticket.objects.filter(pk=ticket.pk).update(**wrong)
