"""The life of a promise, as a table. TIM-8, TIM-9, TIM-10."""

from enum import StrEnum

from amparo.kernel.machine import Machine


class State(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    LAPSED = "lapsed"
    ENDED = "ended"


class Move(StrEnum):
    KEEP = "keep"
    LAPSE = "lapse"
    END = "end"


# A lapsed promise stays lapsed for ever. What it promised may still be done, late: then it is met or ended and
# nothing more is owed, but it never becomes kept.
LIFE = Machine(
    State,
    Move,
    {
        (State.OPEN, Move.KEEP): State.KEPT,
        (State.OPEN, Move.LAPSE): State.LAPSED,
        (State.OPEN, Move.END): State.ENDED,
        (State.LAPSED, Move.KEEP): State.LAPSED,
        (State.LAPSED, Move.END): State.LAPSED,
    },
)
