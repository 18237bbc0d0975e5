"""The life of a remote session: a table. LIV-2."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from amparo.kernel.machine import Machine


class State(StrEnum):
    OFFERED = "offered"  # the code waits to be entered
    JOINED = "joined"  # the customer is asked
    CONSENTED = "consented"  # the engineer is awaited
    RUNNING = "running"
    DROPPED = "dropped"  # a line broke; it may come back within the minute
    ENDED = "ended"


OPEN: Final = (State.OFFERED, State.JOINED, State.CONSENTED, State.RUNNING, State.DROPPED)
LIVE: Final = (State.JOINED, State.CONSENTED, State.RUNNING, State.DROPPED)


class Move(StrEnum):
    JOIN = "join"
    CONSENT = "consent"
    BEGIN = "begin"
    DROP = "drop"
    CHANGE = "change"
    END = "end"


_S, _M = State, Move
LIFE: Final[Machine[State, Move]] = Machine(
    State,
    Move,
    {
        (_S.OFFERED, _M.JOIN): _S.JOINED,
        (_S.JOINED, _M.CONSENT): _S.CONSENTED,
        (_S.CONSENTED, _M.BEGIN): _S.RUNNING,
        (_S.CONSENTED, _M.CHANGE): _S.CONSENTED,
        (_S.RUNNING, _M.CHANGE): _S.RUNNING,
        (_S.DROPPED, _M.CHANGE): _S.DROPPED,
        (_S.RUNNING, _M.DROP): _S.DROPPED,
        (_S.DROPPED, _M.BEGIN): _S.RUNNING,
        **{(state, _M.END): _S.ENDED for state in OPEN},
    },
)


class Mode(StrEnum):
    VIEW = "view"
    CONTROL = "control"


class Way(StrEnum):
    """How the screen comes: by our helper, by the browser's own sharing (to see only), by MeshCentral."""

    HELPER = "helper"
    BROWSER = "browser"
    MESHCENTRAL = "meshcentral"


class Reason(StrEnum):
    """Why a session ended."""

    BY_CUSTOMER = "stopped_by_customer"
    BY_ENGINEER = "stopped_by_engineer"
    DECLINED = "declined"
    UNANSWERED = "unanswered"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    GUESSED = "guessed"  # withdrawn, because somebody was guessing it
    TIME = "time"
    BYTES = "bytes"
    LOST = "lost"
    CUT = "cut"  # the broker itself died, and nobody came back
    FAULT = "fault"
    CLOSED = "closed"
