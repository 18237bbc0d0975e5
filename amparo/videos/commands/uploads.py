"""A source that comes in pieces and is gone on with after a cut; when it is whole it becomes a conversion. SRC-3, SEC-26, SEC-27."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from amparo.files.commands import coming
from amparo.files.commands import disk as file_disk
from amparo.files.commands.pieces import new_public_id
from amparo.files.errors import BadUpload, UploadTooLarge, WrongOffset
from amparo.files.rules import safe_name
from amparo.history.commands import signal
from amparo.kernel.actor import Actor
from amparo.policies.queries import value
from amparo.videos import access
from amparo.videos.errors import BadSource
from amparo.videos.models import Conversion, Upload, Video
from amparo.videos.rules.media import looks_like_film

from . import disk
from .intake import MEGABYTE, keep_source
from .shared import locked, permit

HEAD_OCTETS = 12  # by these a film is told from what is none


@transaction.atomic
def begin_upload(video: Video, name: str, size: int, *, actor: Actor, at: datetime) -> Upload:
    """Make room for a film that comes in pieces; refused before a byte is stored where it cannot be taken. SRC-3, SEC-27.

    Raises NotPermitted, BadUpload, UploadTooLarge, DiskFull, TooManyUploads.
    """
    permit(access.may_edit(actor))
    if actor.user_id is None:
        raise BadUpload()
    video = locked(video)
    if size < 1:
        raise BadUpload(_("The file is empty. Look whether it was exported to the end, and upload it again."))
    megabytes = value("videos.megabytes_max", at=at)
    if size > megabytes * MEGABYTE:
        raise UploadTooLarge(_("The video is larger than %(size)s MB. Export it smaller, or cut it in parts.") % {"size": megabytes})
    left = value("videos.free_megabytes_min", at=at) * MEGABYTE
    coming.require_place(disk.growing(), Upload.objects.all(), size, left=left, actor=actor, at=at)
    upload = Upload(
        public_id=new_public_id(), video=video, name=safe_name(name), size=size, uploaded_by_id=actor.user_id, created_at=at, ends_at=_ends(at)
    )
    disk.growing().begin(upload.public_id)
    upload.save(force_insert=True)
    return upload


def _ends(at: datetime) -> datetime:
    return at + timedelta(days=value("videos.upload_days", at=at))


def append(upload: Upload, offset: int, stream: Any, *, actor: Actor, at: datetime) -> Upload:
    """Write a piece behind what is here already; the first that is no film's ends it. Not one transaction. SRC-3, SEC-26.

    With the last piece its conversion is asked for. Raises NotPermitted, WrongOffset, BadUpload, BadSource.
    """
    permit(access.may_edit(actor) and actor.owns(upload.uploaded_by_id))
    if upload.received_at is not None or at >= upload.ends_at:
        raise BadUpload()
    here = disk.growing().receive(upload.public_id, offset, stream, size=upload.size)
    if offset < HEAD_OCTETS <= here or here == upload.size:
        _judge_head(upload)
    coming.advance(upload, here, ends_at=_ends(at), at=at)
    if upload.received_at is not None:
        take_in(upload, at=at)
    return upload


def _judge_head(upload: Upload) -> None:
    try:
        with disk.growing().path(upload.public_id).open("rb") as file:
            head = file.read(HEAD_OCTETS)
    except FileNotFoundError:
        return  # the worker took it in at this moment
    if len(head) < HEAD_OCTETS or not looks_like_film(head):
        _drop(upload)
        raise BadSource()


def _drop(upload: Upload) -> None:
    Upload.objects.filter(pk=upload.pk).delete()
    disk.growing().drop(upload.public_id)


def cancel_upload(upload: Upload, *, actor: Actor, at: datetime) -> None:
    """Drop an upload that its sender, or another editor, does not want. Raises NotPermitted."""
    permit(access.may_edit(actor))
    _drop(upload)
    signal(f"video-desk:{upload.video_id}", "video-work")


def take_in(upload: Upload, *, at: datetime) -> Conversion | None:
    """Ask for the conversion of a film that is whole; None where another does it just now, or its file is gone. SRC-3."""
    path = disk.growing().path(upload.public_id)
    actor = Actor(kind="staff", user_id=upload.uploaded_by_id)
    try:
        with disk.growing().held(upload.public_id):
            _judge_head(upload)
            sha256 = file_disk.hash_of(path)
            made = keep_source(upload.video, path, upload.name, sha256, upload.size, upload=upload, actor=actor, at=at)
            disk.growing().drop(upload.public_id)
            return made
    except (WrongOffset, BadSource):
        return None
    except FileNotFoundError:  # a disk that was put back from a copy: what is not there is never taken in
        _drop(upload)
        return None


def take_in_waiting(*, at: datetime, limit: int = 5) -> int:
    """Take in what came whole while the service went down before it could; return how many."""
    coming.find_whole(disk.growing(), Upload.objects.all(), at=at)
    whole = Upload.objects.filter(received_at__isnull=False).select_related("video").order_by("received_at")
    return sum(take_in(upload, at=at) is not None for upload in whole[:limit])


def remove_expired(*, at: datetime, limit: int = 50) -> int:
    """Remove uploads that nobody went on with; return how many."""
    over = list(Upload.objects.filter(ends_at__lte=at, received_at__isnull=True).order_by("pk")[:limit])
    for upload in over:
        _drop(upload)
    coming.sweep(disk.growing(), Upload.objects.all(), at=at)
    return len(over)
