"""Lists and cards of customers, contacts, staff and invitations, shaped for pages."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connection
from django.db.models import F

from amparo.kernel.actor import Actor
from amparo.kernel.ids import format_nic
from amparo.kernel.paging import Page, page_of, unmark
from amparo.kernel.prepared import Kept
from amparo.kernel.refusals import Invalid
from amparo.people import access
from amparo.people.models import Contact, Customer, Invitation, StaffRole, User
from amparo.people.rules import shown_phone, token_hash

from .actors import with_rights
from .finding import find


@dataclass(frozen=True, slots=True)
class Card:
    """What is shown of a customer beside its matters. TEL-1."""

    id: int
    nic: str
    name: str
    legal_name: str
    kind: str
    country: str
    state: str
    phone: str
    email: str
    address: str
    notes: str
    external_ref: str | None
    is_active: bool
    created_at: datetime
    contacts_count: int

    @property
    def nic_shown(self) -> str:
        return format_nic(self.nic)

    @property
    def phone_shown(self) -> str:
        return shown_phone(self.phone, self.country)


_CARD_FIELDS = [name for name in Card.__slots__ if name != "contacts_count"]


def customer_card(customer_id: int) -> Card | None:
    """Return what is shown of a customer, in one statement; the caller has asked whether it may be seen."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(_CARD_FIELDS) + ", (SELECT count(*) FROM people_contact t "  # noqa: S608 (own names)
            "WHERE t.customer_id = c.id AND t.removed_at IS NULL) FROM people_customer c WHERE c.id = %s",
            [customer_id],
        )
        row = cursor.fetchone()
    return Card(*row) if row else None


@dataclass(frozen=True, slots=True)
class Recipient:
    """A contact as a letter needs to know him."""

    user_id: int
    contact_id: int
    email: str
    name: str
    language: str
    company_role: str
    time_zone: str


def recipients(customer_id: int) -> list[Recipient]:
    """Return who is told of a customer's matters: contacts in force whose person is active. SEC-20: asked when sent."""
    rows = (
        Contact.objects.filter(
            customer=customer_id, removed_at__isnull=True, user__is_active=True, customer__is_active=True
        )
        .order_by("id")
        .values_list("user_id", "id", "user__email", "user__name", "user__language", "company_role", "user__time_zone")
    )
    return [Recipient(*row) for row in rows]


def staff_with(*roles: str) -> list[User]:
    """Return the active members of the staff who hold one of the roles; all of them without a role."""
    users = User.objects.filter(is_active=True, staff_roles__isnull=False)
    if roles:
        users = users.filter(staff_roles__role__in=roles)
    return list(users.distinct().order_by("name", "id"))


def names_of(user_ids: Iterable[int]) -> dict[int, str]:
    """Return the names of people by id, in one statement."""
    rows = User.objects.filter(pk__in=set(user_ids)).values_list("id", "name", "email")
    return {number: name or email.partition("@")[0] for number, name, email in rows}


def user_by_id(user_id: int) -> User | None:
    """Return a person, None where there is none."""
    return User.objects.filter(pk=user_id).first()


def customers_page(actor: Actor, *, words: str = "", after: str = "", only: str = "", size: int = 50) -> Page[dict[str, Any]]:
    """Return customers by name for the staff's list, in one statement; with words, the best that answer them.

    `only`: "" for the active ones, "inactive", or "all".
    """
    if words.strip():
        rows = [
            {
                "id": f.customer_id, "nic_shown": f.nic_shown, "name": f.name, "phone": shown_phone(f.phone),
                "is_active": f.is_active, "contact_name": f.contact_name if f.contact_id else "", "state": "",
            }
            for f in find(words, limit=size)
        ]  # fmt: skip
        return Page(rows)
    mark = unmark(after, 2)
    if mark and not (isinstance(mark[0], str) and isinstance(mark[1], int)):
        raise Invalid(field="after")
    conditions = {"inactive": "NOT is_active", "all": "TRUE"}.get(only, "is_active")
    if not actor.is_staff:
        return Page([])
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, nic, name, phone, country, state, is_active, name_plain FROM people_customer WHERE {conditions} "  # noqa: S608
            "AND (%(name)s::text IS NULL OR (name_plain, id) > (%(name)s::text, %(id)s)) "
            "ORDER BY name_plain, id LIMIT %(limit)s",
            {"name": mark[0] if mark else None, "id": mark[1] if mark else 0, "limit": size + 1},
        )
        rows = [
            {
                "id": row[0], "nic_shown": format_nic(row[1]), "name": row[2], "phone": shown_phone(row[3], row[4]),
                "state": row[5], "is_active": row[6], "contact_name": "", "name_plain": row[7],
            }
            for row in cursor.fetchall()
        ]  # fmt: skip
    return page_of(rows, size, lambda row: (row["name_plain"], row["id"]))


