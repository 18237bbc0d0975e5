"""Reads of people."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from amparo.kernel.actor import VISITOR, Actor

from .models import Contact, StaffRole, User


def with_rights(users: QuerySet[User]) -> QuerySet[User]:
    """Return users with their roles and companies in the same statement: what an Actor is made of."""
    roles = StaffRole.objects.filter(user=OuterRef("pk")).values("role")
    companies = (
        Contact.objects.filter(user=OuterRef("pk"), removed_at__isnull=True, customer__is_active=True)
        .order_by("customer__name", "customer_id")
        .values(
            company=JSONObject(
                contact="id", customer="customer_id", role="company_role", name="customer__name", nic="customer__nic"
            )
        )
    )
    return users.annotate(role_list=ArraySubquery(roles), company_list=ArraySubquery(companies))


def companies_of(user: Any) -> list[dict[str, Any]]:
    """Return the companies that a user may act for, by name: contact, customer, role, name, nic."""
    if not hasattr(user, "company_list"):
        user = with_rights(User.objects.filter(pk=user.pk)).get()
    return user.company_list


def actor_of(user: Any) -> Actor:
    """Return who acts, with the rights of this moment. ACC-11.

    Staff act as staff even where they are contacts too. A contact of several customers acts for the one
    last chosen, or the first by name.
    """
    if user is None or not user.is_authenticated or not user.is_active:
        return VISITOR
    if not hasattr(user, "role_list"):
        user = with_rights(User.objects.filter(pk=user.pk)).get()
    common = {"user_id": user.pk, "name": user.get_full_name(), "email": user.email, "language": user.language}
    if user.role_list:
        return Actor(kind="staff", roles=frozenset(user.role_list), **common)
    companies = user.company_list
    if not companies:
        return Actor(kind="registered", **common)
    chosen = next((c for c in companies if c["customer"] == user.acting_customer_id), companies[0])
    return Actor(
        kind="contact",
        customer_id=chosen["customer"],
        contact_id=chosen["contact"],
        company_role=chosen["role"],
        **common,
    )


def actor_by_id(user_id: int) -> Actor:
    """Return the actor for a user's id, VISITOR where there is none or it is switched off."""
    user = with_rights(User.objects.filter(pk=user_id, is_active=True)).first()
    return actor_of(user)
