"""Who may know of a course, who may take it and why not, who teaches, who sees what others did. ACC-4, ACC-9, ACC-11."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from amparo.agreements.queries import waiting_for
from amparo.contracts import access as standing
from amparo.contracts.queries import in_force
from amparo.contracts.rules.audience import COVERED_, CUSTOMER, REGISTERED_, Reader
from amparo.contracts.rules.audience import LICENSED as LICENSED_
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Remedy, Text
from amparo.people.queries import recipients

from .machine import State
from .models import Course, Enrolment, Seat, SeatOrder
from .models.courses import COVERED, CREDITS, LICENSED, OPEN

TEACHING: Final = ("instructor", "editor")
# Which conditions a course asks for: those of the service that asks for the same. ACC-4
_ASKS: Final = {OPEN: "downloads", LICENSED: "ticket", COVERED: "classroom", CREDITS: "phone_limited"}
_LEVELS: Final = {OPEN: REGISTERED_, LICENSED: LICENSED_, COVERED: COVERED_, CREDITS: CUSTOMER}
_SHORT: Final = {
    OPEN: _("For everybody who is registered."),
    LICENSED: _("For customers with a current version of the product."),
    COVERED: _("For customers with a contract in force that includes the courses."),
    CREDITS: _("For customers; it is paid in credits."),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """May somebody take a course now; if not, why not and the way out. ACC-9."""

    allowed: bool
    code: str = "ok"
    sentence: Text = ""
    remedy: Remedy | None = None


ALLOWED: Final = Entry(True)


def visible_to(actor: Actor, *, at: datetime, reader: Reader | None = None) -> QuerySet[Course]:
    """Return the courses that somebody may know of: offered ones for his audience, and those that he is in. ACC-4."""
    courses = Course.objects.select_related("product", "published")
    if actor.is_staff or actor.is_system:
        return courses
    found = Q(published__isnull=False, retired_at__isnull=True) & standing.readable(reader or standing.reader(actor, at=at))
    if actor.is_signed_in:
        mine = Enrolment.objects.filter(course=OuterRef("pk"), person=actor.user_id).exclude(state=State.CANCELLED.value)
        found |= Q(Exists(mine))
    return courses.filter(found)


def enrolments_visible_to(actor: Actor) -> QuerySet[Enrolment]:
    """Return one's own; a company's administrator those that his company has part in; staff all. ACC-11."""
    found = Enrolment.objects.select_related("course__product", "version", "cohort", "charge", "seat")
    if actor.is_staff or actor.is_system:
        return found
    seen = Q(person=actor.user_id or 0)
    if may_manage(actor):
        seen |= Q(customer=actor.customer_id)
    return found.filter(seen)


def orders_visible_to(actor: Actor) -> QuerySet[SeatOrder]:
    """Return the seats that a company bought: for its administrators and staff. ACC-11."""
    found = SeatOrder.objects.select_related("course", "cohort", "charge")
    if actor.is_staff or actor.is_system:
        return found
    return found.filter(customer=actor.customer_id) if may_manage(actor) else found.none()


def may_see_id(actor: Actor, number: int, *, at: datetime) -> bool:
    """True where the actor may read the files of a course's lessons now: who teaches, and who has started it. SEC-11."""
    if actor.is_staff:
        return True
    if not actor.is_signed_in:
        return False
    mine = Enrolment.objects.filter(course=number, person=actor.user_id, state__in=["started", "completed"]).select_related("course__product", "seat")
    return any(content(actor, one, at=at).allowed for one in mine.order_by("-pk")[:3])


def may_see_enrolment_id(actor: Actor, number: int) -> bool:
    """The same rule for an enrolment's number: for letters and the stream. ACC-11."""
    return enrolments_visible_to(actor).filter(pk=number).exists()


def may_see_certificate_id(actor: Actor, number: int) -> bool:
    """Its holder, his company, and staff. ACC-11."""
    return enrolments_visible_to(actor).filter(certificate=number).exists()


def may_see_seats_id(actor: Actor, number: int) -> bool:
    """Who bought seats, and who has one of them. ACC-11."""
    return orders_visible_to(actor).filter(pk=number).exists() or Seat.objects.filter(order=number, person=actor.user_id or 0).exists()


