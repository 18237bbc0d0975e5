"""Who acts: a person with the rights of this moment, in one statement."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.utils.crypto import constant_time_compare

from amparo.kernel.actor import VISITOR, Actor
from amparo.kernel.prepared import rows
from amparo.people.models import Contact, StaffRole, User
from amparo.people.rules import FACTORS, passed_second_factor
from amparo.policies.queries import value

RECORDS_KEY = "account_authentication_methods"  # where allauth keeps how a session was signed in


def with_rights(users: QuerySet[User]) -> QuerySet[User]:
    """Return users with roles, companies and whether they have a second factor, in the same statement."""
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
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    return users.annotate(
        role_list=ArraySubquery(roles), company_list=ArraySubquery(companies), has_factor=Exists(factors)
    )


_FIELDS = tuple(field.attname for field in User._meta.concrete_fields)
_PERSON = f"""
SELECT {", ".join(f'u."{field.column}"' for field in User._meta.concrete_fields)},
    ARRAY(SELECT role FROM people_staffrole WHERE user_id = u.id),
    (SELECT json_agg(json_build_object('contact', t.id, 'customer', c.id, 'role', t.company_role, 'name', c.name, 'nic', c.nic)
                     ORDER BY c.name, c.id)
     FROM people_contact t JOIN people_customer c ON c.id = t.customer_id
     WHERE t.user_id = u.id AND t.removed_at IS NULL AND c.is_active),
    EXISTS (SELECT FROM mfa_authenticator WHERE user_id = u.id AND type = ANY(%s::text[]))
FROM people_user u WHERE u.id = %s::bigint AND u.is_active
"""  # noqa: S608 - columns of the model


def person(user_id: int) -> Any:
    """Return an active user as `with_rights` does, or None: one prepared statement, for every request asks it."""
    found = rows(_PERSON, [sorted(FACTORS), user_id])
    if not found:
        return None
    *fields, roles, companies, has_factor = found[0]
    user: Any = User.from_db(connection.alias, _FIELDS, fields)
    user.role_list, user.has_factor = list(roles), has_factor
    user.company_list = json.loads(companies) if isinstance(companies, str) else companies or []
    return user


def _loaded(user: Any) -> Any:
    return user if hasattr(user, "role_list") else with_rights(User.objects.filter(pk=user.pk)).get()


def companies_of(user: Any) -> list[dict[str, Any]]:
    """Return the companies that a user may act for, by name: contact, customer, role, name, nic."""
    return _loaded(user).company_list


def actor_of(user: Any) -> Actor:
    """Return who acts, with the rights of this moment. ACC-11.

    Staff act as staff even where they are contacts too. A contact of several customers acts for the one
    last chosen, or the first by name.
    """
    if user is None or not user.is_authenticated or not user.is_active:
        return VISITOR
    user = _loaded(user)
    common = {"user_id": user.pk, "name": user.get_full_name(), "email": user.email, "language": user.language}
    if user.role_list:
        return Actor(kind="staff", roles=frozenset(user.role_list), **common)
    companies = user.company_list
    if not companies:
        return Actor(kind="registered", **common)
    chosen = next((c for c in companies if c["customer"] == user.acting_customer_id), companies[0])
    return _contact(chosen, common)


def _contact(company: Mapping[str, Any], common: Mapping[str, Any]) -> Actor:
    return Actor(
        kind="contact",
        customer_id=company["customer"],
        contact_id=company["contact"],
        company_role=company["role"],
        **common,
    )


def actor_by_id(user_id: int) -> Actor:
    """Return the actor for a user's id, VISITOR where there is none or it is switched off."""
    user = person(user_id)
    return actor_of(user)


def actor_in(user_id: int, customer_id: int | None) -> Actor:
    """Return the person as he stands in one company, whichever he acts for now; staff stay staff."""
    user: Any = person(user_id)
    actor = actor_of(user)
    if user is None or not actor.is_contact:
        return actor
    common: dict[str, Any] = {"user_id": user.pk, "name": user.get_full_name(), "email": user.email, "language": user.language}
    company = next((c for c in user.company_list if c["customer"] == customer_id), None)
    return _contact(company, common) if company else Actor(kind="registered", **common)


def second_factor_is_missing(user: Any, session: Mapping[str, Any], *, at: datetime) -> bool:
    """True for staff in a session without a second factor where the policy asks for one. SEC-1.

    Having a factor is not enough: this very session must have passed it.
    """
    if not value("people.mfa_required_for_staff", at=at):
        return False
    user = _loaded(user)
    return bool(user.role_list) and not (user.has_factor and passed_second_factor(session.get(RECORDS_KEY, ())))


def session_of_request_is_enough(actor: Actor, user: Any, session: Mapping[str, Any], *, at: datetime) -> bool:
    """True where a signed-in person may go on with this session. SEC-1."""
    return not actor.is_staff or not second_factor_is_missing(user, session, at=at)


def actor_of_session(session: Mapping[str, Any], *, at: datetime) -> Actor:
    """Return who acts by a stored session, for outlets that are no pages (the stream). SEC-1, SEC-6.

    VISITOR where nobody is signed in, where the session ended by a new password, changed roles or deactivation,
    and before a second factor that the policy asks for.
    """
    user_id = session.get(SESSION_KEY)
    if not user_id:
        return VISITOR
    user = person(user_id)
    if user is None or not constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        return VISITOR
    actor = actor_of(user)
    return actor if session_of_request_is_enough(actor, user, session, at=at) else VISITOR
