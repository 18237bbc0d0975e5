"""Who is to be told of what happened in a matter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from amparo.people.queries import Recipient, recipients, staff_with
from amparo.threads.models import Thread

from .commands import Reader

ANSWERING = ("operator", "engineer")


@dataclass(frozen=True, slots=True)
class Matter:
    """A ticket or case as a notice names it."""

    kind: str
    number: int
    shown: str
    title: str
    customer_id: int
    opened_by_id: int | None
    assignee_id: int | None
    due_at: datetime | None

    @property
    def portal_url(self) -> str:
        return f"/{self.kind}s/{self.number}/"

    @property
    def desk_url(self) -> str:
        return f"/desk/{self.kind}s/{self.number}/"


def matter_of(subject: str) -> Matter | None:
    """Return the ticket or case of a subject, None for any other thing."""
    kind, _sep, number = subject.partition(":")
    if kind not in ("ticket", "case") or not number.isdecimal():
        return None
    thread = Thread.objects.filter(kind=kind, number=int(number)).first()
    if thread is None:
        return None
    return Matter(kind, thread.number, thread.shown_number, thread.title, thread.customer_id, thread.opened_by_id,
                  thread.assignee_id, thread.due_at)  # fmt: skip


def _reader(one: Recipient) -> Reader:
    return Reader(one.user_id, one.language, one.time_zone)


def who_asked(matter: Matter) -> list[Reader]:
    """Return who opened a matter, or the company's administrators where that person is no contact any more. ACC-11."""
    people = recipients(matter.customer_id)
    own = [one for one in people if one.user_id == matter.opened_by_id]
    return [_reader(one) for one in own or [one for one in people if one.company_role == "administrator"]]


def who_decides(matter: Matter) -> list[Reader]:
    """Return who is told of what costs units: who opened the matter, and the company's administrators. CAS-4."""
    people = recipients(matter.customer_id)
    return [_reader(one) for one in people if one.user_id == matter.opened_by_id or one.company_role == "administrator"]


def administrators_of(customer_id: int) -> list[Reader]:
    """Return the company's administrators, all its contacts where it has none."""
    people = recipients(customer_id)
    return [_reader(one) for one in [one for one in people if one.company_role == "administrator"] or people]


def staff(*roles: str) -> list[Reader]:
    """Return staff with one of the roles."""
    return [Reader(user.pk, user.language, user.time_zone) for user in staff_with(*roles)]


def who_attends(matter: Matter) -> list[Reader]:
    """Return the person a matter is given to; while nobody has it, all who answer. TIM-10."""
    answering = staff_with(*ANSWERING, "developer", "quality", "administrator")
    held = [user for user in answering if user.pk == matter.assignee_id]
    chosen = held or staff_with(*ANSWERING)
    return [Reader(user.pk, user.language, user.time_zone) for user in chosen or answering]
