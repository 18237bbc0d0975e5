"""Emptying files whose record is over: first the row, then, when nobody else needs them, the bytes. CAS-2."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from amparo.files.models import StoredFile
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted

from . import disk
from .storing import lock_bytes


def purge(subjects: Sequence[str], *, actor: Actor, at: datetime) -> tuple[int, int]:
    """Mark the files of things whose time is over, and forget their names; return how many, and how many octets. CAS-2.

    Nobody reads them from then on. The bytes are removed by `remove_purged`, after the commit. Raises NotPermitted for
    anybody but the service.
    """
    if not actor.is_system:
        raise NotPermitted()
    return _purged(StoredFile.objects.filter(subject__in=list(subjects)), at)


def purge_some(ids: Sequence[int], *, actor: Actor, at: datetime) -> tuple[int, int]:
    """The same of single files whose own time is over, while the others of their thing stay. CAS-2. Raises NotPermitted."""
    if not actor.is_system:
        raise NotPermitted()
    return _purged(StoredFile.objects.filter(pk__in=list(ids)), at)


def _purged(files: QuerySet[StoredFile], at: datetime) -> tuple[int, int]:
    rows = files.filter(purged_at__isnull=True)
    sizes = list(rows.values_list("size", flat=True))
    rows.update(purged_at=at, name="")
    return len(sizes), sum(sizes)


def remove_purged(*, at: datetime, limit: int = 200) -> int:
    """Remove the bytes of purged files that no other file needs; return how many rows are done with. CAS-2.

    Each in its own transaction, so that whoever keeps the same bytes at this moment is waited for; stopped anywhere, it
    goes on from there.
    """
    waiting = StoredFile.objects.filter(purged_at__isnull=False, removed_at__isnull=True)
    return sum(_remove(pk, at) for pk in list(waiting.order_by("pk").values_list("pk", flat=True)[:limit]))


@transaction.atomic
def _remove(pk: int, at: datetime) -> int:
    file = StoredFile.objects.select_for_update(skip_locked=True).filter(pk=pk, removed_at__isnull=True).first()
    if file is None:
        return 0
    for sha256 in sorted({file.sha256, file.inline_sha256} - {""}):
        lock_bytes(sha256)
        living = StoredFile.objects.filter(Q(sha256=sha256) | Q(inline_sha256=sha256), purged_at__isnull=True)
        if not living.exists():
            disk.remove(sha256)
    StoredFile.objects.filter(pk=pk).update(removed_at=at)
    return 1
