"""Decisions of complaints: who may not judge, which consequences fit which ruling, what a lapse brings. Pure. COM-2 to COM-6."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from .machine import Outcome

# What staff do about a case without working on it: they sort it, give it to somebody, or carry out an earlier ruling.
_NOT_WORK: Final = frozenset({"case.tagged", "case.assigned", "order.assigned", "case.given_again", "case.follows", "case.linked"})


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing on a case's record: who did it, or to whom it was given."""

    user_id: int
    name: str
    is_given: bool = False


def worked_on(deeds: Iterable[Deed]) -> frozenset[int]:
    """Return who worked on a case: said something in it, to the customer or among staff, did anything (quoted,
    delivered, spoke with the customer by telephone), or was given it. COM-2.

    Who only sorted it, gave it to another or linked it did not. A promise is made and kept by something else that was done.
    People of the customer's own side are in it too: they are a party.
    """
    return frozenset(
        deed.user_id
        for deed in deeds
        if deed.is_given or not (deed.name in _NOT_WORK or deed.name.startswith("promise."))
    )


@dataclass(frozen=True, slots=True)
class Disputed:
    """A charge of the refused closing: what the proposal did with it, how it stands, and the units that it holds now."""

    charge_id: int
    state: str
    effect: str
    what: str
    words: str
    holds: Mapping[str, int]

    @property
    def is_reserved(self) -> bool:
        return self.state == "reserved"


@dataclass(frozen=True, slots=True)
class Consequences:
    """What a ruling brings: the service again, units given back by charge, credits, a measure in words. COM-4."""

    again: bool = False
    back: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    credits: int = 0
    measure: str = ""

    @property
    def gives_back(self) -> bool:
        return any(count for units in self.back.values() for count in units.values())

    @property
    def is_empty(self) -> bool:
        return not (self.again or self.gives_back or self.credits or self.measure.strip())


NOTHING: Final = Consequences()


def fault(
    outcome: Outcome, chosen: Consequences, disputed: Sequence[Disputed], *, credits_max: int
) -> tuple[str, str] | None:
    """Return why consequences do not fit a ruling, as (field, code); None where they fit. COM-4, COM-5.

    Upheld gives the service again, and may compensate besides. Partly upheld does at least one of these. Dismissed does
    none. Nothing is given back that is not held; a reservation that carries over to the second service is given back whole
    or not at all, for only the closing of that service says what it takes.
    """
    if outcome is Outcome.DISMISSED:
        return None if chosen.is_empty else ("outcome", "dismissed_gives_nothing")
    if outcome is Outcome.UPHELD and not chosen.again:
        return "again", "upheld_gives_again"
    if outcome is Outcome.PARTLY and chosen.is_empty:
        return "outcome", "partly_gives_something"
    if not 0 <= chosen.credits <= credits_max:
        return "credits", "credits_out_of_range"
    charges = {one.charge_id: one for one in disputed}
    for charge_id, units in chosen.back.items():
        of = charges.get(charge_id)
        if of is None or any(not 0 <= count <= of.holds.get(unit, 0) for unit, count in units.items()):
            return "back", "more_than_held"
        some = any(units.values())
        if chosen.again and of.is_reserved and some and any(units.get(unit, 0) != n for unit, n in of.holds.items()):
            return "back", "carried_whole"
    return None


def everything(disputed: Sequence[Disputed]) -> dict[int, dict[str, int]]:
    """Return all that the charges hold, by charge."""
    return {one.charge_id: dict(one.holds) for one in disputed if one.holds}


def of_lapse(disputed: Sequence[Disputed], *, gives_again: bool, gives_back: bool) -> Consequences:
    """Return what a lapse brings: the service again and all units back, as far as the settings say; never nothing. COM-6."""
    back = everything(disputed) if gives_back or not gives_again else {}
    return Consequences(again=gives_again or not back, back=back)


def is_in_time(at: datetime, due_at: datetime) -> bool:
    """True where an act counts as done within the time: up to the deadline itself. TIM-6."""
    return at <= due_at


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a complaint as its customer follows it: what, when it was done, or until when it is to be. COM-7."""

    code: str
    at: datetime | None = None
    due_at: datetime | None = None
    is_late: bool = False

    @property
    def is_done(self) -> bool:
        return self.at is not None
