"""The life of a ticket, as a table. TKT-2."""

from enum import StrEnum

from amparo.kernel.machine import Machine


class State(StrEnum):
    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


class Move(StrEnum):
    ASK = "ask"
    ANSWER = "answer"
    CLOSE = "close"
    REOPEN = "reopen"


# A message of either side is lawful in every state; in a closed ticket it reopens it.
LIFE = Machine(
    State,
    Move,
    {
        (State.OPEN, Move.ASK): State.OPEN,
        (State.WAITING, Move.ASK): State.OPEN,
        (State.CLOSED, Move.ASK): State.OPEN,
        (State.OPEN, Move.ANSWER): State.WAITING,
        (State.WAITING, Move.ANSWER): State.WAITING,
        (State.CLOSED, Move.ANSWER): State.WAITING,
        (State.OPEN, Move.CLOSE): State.CLOSED,
        (State.WAITING, Move.CLOSE): State.CLOSED,
        (State.CLOSED, Move.REOPEN): State.OPEN,
    },
)
QUEUES = {State.OPEN: "answer", State.WAITING: "waiting", State.CLOSED: "closed"}
