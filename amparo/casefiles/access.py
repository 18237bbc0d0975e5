"""Who takes a case file away, and who looks after retention. ACC-11, CAS-2, CAS-7, SEC-55."""

from __future__ import annotations

from django.db.models import QuerySet

from amparo.cases import access as cases
from amparo.cases.models import Case
from amparo.kernel.actor import Actor

from .models import Export


def may_export(actor: Actor, case: Case) -> bool:
    """Whoever sees the case: its customer, and staff. What leaves is the same public record. CAS-7."""
    return (actor.is_contact or actor.is_staff) and cases.may_see(actor, case)


def visible_to(actor: Actor) -> QuerySet[Export]:
    """A person's own exports of cases that he may see now: a lost right ends the link. SEC-11, SEC-55."""
    if actor.user_id is None or not (actor.is_contact or actor.is_staff):
        return Export.objects.none()
    return Export.objects.filter(asked_by_id=actor.user_id, case__in=cases.visible_to(actor)).select_related("case")


def may_keep_records(actor: Actor) -> bool:
    """See what is purged when, and set and lift holds: administrators. CAS-2."""
    return actor.is_staff and actor.has_role("administrator")
