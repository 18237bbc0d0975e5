"""The staff: who belongs to it, with which roles; people switched off. SEC-6, SEC-53."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from amparo.history.commands import record
from amparo.kernel.actor import ROLES, Actor
from amparo.kernel.refusals import NotPermitted
from amparo.people import access
from amparo.people.errors import LastAdministrator, UnknownRole, YourOwnRights
from amparo.people.models import StaffRole, User

from .users import lapse_sessions


def _keep_an_administrator(user: User) -> None:
    """Refuse to leave the service without an administrator.

    The rows are locked before they are counted: of two administrators who take each other's role at once, the
    second finds himself the last.
    """
    rows = StaffRole.objects.select_for_update(of=("self",)).filter(role="administrator", user__is_active=True)
    holders = {row.user_id for row in rows.order_by("pk")}
    if holders and holders <= {user.pk}:
        raise LastAdministrator()


def write_roles(user: User, roles: Iterable[str], *, actor: Actor, at: datetime) -> User:
    """Write the roles of a person, who signs in anew where they changed. SEC-5. Fact: staff.roles_set."""
    wanted = set(roles)
    if not wanted <= set(ROLES):
        raise UnknownRole(field="roles")
    before = set(user.staff_roles.values_list("role", flat=True))
    if wanted == before:
        return user
    if "administrator" in before - wanted:
        _keep_an_administrator(user)
    StaffRole.objects.filter(user=user, role__in=before - wanted).delete()
    StaffRole.objects.bulk_create([StaffRole(user=user, role=role) for role in sorted(wanted - before)])
    record("staff.roles_set", subject=user, actor=actor, at=at, before=sorted(before), after=sorted(wanted))
    lapse_sessions(user.pk)
    return user


def _locked(user: User) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


@transaction.atomic
def add_staff(user: User, roles: Iterable[str], *, actor: Actor, at: datetime) -> User:
    """Let a registered person into the staff with roles, beside those held. Fact: staff.roles_set. SEC-53.

    Raises NotPermitted, UnknownRole.
    """
    roles = set(roles)
    if not access.may_grant(actor, ()):
        raise NotPermitted()
    user = _locked(user)
    return write_roles(user, roles | set(user.staff_roles.values_list("role", flat=True)), actor=actor, at=at)


@transaction.atomic
def set_roles(user: User, roles: Iterable[str], *, actor: Actor, at: datetime) -> User:
    """Set the roles of a person to exactly these; without any, the person leaves the staff. SEC-53.

    The person's sessions and streams end: he signs in with the new rights. Fact: staff.roles_set.
    Raises NotPermitted (administrators only), LastAdministrator, UnknownRole.
    """
    if not access.may_grant(actor, ()):
        raise NotPermitted()
    return write_roles(_locked(user), roles, actor=actor, at=at)


@transaction.atomic
def deactivate_user(user: User, *, reason: str = "", actor: Actor, at: datetime) -> User:
    """Switch a person off: every session and stream ends at once, nothing can be done in his name. SEC-6.

    Fact: user.deactivated. Raises NotPermitted, YourOwnRights, LastAdministrator.
    """
    if not access.may_manage_staff(actor):
        raise NotPermitted()
    if actor.owns(user.pk):
        raise YourOwnRights()
    user = _locked(user)
    if user.is_active:
        if user.staff_roles.filter(role="administrator").exists():
            _keep_an_administrator(user)
        user.is_active = False
        user.save(update_fields=["is_active"])
        record("user.deactivated", subject=user, actor=actor, at=at, reason=reason)
        lapse_sessions(user.pk)
    return user


@transaction.atomic
def reactivate_user(user: User, *, actor: Actor, at: datetime) -> User:
    """Switch a person on again; old sessions stay dead. Fact: user.reactivated. Raises NotPermitted."""
    if not access.may_manage_staff(actor):
        raise NotPermitted()
    user = _locked(user)
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        record("user.reactivated", subject=user, actor=actor, at=at)
    return user


@transaction.atomic
def end_sessions(user: User, *, actor: Actor, at: datetime) -> User:
    """End every session and stream of a person: his own wish, or an administrator's. Fact: user.sessions_ended.

    Raises NotPermitted.
    """
    if not access.may_change_person(actor, user.pk):
        raise NotPermitted()
    record("user.sessions_ended", subject=user, actor=actor, at=at)
    lapse_sessions(user.pk)
    user.refresh_from_db(fields=["sessions_version"])
    return user
