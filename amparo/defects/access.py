"""Who sees defects, and who may do what with them. TKT-5, TIM-5, UPD-1."""

from __future__ import annotations

from django.db.models import QuerySet

from amparo.kernel.actor import Actor
from amparo.threads.access import visible_to as visible_threads

from .machine import State
from .models import Defect, DefectReport


def visible_to(actor: Actor) -> QuerySet[Defect]:
    """The list of defects is the staff's; a customer sees in its own ticket or case what became of its report."""
    return Defect.objects.all() if actor.is_staff or actor.is_system else Defect.objects.none()


def visible_reports(actor: Actor) -> QuerySet[DefectReport]:
    """Reports in the tickets and cases that the actor may see: of its customer, with the role «own» his own. ACC-11."""
    if actor.is_staff or actor.is_system:
        return DefectReport.objects.all()
    if not actor.is_contact or actor.customer_id is None:
        return DefectReport.objects.none()
    return DefectReport.objects.filter(customer_id=actor.customer_id, thread__in=visible_threads(actor))


def may_see_id(actor: Actor, number: int) -> bool:
    """Read what belongs to a defect, that is the files of its correction: staff, and the customers who reported it once
    it was handed over, whether or not they still have a contract. UPD-1, TIM-5, ACC-11."""
    if actor.is_staff or actor.is_system:
        return Defect.objects.filter(pk=number).exists()
    handed_over = visible_reports(actor).filter(defect=number, answered_at__isnull=False)
    return handed_over.exclude(defect__state=State.NOT_A_DEFECT).exists()


def may_report(actor: Actor) -> bool:
    """Mark a ticket or case as a defect: who attends it, and developers."""
    return actor.has_role("operator", "engineer", "developer")


def may_answer(actor: Actor, defect: Defect) -> bool:
    """Say that it is corrected, or that it is no defect."""
    return actor.has_role("engineer", "developer")


def may_hold(actor: Actor, defect: Defect) -> bool:
    """Take a defect upon oneself, or give it back: who may answer it."""
    return defect.state == State.OPEN and may_answer(actor, defect)
