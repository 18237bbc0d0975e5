"""Who knows of a class, who may enter it, lead it, agree to its price, see who was there. LIV-1, ACC-7, ACC-11, TAR-4."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from amparo.campus.models import Enrolment
from amparo.cases import access as cases
from amparo.kernel.actor import Actor

from .machine import Kind, State
from .models import LiveClass

LEADING = ("instructor", "engineer", "developer", "operator")
TEACHING = ("instructor", "editor")


def visible_to(actor: Actor) -> QuerySet[LiveClass]:
    """Staff see every class; a person those of courses that he takes, of cases that he sees, and his customer's own. ACC-11."""
    classes = LiveClass.objects.all()
    if actor.is_staff or actor.is_system:
        return classes
    if not actor.is_signed_in:
        return classes.none()
    mine = Enrolment.objects.filter(course=OuterRef("course"), person=actor.user_id).exclude(state="cancelled")
    group = Q(cohort__isnull=True) | Q(Exists(mine.filter(cohort=OuterRef("cohort"))))
    found = Q(kind=Kind.COURSE.value) & Q(Exists(mine)) & group
    if actor.is_contact and actor.customer_id is not None:
        found |= Q(kind=Kind.ADVICE.value, case__in=cases.visible_to(actor))
        found |= Q(kind=Kind.HOUR.value, customer=actor.customer_id)
    return classes.filter(found)


def may_see_id(actor: Actor, number: int) -> bool:
    """The same rule for a number: for files and the stream."""
    return visible_to(actor).filter(pk=number).exists()


def may_plan(actor: Actor, kind: str) -> bool:
    """Who teaches plans classes of courses; who attends cases plans advice and exclusive hours."""
    return actor.has_role(*(TEACHING if kind == Kind.COURSE else LEADING))


def may_lead(actor: Actor, live_class: LiveClass) -> bool:
    """Whoever teaches or attends: its instructor, and staff who could stand in for him. Who lost that role leads no more. SEC-6."""
    return actor.has_role(*LEADING)


def may_agree(actor: Actor, live_class: LiveClass) -> bool:
    """The customer's contacts agree in the portal; staff note down what he said by another way. CHG-1."""
    if actor.is_contact:
        return actor.sees_customer(live_class.customer_id or 0)
    return actor.has_role("operator", "engineer", "developer", "sales")


def may_see_attendance(actor: Actor, live_class: LiveClass) -> bool:
    """Staff, and the customer's own administrators for what he pays for. ACC-11, TAR-4."""
    if actor.is_staff:
        return True
    return live_class.customer_id is not None and actor.is_contact and actor.customer_id == live_class.customer_id and actor.company_role == "administrator"


def is_open(live_class: LiveClass, *, early_minutes: int, at: datetime) -> bool:
    """Tell whether one may come in now: a little before it begins, and while it runs."""
    if live_class.state == State.RUNNING:
        return True
    return live_class.state == State.PLANNED and (live_class.starts_at - at).total_seconds() <= early_minutes * 60
