"""Persons who sign in: registered, corrected, with a new password, with a second factor."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from amparo.history.commands import record, signal
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.people import access
from amparo.people.errors import (
    EmailNotRight,
    EmailTaken,
    NameMissing,
    NotInOneLine,
    PasswordNotTaken,
    PhoneNotRight,
    UnknownZone,
)
from amparo.people.models import PROFILE_FIELDS, User
from amparo.people.rules import is_email, is_one_line, normal_email, normal_phone


def known_language(code: str | None) -> str:
    """Return a language of the service: the one named, else the service's own."""
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def check_password(password: str, user: User) -> None:
    """Refuse a password that is too short, too common or too like its person. Raises PasswordNotTaken."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise PasswordNotTaken(" ".join(error.messages), field="password") from None


def clean_person(email: str, name: str) -> tuple[str, str]:
    """Return address and name as they are kept. Raises EmailNotRight, NotInOneLine. SEC-3, SEC-18."""
    email, name = normal_email(email), name.strip()
    if not is_email(email):
        raise EmailNotRight(field="email")
    if not is_one_line(name):
        raise NotInOneLine(field="name")
    return email, name


def new_person(email: str, name: str, language: str | None, *, password: str | None = None) -> User:
    """Write a person; without a password one who cannot sign in before setting it by a letter."""
    user = User(email=email, name=name, language=known_language(language))
    if password is None:
        user.set_unusable_password()
    else:
        check_password(password, user)
        user.set_password(password)
    user.save()
    return user


def person_with(email: str) -> User | None:
    """Return the person of an address, be it the first one or a verified further one."""
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        other = EmailAddress.objects.filter(email__iexact=email, verified=True).select_related("user").first()
        user = other.user if other else None
    return user


def owns_address(user: User, email: str) -> bool:
    """True where the person has proved that the address is his."""
    return EmailAddress.objects.filter(user=user, email__iexact=email, verified=True).exists()


def forget_unproven_password(user: User) -> None:
    """Take away a password that was set by somebody who never proved the address to be his.

    Else whoever registers with another's address would wait for the owner to be let in.
    """
    if user.has_usable_password():
        user.set_unusable_password()
        user.save(update_fields=["password"])


def lapse_sessions(user_id: int) -> None:
    """End every session and stream of a person, from the next request on. SEC-6."""
    User.objects.filter(pk=user_id).update(sessions_version=F("sessions_version") + 1)
    signal(f"rights:{user_id}")


@transaction.atomic
def register_user(
    email: str,
    *,
    name: str = "",
    password: str | None = None,
    language: str | None = None,
    email_verified: bool = False,
    actor: Actor,
    at: datetime,
) -> User:
    """Register a person who belongs to nobody yet (ACC: registered). Fact: user.registered.

    Only staff who register customers, and the service itself, may vouch for the address with `email_verified`.
    Raises NotPermitted, EmailTaken, Invalid.
    """
    if email_verified and not access.may_register_customer(actor):
        raise NotPermitted()
    email, name = clean_person(email, name)
    if person_with(email):
        raise EmailTaken(field="email")
    user = new_person(email, name, language, password=password)
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=email_verified)
    record("user.registered", subject=user, actor=actor, at=at)
    return user


@transaction.atomic
def save_registration(user: User, *, password: str | None, actor: Actor, at: datetime) -> User:
    """Write the person of the sign-up form; the sign-in library writes and verifies the address. ACC-2.

    Raises Invalid. Fact: user.registered.
    """
    user.email, user.name = clean_person(user.email, user.name)
    user.language = known_language(user.language)
    if password is None:
        user.set_unusable_password()
    else:
        check_password(password, user)
        user.set_password(password)
    user.save()
    record("user.registered", subject=user, actor=actor, at=at)
    return user


@transaction.atomic
def update_profile(user: User, *, actor: Actor, at: datetime, **changes: Any) -> User:
    """Correct name, language, theme, time_zone, phone, shortcuts_on of a person.

    Raises NotPermitted, Invalid. Fact: user.changed, with the names of the fields alone.
    """
    if not access.may_change_person(actor, user.pk):
        raise NotPermitted()
    unknown = set(changes) - set(PROFILE_FIELDS)
    assert not unknown, f"a profile has no {', '.join(sorted(unknown))}"
    _check_profile(changes)
    user = User.objects.select_for_update().get(pk=user.pk)
    changed = [name for name, value in changes.items() if getattr(user, name) != value]
    if changed:
        for name in changed:
            setattr(user, name, changes[name])
        user.save(update_fields=changed)
        record("user.changed", subject=user, actor=actor, at=at, fields=changed)
    return user


def _check_profile(changes: dict[str, Any]) -> None:
    if "name" in changes:
        changes["name"] = changes["name"].strip()
        if not changes["name"]:
            raise NameMissing(field="name")
        if not is_one_line(changes["name"]):
            raise NotInOneLine(field="name")
    if changes.get("phone"):
        phone = normal_phone(changes["phone"], "MX")
        if phone is None:
            raise PhoneNotRight(field="phone")
        changes["phone"] = phone
    if changes.get("time_zone") and changes["time_zone"] not in available_timezones():
        raise UnknownZone(field="time_zone")
    if "language" in changes:
        changes["language"] = known_language(changes["language"])
    if "theme" in changes and changes["theme"] not in ("auto", "light", "dark"):
        changes["theme"] = "auto"


@transaction.atomic
def change_password_of_person(user: User, password: str, *, actor: Actor, at: datetime) -> User:
    """Set the password of a person who is proved by a letter; every other session of his ends. SEC-6.

    Raises PasswordNotTaken. Fact: user.password_set.
    """
    if not (actor.owns(user.pk) or actor.is_system):
        raise NotPermitted(_("Only the person can choose the password."))
    check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    record("user.password_set", subject=user, actor=actor, at=at)
    lapse_sessions(user.pk)
    user.refresh_from_db(fields=["sessions_version"])
    return user


@transaction.atomic
def note_address_proved(user: User, *, actor: Actor, at: datetime) -> bool:
    """A link that was sent to a person's one address came back: the address is his, and no further letter asks it. SEC-3.

    Where there are several addresses nobody knows to which of them the link went, so nothing is noted; True where it was.
    Fact: user.address_proved. Raises NotPermitted.
    """
    if not (actor.owns(user.pk) or actor.is_system):
        raise NotPermitted()
    addresses = list(EmailAddress.objects.select_for_update().filter(user=user))
    if len(addresses) != 1 or addresses[0].verified or addresses[0].email.lower() != user.email.lower():
        return False
    addresses[0].verified = True
    addresses[0].save(update_fields=["verified"])
    record("user.address_proved", subject=user, actor=actor, at=at)
    return True


@transaction.atomic
def note_second_factor(user: User, *, actor: Actor, at: datetime) -> User:
    """Put on the record that a person has a second factor now, and end the sessions opened without it. SEC-1, SEC-5.

    The caller keeps the session in hand alive. Fact: user.second_factor_added. Raises NotPermitted.
    """
    if not actor.owns(user.pk):
        raise NotPermitted()
    record("user.second_factor_added", subject=user, actor=actor, at=at)
    lapse_sessions(user.pk)
    user.refresh_from_db(fields=["sessions_version"])
    return user


def follow_session(old_key: str, new_key: str) -> None:
    """Let the list of a person's sessions follow one whose id was changed. SEC-5."""
    UserSession.objects.filter(session_key=old_key).update(session_key=new_key)
