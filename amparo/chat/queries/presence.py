"""Whether anybody attends chats now, how many wait, and what there is instead. CHT-1, CHT-2, TIM-1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.chat import access, rules
from amparo.chat.models import Duty, Skill
from amparo.contracts import access as standing
from amparo.deadlines.models import amount_of
from amparo.deadlines.queries import calendar_of_version, is_open_at, service_calendar, terms
from amparo.deadlines.rules import Counting, add_business_time, next_opening
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Remedy
from amparo.people.queries import names_of
from amparo.ui import formats

_PRESENT = """
SELECT (SELECT count(*) FROM chat_duty d JOIN people_user u ON u.id = d.user_id AND u.is_active WHERE d.is_on AND d.seen_at > %(since)s),
    (SELECT count(*) FROM chat_chat WHERE state = 'waiting'),
    (SELECT count(*) FROM chat_chat WHERE state = 'open')
"""
_ON_DUTY = """
SELECT d.user_id,
    (SELECT count(*) FROM chat_chat c WHERE (c.assignee_id = d.user_id AND c.state = 'open') OR (c.offered_to_id = d.user_id AND c.state = 'waiting')),
    ARRAY(SELECT s.product_id FROM chat_skill s WHERE s.user_id = d.user_id),
    coalesce(extract(epoch FROM d.last_given_at), 0)
FROM chat_duty d JOIN people_user u ON u.id = d.user_id AND u.is_active
WHERE d.is_on AND d.seen_at > %(since)s
  AND EXISTS (SELECT FROM people_staffrole r WHERE r.user_id = u.id AND r.role = ANY(%(roles)s))
"""
# Counts of the desk's rail: the chats that wait for somebody. Beside the others in one statement.
RAIL = "SELECT 'chat', count(*) FROM chat_chat WHERE state = 'waiting'"


@dataclass(frozen=True, slots=True)
class Presence:
    """How the counter of chats stands: open by the calendar, how many attend, how many wait and talk."""

    is_open: bool
    staff: int
    waiting: int
    talking: int
    opens_at: datetime | None

    @property
    def is_there(self) -> bool:
        return self.is_open and self.staff > 0


def presence(at: datetime) -> Presence:
    """Return how the counter stands now. Two statements at most."""
    is_open = is_open_at(at)
    with connection.cursor() as cursor:
        cursor.execute(_PRESENT, {"since": at - rules.PRESENT})
        staff, waiting, talking = cursor.fetchone()
    return Presence(is_open, staff, waiting, talking, None if is_open else next_opening(service_calendar(at), at))


def instead(actor: Actor, *, at: datetime) -> list[Remedy]:
    """Return what may be done where nobody attends chats, each with when it would be answered, by the calendar. CHT-2, TIM-4."""
    doors = (
        ("ticket", "tickets:new", "answer.ticket", _("Leave a ticket, free: answered at the latest %(when)s")),
        ("case", "cases:new", "answer.case", _("Open a case: answered at the latest %(when)s")),
    )
    found = []
    for service, route, kind, label in doors:
        if standing.standing(actor, service, at=at).allowed:
            found.append(Remedy(label % {"when": formats.moment(answered_by(kind, actor.customer_id, at), now=at, zone=timezone.get_current_timezone())}, reverse(route)))
    return found


def answered_by(kind: str, customer_id: int | None, at: datetime) -> datetime:
    """Return by when something asked now would be answered. TIM-4."""
    found = terms(kind, customer_id=customer_id, at=at)
    length = amount_of(found.counting, found.amount)
    return add_business_time(calendar_of_version(found.version_id), at, length, Counting(found.counting))


def candidates(at: datetime) -> list[rules.Candidate]:
    """Return who is on duty with a page open, with what each has in hand. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_ON_DUTY, {"since": at - rules.PRESENT, "roles": [*access.ATTENDING, "administrator"]})
        return [rules.Candidate(one, load, frozenset(known), float(last)) for one, load, known, last in cursor.fetchall()]


def duty_of(actor: Actor) -> Duty | None:
    return Duty.objects.filter(user_id=actor.user_id or 0).first()


def colleagues(actor: Actor, *, at: datetime) -> list[dict[str, Any]]:
    """Return who else is on duty with a page open, with what each has in hand: to whom a chat may be handed."""
    free = {one.user_id: one.load for one in candidates(at) if one.user_id != actor.user_id}
    return [{"id": pk, "name": name, "load": free[pk]} for pk, name in sorted(names_of(free).items(), key=lambda item: item[1])]


def skills() -> dict[int, list[int]]:
    """Return user id -> the products that he knows."""
    found: dict[int, list[int]] = {}
    for user, product in Skill.objects.order_by("user_id", "product_id").values_list("user_id", "product_id"):
        found.setdefault(user, []).append(product)
    return found
