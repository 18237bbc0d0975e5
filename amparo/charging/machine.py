"""The life of a charge."""

from __future__ import annotations

from enum import StrEnum

from amparo.kernel.machine import Machine


class State(StrEnum):
    PROPOSED = "proposed"
    CONSENTED = "consented"
    RESERVED = "reserved"
    FINAL = "final"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    REQUOTE = "requote"
    CONSENT = "consent"
    RESERVE = "reserve"
    CHARGE = "charge"
    SETTLE = "settle"
    RELEASE = "release"
    WITHDRAW = "withdraw"
    CHOOSE = "choose"
    GIVE_BACK = "give_back"


LIFE: Machine[State, Move] = Machine(
    State,
    Move,
    {
        (State.PROPOSED, Move.REQUOTE): State.PROPOSED,
        (State.CONSENTED, Move.REQUOTE): State.PROPOSED,
        (State.PROPOSED, Move.CHOOSE): State.PROPOSED,
        (State.CONSENTED, Move.CHOOSE): State.CONSENTED,
        (State.PROPOSED, Move.CONSENT): State.CONSENTED,
        (State.CONSENTED, Move.RESERVE): State.RESERVED,
        (State.CONSENTED, Move.CHARGE): State.FINAL,
        (State.RESERVED, Move.SETTLE): State.FINAL,
        (State.RESERVED, Move.RELEASE): State.RELEASED,
        (State.PROPOSED, Move.WITHDRAW): State.WITHDRAWN,
        (State.CONSENTED, Move.WITHDRAW): State.WITHDRAWN,
        (State.FINAL, Move.GIVE_BACK): State.FINAL,
    },
)
ENDED = frozenset({State.FINAL, State.RELEASED, State.WITHDRAWN})
