"""The life of a defect, as a table. TKT-5, TIM-5."""

from enum import StrEnum

from amparo.kernel.machine import Machine


class State(StrEnum):
    OPEN = "open"
    CORRECTED = "corrected"
    NOT_A_DEFECT = "not_a_defect"


class Move(StrEnum):
    CORRECT = "correct"
    REJECT = "reject"
    REPORT_AGAIN = "report_again"


# A corrected defect that is reported again is open again: the correction did not hold. What was found to be no
# defect needs a new one.
LIFE = Machine(
    State,
    Move,
    {
        (State.OPEN, Move.CORRECT): State.CORRECTED,
        (State.OPEN, Move.REJECT): State.NOT_A_DEFECT,
        (State.OPEN, Move.REPORT_AGAIN): State.OPEN,
        (State.CORRECTED, Move.REPORT_AGAIN): State.OPEN,
    },
)
