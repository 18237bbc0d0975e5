"""The life of a complaint: a table. COM-1 to COM-6."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from amparo.kernel.machine import Machine


class State(StrEnum):
    RAISED = "raised"
    REVIEW = "review"
    OPINION = "opinion"
    UPHELD = "upheld"
    PARTLY = "partly"
    DISMISSED = "dismissed"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


OPEN: Final = frozenset({State.RAISED, State.REVIEW, State.OPINION})
DECIDED: Final = frozenset({State.UPHELD, State.PARTLY, State.DISMISSED, State.LAPSED})


class Move(StrEnum):
    TAKE = "take"
    SAY = "say"
    ASK_OPINION = "ask_opinion"
    GIVE_OPINION = "give_opinion"
    UPHOLD = "uphold"
    UPHOLD_PARTLY = "uphold_partly"
    DISMISS = "dismiss"
    LAPSE = "lapse"
    WITHDRAW = "withdraw"


_ENDS: Final = {
    Move.UPHOLD: State.UPHELD, Move.UPHOLD_PARTLY: State.PARTLY, Move.DISMISS: State.DISMISSED,
    Move.LAPSE: State.LAPSED, Move.WITHDRAW: State.WITHDRAWN,
}  # fmt: skip

# Whatever is open can be decided, also while an opinion is awaited: a late one extends nothing. COM-6.
LIFE: Final[Machine[State, Move]] = Machine(
    State,
    Move,
    {
        **{(state, move): end for state in (State.RAISED, State.REVIEW, State.OPINION) for move, end in _ENDS.items()},
        **{(state, Move.SAY): state for state in (State.RAISED, State.REVIEW, State.OPINION)},
        (State.RAISED, Move.TAKE): State.REVIEW,
        (State.REVIEW, Move.TAKE): State.REVIEW,
        (State.OPINION, Move.TAKE): State.OPINION,
        (State.RAISED, Move.ASK_OPINION): State.OPINION,
        (State.REVIEW, Move.ASK_OPINION): State.OPINION,
        (State.OPINION, Move.GIVE_OPINION): State.REVIEW,
    },
)


class Outcome(StrEnum):
    """How a complaint was decided. COM-3, COM-6."""

    UPHELD = "upheld"
    PARTLY = "partly"
    DISMISSED = "dismissed"
    LAPSED = "lapsed"


MOVE_OF: Final = {
    Outcome.UPHELD: Move.UPHOLD, Outcome.PARTLY: Move.UPHOLD_PARTLY, Outcome.DISMISSED: Move.DISMISS,
    Outcome.LAPSED: Move.LAPSE,
}  # fmt: skip
RULINGS: Final = (Outcome.UPHELD, Outcome.PARTLY, Outcome.DISMISSED)
