"""The life of an enrolment and of a seat. SRC-4, CHG-3."""

from __future__ import annotations

from enum import StrEnum

from amparo.kernel.machine import Machine


class State(StrEnum):
    ENROLLED = "enrolled"
    STARTED = "started"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Move(StrEnum):
    START = "start"
    COMPLETE = "complete"
    CANCEL = "cancel"


LIFE: Machine[State, Move] = Machine(
    State,
    Move,
    {
        (State.ENROLLED, Move.START): State.STARTED,
        (State.ENROLLED, Move.CANCEL): State.CANCELLED,
        (State.STARTED, Move.COMPLETE): State.COMPLETED,
    },
)
ACTIVE = frozenset({State.ENROLLED, State.STARTED})


class SeatState(StrEnum):
    FREE = "free"
    ASSIGNED = "assigned"
    USED = "used"
    RETURNED = "returned"


class SeatMove(StrEnum):
    ASSIGN = "assign"
    TAKE_BACK = "take_back"
    USE = "use"
    RETURN = "return"


SEAT_LIFE: Machine[SeatState, SeatMove] = Machine(
    SeatState,
    SeatMove,
    {
        (SeatState.FREE, SeatMove.ASSIGN): SeatState.ASSIGNED,
        (SeatState.ASSIGNED, SeatMove.ASSIGN): SeatState.ASSIGNED,
        (SeatState.ASSIGNED, SeatMove.TAKE_BACK): SeatState.FREE,
        (SeatState.ASSIGNED, SeatMove.USE): SeatState.USED,
        (SeatState.FREE, SeatMove.RETURN): SeatState.RETURNED,
    },
)
