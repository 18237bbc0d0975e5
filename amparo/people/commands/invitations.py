"""Invitations: a link by letter that works once, to act for a customer or to join the staff."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import Q

from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.people import access
from amparo.people.errors import (
    AlreadyContact,
    AlreadyStaff,
    InvitationAnswered,
    InvitationForAnother,
    InvitationNotValid,
    NotInOneLine,
    UnknownRole,
)
from amparo.people.models import COMPANY_ROLE_LABELS, ROLES, Contact, Customer, Invitation, StaffRole, User
from amparo.people.queries import actor_by_id, actor_in
from amparo.people.rules import is_one_line, seal, token_hash
from amparo.policies.queries import value

from .contacts import customer_in_force, write_contact
from .staff import write_roles
from .users import (
    change_password_of_person,
    clean_person,
    forget_unproven_password,
    known_language,
    new_person,
    owns_address,
    person_with,
)

TOKEN_BYTES = 32


def _new_token(invitation: Invitation, at: datetime) -> None:
    """Give the invitation a fresh secret, hashed for keeping and sealed for the letter. SEC-4."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation.token_hash = token_hash(token)
    invitation.token_sealed = seal(token, settings.SECRETS["field_key"])
    invitation.expires_at = at + timedelta(days=value("people.invitation_days", at=at))
    invitation.sent_at = None


def _send(invitation: Invitation, *, actor: Actor, at: datetime) -> None:
    """Put on the record that a letter is to go out; a reaction writes it after commit."""
    record(
        "invitation.sent",
        subject=invitation,
        customer=invitation.customer_id,
        actor=actor,
        at=at,
        role=invitation.company_role,
        roles=invitation.roles,
        expires_at=invitation.expires_at,
    )


def _invite(key: str | None, *, actor: Actor, at: datetime, **fields: Any) -> Invitation:
    """Write an invitation and withdraw the open ones for the same address and place. Same key, same invitation."""
    key = key or None
    invitation = Invitation(creation_key=key, invited_by_id=actor.user_id, created_at=at, **fields)
    _new_token(invitation, at)
    try:
        with transaction.atomic():
            invitation.save()
    except IntegrityError:
        if key and (first := Invitation.objects.filter(creation_key=key).first()):
            return first
        raise
    Invitation.objects.filter(
        email=invitation.email,
        customer=invitation.customer,
        accepted_at__isnull=True,
        revoked_at__isnull=True,
    ).exclude(pk=invitation.pk).update(revoked_at=at, token_sealed="")
    _send(invitation, actor=actor, at=at)
    return invitation


@transaction.atomic
def invite_contact(
    customer: Customer,
    email: str,
    name: str = "",
    company_role: str = "member",
    *,
    title: str = "",
    language: str | None = None,
    key: str | None = None,
    actor: Actor,
    at: datetime,
) -> Invitation:
    """Invite a person by letter to act for a customer. Fact: invitation.sent (a reaction sends the letter).

    Raises NotPermitted, CustomerInactive, AlreadyContact, UnknownRole, Invalid.
    """
    if not access.may_manage_contacts(actor, customer.pk):
        raise NotPermitted()
    if company_role not in COMPANY_ROLE_LABELS:
        raise UnknownRole(field="company_role")
    email, name = clean_person(email, name)
    if not is_one_line(title):
        raise NotInOneLine(field="title")
    customer = customer_in_force(customer.pk)
    if key and (first := Invitation.objects.filter(creation_key=key).first()):
        return first
    person = person_with(email)
    if person and Contact.objects.filter(user=person, customer=customer, removed_at__isnull=True).exists() and (
        person.has_usable_password() and owns_address(person, email)
    ):
        raise AlreadyContact(field="email")
    fields = {"title": title.strip(), "language": person.language if person else known_language(language)}
    return _invite(
        key, email=email, name=name, customer=customer, company_role=company_role, actor=actor, at=at, **fields
    )


@transaction.atomic
def invite_staff(
    email: str,
    name: str,
    roles: Sequence[str],
    *,
    language: str | None = None,
    key: str | None = None,
    actor: Actor,
    at: datetime,
) -> Invitation:
    """Invite a person by letter to join the staff. Fact: invitation.sent. SEC-53: administrators only.

    Raises NotPermitted, AlreadyStaff, UnknownRole, Invalid.
    """
    if not access.may_grant(actor, ()):
        raise NotPermitted()
    if not roles or not set(roles) <= set(ROLES):
        raise UnknownRole(field="roles")
    email, name = clean_person(email, name)
    if key and (first := Invitation.objects.filter(creation_key=key).first()):
        return first
    person = person_with(email)
    if person and StaffRole.objects.filter(user=person).exists():
        raise AlreadyStaff(field="email")
    return _invite(
        key,
        email=email,
        name=name,
        roles=sorted(set(roles)),
        language=person.language if person else known_language(language),
        actor=actor,
        at=at,
    )


def _may_answer_for(invitation: Invitation, actor: Actor) -> bool:
    if invitation.customer_id is None:
        return access.may_manage_staff(actor)
    return access.may_manage_contacts(actor, invitation.customer_id)


