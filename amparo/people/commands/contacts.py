"""Contacts: people who act for customers."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from amparo.history.commands import record, signal
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.people import access
from amparo.people.errors import (
    AlreadyContact,
    ContactGone,
    CustomerInactive,
    LastCompanyAdministrator,
    NotInOneLine,
    NotYourCompany,
    PhoneNotRight,
    UnknownRole,
)
from amparo.people.models import COMPANY_ROLE_LABELS, Contact, Customer, User
from amparo.people.rules import is_one_line, normal_phone

from .users import (
    clean_person,
    forget_unproven_password,
    lapse_sessions,
    new_person,
    owns_address,
    person_with,
)


def customer_in_force(customer_id: int) -> Customer:
    """Return the customer, locked against changes of its contacts by others. Raises CustomerInactive."""
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    if not customer.is_active:
        raise CustomerInactive()
    return customer


def write_contact(
    customer: Customer, user: User, company_role: str, *, title: str = "", phone: str = "", at: datetime
) -> Contact:
    """Write that a person acts for a customer, once. Raises AlreadyContact, UnknownRole, Invalid."""
    if company_role not in COMPANY_ROLE_LABELS:
        raise UnknownRole(field="company_role")
    if not is_one_line(title):
        raise NotInOneLine(field="title")
    dialled = normal_phone(phone, customer.country)
    if dialled is None:
        raise PhoneNotRight(field="phone")
    try:
        with transaction.atomic():
            contact = Contact.objects.create(
                customer=customer, user=user, company_role=company_role, title=title.strip(), phone=dialled, created_at=at
            )
    except IntegrityError:
        raise AlreadyContact(field="email") from None
    signal(f"rights:{user.pk}")
    return contact


@transaction.atomic
def add_contact(
    customer: Customer,
    email: str,
    name: str,
    company_role: str = "member",
    *,
    title: str = "",
    phone: str = "",
    language: str | None = None,
    actor: Actor,
    at: datetime,
) -> Contact:
    """Add a person who is known by telephone or from a list as a contact, without a letter. TEL-2.

    A person who is new signs in after setting a password by the letter of «forgot my password» or an invitation.
    Fact: contact.added. Raises NotPermitted (staff only), CustomerInactive, AlreadyContact, Invalid.
    """
    if actor.is_contact or not access.may_manage_contacts(actor, customer.pk):
        raise NotPermitted()
    email, name = clean_person(email, name)
    customer = customer_in_force(customer.pk)
    user = person_with(email)
    if user is None:
        user = new_person(email, name, language)
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=False)
        record("user.registered", subject=user, actor=actor, at=at)
    elif not owns_address(user, email):
        forget_unproven_password(user)
        lapse_sessions(user.pk)
    contact = write_contact(customer, user, company_role, title=title, phone=phone, at=at)
    record(
        "contact.added", subject=customer, actor=actor, at=at, contact=contact.pk, user=user.pk, role=company_role
    )
    return contact


def _locked(contact: Contact) -> Contact:
    """Return the contact in force, its customer locked first. Raises ContactGone."""
    Customer.objects.select_for_update(no_key=True).get(pk=contact.customer_id)
    contact = Contact.objects.select_for_update().select_related("customer").get(pk=contact.pk)
    if contact.removed_at is not None:
        raise ContactGone()
    return contact


def _keep_an_administrator(contact: Contact, actor: Actor) -> None:
    """Refuse to leave a company without an administrator. Staff may: somebody has to, when the last one left."""
    if contact.company_role != "administrator" or not actor.is_contact:
        return
    others = Contact.objects.filter(
        customer_id=contact.customer_id, company_role="administrator", removed_at__isnull=True, user__is_active=True
    ).exclude(pk=contact.pk)
    if not others.exists():
        raise LastCompanyAdministrator()


@transaction.atomic
def change_company_role(contact: Contact, company_role: str, *, actor: Actor, at: datetime) -> Contact:
    """Change what a contact may see and do in its company, effective at once. ACC-11.

    Fact: contact.role_changed. Raises NotPermitted, ContactGone, LastCompanyAdministrator, UnknownRole.
    """
    if not access.may_manage_contacts(actor, contact.customer_id):
        raise NotPermitted()
    if company_role not in COMPANY_ROLE_LABELS:
        raise UnknownRole(field="company_role")
    contact = _locked(contact)
    if contact.company_role == company_role:
        return contact
    _keep_an_administrator(contact, actor)
    before, contact.company_role = contact.company_role, company_role
    contact.save(update_fields=["company_role"])
    record(
        "contact.role_changed",
        subject=f"customer:{contact.customer_id}",
        customer=contact.customer_id,
        actor=actor,
        at=at,
        contact=contact.pk,
        user=contact.user_id,
        before=before,
        after=company_role,
    )
    signal(f"rights:{contact.user_id}")
    return contact


@transaction.atomic
def update_contact(contact: Contact, *, title: str, phone: str, actor: Actor, at: datetime) -> Contact:
    """Correct a contact's title and telephone in the company. Fact: contact.changed.

    Raises NotPermitted, ContactGone, Invalid.
    """
    if not (access.may_manage_contacts(actor, contact.customer_id) or actor.contact_id == contact.pk):
        raise NotPermitted()
    contact = _locked(contact)
    dialled = normal_phone(phone, contact.customer.country)
    if dialled is None:
        raise PhoneNotRight(field="phone")
    if not is_one_line(title):
        raise NotInOneLine(field="title")
    contact.title, contact.phone = title.strip(), dialled
    contact.save(update_fields=["title", "phone"])
    record("contact.changed", subject=contact.customer, actor=actor, at=at, contact=contact.pk)
    return contact


@transaction.atomic
def remove_contact(contact: Contact, *, actor: Actor, at: datetime) -> Contact:
    """Take a person's right to act for a customer away, effective at once: open streams end too. SEC-6.

    What the person wrote stays. Fact: contact.removed. Raises NotPermitted, ContactGone, LastCompanyAdministrator.
    """
    leaves = actor.contact_id == contact.pk
    if not (leaves or access.may_manage_contacts(actor, contact.customer_id)):
        raise NotPermitted()
    contact = _locked(contact)
    _keep_an_administrator(contact, actor)
    contact.removed_at = at
    contact.save(update_fields=["removed_at"])
    User.objects.filter(pk=contact.user_id, acting_customer=contact.customer_id).update(acting_customer=None)
    record(
        "contact.removed", subject=contact.customer, actor=actor, at=at, contact=contact.pk, user=contact.user_id
    )
    signal(f"rights:{contact.user_id}")
    return contact


@transaction.atomic
def switch_company(customer_id: int, *, actor: Actor, at: datetime) -> Customer:
    """Let a person act for another of his companies from now on. Fact: user.company_switched. ACC-11.

    Raises NotYourCompany.
    """
    if not actor.is_contact:
        raise NotYourCompany()
    contact = (
        Contact.objects.select_related("customer")
        .filter(user=actor.user_id, customer=customer_id, removed_at__isnull=True, customer__is_active=True)
        .first()
    )
    if contact is None:
        raise NotYourCompany()
    if User.objects.filter(pk=actor.user_id or 0).exclude(acting_customer=customer_id).update(acting_customer=customer_id) or (
        actor.customer_id != customer_id
    ):
        record(
            "user.company_switched", subject=f"user:{actor.user_id}", actor=actor, at=at, customer_chosen=customer_id
        )
        signal(f"rights:{actor.user_id}")
    return contact.customer
