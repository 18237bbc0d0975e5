"""Who sees defects, and who may do what with them. TKT-5."""

from __future__ import annotations

from django.db.models import QuerySet

from amparo.kernel.actor import Actor

from .models import Defect


def visible_to(actor: Actor) -> QuerySet[Defect]:
    """The list of defects is the staff's; a customer sees in its own ticket or case what became of its report."""
    return Defect.objects.all() if actor.is_staff or actor.is_system else Defect.objects.none()


def may_report(actor: Actor) -> bool:
    """Mark a ticket or case as a defect: who attends it, and developers."""
    return actor.has_role("operator", "engineer", "developer")


def may_answer(actor: Actor, defect: Defect) -> bool:
    """Say that it is corrected, or that it is no defect."""
    return actor.has_role("engineer", "developer")
