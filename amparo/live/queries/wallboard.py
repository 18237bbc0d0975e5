"""The figures of a day on the telephone: for the board on the wall and for its table. TEL-3."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from amparo.kernel.actor import Actor
from amparo.live import access, rules
from amparo.live.machine import State
from amparo.live.models import DIRECTION_LABELS, STATE_LABELS, Callback, ExchangeCall


@dataclass(frozen=True, slots=True)
class Hour:
    """What came in within an hour of the day."""

    hour: int
    answered: int
    missed: int
    abandoned: int

    @property
    def total(self) -> int:
        return self.answered + self.missed + self.abandoned


@dataclass(frozen=True, slots=True)
class Taker:
    """One person on the board: what of today is his, and what he does now since when."""

    name: str
    answered: int
    talk_seconds: int
    now: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Board:
    """What a board on the wall shows."""

    waiting: int
    longest_since: datetime | None
    talking: int
    answered: int
    missed: int
    abandoned: int
    average_wait_seconds: int
    owed: int
    owed_late: int
    owed_next: datetime | None
    hours: list[Hour]
    people: list[Taker]

    @property
    def most(self) -> int:
        return max([hour.total for hour in self.hours] + [1])


def day_bounds(on: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return when a day begins and ends in a zone: 23, 24 or 25 hours."""
    begin = datetime.combine(on, datetime.min.time(), tzinfo=zone)
    return begin, datetime.combine(on + timedelta(days=1), datetime.min.time(), tzinfo=zone)


_HOURS = """
SELECT extract(hour FROM rang_at AT TIME ZONE %(zone)s)::int, count(*) FILTER (WHERE answered_at IS NOT NULL AND state <> 'missed'),
       count(*) FILTER (WHERE state = 'missed' AND NOT gave_up), count(*) FILTER (WHERE state = 'missed' AND gave_up),
       coalesce(sum(extract(epoch FROM answered_at - rang_at)) FILTER (WHERE answered_at IS NOT NULL AND state <> 'missed'), 0)::float
  FROM live_exchangecall WHERE rang_at >= %(since)s AND rang_at < %(until)s AND direction = 'in' GROUP BY 1 ORDER BY 1
"""
_PEOPLE = """
SELECT coalesce(nullif(u.name, ''), u.email), count(c.id) FILTER (WHERE c.direction = 'in'),
       coalesce(sum(extract(epoch FROM coalesce(c.ended_at, %(at)s) - c.answered_at)), 0)::int,
       max(c.state) FILTER (WHERE c.state IN ('answered', 'held')), max(c.answered_at) FILTER (WHERE c.state IN ('answered', 'held')), l.paused_at
  FROM (SELECT user_id, max(paused_at) AS paused_at FROM live_line JOIN live_exchange e ON e.id = exchange_id AND e.is_active GROUP BY user_id) l
  JOIN people_user u ON u.id = l.user_id
  LEFT JOIN live_exchangecall c ON c.operator_id = u.id AND c.answered_at IS NOT NULL AND c.rang_at >= %(since)s AND c.rang_at < %(until)s
 GROUP BY u.id, l.paused_at ORDER BY 2 DESC, 1
"""


def board(*, at: datetime, zone: tzinfo) -> Board:
    """Return the figures of today until now. Four statements, whatever the number of calls."""
    since, until = day_bounds(at.astimezone(zone).date(), zone)
    ringing = list(ExchangeCall.objects.filter(state=State.RINGING, direction="in").order_by("rang_at").values_list("rang_at", flat=True))
    owed = list(Callback.objects.filter(state=Callback.State.OPEN).order_by("due_at").values_list("due_at", flat=True))
    span: dict[str, Any] = {"since": since, "until": until, "at": at, "zone": str(zone)}
    with connection.cursor() as cursor:
        cursor.execute(_HOURS, span)
        rows = cursor.fetchall()
        cursor.execute(_PEOPLE, span)
        people = [_taker(row) for row in cursor.fetchall()]
    hours = [Hour(*row[:4]) for row in rows]
    answered = sum(hour.answered for hour in hours)
    return Board(
        waiting=len(ringing), longest_since=ringing[0] if ringing else None, talking=sum(1 for one in people if one.now in ("answered", "held")),
        answered=answered, missed=sum(hour.missed for hour in hours), abandoned=sum(hour.abandoned for hour in hours),
        average_wait_seconds=round(sum(row[4] for row in rows) / answered) if answered else 0,
        owed=len(owed), owed_late=sum(1 for due in owed if due and due < at), owed_next=next((due for due in owed if due), None),
        hours=_whole(hours), people=people,
    )  # fmt: skip


def _taker(row: tuple[Any, ...]) -> Taker:
    name, answered, seconds, state, since, paused_at = row
    if state:
        return Taker(name, answered, seconds, state, since)
    return Taker(name, answered, seconds, "paused" if paused_at else "free", paused_at)


def _whole(hours: list[Hour]) -> list[Hour]:
    """Return every hour from 8 to 19, and those outside in which somebody called."""
    known = {hour.hour: hour for hour in hours}
    span = range(min([8, *known]), max([19, *known]) + 1)
    return [known.get(number, Hour(number, 0, 0, 0)) for number in span]


def day_rows(on: date, actor: Actor, *, zone: tzinfo) -> Iterator[list[Any]]:
    """Return the calls of a day as a table: a heading, then one row each, oldest first. SEC-56."""
    since, until = day_bounds(on, zone)
    yield [_("Began"), _("Direction"), _("Number"), _("Caller"), _("NIC"), _("Customer"), _("Called"), _("Extension"), _("Person"), _("State"),
           _("Waited, seconds"), _("Talked, seconds"), _("About"), _("What came of it"), _("Linked matter")]  # fmt: skip
    calls = access.lines_visible_to(actor).filter(rang_at__gte=since, rang_at__lt=until).order_by("rang_at", "id")
    for call in calls.select_related("customer", "operator").prefetch_related("conversations"):
        said = list(call.conversations.all())
        over = call.answered_at or call.ended_at
        waited = rules.length(call.rang_at, over) if over else ""
        talked = rules.length(call.answered_at, call.ended_at) if call.answered_at and call.ended_at and call.told.was_answered else ""
        yield [
            call.rang_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"), str(DIRECTION_LABELS[call.direction]), call.number or call.number_text,
            call.name_text, call.customer.nic if call.customer else "", call.customer.name if call.customer else "", call.called, call.extension,
            call.operator.get_full_name() if call.operator else "", str(STATE_LABELS[State(call.state)]), waited, talked,
            " · ".join(one.about for one in said if one.about), " · ".join(one.get_outcome_display() for one in said if one.outcome),
            " · ".join(one.linked for one in said if one.linked),
        ]  # fmt: skip
