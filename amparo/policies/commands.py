"""The verbs of policies."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted

from . import queries
from .errors import NoPicture, NotInThePast, ValueNotTaken
from .models import PolicyValue
from .registry import policy
from .rules import encoded_logo


@transaction.atomic
def set_value(key: str, value: Any, *, from_at: datetime, actor: Actor, at: datetime) -> PolicyValue:
    """Set a policy from a moment on; what was before stays as it was.

    Raises NotPermitted, ValueNotTaken, NotInThePast.
    """
    declared = policy(key)
    if not (actor.has_role("administrator") or actor.is_system):
        raise NotPermitted(policy=key)
    if type(value) is not declared.kind:
        raise ValueNotTaken(field="value")
    if declared.check and (sentence := declared.check(value)):
        raise ValueNotTaken(sentence, field="value")
    if declared.choices and value not in dict(declared.choices):
        raise ValueNotTaken(field="value")
    if from_at < at:
        raise NotInThePast(field="from_at")
    before = queries.value(key, at=from_at)
    row = PolicyValue.objects.create(key=key, value=value, from_at=from_at, set_at=at, set_by_id=actor.user_id)
    record("policy.set", subject=row, actor=actor, at=at, before=before, after=value, from_at=from_at)
    transaction.on_commit(queries.forget)
    queries.forget()
    return row


@transaction.atomic
def set_identity(changes: Mapping[str, str], *, actor: Actor, at: datetime) -> list[PolicyValue]:
    """Set what changed of the vendor's identity, all or nothing, from now on; keys without their group.

    Raises NotPermitted, and ValueNotTaken whose `field` is the key.
    """
    made = []
    for name, text in changes.items():
        key = f"identity.{name}"
        if queries.value(key, at=at) == text:
            continue
        try:
            made.append(set_value(key, text, from_at=at, actor=actor, at=at))
        except ValueNotTaken as refusal:
            raise ValueNotTaken(refusal.text, field=name) from None
    return made


def logo_path(name: str) -> Path:
    """Where the file of a logo stands."""
    return Path(settings.MEDIA_ROOT) / "identity" / name


def set_logo(octets: bytes, *, actor: Actor, at: datetime) -> PolicyValue:
    """Set the vendor's logo from an uploaded picture, drawn anew; older ones stay for older documents. SEC-26.

    Raises NotPermitted, NoPicture.
    """
    if not (actor.has_role("administrator") or actor.is_system):
        raise NotPermitted()
    drawn = encoded_logo(octets)
    if drawn is None:
        raise NoPicture(field="logo")
    name = f"{hashlib.sha256(drawn).hexdigest()}.png"
    path = logo_path(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_suffix(".partial")
    partial.write_bytes(drawn)
    partial.replace(path)
    return set_value("identity.logo", f"/policies/logo/{name}", from_at=at, actor=actor, at=at)


def remove_logo(*, actor: Actor, at: datetime) -> PolicyValue:
    """Show the vendor's name without a logo from now on. Raises NotPermitted."""
    return set_value("identity.logo", "", from_at=at, actor=actor, at=at)
