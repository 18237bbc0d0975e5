"""Who may see and do what with products and licences. ACC-11, SEC-45."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Remedy, Text

from .models import Licence, Release

WHOLE_SERIAL_ROLES = ("operator", "engineer", "sales")


def visible_to(actor: Actor) -> QuerySet[Licence]:
    """Return the licences that the actor may know of: staff all, a contact those of its customer."""
    if actor.is_staff or actor.is_system:
        return Licence.objects.all()
    if actor.is_contact:
        return Licence.objects.filter(customer=actor.customer_id)
    return Licence.objects.none()


def may_read_serial(actor: Actor, licence: Any) -> bool:
    """The whole serial of a licence is its owner's; staff find it by what they are told, and see the last four signs. SEC-45, TEL-1."""
    return actor.is_system or owns_serial(actor, licence)


def may_check_serial(actor: Actor, asked: Any) -> bool:
    """While a registration waits, whoever registers compares the whole serial with the certificate. LIC-1, SEC-45."""
    return actor.is_system or actor.has_role(*WHOLE_SERIAL_ROLES) or owns_serial(actor, asked)


def owns_serial(actor: Actor, licence: Any) -> bool:
    """True for administrators of the company that a licence, or a registration that was asked for, belongs to."""
    return actor.is_contact and actor.customer_id == licence.customer_id and actor.company_role == "administrator"


def may_edit_products(actor: Actor) -> bool:
    """Administrators and developers keep products and releases."""
    return actor.is_system or actor.has_role("administrator", "developer")


def may_register(actor: Actor) -> bool:
    """Registering, confirming and activating are done on the telephone too. LIC-1, TEL-2."""
    return actor.is_system or actor.has_role("operator", "engineer", "sales")


def may_withdraw(actor: Actor) -> bool:
    """Sales and administrators withdraw a licence."""
    return actor.is_system or actor.has_role("sales")


def may_declare(actor: Actor, licence: Licence) -> bool:
    """Any contact of the customer may say which version is installed; staff confirm instead. Section 2."""
    return actor.is_contact and actor.customer_id == licence.customer_id


def may_bind(actor: Actor, licence: Licence) -> bool:
    """Staff who register, and the customer's own administrator and members. LIC-2."""
    if may_register(actor):
        return True
    return (
        actor.is_contact
        and actor.customer_id == licence.customer_id
        and actor.company_role in ("administrator", "member")
    )


@lru_cache(1)
def _checks() -> Any:
    """What is to be looked at lies on a rung above; the composition root names who knows."""
    return import_string(getattr(settings, "RELEASE_CHECKS", "amparo.quotations.queries.open_checks"))


def open_checks(release: Release) -> tuple[Text, Remedy] | None:
    """Tell what stands in the way of a release becoming current, and where it is settled. QUO-7."""
    found: tuple[Text, Remedy] | None = _checks()(release)
    return found
