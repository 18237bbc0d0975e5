"""What the rows of uploads that come in pieces say, in every app that takes some: how far each is, who sends how many, what is left of none. SEC-27.

Each app has a table of its own with `public_id`, `size`, `offset`, `ends_at`, `received_at` and `uploaded_by`, and a folder in which they grow.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet, Sum

from amparo.files.errors import TooManyUploads
from amparo.kernel.actor import Actor

from .pieces import Growing

OPEN_UPLOADS_MAX = 5
LEFT_AFTER = timedelta(days=1)  # what nobody knows and nobody touched for so long


def unfinished(uploads: QuerySet[Any], *, at: datetime) -> QuerySet[Any]:
    """Return the uploads that are still awaited."""
    return uploads.filter(received_at__isnull=True, ends_at__gt=at)


def require_place(growing: Growing, uploads: QuerySet[Any], size: int, *, left: int, actor: Actor, at: datetime) -> None:
    """Raise TooManyUploads where a person sends many already, DiskFull where one more, with what is awaited, would leave less than `left` octets."""
    rows = unfinished(uploads, at=at)
    if rows.filter(uploaded_by_id=actor.user_id).count() >= OPEN_UPLOADS_MAX:
        raise TooManyUploads()
    awaited = rows.aggregate(octets=Sum(F("size") - F("offset")))["octets"] or 0
    growing.require_room(size, awaited=awaited, left=left)


def advance(upload: Any, here: int, *, ends_at: datetime, at: datetime) -> None:
    """Note how much of an upload is here, and, with its last octet, that it was received."""
    upload.offset, upload.ends_at = here, ends_at
    upload.received_at = at if here == upload.size else None
    type(upload).objects.filter(pk=upload.pk, received_at__isnull=True).update(
        offset=upload.offset, ends_at=upload.ends_at, received_at=upload.received_at
    )


def find_whole(growing: Growing, uploads: QuerySet[Any], *, at: datetime, limit: int = 500) -> int:
    """Note as received what came to its last octet while whoever took it died before he could write so; return how many. SEC-27."""
    rows = unfinished(uploads, at=at).order_by("pk")[:limit]
    whole = [one.pk for one in rows if growing.is_whole(one.public_id, one.size)]
    return uploads.filter(pk__in=whole, received_at__isnull=True).update(offset=F("size"), received_at=at)


def sweep(growing: Growing, uploads: QuerySet[Any], *, at: datetime) -> int:
    """Remove what lies in a folder of uploads that no row knows and nobody touched for a day; return how many. SEC-27."""
    return growing.sweep(set(uploads.values_list("public_id", flat=True)), before=(at - LEFT_AFTER).timestamp())
