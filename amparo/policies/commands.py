"""The verb of policies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted

from . import queries
from .errors import NotInThePast, ValueNotTaken
from .models import PolicyValue
from .registry import policy


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
