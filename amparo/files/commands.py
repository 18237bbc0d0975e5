"""The verbs of files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from amparo.kernel.actor import Actor
from amparo.policies.queries import value

from .errors import NotAttachable, TooManyFiles
from .models import StoredFile


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