def contacts_of(actor: Actor, customer_id: int) -> list[dict[str, Any]]:
    """Return the contacts in force of a customer, administrators first, in one statement. ACC-11."""
    rows: Any = (
        access.visible_contacts(actor)
        .filter(customer=customer_id)
        .order_by("company_role", "user__name", "id")
        .values(
            "id", "company_role", "title", "phone", "created_at", "user_id",
            name=F("user__name"), email=F("user__email"), language=F("user__language"), user_phone=F("user__phone"),
            is_active=F("user__is_active"), last_login=F("user__last_login"),
        )
    )  # fmt: skip
    return list(rows)


def invitations_of(actor: Actor, customer_id: int, *, at: datetime) -> list[Invitation]:
    """Return the open and the run-out invitations to act for a customer, newest first."""
    return list(
        access.visible_invitations(actor)
        .filter(customer=customer_id, accepted_at__isnull=True, revoked_at__isnull=True)
        .order_by("-created_at")[:100]
    )


def staff_invitations(actor: Actor) -> list[Invitation]:
    """Return the unanswered invitations to the staff, newest first; for administrators."""
    return list(
        access.visible_invitations(actor)
        .filter(customer__isnull=True, accepted_at__isnull=True, revoked_at__isnull=True)
        .order_by("-created_at")[:100]
    )


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A member of the staff as the list shows him."""

    id: int
    name: str
    email: str
    roles: tuple[str, ...]
    is_active: bool
    has_factor: bool
    last_login: datetime | None


def staff_list(actor: Actor) -> list[StaffMember]:
    """Return the staff by name with roles and whether each has a second factor, in one statement."""
    users: Any = with_rights(access.visible_staff(actor)).order_by("-is_active", "name", "id")
    return [
        StaffMember(
            u.pk, u.get_full_name(), u.email, tuple(sorted(u.role_list)), u.is_active, u.has_factor, u.last_login
        )
        for u in users
    ]


def administrators_exist() -> bool:
    """True where somebody is administrator of the service."""
    return StaffRole.objects.filter(role="administrator").exists()


def set_up_code_path() -> Path:
    """Where the one-time set-up code of a service without an administrator stands."""
    return Path(settings.DATA_DIR) / "setup-code"


def set_up_code() -> str:
    """Return the one-time set-up code, empty where there is none."""
    try:
        return set_up_code_path().read_text(encoding="ascii").strip().upper()
    except (OSError, UnicodeDecodeError):
        return ""


def invitation_of_link(token: str, *, at: datetime) -> Invitation | None:
    """Return the open invitation that a link stands for, None for every other link alike. SEC-4."""
    if not token or len(token) > 200:
        return None
    digest = token_hash(token)
    invitation = (
        Invitation.objects.select_related("customer", "invited_by").filter(token_hash=digest).first()
    )
    if invitation is None or not hmac.compare_digest(invitation.token_hash, digest) or not invitation.is_open(at):
        return None
    return invitation


def person_is_known(email: str) -> bool:
    """True where somebody proved that the address is his and can sign in with a password or passkey."""
    known = EmailAddress.objects.filter(email__iexact=email, verified=True).select_related("user").first()
    return known is not None and known.user.has_usable_password()


def owns_email(user_id: int | None, email: str) -> bool:
    """True where the person has proved that the address is his."""
    return EmailAddress.objects.filter(user=user_id, email__iexact=email, verified=True).exists()


def sign_in_of(user_id: int) -> dict[str, Any]:
    """Return how a person signs in: passkeys, app, recovery codes left, addresses, sessions."""
    factors = list(Authenticator.objects.filter(user=user_id))
    codes = next((f for f in factors if f.type == Authenticator.Type.RECOVERY_CODES), None)
    return {
        "passkeys": sum(f.type == Authenticator.Type.WEBAUTHN for f in factors),
        "has_app": any(f.type == Authenticator.Type.TOTP for f in factors),
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else None,
        "has_password": User.objects.get(pk=user_id).has_usable_password(),
    }


_visible_customer = Kept(lambda actor, *, customer_id: access.visible_customers(actor).filter(pk=customer_id))


def visible_customer(actor: Actor, customer_id: int) -> Customer | None:
    """Return a customer that the actor may know of, None for any other. One statement. ACC-11."""
    return next(iter(_visible_customer(actor, customer_id=customer_id)), None)
