"""What the pages of the classroom show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When

from amparo.campus.models import Enrolment
from amparo.charging.queries import explain, tariff_numbered
from amparo.classroom import access
from amparo.classroom.machine import Kind, Place, State
from amparo.classroom.models import Line, LiveClass, Participant, Presence
from amparo.classroom.rules.attendance import Used, gross
from amparo.kernel.actor import Actor
from amparo.people.queries import recipients

LINES_MAX = 200
GONE = timedelta(hours=12)  # after its moment a class that did not begin is of the past
_NOW = (State.PROPOSED.value, State.PLANNED.value, State.RUNNING.value)


def _classes(actor: Actor) -> QuerySet[LiveClass]:
    return access.visible_to(actor).select_related("instructor", "course", "customer", "cohort", "charge", "recording__file", "case__thread")


def coming(actor: Actor, *, at: datetime, limit: int = 100) -> list[LiveClass]:
    """Return the classes that run, wait for a yes, or come; those that run first. One statement."""
    first = Case(When(state=State.RUNNING.value, then=Value(0)), default=Value(1), output_field=IntegerField())
    shown = Q(state=State.RUNNING.value) | Q(starts_at__gt=at - GONE)
    return list(_classes(actor).filter(shown, state__in=_NOW).order_by(first, "starts_at", "pk")[:limit])


def past(actor: Actor, *, at: datetime, limit: int = 50) -> list[LiveClass]:
    """Return the classes that are over, the newest first. One statement."""
    gone = Q(state__in=(State.ENDED.value, State.CANCELLED.value)) | Q(state__in=(State.PROPOSED.value, State.PLANNED.value), starts_at__lte=at - GONE)
    return list(_classes(actor).filter(gone).order_by("-starts_at", "-pk")[:limit])


def never_begun(*, at: datetime) -> list[LiveClass]:
    """Return exclusive hours whose time is long over and that never began: what was set aside for them is not used."""
    return list(LiveClass.objects.filter(kind=Kind.HOUR.value, state__in=(State.PROPOSED.value, State.PLANNED.value), starts_at__lte=at - GONE).order_by("pk"))


def forgotten() -> list[LiveClass]:
    """Return the running classes in which nobody is now."""
    here = Presence.objects.filter(participant__live_class=OuterRef("pk"), left_at__isnull=True)
    return list(LiveClass.objects.filter(~Exists(here), state=State.RUNNING.value).order_by("pk"))


def places_of(live_class: LiveClass) -> list[Participant]:
    """Return everybody with a place, each with `is_here`; hands first in the order of raising, then the floor, then by name."""
    here = Presence.objects.filter(participant=OuterRef("pk"), left_at__isnull=True)
    found = Participant.objects.filter(live_class=live_class).annotate(is_here=Exists(here))
    return list(found.order_by("role", F("hand_at").asc(nulls_last=True), F("floor_at").asc(nulls_last=True), "name", "pk"))


def lines_of(live_class: LiveClass) -> list[Line]:
    """Return what was written, oldest first, the last two hundred."""
    rows = Line.objects.filter(live_class=live_class).select_related("participant").order_by("-pk")[:LINES_MAX]
    return list(reversed(rows))


@dataclass(frozen=True, slots=True)
class Board:
    """A class as its page shows it to somebody."""

    own: Participant | None
    inside: Sequence[Participant]
    waiting: Sequence[Participant]
    outside: Sequence[Participant]
    lines: Sequence[Line]

    @property
    def hands(self) -> int:
        return sum(1 for one in self.inside if one.hand_at is not None)

    @property
    def speaking(self) -> int:
        return sum(1 for one in self.inside if one.floor_at is not None)


def board(live_class: LiveClass, actor: Actor) -> Board:
    """Return who is where and what was said. Two statements."""
    places = places_of(live_class)
    own = next((one for one in places if one.person_id == actor.user_id), None)
    return Board(
        own, [one for one in places if one.place == Place.ADMITTED and (one.is_here or one == own)],  # type: ignore[attr-defined]
        [one for one in places if one.place == Place.WAITING], [one for one in places if one.place == Place.OUT], lines_of(live_class),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class More:
    """What more minutes or people would cost in all; `missing` credits beyond those that are set aside already."""

    cost: list[tuple[str, int]]
    value: int
    missing: int


def more_of(live_class: LiveClass, language: str, *, at: datetime) -> More | None:
    """Return what is proposed beyond what was agreed to, with its price of now: what was set aside would pay for it too. CHG-5, TAR-4."""
    if live_class.more_charge is None or live_class.charge is None:
        return None
    found = explain(live_class.more_charge, language, at=at)
    if not found.missing:
        return More(found.cost, found.value, 0)
    whole = gross(Used(live_class.more_minutes, live_class.more_people), tariff_numbered(found.tariff_version).as_tariff())
    return More([("credit", whole)], whole, max(0, found.missing - live_class.charge.amounts.get("credit", 0)))


def invited(live_class: LiveClass) -> list[int]:
    """Return who is told of a class: those of the course or its group, who follows the case, the customer's contacts; and its instructor."""
    if live_class.kind == Kind.COURSE:
        found = Enrolment.objects.filter(course=live_class.course_id, state__in=("enrolled", "started", "completed"))
        if live_class.cohort_id is not None:
            found = found.filter(cohort=live_class.cohort_id)
        people = list(found.order_by("person").values_list("person", flat=True))
    elif live_class.kind == Kind.ADVICE:
        assert live_class.case is not None
        people = [person for person in (live_class.case.contact_id,) if person is not None]
    else:
        people = [one.user_id for one in recipients(live_class.customer_id or 0)]
    return list(dict.fromkeys([*people, live_class.instructor_id]))
