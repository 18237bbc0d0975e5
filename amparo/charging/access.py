"""Who may see a charge, agree to it, choose for the customer, and set the tariff."""

from __future__ import annotations

from django.db.models import QuerySet

from amparo.kernel.actor import Actor

from .models import Charge, TariffVersion


def visible_to(actor: Actor) -> QuerySet[Charge]:
    """Staff see every charge, a contact those of the customer that it acts for. ACC-11."""
    if actor.is_staff or actor.is_system:
        return Charge.objects.all()
    if actor.is_contact and actor.customer_id is not None:
        return Charge.objects.filter(customer_id=actor.customer_id)
    return Charge.objects.none()


def tariffs_visible_to(actor: Actor) -> QuerySet[TariffVersion]:
    """Staff see every version and the drafts, everybody else what is published. TAR-1."""
    if actor.is_staff or actor.is_system:
        return TariffVersion.objects.all()
    return TariffVersion.objects.filter(published_at__isnull=False)


def may_propose(actor: Actor, customer_id: int) -> bool:
    """Staff, the service itself, and the customer's own contacts, who may order. CHG-1, CHG-2."""
    return actor.sees_customer(customer_id)


def may_consent(actor: Actor, charge: Charge, how: str) -> bool:
    """A contact of the customer agrees in the portal; staff record what he said by another way. CHG-1."""
    if actor.is_contact:
        return how in ("portal", "chat") and actor.sees_customer(charge.customer_id)
    return how != "portal" and actor.has_role("operator", "engineer", "developer", "sales")


def may_attend(actor: Actor, charge: Charge) -> bool:
    """Reserve, settle, release and give back are staff's, or the service's own when time decides."""
    return actor.is_staff or actor.is_system


def may_settle(actor: Actor, charge: Charge) -> bool:
    """A charge becomes final by the customer's acceptance, so his contact may be the one who acts. CHG-4, CAS-4."""
    return may_attend(actor, charge) or (actor.is_contact and actor.sees_customer(charge.customer_id))


def may_choose(actor: Actor, charge: Charge) -> bool:
    """CHG-8: an engineer."""
    return actor.has_role("engineer", "developer", "operator")


def may_set_tariff(actor: Actor) -> bool:
    """TAR-1: an administrator."""
    return actor.has_role("administrator")