@transaction.atomic
def resend_invitation(invitation: Invitation, *, actor: Actor, at: datetime) -> Invitation:
    """Send an invitation again with a new link; the old link is dead. Fact: invitation.sent.

    Raises NotPermitted, InvitationAnswered.
    """
    if not _may_answer_for(invitation, actor):
        raise NotPermitted()
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if invitation.accepted_at or invitation.revoked_at:
        raise InvitationAnswered()
    _new_token(invitation, at)
    invitation.invited_by_id = actor.user_id
    invitation.save(update_fields=["token_hash", "token_sealed", "expires_at", "sent_at", "invited_by"])
    _send(invitation, actor=actor, at=at)
    return invitation


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, actor: Actor, at: datetime) -> Invitation:
    """Withdraw an invitation: its link is dead. Fact: invitation.revoked. Raises NotPermitted, InvitationAnswered."""
    if not _may_answer_for(invitation, actor):
        raise NotPermitted()
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if invitation.accepted_at or invitation.revoked_at:
        raise InvitationAnswered()
    invitation.revoked_at, invitation.token_sealed = at, ""
    invitation.save(update_fields=["revoked_at", "token_sealed"])
    record("invitation.revoked", subject=invitation, customer=invitation.customer_id, actor=actor, at=at)
    return invitation


@transaction.atomic
def mark_invitation_sent(invitation: Invitation, *, actor: Actor, at: datetime) -> Invitation:
    """Note that the letter is out and forget the sealed secret. Raises NotPermitted."""
    if not actor.is_system:
        raise NotPermitted()
    invitation.sent_at, invitation.token_sealed = at, ""
    invitation.save(update_fields=["sent_at", "token_sealed"])
    return invitation


@transaction.atomic
def forget_run_out(*, actor: Actor, at: datetime) -> int:
    """Forget run-out sessions and the sealed secrets of invitations that are over. Raises NotPermitted."""
    if not actor.is_system:
        raise NotPermitted()
    Session.objects.filter(expire_date__lt=at).delete()
    return (
        Invitation.objects.exclude(token_sealed="")
        .filter(Q(expires_at__lte=at) | Q(revoked_at__isnull=False) | Q(accepted_at__isnull=False))
        .update(token_sealed="")
    )


def _taken(token: str, at: datetime) -> Invitation:
    """Return the open invitation of a link, locked. Raises InvitationNotValid for every other link alike. SEC-4."""
    if not token or len(token) > 200:
        raise InvitationNotValid()
    digest = token_hash(token)
    invitation = Invitation.objects.select_for_update().filter(token_hash=digest).first()
    if invitation is None or not hmac.compare_digest(invitation.token_hash, digest) or not invitation.is_open(at):
        raise InvitationNotValid()
    if invitation.invited_by_id is not None and not _may_answer_for(
        invitation, actor_in(invitation.invited_by_id, invitation.customer_id)
    ):
        # Whoever invited has lost the right meanwhile: nobody gets in by a right that is gone. SEC-53.
        raise InvitationNotValid()
    return invitation


def _person_of(invitation: Invitation, name: str, password: str, *, actor: Actor, at: datetime) -> User:
    """Return who accepts: whoever is signed in and owns the address, else the person whom the letter proves."""
    user = person_with(invitation.email)
    if actor.is_signed_in:
        signed_in = User.objects.get(pk=actor.user_id or 0)
        if user is None or user.pk != signed_in.pk or not owns_address(user, invitation.email):
            raise InvitationForAnother()
        return signed_in
    if user is None:
        user = new_person(
            invitation.email, clean_person(invitation.email, name or invitation.name)[1], invitation.language,
            password=password,
        )  # fmt: skip
        record("user.registered", subject=user, actor=actor_by_id(user.pk), at=at)
    elif user.is_active and not (user.has_usable_password() and owns_address(user, invitation.email)):
        # The letter reached the owner of the address; whoever set a password before never proved that.
        forget_unproven_password(user)
        change_password_of_person(user, password, actor=actor_by_id(user.pk), at=at)
        if name.strip():
            user.name = clean_person(user.email, name)[1]
            user.save(update_fields=["name"])
        user.refresh_from_db()
    else:
        raise InvitationForAnother()
    proved = EmailAddress.objects.filter(user=user, email__iexact=invitation.email).update(verified=True)
    if not proved:
        EmailAddress.objects.create(user=user, email=invitation.email, primary=True, verified=True)
    return user


@transaction.atomic
def accept_invitation(
    token: str, *, name: str = "", password: str = "", actor: Actor, at: datetime
) -> tuple[User, Invitation]:
    """Let the invited person in, once; return the person and the invitation.

    A person who is new, or never proved the address, gives name and password: the letter is the proof. Anybody
    else signs in first and accepts as himself. Facts: invitation.accepted and contact.added or staff.roles_set.
    Raises InvitationNotValid, InvitationForAnother, CustomerInactive, PasswordNotTaken, Invalid.
    """
    invitation = _taken(token, at)
    customer = customer_in_force(invitation.customer_id) if invitation.customer_id else None
    user = _person_of(invitation, name, password, actor=actor, at=at)
    acting = actor_by_id(user.pk)
    invitation.accepted_at, invitation.accepted_by, invitation.token_sealed = at, user, ""
    invitation.save(update_fields=["accepted_at", "accepted_by", "token_sealed"])
    record("invitation.accepted", subject=invitation, customer=invitation.customer_id, actor=acting, at=at)
    if customer is None:
        write_roles(user, {*invitation.roles, *user.staff_roles.values_list("role", flat=True)}, actor=acting, at=at)
        user.refresh_from_db(fields=["sessions_version"])
        return user, invitation
    if not Contact.objects.filter(user=user, customer=customer, removed_at__isnull=True).exists():
        contact = write_contact(customer, user, invitation.company_role, title=invitation.title, at=at)
        record(
            "contact.added",
            subject=customer,
            actor=acting,
            at=at,
            contact=contact.pk,
            user=user.pk,
            role=contact.company_role,
        )
    User.objects.filter(pk=user.pk).update(acting_customer=customer)
    return user, invitation
