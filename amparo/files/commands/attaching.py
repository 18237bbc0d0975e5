"""Giving drafts to what they belong to, and removing those that nobody sent. CAS-1, SEC-27."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from amparo.files.errors import NotAttachable, TooManyFiles
from amparo.files.models import StoredFile
from amparo.kernel.actor import Actor
from amparo.policies.queries import value

from . import disk
from .pieces import Growing
from .storing import lock_bytes

DRAFT_HOURS_MAX = 24


@transaction.atomic
def attach(
    file_ids: Sequence[str], *, subject: str, draft_key: str, actor: Actor, at: datetime
) -> list[StoredFile]:
    """Give a person's draft files to what they belong to; from then on they are final. CAS-1.

    `file_ids` are public ids. Only the person who uploaded them may, under the same draft key. SEC-27.
    Raises NotAttachable, TooManyFiles.
    """
    wanted = list(dict.fromkeys(file_ids))
    if len(wanted) > value("files.per_message_max", at=at):
        raise TooManyFiles()
    rows = list(
        StoredFile.objects.select_for_update()
        .filter(public_id__in=wanted, uploaded_by_id=actor.user_id, draft_key=draft_key, subject="")
        .order_by("pk")
    )
    if len(rows) != len(wanted) or actor.user_id is None or not draft_key:
        raise NotAttachable()
    for row in rows:
        row.subject, row.attached_at = subject, at
    StoredFile.objects.bulk_update(rows, ["subject", "attached_at"])
    return sorted(rows, key=lambda row: wanted.index(row.public_id))


def discard(file: StoredFile, *, actor: Actor, at: datetime) -> None:
    """Remove a draft that its uploader does not want. Raises NotAttachable for what is not a draft of the person."""
    if file.subject or not actor.owns(file.uploaded_by_id):
        raise NotAttachable()
    _remove(file.pk)


def remove_orphans(*, at: datetime, limit: int = 500) -> int:
    """Remove drafts that nobody sent for a day, with bytes that no other row needs; return how many rows."""
    old = StoredFile.objects.filter(subject="", created_at__lt=at - timedelta(hours=DRAFT_HOURS_MAX))
    return sum(_remove(file_id) for file_id in list(old.order_by("pk").values_list("pk", flat=True)[:limit]))


def sweep_incoming(*, at: datetime) -> int:
    """Remove what came in and that nobody touched for a day: whoever took or copied it died before he could keep it. Return how many. SEC-27."""
    return Growing(disk.incoming_folder()).sweep((), before=(at - timedelta(hours=DRAFT_HOURS_MAX)).timestamp())


@transaction.atomic
def _remove(file_id: int) -> int:
    file = StoredFile.objects.select_for_update(skip_locked=True).filter(pk=file_id, subject="").first()
    if file is None:
        return 0
    hashes = sorted({file.sha256, file.inline_sha256} - {""})
    for sha256 in hashes:
        lock_bytes(sha256)
    file.delete()
    for sha256 in hashes:
        if not StoredFile.objects.filter(Q(sha256=sha256) | Q(inline_sha256=sha256), purged_at__isnull=True).exists():
            disk.remove(sha256)
    return 1
