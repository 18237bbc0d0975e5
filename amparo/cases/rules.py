"""Arithmetic and decisions of cases: pure. CAS-3 to CAS-5, CAS-9, CHG-4, CHG-7."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from .machine import ATTENDED_KINDS, REASONS, REQUIRED_TEXTS, Effect, Kind, Reason

NEED_OF: Final = {Kind.ADVISORY: "advisory_event", Kind.INCIDENT: "incident"}
MINUTES_PER_HOUR: Final = 60


@dataclass(frozen=True, slots=True)
class Clock:
    """The running clock of a case: seconds of the runs that ended, and since when one runs. CAS-5."""

    seconds: int
    since: datetime | None
    limit_minutes: int

    @property
    def limit_seconds(self) -> int:
        return self.limit_minutes * 60

    def total(self, at: datetime) -> int:
        """Seconds of attention up to a moment."""
        running = int((at - self.since).total_seconds()) if self.since else 0
        return self.seconds + max(0, running)

    def reaches(self, minutes: int) -> datetime | None:
        """When the running clock comes to so many minutes; None while it stands."""
        if self.since is None:
            return None
        return self.since + timedelta(seconds=max(0, minutes * 60 - self.seconds))

    def is_over(self, at: datetime) -> bool:
        """True from the moment on which the whole limit is used."""
        return self.total(at) >= self.limit_seconds


def run_seconds(started_at: datetime, stopped_at: datetime) -> int:
    """Whole seconds of one run, never negative."""
    return max(0, int((stopped_at - started_at).total_seconds()))


def kind_allows(kind: Kind, reason: Reason, *, attended: bool) -> bool:
    """True where a case may be proposed for closing with a reason. CAS-3.

    What was never attended, because the customer did not consent, can only end in agreement.
    """
    if not attended:
        return kind in ATTENDED_KINDS and reason is Reason.MUTUAL_AGREEMENT
    return reason in REASONS[kind]


def texts_missing(reason: Reason, texts: dict[str, str]) -> list[str]:
    """Return which required texts of a reason were not written. CAS-3."""
    return [name for name in REQUIRED_TEXTS.get(reason, ()) if not texts.get(name, "").strip()]


def solved_in_time(total_seconds: int, limit_minutes: int, tolerance_minutes: int, *, further_consented: bool) -> bool:
    """True where an incident may close as solved: within its time, or with the customer's yes to more. CAS-3, CAS-5.

    The tolerance is for the question itself: at the limit the engineer is asked, and answers a moment later.
    """
    return further_consented or total_seconds <= (limit_minutes + tolerance_minutes) * 60


def default_effect(kind: Kind, reason: Reason, *, seconds: int, in_advance: bool, agreement_gives_back: bool) -> Effect:
    """Return what a closing does with a case's charge unless the proposal says otherwise. CHG-3, CHG-4."""
    if in_advance:
        return Effect.KEEP
    if reason is Reason.NOT_TECHNICALLY_POSSIBLE:
        return Effect.GIVE_BACK
    if reason is Reason.MUTUAL_AGREEMENT:
        if kind is Kind.ADVISORY and seconds:
            return Effect.CHARGE  # advice is charged when it was given
        return Effect.GIVE_BACK if agreement_gives_back else Effect.CHARGE
    return Effect.CHARGE


def lawful_effects(kind: Kind, reason: Reason, *, is_main: bool, in_advance: bool) -> tuple[Effect, ...]:
    """Return what a proposal may say of a charge: never a charge where the rules give back. CHG-4."""
    if in_advance:
        return (Effect.KEEP, Effect.GIVE_BACK)
    if is_main and reason is Reason.NOT_TECHNICALLY_POSSIBLE:
        return (Effect.GIVE_BACK,)
    return (Effect.CHARGE, Effect.GIVE_BACK)


def minutes_granted(codes_and_hours: Sequence[tuple[str, int]], hourly: Collection[str]) -> int:
    """Return by how many minutes consented further services extend the limit: their hours. CHG-5."""
    return sum(hours * MINUTES_PER_HOUR for code, hours in codes_and_hours if code in hourly)