def may_teach(actor: Actor) -> bool:
    """Write and publish courses, see who learns, allow another attempt: instructors and editors. SRC-4."""
    return actor.has_role(*TEACHING)


def may_manage(actor: Actor) -> bool:
    """Buy seats, give them to people, read how they do: an administrator of the customer."""
    return actor.is_contact and actor.customer_id is not None and actor.company_role == "administrator"


def may_learn(actor: Actor, enrolment: Enrolment) -> bool:
    """Only the person himself takes a course. SRC-4."""
    return actor.owns(enrolment.person_id) and not actor.is_staff


def may_cancel(actor: Actor, enrolment: Enrolment) -> bool:
    """The person, the administrator of the company that pays, and who teaches."""
    own = actor.owns(enrolment.person_id) and not actor.is_staff
    return own or may_teach(actor) or (may_manage(actor) and enrolment.customer_id == actor.customer_id)


def seems_open(course: Any, reader: Reader) -> bool:
    """True where a reader has the standing that a course asks, for lists; `entry` decides. ACC-4."""
    return reader.may_see(_LEVELS[course.access], course.product_id)


def in_short(course: Any) -> Text:
    """Return for whom a course is, in one sentence."""
    return _SHORT[course.access]


def entry(actor: Actor, course: Course, *, at: datetime) -> Entry:
    """Judge whether somebody may take a course now, by its access. One or two statements. ACC-4, ACC-9, AGR-1, CTR-1."""
    if actor.is_staff:
        return Entry(False, "staff", _("Staff look at courses on the desk; they are taken by customers."))
    judged = standing.standing_going_on(actor, _ASKS[course.access], at=at, product_id=course.product_id)
    if not judged.allowed:
        code = next(one.code for one in judged.conditions if one.needed and not one.passed)
        return Entry(False, code, judged.why_not, judged.remedy)
    if course.access == COVERED and not _includes_courses(actor, at):
        way = Remedy(_("See the plans that include them"), reverse("sales:shelf"))
        return Entry(False, "course_access", _("The plan of your contract does not include the courses."), way)
    if course.access == CREDITS and actor.customer_id and waiting_for(actor.customer_id, "campus", at):
        address = f"{reverse('agreements:accept')}?{urlencode({'service': 'campus', 'next': reverse('campus:course', args=[course.slug])})}"
        return Entry(False, "agreement", _("Your company has to accept an agreement first."), Remedy(_("Read and accept"), address))
    return ALLOWED


def _includes_courses(actor: Actor, at: datetime) -> bool:
    """True where a contract in force gives the courses, by the terms with which it was taken. CTR-1."""
    if actor.customer_id is None:
        return False
    return any(one.terms.get("benefits", {}).get("course_access") for one in in_force(actor.customer_id, at))


def content(actor: Actor, enrolment: Enrolment, *, at: datetime) -> Entry:
    """Judge whether the lessons are open to somebody who is in a course: only these close when a standing ends. ACC-4.

    What was paid stays open while the person belongs to the company that paid.
    """
    if not may_learn(actor, enrolment):
        return Entry(False, "not_permitted", _("Only the person who takes the course sees its lessons."))
    if enrolment.seat_id is not None or enrolment.charge_id is not None:
        belongs = any(one.user_id == actor.user_id for one in recipients(enrolment.customer_id or 0))
        if belongs:
            return ALLOWED
        return Entry(False, "left", _("The company that paid for this course does not count you among its people any more."))
    if enrolment.course.access == CREDITS:  # its price came later: who was in it stays in it
        return ALLOWED
    return entry(actor, enrolment.course, at=at)


def seat_waiting(actor: Actor, course: Course) -> Seat | None:
    """Return the seat that somebody's company gave him in a course, None where there is none."""
    return Seat.objects.filter(course=course, person=actor.user_id, customer=actor.customer_id, state="assigned").order_by("pk").first()


def has_passed(actor: Actor, course: Course) -> bool:
    """True where somebody completed a course. SRC-4."""
    return Enrolment.objects.filter(course=course, person=actor.user_id or 0, state=State.COMPLETED.value).exists()
