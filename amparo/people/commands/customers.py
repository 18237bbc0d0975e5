"""Customers: registered, corrected, switched off and on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from amparo.history.commands import record, signal
from amparo.kernel.actor import Actor
from amparo.kernel.ids import make_nic
from amparo.kernel.refusals import NotPermitted
from amparo.people import access
from amparo.people.errors import (
    CustomerInactive,
    EmailNotRight,
    NameMissing,
    NotInOneLine,
    PhoneNotRight,
    ReferenceTaken,
)
from amparo.people.models import Customer
from amparo.people.rules import is_email, is_one_line, normal_email, normal_phone

ON_ONE_LINE = ("name", "legal_name", "phone", "email", "country", "state", "external_ref")
FIELDS = frozenset({*ON_ONE_LINE, "kind", "address", "notes"})


def _clean(fields: dict[str, Any], country: str) -> dict[str, Any]:
    """Return the fields as they are kept. SEC-18: nothing that could break a header is."""
    clean = {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}
    for name in ON_ONE_LINE:
        if clean.get(name) and not is_one_line(clean[name]):
            raise NotInOneLine(field=name)
    if "name" in clean and not clean["name"]:
        raise NameMissing(field="name")
    if clean.get("email"):
        clean["email"] = normal_email(clean["email"])
        if not is_email(clean["email"]):
            raise EmailNotRight(field="email")
    if clean.get("phone"):
        phone = normal_phone(clean["phone"], country)
        if phone is None:
            raise PhoneNotRight(field="phone")
        clean["phone"] = phone
    if "external_ref" in clean:
        clean["external_ref"] = clean["external_ref"] or None
    return clean


def _next_nic() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('people_nic')")
        return make_nic(cursor.fetchone()[0])


@transaction.atomic
def register_customer(
    name: str, *, key: str | None = None, actor: Actor, at: datetime, **fields: Any
) -> Customer:
    """Register a customer and give it its NIC, which is never given again. TEL-2.

    `fields` are those of a customer: legal_name, kind (company, person), country, state, phone, email, address,
    notes, external_ref. The same `key` returns the customer of the first time. Fact: customer.registered.
    Raises NotPermitted, Invalid.
    """
    if not access.may_register_customer(actor):
        raise NotPermitted()
    unknown = set(fields) - FIELDS
    assert not unknown, f"a customer has no {', '.join(sorted(unknown))}"
    clean = _clean({"name": name, **fields}, str(fields.get("country") or "MX"))
    key = key or None
    if key and (first := Customer.objects.filter(creation_key=key).first()):
        return first
    reference = clean.get("external_ref")
    if reference and Customer.objects.filter(external_ref=reference).exists():
        if key and (first := Customer.objects.filter(creation_key=key).first()):
            return first  # its twin was committed between the two questions
        raise ReferenceTaken(field="external_ref")
    try:
        with transaction.atomic():
            customer = Customer.objects.create(nic=_next_nic(), creation_key=key, created_at=at, **clean)
    except IntegrityError:
        # The same form twice at once, or the same reference: whoever was first has it.
        if key and (first := Customer.objects.filter(creation_key=key).first()):
            return first
        if reference and Customer.objects.filter(external_ref=reference).exists():
            raise ReferenceTaken(field="external_ref") from None
        raise
    record("customer.registered", subject=customer, actor=actor, at=at, nic=customer.nic, customer_name=customer.name)
    return customer


def _locked(customer: Customer) -> Customer:
    return Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)


def _change(customer: Customer, changes: dict[str, Any], *, actor: Actor, at: datetime) -> Customer:
    customer = _locked(customer)
    if not customer.is_active:
        raise CustomerInactive()
    clean = _clean(changes, str(changes.get("country") or customer.country))
    before = {name: getattr(customer, name) for name in clean if getattr(customer, name) != clean[name]}
    if not before:
        return customer
    for name in before:
        setattr(customer, name, clean[name])
    try:
        with transaction.atomic():
            customer.save(update_fields=list(before))
    except IntegrityError:
        raise ReferenceTaken(field="external_ref") from None
    after = {name: clean[name] for name in before}
    record("customer.changed", subject=customer, actor=actor, at=at, before=before, after=after)
    return customer


@transaction.atomic
def update_customer(customer: Customer, *, actor: Actor, at: datetime, **changes: Any) -> Customer:
    """Correct what is known of a customer; the NIC never changes. Fact: customer.changed, with before and after.

    Raises NotPermitted, CustomerInactive, Invalid.
    """
    if not access.may_change_customer(actor, customer):
        raise NotPermitted()
    unknown = set(changes) - FIELDS
    assert not unknown, f"a customer has no {', '.join(sorted(unknown))}"
    return _change(customer, changes, actor=actor, at=at)


@transaction.atomic
def correct_address(
    customer: Customer, *, phone: str, email: str, address: str, actor: Actor, at: datetime
) -> Customer:
    """Let the administrator of a company correct where it is reached. Fact: customer.changed.

    Raises NotPermitted, CustomerInactive, Invalid.
    """
    if not access.may_change_address(actor, customer.pk):
        raise NotPermitted()
    return _change(customer, {"phone": phone, "email": email, "address": address}, actor=actor, at=at)


@transaction.atomic
def deactivate_customer(customer: Customer, *, reason: str, actor: Actor, at: datetime) -> Customer:
    """Switch a customer off: its contacts no longer act for it, what it has stays. Fact: customer.deactivated.

    Raises NotPermitted.
    """
    if not access.may_switch_customer(actor):
        raise NotPermitted()
    customer = _locked(customer)
    if customer.is_active:
        customer.is_active = False
        customer.save(update_fields=["is_active"])
        record("customer.deactivated", subject=customer, actor=actor, at=at, reason=reason)
        _tell_contacts(customer)
    return customer


@transaction.atomic
def reactivate_customer(customer: Customer, *, actor: Actor, at: datetime) -> Customer:
    """Switch a customer on again. Fact: customer.reactivated. Raises NotPermitted."""
    if not access.may_switch_customer(actor):
        raise NotPermitted()
    customer = _locked(customer)
    if not customer.is_active:
        customer.is_active = True
        customer.save(update_fields=["is_active"])
        record("customer.reactivated", subject=customer, actor=actor, at=at)
        _tell_contacts(customer)
    return customer


def _tell_contacts(customer: Customer) -> None:
    users = customer.contacts.filter(removed_at__isnull=True).values_list("user_id", flat=True)
    signal(*(f"rights:{user_id}" for user_id in users))
