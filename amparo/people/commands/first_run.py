"""The first run of a service that has nobody yet: its first administrator and the vendor's identity."""

from __future__ import annotations

import contextlib
import hmac
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.db import connection, transaction

from amparo.history.commands import record
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.ids import random_code
from amparo.people.errors import EmailTaken, FirstRunClosed, NameMissing, SetUpCodeWrong
from amparo.people.models import User
from amparo.people.queries import administrators_exist, set_up_code, set_up_code_path
from amparo.policies.commands import set_identity
from amparo.policies.errors import ValueNotTaken

from .staff import write_roles
from .users import clean_person, new_person, person_with

_LOCK = 0x616D7061726F  # any number that nobody else takes as an advisory lock


def check_code(code: str) -> None:
    """Refuse a wrong set-up code; compared in constant time. Raises FirstRunClosed, SetUpCodeWrong."""
    expected = set_up_code()
    if not expected:
        raise FirstRunClosed()
    given = code.strip().upper().encode()
    if not hmac.compare_digest(given, expected.encode()):
        raise SetUpCodeWrong(field="code")


@transaction.atomic
def set_up(
    code: str,
    *,
    name: str,
    email: str,
    password: str,
    identity: Mapping[str, Any],
    actor: Actor,
    at: datetime,
) -> User:
    """Make the first administrator and set the vendor's identity, once for ever.

    The code stands in a file that only who runs the service can read; it is gone afterwards.
    Facts: user.registered, staff.roles_set, policy.set, service.set_up. Raises FirstRunClosed, SetUpCodeWrong, Invalid.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    if administrators_exist():
        raise FirstRunClosed()
    check_code(code)
    email, name = clean_person(email, name)
    if not name:
        raise NameMissing(field="name")
    if person_with(email):
        raise EmailTaken(field="email")
    user = new_person(email, name, actor.language, password=password)
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    record("user.registered", subject=user, actor=actor, at=at)
    write_roles(user, {"administrator"}, actor=SYSTEM, at=at)
    try:
        set_identity({key: text for key, text in identity.items() if text}, actor=SYSTEM, at=at)
    except ValueNotTaken as refusal:
        raise ValueNotTaken(refusal.text, field=f"vendor_{refusal.field}") from None
    record("service.set_up", subject=user, actor=SYSTEM, at=at)
    user.refresh_from_db(fields=["sessions_version"])
    transaction.on_commit(_forget_code)
    return user


def open_set_up() -> str:
    """Make the one-time set-up code of a service without an administrator, and return it; empty where there is one.

    It stands in a file that only who runs the service can read. The code that is there already stays.
    """
    if administrators_exist():
        _forget_code()
        return ""
    code = set_up_code()
    if not code:
        code = "-".join(random_code(4) for _ in range(3))
        path = set_up_code_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(code)
    return code


def _forget_code() -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(set_up_code_path())
