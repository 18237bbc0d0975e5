"""The life of a chat, as a table. CHT-1, CHT-2."""

from enum import StrEnum

from amparo.kernel.machine import Machine


class State(StrEnum):
    WAITING = "waiting"
    OPEN = "open"
    ENDED = "ended"


class Move(StrEnum):
    TAKE = "take"
    TRANSFER = "transfer"
    RETURN = "return"
    END = "end"


# Whoever took a chat may hand it to a colleague; where his line is lost it waits again.
LIFE = Machine(
    State,
    Move,
    {
        (State.WAITING, Move.TAKE): State.OPEN,
        (State.OPEN, Move.TRANSFER): State.OPEN,
        (State.WAITING, Move.TRANSFER): State.OPEN,
        (State.OPEN, Move.RETURN): State.WAITING,
        (State.WAITING, Move.END): State.ENDED,
        (State.OPEN, Move.END): State.ENDED,
    },
)


class EndedHow(StrEnum):
    CUSTOMER = "customer"
    STAFF = "staff"
    ABANDONED = "abandoned"
    UNANSWERED = "unanswered"
    REMOVED = "removed"
    TICKET = "ticket"
    CASE = "case"
    TOPIC = "topic"


class Event(StrEnum):
    """What the chat itself tells between messages; `data` holds names and numbers, never a sentence."""

    TAKEN = "taken"
    TRANSFERRED = "transferred"
    RETURNED = "returned"
    ENDED = "ended"
    CASE = "case"
    TICKET = "ticket"
    TOPIC = "topic"
    HANDED = "handed"  # a transfer's note, for staff alone
    REMOTE = "remote"
