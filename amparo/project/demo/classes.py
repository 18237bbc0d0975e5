"""Classes of the demonstration: an exclusive hour that is over, with who was there and what it cost; one that waits for a yes; the
live classes of the courses in the classroom."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from amparo.campus.models import ClassDate
from amparo.classroom import commands
from amparo.classroom.models import LiveClass, Participant
from amparo.classroom.rules.notices import JOINED, LEFT, Notice
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Refusal
from amparo.people.models import Customer, User
from amparo.people.queries import actor_by_id

if TYPE_CHECKING:
    from .load import World

HOURS = (
    (9, "Cierre de mes sin sorpresas", 60, 10, 52),
    (3, "Inventario por conteo ciego", 90, 5, 71),
)


def give(world: World) -> None:
    """Give the classes that are over, and plan those that come."""
    teacher, lupita, marcos = (_actor(f"{word}") for word in (
        "elena@mostrador.example", "lupita@abarrotes-lupita.example", "marcos@abarrotes-lupita.example"))  # fmt: skip
    editor = _actor("monica@mostrador.example")
    if teacher is None or lupita is None or lupita.customer_id is None:
        return
    customer = Customer.objects.get(pk=lupita.customer_id)
    for days, title, minutes, people, lasted in HOURS:
        try:
            _past(world, customer, title, minutes, people, lasted, teacher, [one for one in (lupita, marcos) if one], days=days)
        except Refusal:
            break  # too few credits in this world
    tomorrow = (world.now + timedelta(days=1)).replace(hour=23, minute=0, second=0, microsecond=0)  # 17:00 in Mexico City
    commands.plan_hour(customer, "Descuentos por volumen en caja", tomorrow, minutes=60, people=10, key="demo-next", actor=teacher, at=world.now)
    if editor is not None:
        for date in ClassDate.objects.filter(starts_at__gt=world.now).order_by("starts_at")[:3]:
            commands.plan_for_course(date, User.objects.get(pk=editor.user_id or 0), key=f"demo-{date.pk}", actor=editor, at=world.now)


def _actor(email: str) -> Actor | None:
    user = User.objects.filter(email=email).first()
    return actor_by_id(user.pk) if user else None


def _past(
    world: World, customer: Customer, title: str, minutes: int, people: int, lasted: int, teacher: Actor, students: list[Actor], *, days: int
) -> LiveClass:
    """A class some days ago: agreed to, given, and charged by its record."""
    begins = (world.now - timedelta(days=days)).replace(hour=17, minute=0, second=0, microsecond=0)
    before = begins - timedelta(days=2)
    made = commands.plan_hour(customer, title, begins, minutes=minutes, people=people, key=f"demo-{days}", actor=teacher, at=before)
    commands.agree(made, actor=students[0], at=before + timedelta(hours=1))
    commands.start(made, actor=teacher, at=begins)
    places = [commands.enter(made, actor=teacher, at=begins)]
    for student in students:
        own = commands.enter(made, actor=student, at=begins)
        places.append(commands.admit(own, actor=teacher, at=begins))
    for number, place in enumerate(places):
        _stayed(made, place, begins + timedelta(seconds=40 * number), begins + timedelta(minutes=lasted, seconds=-30 * number))
    if len(places) > 1:
        commands.say(made, "¿Se puede cerrar el mes con una caja abierta?", key="demo-line", actor=students[0], at=begins + timedelta(minutes=20))
        commands.say(made, "Sí: queda anotada y se concilia al día siguiente.", key="demo-answer", actor=teacher, at=begins + timedelta(minutes=21))
    return commands.end(made, actor=teacher, at=begins + timedelta(minutes=lasted))


def _stayed(made: LiveClass, place: Participant, came: datetime, left: datetime) -> None:
    notices = [Notice(what, at, made.room, place.word, handle=f"demo.{place.pk}") for what, at in ((JOINED, came), (LEFT, left))]
    commands.note(notices, lambda *_words: True, at=left)
