"""The end of a record's time: told before, then emptied case by case; stopped anywhere, it goes on from there. CAS-2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from amparo.casefiles import queries
from amparo.casefiles.models import Retention
from amparo.casefiles.rules import keeping
from amparo.cases import commands as cases
from amparo.cases.models import Case
from amparo.chat import commands as chats
from amparo.chat.queries import subjects_of_case
from amparo.classroom import commands as classes
from amparo.classroom.models import Recording
from amparo.classroom.queries import due_films
from amparo.classroom.queries import subjects_of_case as classes_of_case
from amparo.complaints import commands as complaints
from amparo.complaints.queries import of_case
from amparo.files import commands as files
from amparo.history.commands import purge as purge_facts
from amparo.history.commands import record
from amparo.history.queries import owes_reactions
from amparo.kernel.actor import SYSTEM, Actor
from amparo.kernel.months import kept_until
from amparo.kernel.refusals import NotPermitted
from amparo.live import commands as live
from amparo.policies.queries import value
from amparo.quotations import commands as quotations
from amparo.quotations.models import Quote, ServiceOrder, ServiceRequest
from amparo.remote import commands as remote
from amparo.remote.queries import due_recordings

from .exports import end_exports

log = structlog.get_logger(__name__)
Outlet = Callable[..., int]


def zone() -> ZoneInfo:
    """Return the zone whose midnights end the time of a record."""
    return ZoneInfo(settings.TIME_ZONE)


def enrol_closed(*, at: datetime, limit: int = 500) -> int:
    """Compute for cases that have closed when their content is purged; return how many. CAS-2.

    Once, from the months that were in force on the day of closing: a later change moves no date that was promised.
    """
    closed = Case.objects.filter(closed_at__isnull=False, closed_at__lte=at, retention__isnull=True).order_by("pk")
    rows = [
        Retention(
            case_id=pk, customer_id=customer_id, closed_at=closed_at,
            due_at=kept_until(closed_at, value("casefiles.retention_months", at=closed_at), zone()),
        )
        for pk, customer_id, closed_at in closed.values_list("pk", "customer_id", "closed_at")[:limit]
        if closed_at is not None
    ]  # fmt: skip
    Retention.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def tell_due(*, at: datetime, limit: int = 100) -> int:
    """Tell customers whose records will be purged, so many days before; return how many cases. CAS-2.

    What is kept for now (a hold, a complaint, an open linked case) is not told: it will be, when nothing keeps it any more.
    """
    days = value("casefiles.notice_days", at=at)
    waiting = Retention.objects.filter(told_at__isnull=True, purged_at__isnull=True, due_at__lte=at + timedelta(days=days + 1))
    ids = list(waiting.order_by("due_at", "case_id").values_list("pk", flat=True)[: limit * 4])
    kept = queries.blocks(ids)
    free = [pk for pk in ids if pk not in kept][:limit]
    return sum(_tell(pk, days, at) for pk in free)


@transaction.atomic
def _tell(case_id: int, days: int, at: datetime) -> int:
    row = _claimed(case_id)
    if row is None or row.told_at is not None:
        return 0
    row.told_at, row.purge_at = at, keeping.purge_day(row.due_at, at, days, zone())
    row.save(update_fields=["told_at", "purge_at"])
    record(
        "case.purge_announced", subject=f"case:{case_id}", customer=row.customer_id, actor=SYSTEM, at=at, purge_at=row.purge_at
    )
    return 1


def _claimed(case_id: int) -> Retention | None:
    rows = Retention.objects.select_for_update(skip_locked=True).filter(pk=case_id, purged_at__isnull=True)
    return rows.first()


def purge_due(*, at: datetime, limit: int = 20) -> list[int]:
    """Purge the cases whose day has come, each in its own transaction; return their numbers. CAS-2.

    What keeps a case is asked again under its lock. One that is kept is told anew when nothing keeps it any more.
    """
    ready = Retention.objects.filter(purge_at__lte=at, purged_at__isnull=True)
    ids = list(ready.order_by("purge_at", "case_id").values_list("pk", flat=True)[:limit])
    done = [pk for pk in ids if purge_case(pk, actor=SYSTEM, at=at)]
    if done:
        end_exports(at=at)
        files.remove_purged(at=at)
    return done


def remove_recordings(*, at: datetime) -> int:
    """Remove recordings of remote sessions and classes whose own time is over, but what a hold, a complaint or a linked case keeps. CAS-2."""
    done = after = 0
    while not done and (due := due_recordings(at=at, after=after)):  # what is kept must not stand before what is free
        kept = queries.blocks([one.case_id for one in due])
        done = sum(remote.remove_recording(one, actor=SYSTEM, at=at) for one in due if one.case_id not in kept)
        after = due[-1].pk
    return done + _remove_films(at)


def _remove_films(at: datetime) -> int:
    done = after = 0
    while not done and (due := due_films(at=at, after=after)):
        done = sum(classes.remove_film(one, actor=SYSTEM, at=at) for one in _free(due))
        after = due[-1].pk
    if done:
        files.remove_purged(at=at)
    return done


def _free(due: list[Recording]) -> list[Recording]:
    kept = queries.blocks([one.live_class.case_id for one in due if one.live_class.case_id is not None])
    held = queries.held_customers([one.live_class.customer_id for one in due if one.live_class.customer_id is not None])
    return [one for one in due if one.live_class.case_id not in kept and one.live_class.customer_id not in held]


@transaction.atomic
def purge_case(case_id: int, *, actor: Actor, at: datetime) -> bool:
    """Empty one case whose day has come; return whether it was. CAS-2.

    Conversation, texts, files, calls, chats, classes, complaints, requests, quotes, facts, notices, letters and raw mail lose their content; numbers,
    dates, kinds, people of the house, charges, transfers and the hashes of the chains stay. Raises NotPermitted.
    """
    if not actor.is_system:
        raise NotPermitted(case=case_id)
    row = _claimed(case_id)
    if row is None or row.purge_at is None or row.purge_at > at:
        return False
    case = Case.objects.select_for_update(of=("self",)).select_related("thread").get(pk=case_id)
    if kept := queries.blocks([case_id]).get(case_id):
        if kept != ["reaction"]:  # that one is over within seconds: it changes no day that was told
            row.told_at = row.purge_at = None
            row.save(update_fields=["told_at", "purge_at"])
        return False
    subjects = _subjects(case)
    if owes_reactions(subjects):  # a fact keeps its content for what follows from it, and nobody comes back for it
        return False
    counts = {"entries": cases.purge(case, actor=actor, at=at)}
    subjects += live.purge([case.subject], actor=actor, at=at)
    chats.purge([case.pk], actor=actor, at=at)
    remote.purge(case_id, actor=actor, at=at)
    classes.purge(case_id, actor=actor, at=at)
    quotations.purge(case.thread, actor=actor, at=at)
    complaints.purge(case_id, actor=actor, at=at)
    counts["files"], counts["octets"] = files.purge(subjects, actor=actor, at=at)
    counts["notices"] = sum(outlet(subjects, at=at) for outlet in _outlets())
    counts["facts"] = purge_facts(subjects, at=at)
    row.purged_at, row.counts = at, counts
    row.save(update_fields=["purged_at", "counts"])
    record("case.purged", subject=case, actor=actor, at=at, **counts)
    return True


def _subjects(case: Case) -> list[str]:
    """Return the subjects of a case: its own, those of its complaints, chats and classes, and of every quote, order and request, shown or not."""
    own = [case.subject, case.thread.desk_subject]
    complained = [subject for one in of_case(case.pk) for subject in (one.subject, one.desk_subject)]
    quoted = [one.subject for kind in (Quote, ServiceOrder, ServiceRequest) for one in kind.objects.filter(thread=case.thread_id)]
    return [*own, *complained, *quoted, *subjects_of_case(case.pk), *classes_of_case(case.pk)]


@lru_cache(1)
def _outlets() -> Sequence[Outlet]:
    """Return what the apps above empty: they are named in the composition root, for nothing here knows them."""
    return [import_string(name) for name in import_string(settings.PURGED_OUTLETS)]
