"""A computer reached through MeshCentral: not seen by our broker, so what is kept is that it was opened, and the clock runs. LIV-2, LIV-3."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Final

from django.db import transaction

from amparo.cases import commands as cases
from amparo.cases.errors import ClockRunning
from amparo.cases.machine import ATTENDED_KINDS
from amparo.cases.models import Case
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.remote import access
from amparo.remote.machine import Mode
from amparo.remote.queries.sessions import minutes_left

from .offering import require_attention

MINUTES: Final = 30


def minutes_of_link(case: Case, *, mode: str, actor: Actor, at: datetime) -> int:
    """Return for how many minutes a link may hold: what is left of the attention, or half an hour. CAS-5.

    Ask this before MeshCentral is asked. Raises NotPermitted, Invalid, NotInAttention, NoStanding, LimitUndecided.
    """
    if not access.may_offer(actor, case):
        raise NotPermitted(case=case.pk)
    if mode not in list(Mode):
        raise Invalid(field="mode")
    require_attention(case, actor=actor, at=at)
    left = minutes_left(case.clock, at) if case.limit_minutes else 0
    return min(left, MINUTES) or MINUTES


@transaction.atomic
def note_link(case: Case, *, device: str, mode: str, minutes: int, actor: Actor, at: datetime) -> None:
    """Put a link that was made on the record of the case and start its clock, which the engineer stops there. LIV-3, CAS-5.

    Facts: `remote.linked`, `case.clock_started`. Raises as `minutes_of_link`, and what the clock raises.
    """
    case = Case.objects.select_for_update(of=("self",)).select_related("thread", "contact").get(pk=case.pk)
    minutes_of_link(case, mode=mode, actor=actor, at=at)
    if case.kind in ATTENDED_KINDS:
        with contextlib.suppress(ClockRunning), transaction.atomic():
            cases.start_clock(case, actor=actor, at=at)
    record("remote.linked", subject=case, actor=actor, at=at, device=device[:120], mode=mode, minutes=minutes)
