"""Who sees promises and who may change calendars and kinds."""

from __future__ import annotations

from django.db.models import QuerySet

from amparo.kernel.actor import Actor

from .models import Promise, ServiceCalendar


def visible_to(actor: Actor) -> QuerySet[Promise]:
    """Staff see every promise; a contact those made to the customer that it acts for. ACC-11, COM-7."""
    if actor.is_staff or actor.is_system:
        return Promise.objects.all()
    if actor.is_contact and actor.customer_id is not None:
        return Promise.objects.filter(customer_id=actor.customer_id)
    return Promise.objects.none()


def visible_calendars(actor: Actor) -> QuerySet[ServiceCalendar]:
    """All staff see the calendars."""
    return (
        ServiceCalendar.objects.all() if actor.is_staff or actor.is_system else ServiceCalendar.objects.none()
    )


def may_calculate(actor: Actor) -> bool:
    """All staff may ask the calculator."""
    return actor.is_staff or actor.is_system


def may_change_calendar(actor: Actor) -> bool:
    """Administrators change calendars. TIM-1."""
    return actor.is_system or actor.has_role("administrator")


def may_change_kind(actor: Actor) -> bool:
    """Administrators change what is promised. TIM-4."""
    return actor.is_system or actor.has_role("administrator")
