"""The life of a sale."""

from __future__ import annotations

from enum import StrEnum

from amparo.kernel.machine import Machine


class State(StrEnum):
    PLACED = "placed"
    PAID = "paid"
    ACTIVATED = "activated"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Move(StrEnum):
    PAY = "pay"
    ACTIVATE = "activate"
    CANCEL = "cancel"
    EXPIRE = "expire"


# A payment that comes after the expiry is of the price that was asked, so it still counts; after a cancellation nobody
# asked for it any more, so it is written down and given back. What is paid is cancelled only when its money went back.
LIFE: Machine[State, Move] = Machine(
    State,
    Move,
    {
        (State.PLACED, Move.PAY): State.PAID,
        (State.EXPIRED, Move.PAY): State.PAID,
        (State.PAID, Move.ACTIVATE): State.ACTIVATED,
        (State.PLACED, Move.CANCEL): State.CANCELLED,
        (State.PAID, Move.CANCEL): State.CANCELLED,
        (State.PLACED, Move.EXPIRE): State.EXPIRED,
    },
)
WAITING = frozenset({State.PLACED})
ENDED = frozenset({State.ACTIVATED, State.CANCELLED, State.EXPIRED})
