"""Taking a file in: limits first, then bytes, then the row. SEC-26, SEC-27."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from amparo.files import access
from amparo.files.errors import PicturesOnly, QuotaUsed, TooLarge
from amparo.files.models import StoredFile
from amparo.files.queries import used_today
from amparo.files.rules import PICTURES, UNKNOWN, safe_name, sniff
from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.policies.queries import value

from . import disk, pictures, scanner

MEGABYTE = 1_000_000
STAFF_FACTOR = 4


def store(upload: Any, *, draft_key: str, actor: Actor, at: datetime) -> StoredFile:
    """Keep an upload as a draft of the person under `draft_key`, until it is attached or a day has passed. TKT-1.

    `upload` has `name` and `chunks()`. The type is told by the content; a picture gets a rendering of our own; the
    same bytes are kept once. Who is registered only keeps nothing but pictures, smaller and fewer. FOR-1.
    Raises NotPermitted, QuotaUsed, TooLarge, Empty, Infected, PicturesOnly, ScannerAway.
    """
    if not access.may_upload(actor):
        raise NotPermitted()
    check_quota(actor=actor, at=at)
    name, megabytes = safe_name(upload.name or ""), megabytes_for(actor, at=at)
    too_large = TooLarge(
        _("«%(name)s» is larger than %(size)s MB. Make it smaller, or send it in parts.")
        % {"name": name, "size": megabytes}
    )
    with ExitStack() as stack:
        path = stack.enter_context(disk.incoming())
        received = disk.receive(upload, path, octets_max=megabytes * MEGABYTE, too_large=too_large)
        scanner.scan(path)
        file = StoredFile(
            sha256=received.sha256, size=received.size, content_type=sniff(received.head, name), name=name,
            uploaded_by_id=actor.user_id, customer_id=actor.customer_id, draft_key=draft_key[:40], created_at=at,
        )  # fmt: skip
        drawn = stack.enter_context(disk.incoming())
        if file.content_type in PICTURES:
            rendering = pictures.render(path, file.content_type, drawn)
            if rendering is None:
                file.content_type = UNKNOWN
            else:
                file.inline_sha256, file.inline_type = disk.hash_of(drawn), rendering.content_type
                file.width, file.height = rendering.width, rendering.height
        if access.takes_pictures_only(actor) and not file.inline_sha256:
            raise PicturesOnly()
        with transaction.atomic():
            _lock(f"files:person:{actor.user_id}")
            check_quota(more=received.size, actor=actor, at=at)
            for sha256 in sorted({file.sha256, file.inline_sha256} - {""}):
                lock_bytes(sha256)
            disk.keep(path, file.sha256)
            if file.inline_sha256:
                disk.keep(drawn, file.inline_sha256)
            file.save(force_insert=True)
    return file


def megabytes_for(actor: Actor, *, at: datetime) -> int:
    """Return how large a file of a person may be."""
    most = value("files.megabytes_max", at=at)
    return min(most, value("files.registered_megabytes_max", at=at)) if access.takes_pictures_only(actor) else most


def check_quota(*, more: int = 0, actor: Actor, at: datetime) -> None:
    """Raise QuotaUsed where the person's last day leaves no room for so many more octets. SEC-27."""
    factor = STAFF_FACTOR if actor.is_staff else 1
    count, octets = used_today(actor, since=at - timedelta(days=1))
    octets_max = value("files.daily_megabytes_max", at=at) * MEGABYTE * factor
    count_max = value("files.registered_daily_count_max" if access.takes_pictures_only(actor) else "files.daily_count_max", at=at) * factor
    if count >= count_max or octets + more > octets_max:
        raise QuotaUsed()


def lock_bytes(sha256: str) -> None:
    """Let nobody else keep or remove these bytes until the transaction ends."""
    _lock(f"files:bytes:{sha256}")


def _lock(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
