"""Who sees which devices, and who may do what with them. ACC-11, LIC-2, TEL-2."""

from __future__ import annotations

from django.db.models import QuerySet

from amparo.kernel.actor import Actor
from amparo.products import access as products
from amparo.products.models import Licence

from .models import Activation, OfflineRequest, RegistrationRequest


def visible_to(actor: Actor) -> QuerySet[Activation]:
    """Return the activations of the licences that the actor may know of. ACC-11."""
    return Activation.objects.filter(licence__in=products.visible_to(actor))


def requests_visible_to(actor: Actor) -> QuerySet[OfflineRequest]:
    """The same for what was answered without network."""
    return OfflineRequest.objects.filter(licence__in=products.visible_to(actor))


def licences_visible_to(actor: Actor) -> QuerySet[Licence]:
    """Return the licences whose devices the actor may know of."""
    return products.visible_to(actor)


def may_activate(actor: Actor, licence: Licence) -> bool:
    """Activate and release: staff on the telephone, the customer's administrator and members. LIC-2, TEL-2."""
    return products.may_bind(actor, licence)


def may_take_file(actor: Actor, licence: Licence) -> bool:
    """Whoever may activate may take a licence file again."""
    return products.may_bind(actor, licence)


def may_override(actor: Actor) -> bool:
    """Beyond the limits that hold for customers, always with a reason: who talks with callers. TEL-2."""
    return actor.is_system or actor.has_role("operator", "engineer", "sales")


def may_change_terms(actor: Actor) -> bool:
    """What a licence grants, and whether it is suspended, is for sales."""
    return actor.is_system or actor.has_role("sales")


def may_rotate_keys(actor: Actor) -> bool:
    """Keys that sign are an administrator's."""
    return actor.is_system or actor.has_role("administrator")


def registrations_visible_to(actor: Actor) -> QuerySet[RegistrationRequest]:
    """Staff see what is asked to be registered; a contact what its customer asked. ACC-11."""
    found = RegistrationRequest.objects.all()
    if actor.is_staff or actor.is_system:
        return found
    return found.filter(customer=actor.customer_id) if actor.is_contact else found.none()
