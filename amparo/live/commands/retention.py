"""What is kept of calls, and for how long: then numbers, names and what was said go; that there was a call stays. CAS-2."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.module_loading import import_string

from amparo.history.commands import purge as purge_facts
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.live.machine import LIVE
from amparo.live.models import Call, Callback, Dial, ExchangeCall, ExchangeEvent
from amparo.policies.queries import value

PURGED = "—"  # a call that has ended says what it was about, a call back that was marked says why
STEP = 500


@transaction.atomic
def purge(linked: Sequence[str], *, actor: Actor, at: datetime) -> list[str]:
    """Empty what calls about these things were about; return their subjects, whose facts the caller purges. CAS-2.

    What was owed to their numbers until then goes with them. That there was a call, when, with whom of ours and what came of it, stays.
    Raises NotPermitted for anybody but the service.
    """
    if not actor.is_system:
        raise NotPermitted()
    calls = list(Call.objects.filter(linked__in=list(linked), ended_at__isnull=False))
    owed = Callback.objects.none()
    for number in {call.phone for call in calls if call.phone}:
        last = max(call.ended_at for call in calls if call.phone == number and call.ended_at)
        owed |= Callback.objects.filter(number=number, settled_at__lte=last)
    lines = ExchangeCall.objects.filter(pk__in=[call.line_id for call in calls if call.line_id]).exclude(state__in=LIVE)
    return [*_empty_callbacks(owed, at), *_empty_calls(Call.objects.filter(pk__in=[call.pk for call in calls]), at), *_empty_lines(lines, at)]


def forget(*, at: datetime) -> int:
    """Do one step of what is due: forget what exchanges told, and empty calls whose time is over; return how many rows. CAS-2."""
    return _forget_told(at) + _empty_old(at)


@transaction.atomic
def _forget_told(at: datetime) -> int:
    """Events serve so that each counts once: what is older than any that would be taken serves nothing."""
    oldest = ExchangeEvent.objects.order_by("id").values_list("pk", flat=True)[: 4 * STEP]
    over = ExchangeEvent.objects.filter(pk__in=list(oldest), taken_at__lt=at - timedelta(days=value("live.events_days", at=at)))
    return over.exclude(call__state__in=LIVE).delete()[0]


@transaction.atomic
def _empty_old(at: datetime) -> int:
    """Empty the calls that belong to no case; those of a case go with its record."""
    days = value("live.kept_days", at=at)
    if not days:
        return 0
    before = at - timedelta(days=days)
    of_case = Call.objects.filter(line=OuterRef("pk"), linked__startswith="case:", purged_at__isnull=True)
    calls = Call.objects.filter(started_at__lt=before, purged_at__isnull=True).exclude(linked__startswith="case:").order_by("started_at")[:STEP]
    lines = ExchangeCall.objects.filter(~Exists(of_case), rang_at__lt=before, purged_at__isnull=True).exclude(state__in=LIVE).order_by("rang_at")[:STEP]
    owed = Callback.objects.filter(settled_at__lt=before, purged_at__isnull=True).order_by("settled_at")[:STEP]
    subjects = [*_empty_callbacks(owed, at), *_empty_calls(calls, at), *_empty_lines(lines, at), *_remove_dials(before)]
    purge_facts(subjects, at=at)
    for name in import_string(settings.PURGED_OUTLETS):  # notices that told of them: the apps above are named in the composition root
        import_string(name)(subjects, at=at)
    return len(subjects)


def _empty_calls(calls: QuerySet[Call], at: datetime) -> list[str]:
    rows = Call.objects.filter(pk__in=[call.pk for call in calls])
    subjects = [call.subject for call in rows]
    rows.filter(ended_at__isnull=False).update(about=PURGED)
    rows.update(notes="", phone="", caller_name="", purged_at=at)
    return subjects


def _empty_lines(lines: QuerySet[ExchangeCall], at: datetime) -> list[str]:
    rows = ExchangeCall.objects.filter(pk__in=[line.pk for line in lines])
    subjects = [line.subject for line in rows]
    rows.filter(direction="out").update(called="")
    rows.update(number="", number_text="", name_text="", recording="", purged_at=at)
    return subjects


def _empty_callbacks(owed: QuerySet[Callback], at: datetime) -> list[str]:
    rows = Callback.objects.filter(pk__in=[row.pk for row in owed])
    subjects = [row.subject for row in rows]
    rows.filter(~Q(reason="")).update(reason=PURGED)
    rows.update(number="", caller_name="", purged_at=at)
    return subjects


def _remove_dials(before: datetime) -> list[str]:
    oldest = Dial.objects.order_by("id").values_list("pk", flat=True)[:STEP]
    rows = Dial.objects.filter(pk__in=list(oldest), asked_at__lt=before)
    subjects = [row.subject for row in rows]
    rows.delete()
    return subjects
