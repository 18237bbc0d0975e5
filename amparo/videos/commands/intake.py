"""Taking a source in: limits first, then bytes, then the row that asks for its conversion. SEC-26, SEC-27."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from amparo.files.rules import safe_name
from amparo.history.commands import record, signal
from amparo.kernel.actor import Actor
from amparo.policies.queries import value
from amparo.videos import access
from amparo.videos.errors import BadSource, TooLarge
from amparo.videos.models import Conversion, Upload, Video
from amparo.videos.rules.media import looks_like_film

from . import disk
from .shared import locked, permit

MEGABYTE = 1_000_000
CHUNK_OCTETS = 1_048_576


def take_source(video: Video, upload: Any, *, actor: Actor, at: datetime) -> Conversion:
    """Keep an uploaded file and ask for its conversion; what waited before it is not converted any more.

    `upload` has `name` and `chunks()`. Fact: `video.source_taken`. Raises NotPermitted, BadSource, TooLarge.
    """
    permit(access.may_edit(actor))
    name = safe_name(upload.name or "")
    megabytes = value("videos.megabytes_max", at=at)
    with disk.incoming() as path:
        sha256, size = _receive(upload, path, megabytes)
        return keep_source(video, path, name, sha256, size, actor=actor, at=at)


def keep_source(
    video: Video, path: Path, name: str, sha256: str, size: int, *, upload: Upload | None = None, actor: Actor, at: datetime
) -> Conversion:
    """Let a file that is here lie in its place and ask for its conversion, and with that its upload is done. Fact: `video.source_taken`.

    It lies there before the transaction begins, which waits for no disk; what waited before goes once that is certain.
    """
    folder = secrets.token_hex(16)
    disk.keep_source(path, video.pk, folder)
    with transaction.atomic(), _given_back(video.pk, folder):
        video = locked(video)
        superseded = list(Conversion.objects.select_for_update().filter(video=video, state__in=["waiting", "running"]))
        for one in superseded:
            one.state, one.reason, one.finished_at = "failed", "superseded", at
            one.save(update_fields=["state", "reason", "finished_at"])
        made = Conversion.objects.create(
            video=video, folder=folder, name=name, sha256=sha256, size=size, created_at=at, created_by_id=actor.user_id
        )
        if upload is not None:
            Upload.objects.filter(pk=upload.pk).delete()
        record("video.source_taken", subject=video, actor=actor, at=at, file=name, size=size, sha256=sha256)
        signal(f"{video.subject.replace(':', '-desk:')}", "video-work")
        for one in superseded:
            if one.folder != video.folder:  # what readers are shown stays, also while its cover was to be taken anew
                transaction.on_commit(partial(disk.forget, video.pk, one.folder))
    return made


@contextmanager
def _given_back(video_id: int, folder: str) -> Iterator[None]:
    """Remove a folder where what is done within fails: no row knows it. Not where the commit does: nobody can say what that left."""
    try:
        yield
    except BaseException:
        disk.forget(video_id, folder)
        raise


def _receive(upload: Any, path: Path, megabytes: int) -> tuple[str, int]:
    """Write an upload piece by piece; stop at the limit, and at the first octets of what is no film."""
    digest, size, head, judged = hashlib.sha256(), 0, b"", False
    with path.open("xb") as out:
        for chunk in upload.chunks(CHUNK_OCTETS):
            size += len(chunk)
            if size > megabytes * MEGABYTE:
                raise TooLarge(_("The video is larger than %(size)s MB. Export it smaller, or cut it in parts.") % {"size": megabytes})
            if not judged:
                head += chunk[:16]
                judged = len(head) >= 12
                if judged and not looks_like_film(head):
                    raise BadSource()
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if not size:
        raise BadSource(_("The file is empty. Look whether it was exported to the end, and upload it again."))
    if not judged:
        raise BadSource()
    return digest.hexdigest(), size
