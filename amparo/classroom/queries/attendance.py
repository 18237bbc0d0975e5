"""Who was in a class, from when to when, by the gateway's own notices. LIV-1, TAR-4."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from amparo.classroom.models import LiveClass, Presence
from amparo.classroom.rules.attendance import Stay, at_once, joined, present_for, within


@dataclass(frozen=True, slots=True)
class Row:
    """One person's attendance: stays, and whole minutes begun."""

    person: int
    name: str
    role: str
    customer: int | None
    stays: tuple[Stay, ...]
    minutes: int

    @property
    def came_at(self) -> datetime:
        return self.stays[0][0]

    @property
    def left_at(self) -> datetime:
        return self.stays[-1][1]


@dataclass(frozen=True, slots=True)
class Attendance:
    """Everybody who was there, and the greatest number of the customer's people (of all students, where there is none) at once."""

    rows: tuple[Row, ...]
    at_once: int


def attendance(live_class: LiveClass, *, at: datetime | None = None) -> Attendance:
    """Return who was there; of a class that runs up to `at`. One statement."""
    until = live_class.ended_at or at
    start = live_class.began_at
    if start is None or until is None:
        return Attendance((), 0)
    found: dict[int, tuple[str, str, int | None, list[Stay]]] = {}
    rows = Presence.objects.filter(participant__live_class=live_class).order_by("joined_at", "pk")
    names = ("participant__person", "participant__name", "participant__role", "participant__customer", "joined_at", "left_at")
    for person, name, role, customer, came, left in rows.values_list(*names):
        found.setdefault(person, (name, role, customer, []))[3].append((came, left or until))
    made = []
    for person, (name, role, customer, stays) in found.items():
        inside = joined(within(stays, start, until))
        if inside:
            seconds = present_for(inside).total_seconds()
            made.append(Row(person, name, role, customer, tuple(inside), max(1, -(-int(seconds) // 60))))
    counted = [row.stays for row in made if row.role == "student" and live_class.customer_id in (None, row.customer)]
    return Attendance(tuple(sorted(made, key=lambda row: (row.role, row.came_at, row.person))), at_once(counted))
