"""The life of a class, of a place in it, and of its recording: tables. LIV-1."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from amparo.kernel.machine import Machine


class Kind(StrEnum):
    COURSE = "course"
    ADVICE = "advice"
    HOUR = "hour"


class State(StrEnum):
    PROPOSED = "proposed"
    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"
    CANCELLED = "cancelled"


class Move(StrEnum):
    AGREE = "agree"
    START = "start"
    END = "end"
    CANCEL = "cancel"


LIFE: Machine[State, Move] = Machine(
    State,
    Move,
    {
        (State.PROPOSED, Move.AGREE): State.PLANNED,
        (State.PROPOSED, Move.CANCEL): State.CANCELLED,
        (State.PLANNED, Move.START): State.RUNNING,
        (State.PLANNED, Move.CANCEL): State.CANCELLED,
        (State.RUNNING, Move.END): State.ENDED,
    },
)
OPEN: Final = frozenset({State.PLANNED, State.RUNNING})


class Place(StrEnum):
    WAITING = "waiting"
    ADMITTED = "admitted"
    OUT = "out"


class Step(StrEnum):
    ADMIT = "admit"
    SEND_OUT = "send_out"


PLACES: Machine[Place, Step] = Machine(
    Place,
    Step,
    {
        (Place.WAITING, Step.ADMIT): Place.ADMITTED,
        (Place.WAITING, Step.SEND_OUT): Place.OUT,
        (Place.ADMITTED, Step.SEND_OUT): Place.OUT,
        (Place.OUT, Step.ADMIT): Place.ADMITTED,
    },
)


class Film(StrEnum):
    WAITING = "waiting"
    MAKING = "making"
    READY = "ready"
    EMPTY = "empty"
    FAILED = "failed"
    REMOVED = "removed"


REMOVABLE: Final = (Film.READY.value, Film.FAILED.value)  # of one that failed the tracks are kept

INSTRUCTOR: Final = "instructor"
STUDENT: Final = "student"
ROLES: Final = (INSTRUCTOR, STUDENT)
