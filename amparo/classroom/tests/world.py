"""What tests of the classroom share: classes of each kind, brought to a state, and what the gateway tells."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

from amparo.campus import commands as campus
from amparo.campus.models import ClassDate
from amparo.campus.tests.world import card_for, contract_for, credits_left, drafted, fresh, lesson
from amparo.classroom import commands
from amparo.classroom.models import LiveClass, Participant
from amparo.classroom.rules.notices import JOINED, LEFT, Notice
from amparo.conftest import NOON
from amparo.kernel.actor import SYSTEM, Actor
from amparo.people.models import User

__all__ = ["card_for", "contract_for", "credits_left", "fresh"]
_keys = itertools.count(1)
MINUTE = timedelta(minutes=1)


def key() -> str:
    return f"c{next(_keys)}"


def course_class(instructor: Actor, *students: Actor, starts_at: datetime = NOON, minutes: int = 60, **more) -> LiveClass:
    """A class of a published course, in which the students have begun."""
    course = drafted()
    lesson(course)
    live = lesson(course, "live", "Clase en vivo")
    campus.publish(course, actor=SYSTEM, at=NOON)
    date: ClassDate = campus.plan_class(live, starts_at, minutes=minutes, actor=SYSTEM, at=NOON)
    for student in students:
        enrolment = campus.enrol(fresh(course), key=key(), actor=student, at=NOON)
        campus.start(enrolment, actor=student, at=NOON)
    return commands.plan_for_course(date, User.objects.get(pk=instructor.user_id), key=key(), actor=instructor, at=NOON, **more)


def hour_class(engineer: Actor, customer, *, minutes: int = 60, people: int = 10, starts_at: datetime = NOON, **more) -> LiveClass:
    return commands.plan_hour(customer, "Cierre de mes", starts_at, minutes=minutes, people=people, key=key(), actor=engineer, at=NOON, **more)


def inside(live_class: LiveClass, person: Actor, leader: Actor, *, at: datetime = NOON) -> Participant:
    """Bring somebody into a running class."""
    own = commands.enter(live_class, actor=person, at=at)
    return commands.admit(own, actor=leader, at=at) if own.place == "waiting" else own


def always(*_words: str) -> bool:
    return True


def joined(own: Participant, at: datetime, *, handle: str = "1.1") -> list:
    notice = Notice(JOINED, at, own.live_class.room, own.word, handle=handle, proof="x")
    return commands.note([notice], always, at=at)


def left(own: Participant, at: datetime, *, handle: str = "1.1") -> list:
    return commands.note([Notice(LEFT, at, own.live_class.room, own.word, handle=handle)], always, at=at)


def stayed(own: Participant, start: datetime, end: datetime, *, handle: str = "") -> None:
    handle = handle or key()
    joined(own, start, handle=handle)
    left(own, end, handle=handle)
