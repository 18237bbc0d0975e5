"""Sessions as pages and the broker need them. LIV-2, LIV-3, CAS-5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count
from django.utils import translation

from amparo.cases.rules import Clock
from amparo.policies.queries import value
from amparo.remote import words
from amparo.remote.machine import State
from amparo.remote.models import Session


@dataclass(frozen=True, slots=True)
class Row:
    """One session beside its case: who, when, how long, what was consented to, how it ended."""

    id: int
    number: str
    engineer: str
    engineer_id: int
    state: str
    way: str
    asked: str
    consented: str
    seconds: int
    offered_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    end_detail: str
    chunks: int
    purged: bool
    films: int = 0

    @property
    def is_open(self) -> bool:
        return self.state != State.ENDED

    @property
    def is_live(self) -> bool:
        return self.state in (State.RUNNING, State.DROPPED)

    @property
    def was_recorded(self) -> bool:
        return self.chunks > 0 or self.films > 0

    @property
    def replayable(self) -> bool:
        return self.was_recorded and not self.is_open and not self.purged


def of_case(case_id: int) -> list[Row]:
    """Return the sessions of a case, newest first. One statement. LIV-3."""
    rows = Session.objects.filter(case_id=case_id).select_related("engineer").annotate(film_count=Count("films")).order_by("-pk")
    return [
        Row(
            one.pk, one.number, one.engineer.name, one.engineer_id, one.state, one.way, one.asked, one.consented, one.seconds, one.offered_at,
            one.started_at, one.ended_at, one.end_reason, one.end_detail, one.chunks, one.purged_at is not None, one.film_count,
        )
        for one in rows[:50]
    ]  # fmt: skip


def open_of_case(case_id: int) -> Session | None:
    """Return the session of a case that is not over."""
    return Session.objects.filter(case_id=case_id).exclude(state=State.ENDED).select_related("case__thread", "engineer").first()


def asked_of(session: Session, *, at: datetime) -> dict[str, Any]:
    """Return what the customer is asked, in the customer's language: the message `ask` less its secret. LIV-2."""
    case = session.case
    left = minutes_left(case.clock, at) if case.limit_minutes else 0
    mode = session.asked if "control" in session.can else "view"
    with translation.override(session.language):
        vendor, engineer = str(value("identity.name", at=at)), session.engineer.name
        sentence = words.ask_sentence(
            vendor=vendor, engineer=engineer, number=case.number, title=case.thread.title, mode=mode, minutes_left=left
        )
        return {
            "vendor": vendor, "engineer": engineer, "case": case.number, "title": case.thread.title, "minutes": left, "mode": mode,
            "language": session.language, "sentence": sentence, "banner": words.banner(engineer, case.number),
            "stop": str(translation.gettext("Stop")),
        }  # fmt: skip


def minutes_left(clock: Clock, at: datetime) -> int:
    """Return the minutes of a clock that are left, those begun counted whole."""
    return max(0, -(-(clock.limit_seconds - clock.total(at)) // 60))


@dataclass(frozen=True, slots=True)
class Situation:
    """What the broker must know of a session as it is in the database now: somebody else may have moved it."""

    session_id: int
    state: str
    reason: str
    detail: str
    case_state: str
    clock: Clock
    has_clock: bool
    further: bool
    choice: str
    broker: str


_SITUATIONS = """
SELECT s.id, s.state, s.end_reason, s.end_detail, c.state, c.clock_seconds, c.clock_since, c.limit_minutes, c.kind, c.limit_choice,
    EXISTS (SELECT FROM cases_furtherneed n WHERE n.case_id = c.id AND n.charge_id IS NOT NULL AND n.choice = 'now'),
    s.broker
FROM remote_session s JOIN cases_case c ON c.id = s.case_id WHERE s.id = ANY(%s)
"""


def situations(session_ids: Sequence[int]) -> dict[int, Situation]:
    """Return how sessions stand. One statement however many there are."""
    with connection.cursor() as cursor:
        cursor.execute(_SITUATIONS, [list(session_ids)])
        return {
            row[0]: Situation(
                row[0], row[1], row[2], row[3], row[4], Clock(row[5], row[6], row[7]), row[8] in ("incident", "advisory"), row[10], row[9], row[11]
            )
            for row in cursor.fetchall()
        }


def weight_of(case_id: int) -> int:
    """Return how many octets the recordings of a case have that are still there."""
    return sum(Session.objects.filter(case_id=case_id, purged_at__isnull=True, state=State.ENDED).values_list("octets", flat=True))
