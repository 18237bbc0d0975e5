"""Emptying a case whose time is over: what it cost, when, and how it ended stays. CAS-2."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from amparo.cases.models import Case, Closing, FurtherNeed, Order
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.threads import commands as threads

from .shared import PURGED


@transaction.atomic
def purge(case: Case, *, actor: Actor, at: datetime) -> int:
    """Empty the texts of a case that ended, and of its conversation; return how many entries. CAS-2.

    Number, kind, dates, people, reasons of closing and amounts stay. Repeated, it does what is left. The caller decides
    when, purges files and facts, and records it. Raises NotPermitted for anybody but the service.
    """
    if not actor.is_system:
        raise NotPermitted(case=case.pk)
    count = threads.purge(case.thread, actor=actor, at=at)
    Case.objects.filter(pk=case.pk).exclude(explanation="").update(explanation="")
    Order.objects.filter(case=case).exclude(description=PURGED).update(description=PURGED, description_html="", travel="")
    FurtherNeed.objects.filter(case=case).exclude(description=PURGED).update(description=PURGED)
    for closing in Closing.objects.filter(case=case).exclude(summary=PURGED):
        explained = PURGED if closing.explanation else ""
        ways = PURGED if closing.procedure else ""
        Closing.objects.filter(pk=closing.pk).update(
            summary=PURGED, summary_html="", refusal="", explanation=explained, procedure=ways,
            effects=[one | {"words": ""} for one in closing.effects],
        )  # fmt: skip
    return count
