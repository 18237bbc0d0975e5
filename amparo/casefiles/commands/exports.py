"""Asking for a case file, and the end of those that were made. CAS-7, SEC-55."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from amparo.casefiles import access, queries
from amparo.casefiles.errors import ExportsUsed, Purged
from amparo.casefiles.models import Export
from amparo.cases.models import Case
from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted

HOURS_KEPT = 24
DAILY_MAX = 40
ENTRIES_AT_ONCE, OCTETS_AT_ONCE = 300, 20_000_000


def folder() -> Path:
    """Return where case files lie until they are a day old: not among the files that are saved by a backup."""
    return Path(settings.EXPORTS_ROOT)


def path_of(export: Export) -> Path:
    """Return where an export's file lies."""
    return folder() / f"{export.public_id}.zip"


def remove(export: Export) -> None:
    """Remove an export's file, and what a making that was killed left of it."""
    path_of(export).unlink(missing_ok=True)
    for partial in folder().glob(f".{export.public_id}.*"):
        partial.unlink(missing_ok=True)


def order_export(case: Case, *, key: str, language: str, time_zone: str, actor: Actor, at: datetime) -> Export:
    """Make the file of a case: at once where it is small, else by the worker; the same key gives the same export. CAS-7.

    That it was made is on record. Raises NotPermitted, Purged, ExportsUsed.
    """
    from .building import build

    export, is_ours = _ordered(case, key=key, language=language, time_zone=time_zone, actor=actor, at=at)
    if is_ours:
        build(export, at=at)
        export.refresh_from_db()
    return export


@transaction.atomic
def _ordered(case: Case, *, key: str, language: str, time_zone: str, actor: Actor, at: datetime) -> tuple[Export, bool]:
    """Return the export, and whether it is new and ours to make: a small one is claimed before any worker can see it."""
    if not access.may_export(actor, case) or actor.user_id is None:
        raise NotPermitted(case=case.pk)
    if case.thread.purged_at is not None:
        raise Purged(case=case.pk)
    with connection.cursor() as cursor:  # one person's orders wait for each other: a double click is one export
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"casefiles:{actor.user_id}"])
    earlier = Export.objects.filter(asked_by_id=actor.user_id, case=case, key=f"{case.pk}:{key}").first()
    if earlier is not None:
        return earlier, False
    if Export.objects.filter(asked_by_id=actor.user_id, asked_at__gt=at - timedelta(days=1)).count() >= DAILY_MAX:
        raise ExportsUsed()
    entries, octets = queries.weight(case)
    is_small = entries <= ENTRIES_AT_ONCE and octets <= OCTETS_AT_ONCE
    export = Export.objects.create(
        case=case, asked_by_id=actor.user_id, asked_at=at, language=language[:10], time_zone=time_zone[:60],
        key=f"{case.pk}:{key}",
        expires_at=at + timedelta(hours=HOURS_KEPT), claimed_at=at if is_small else None, attempts=int(is_small),
    )  # fmt: skip
    record("casefile.ordered", subject=export, customer=case.customer_id, actor=actor, at=at, case=case.pk)
    return export, is_small


def end_exports(*, at: datetime, limit: int = 200) -> int:
    """Remove case files that are a day old, or whose case was purged; return how many. SEC-55."""
    kept = Export.objects.exclude(state=Export.State.OVER)
    old = list((kept.filter(expires_at__lte=at) | kept.filter(case__thread__purged_at__isnull=False)).order_by("pk")[:limit])
    for export in old:
        remove(export)
        Export.objects.filter(pk=export.pk).update(state=Export.State.OVER, error="")
    return len(old)
