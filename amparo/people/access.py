"""Who may see and do what with people. ACC-11, SEC-53."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from amparo.kernel.actor import ROLES, Actor

from .models import Contact, Customer, Invitation, User

FRONT = ("operator", "engineer", "sales")  # who talks with callers, and so registers and corrects them


def visible_customers(actor: Actor) -> QuerySet[Customer]:
    """Return the customers that the actor may know of: staff all, a contact the one it acts for. ACC-11."""
    if actor.is_staff or actor.is_system:
        return Customer.objects.all()
    if actor.is_contact:
        return Customer.objects.filter(pk=actor.customer_id or 0)
    return Customer.objects.none()


def visible_to(actor: Actor) -> QuerySet[Customer]:
    """The customers; the name that every app has."""
    return visible_customers(actor)


def visible_contacts(actor: Actor) -> QuerySet[Contact]:
    """Return the contacts in force that the actor may know of. ACC-11."""
    contacts = Contact.objects.filter(removed_at__isnull=True)
    if actor.is_staff or actor.is_system:
        return contacts
    if actor.is_contact:
        return contacts.filter(customer=actor.customer_id)
    return contacts.none()


def visible_invitations(actor: Actor) -> QuerySet[Invitation]:
    """Return the invitations that the actor may know of: those to the staff only administrators. ACC-11, SEC-53."""
    if may_manage_staff(actor):
        return Invitation.objects.all()
    if actor.is_staff:
        return Invitation.objects.filter(customer__isnull=False)
    if actor.is_contact and actor.company_role == "administrator":
        return Invitation.objects.filter(customer=actor.customer_id)
    return Invitation.objects.none()


def visible_staff(actor: Actor) -> QuerySet[User]:
    """Return the members of the staff, for the staff; those switched off too, who still stand on the record."""
    if not actor.is_staff:
        return User.objects.none()
    return User.objects.filter(Q(staff_roles__isnull=False)).distinct()


def may_register_customer(actor: Actor) -> bool:
    """Who talks with callers registers them. TEL-2."""
    return actor.has_role(*FRONT) or actor.is_system


def may_change_customer(actor: Actor, customer: Customer) -> bool:
    """Change what is known of a customer: who talks with callers. TEL-2."""
    return actor.has_role(*FRONT) or actor.is_system


def may_change_address(actor: Actor, customer_id: int) -> bool:
    """Change telephone, e-mail and address of one's own company: its administrators."""
    return actor.is_contact and actor.customer_id == customer_id and actor.company_role == "administrator"


def may_switch_customer(actor: Actor) -> bool:
    """Switch a customer off or on again."""
    return actor.has_role("sales") or actor.is_system


def may_manage_contacts(actor: Actor, customer_id: int) -> bool:
    """Invite, change and remove the contacts of a customer: its administrators, and who talks with callers. ACC-11."""
    if actor.is_contact:
        return actor.customer_id == customer_id and actor.company_role == "administrator"
    return actor.has_role(*FRONT) or actor.is_system


def may_manage_staff(actor: Actor) -> bool:
    """Let people into the staff, give and take roles, switch people off: administrators in person. SEC-53."""
    return actor.is_system or (actor.is_staff and "administrator" in actor.roles)


def may_grant(actor: Actor, roles: Iterable[str]) -> bool:
    """Nobody grants what he lacks; an administrator holds them all for this purpose. SEC-53."""
    return may_manage_staff(actor) and set(roles) <= set(ROLES)


def may_change_person(actor: Actor, user_id: int) -> bool:
    """Correct name, telephone and the like of a person: oneself, or an administrator."""
    return actor.owns(user_id) or may_manage_staff(actor)
