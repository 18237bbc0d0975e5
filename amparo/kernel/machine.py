"""State machines as tables: (state, move) -> state. A cell that is not in the table is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from django.utils.translation import gettext_lazy as _

from .refusals import Refusal

S = TypeVar("S", bound=StrEnum)
M = TypeVar("M", bound=StrEnum)


class IllegalMove(Refusal):
    """The act does not fit the state that the thing is in."""

    code = "illegal_move"
    status = 409
    message = _("This no longer fits the state of the matter. Look at how it stands now.")


class Machine(Generic[S, M]):
    """A table of lawful moves.

    >>> class S(StrEnum): OPEN = "open"; CLOSED = "closed"
    >>> class M(StrEnum): CLOSE = "close"
    >>> Machine(S, M, {(S.OPEN, M.CLOSE): S.CLOSED}).after(S.OPEN, M.CLOSE)
    <S.CLOSED: 'closed'>
    """

    def __init__(self, states: type[S], moves: type[M], table: Mapping[tuple[S, M], S]) -> None:
        self.states, self.moves, self.table = states, moves, dict(table)

    def may(self, state: S | str, move: M) -> bool:
        return (self.states(state), move) in self.table

    def after(self, state: S | str, move: M) -> S:
        """Return the state after the move. Raises IllegalMove."""
        try:
            return self.table[(self.states(state), move)]
        except KeyError:
            raise IllegalMove(state=str(state), move=str(move)) from None

    def open_moves(self, state: S | str) -> list[M]:
        return [move for move in self.moves if self.may(state, move)]

    def cells(self) -> Iterable[tuple[S, M, S | None]]:
        """Every state with every move and where it leads, None where it is refused: for tests and docs."""
        for state in self.states:
            for move in self.moves:
                yield state, move, self.table.get((state, move))
