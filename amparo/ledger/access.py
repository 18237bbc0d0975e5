"""Who may see pockets and what moved in them."""

from __future__ import annotations

from django.db.models import QuerySet

from amparo.kernel.actor import Actor

from .models import Pocket


def visible_to(actor: Actor) -> QuerySet[Pocket]:
    """Staff see every customer's pockets, a contact those of the customer that it acts for. ACC-11."""
    pockets = Pocket.objects.filter(customer__isnull=False)
    if actor.is_staff or actor.is_system:
        return pockets
    if actor.is_contact and actor.customer_id is not None:
        return pockets.filter(customer_id=actor.customer_id)
    return pockets.none()


def may_reconcile(actor: Actor) -> bool:
    """Ask for the check of every pocket, and read what it found: the administrator. LED-4."""
    return actor.is_system or actor.has_role("administrator")
