"""Keeping what the service itself took in (mail as it came): bytes under their hash and a row that names its thing. TKT-1."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from amparo.files.models import StoredFile
from amparo.files.rules import safe_name
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted

from . import disk
from .disk import Received
from .storing import lock_bytes


def keep(items: Sequence[tuple[str, str, bytes]], *, content_type: str, actor: Actor, at: datetime) -> list[StoredFile]:
    """Keep octets for the service: (subject, name, octets) each; in the caller's transaction, final from the start.

    On the disk before the commit: what is in the database is on the disk. Raises NotPermitted for anybody but the service.
    """
    if not actor.is_system:
        raise NotPermitted()
    assert connection.in_atomic_block, "octets are kept in the transaction of what they belong to"
    hashes = [hashlib.sha256(octets).hexdigest() for _subject, _name, octets in items]
    for sha256 in sorted(set(hashes)):
        lock_bytes(sha256)
    for (_subject, _name, octets), sha256 in zip(items, hashes, strict=True):
        if not disk.path_of(sha256).exists():
            with disk.incoming() as path:
                _written(path, octets)
                disk.keep(path, sha256)
    rows = [
        StoredFile(
            sha256=sha256, size=len(octets), content_type=content_type, name=safe_name(name), subject=subject, created_at=at,
            attached_at=at,
        )
        for (subject, name, octets), sha256 in zip(items, hashes, strict=True)
    ]  # fmt: skip
    with transaction.atomic():
        return StoredFile.objects.bulk_create(rows)


def keep_brought(came: Received, *, subject: str, name: str, content_type: str, actor: Actor, at: datetime) -> StoredFile:
    """Keep a file that the service made, however large, and that lies beside the store already (`bring`): it is moved to its hash, in the
    caller's transaction, final from the start.

    Raises NotPermitted for anybody but the service.
    """
    if not actor.is_system:
        raise NotPermitted()
    assert connection.in_atomic_block, "a file is kept in the transaction of what it belongs to"
    lock_bytes(came.sha256)
    disk.keep(came.path, came.sha256)
    return StoredFile.objects.create(
        sha256=came.sha256, size=came.size, content_type=content_type, name=safe_name(name), subject=subject, created_at=at, attached_at=at
    )


def _written(path: os.PathLike[str], octets: bytes) -> None:
    with open(path, "xb") as out:
        out.write(octets)
        out.flush()
        os.fsync(out.fileno())


def octets_of(subject: str, *, octets_max: int) -> bytes:
    """Return what was kept for a thing, cut at `octets_max`; b"" where it was purged. For the service's own reading."""
    file = StoredFile.objects.filter(subject=subject, purged_at__isnull=True).order_by("pk").first()
    if file is None:
        return b""
    with disk.path_of(file.sha256).open("rb") as opened:
        return opened.read(octets_max)
