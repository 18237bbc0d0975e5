"""Files of releases coming in: piece by piece, gone on with after a cut, scanned, hashed and signed in the end. UPD-2, SEC-27."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from amparo.downloads import access
from amparo.downloads.errors import BadName, Published
from amparo.downloads.models import ASK_LABELS, KINDS, PLATFORMS, Artifact, Publication, Upload, new_public_id
from amparo.downloads.rules.proof import checksum_line
from amparo.files.commands import coming, scanner
from amparo.files.errors import BadUpload, Infected, ScannerAway, UploadTooLarge, WrongOffset
from amparo.files.rules import safe_name
from amparo.history.commands import record, signal
from amparo.kernel import signing
from amparo.kernel.actor import SYSTEM, Actor
from amparo.policies.queries import value

from . import archives, disk
from .shared import locked, permit

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Described:
    """What staff say of a file. What it asks is «included» for installers and updates, «registered» for all else."""

    kind: str
    platform: str = ""
    asks: str = ""
    title: str = ""

    @property
    def asked(self) -> str:
        return self.asks or ("included" if self.kind in ("installer", "update") else "registered")

    def check(self) -> None:
        """Raises BadUpload where it is not one of ours."""
        if self.kind not in dict(KINDS) or self.platform not in dict(PLATFORMS) or self.asked not in dict(ASK_LABELS):
            raise BadUpload(field="kind")


@transaction.atomic
def begin_upload(publication: Publication, name: str, size: int, said: Described, *, actor: Actor, at: datetime) -> Upload:
    """Make room for a file that comes in pieces; refused before a byte is stored where it cannot be taken. UPD-2, SEC-27.

    Raises NotPermitted, Published (withdrawn), BadUpload, BadName, UploadTooLarge, DiskFull, TooManyUploads.
    """
    permit(access.may_keep(actor))
    if actor.user_id is None:
        raise BadUpload()
    publication = locked(publication)
    if publication.yanked_at is not None:
        raise Published()
    said.check()
    name = safe_name(name)
    if size < 1:
        raise BadUpload(_("The file is empty. Look whether it was saved, and choose it again."))
    megabytes = value("downloads.upload_megabytes_max", at=at)
    if size > megabytes * MEGABYTE:
        raise UploadTooLarge(_("«%(name)s» is larger than %(size)s MB, which is the most that is taken.") % {"name": name, "size": megabytes})
    if publication.artifacts.filter(name=name).exists():
        raise BadName()
    left = value("downloads.free_megabytes_min", at=at) * MEGABYTE
    coming.require_place(disk.growing(), Upload.objects.all(), size, left=left, actor=actor, at=at)
    upload = Upload(
        public_id=new_public_id(), publication=publication, kind=said.kind, platform=said.platform, asks=said.asked,
        title=said.title.strip()[:160], name=name, size=size, uploaded_by_id=actor.user_id, created_at=at, ends_at=_ends(at),
    )  # fmt: skip
    disk.growing().begin(upload.public_id)
    upload.save(force_insert=True)
    return upload


def _ends(at: datetime) -> datetime:
    return at + timedelta(days=value("downloads.upload_days", at=at))


def append(upload: Upload, offset: int, stream: Any, *, actor: Actor, at: datetime) -> Upload:
    """Write a piece behind what is here already. Not one transaction: a slow sender holds no row. UPD-2.

    When it is whole, it waits for `take_in`. Raises NotPermitted, WrongOffset, BadUpload (over, or more than was announced).
    """
    permit(actor.owns(upload.uploaded_by_id))
    if upload.received_at is not None or at >= upload.ends_at:
        raise BadUpload()
    here = disk.growing().receive(upload.public_id, offset, stream, size=upload.size)
    coming.advance(upload, here, ends_at=_ends(at), at=at)
    return upload


@transaction.atomic
def cancel_upload(upload: Upload, *, actor: Actor, at: datetime) -> None:
    """Drop an upload that its sender, or another of those who keep releases, does not want. Raises NotPermitted."""
    permit(access.may_keep(actor))
    Upload.objects.filter(pk=upload.pk).delete()
    transaction.on_commit(lambda: disk.growing().drop(upload.public_id))


def remove_expired(*, at: datetime, limit: int = 50) -> int:
    """Remove uploads that nobody went on with, and those that were refused and nobody dropped; return how many."""
    over = list(Upload.objects.filter(Q(received_at__isnull=True) | Q(refused_at__isnull=False), ends_at__lte=at).order_by("pk")[:limit])
    for upload in over:
        disk.growing().drop(upload.public_id)
        Upload.objects.filter(pk=upload.pk).delete()
    coming.sweep(disk.growing(), Upload.objects.all(), at=at)
    return len(over)


def take_in_waiting(*, at: datetime, limit: int = 5) -> int:
    """Take in what is whole; each is tried again later where the scanner is away. Returns how many were done with."""
    coming.find_whole(disk.growing(), Upload.objects.all(), at=at)
    waiting = Upload.objects.filter(received_at__isnull=False, refused_at__isnull=True).order_by("received_at")
    done = 0
    for upload in list(waiting.select_related("publication")[:limit]):
        try:
            done += take_in(upload, at=at) is not None
        except (ScannerAway, WrongOffset):
            continue
    return done


def take_in(upload: Upload, *, at: datetime) -> Artifact | None:
    """Scan, hash and sign a file that is whole, and put it into its release; None where it was refused, which the desk shows. UPD-2.

    Raises ScannerAway (again later), WrongOffset (another worker has it).
    """
    path = disk.growing().path(upload.public_id)
    try:
        with disk.growing().held(upload.public_id):
            scanner.scan(path)
            said = Described(upload.kind, upload.platform, upload.asks, upload.title)
            actor = Actor(kind="staff", user_id=upload.uploaded_by_id)
            artifact = _kept(upload.publication, path, upload.name, said, upload=upload, actor=actor, at=at)
            disk.growing().drop(upload.public_id)
    except (Infected, BadName, Published) as refusal:
        _refuse(upload, str(refusal), at)
        return None
    except FileNotFoundError:  # a disk that was put back from a copy: asking for it each second helps nobody
        _refuse(upload, _("It is no longer on the disk. Send it again."), at)
        return None
    return artifact


def _refuse(upload: Upload, why: str, at: datetime) -> None:
    """Keep the reason where staff look for the file; refused once is not tried again."""
    Upload.objects.filter(pk=upload.pk, refused_at__isnull=True).update(refused=why[:300], refused_at=at)
    disk.growing().drop(upload.public_id)


def add_file(publication: Publication, source: Path, said: Described, *, name: str = "", actor: Actor, at: datetime) -> Artifact:
    """Put a file of this machine into a release; the source stays. For whoever has a shell, and for the demonstration. UPD-2.

    Raises NotPermitted, BadUpload, BadName, Published, Infected, ScannerAway.
    """
    permit(access.may_keep(actor))
    said.check()
    public_id = new_public_id()
    disk.growing().begin(public_id)
    path = disk.growing().path(public_id)
    try:
        shutil.copyfile(source, path)
        if not path.stat().st_size:
            raise BadUpload()
        scanner.scan(path)
        return _kept(publication, path, safe_name(name or source.name), said, actor=actor, at=at)
    finally:
        disk.growing().drop(public_id)


def _require_wanted(publication: Publication, name: str) -> None:
    """Raise Published where a release was withdrawn, BadName where it has a file of this name."""
    if publication.yanked_at is not None:
        raise Published()
    if publication.artifacts.filter(name=name).exists():
        raise BadName()


def _kept(publication: Publication, path: Path, name: str, said: Described, *, upload: Upload | None = None, actor: Actor, at: datetime) -> Artifact:
    """Sign a file and keep it, and with that its upload is done; its bytes lie under their hash before the row says so.

    It is read to its end and laid in its place before the transaction begins: a large one would hold its release locked for as long.
    """
    _require_wanted(Publication.objects.get(pk=publication.pk), name)
    sha256, size = disk.hash_of(path), path.stat().st_size
    signature = signing.key_of(settings.SECRETS).sign(checksum_line(name, sha256)).hex()
    fingerprint = signing.fingerprint(signing.public_of(settings.SECRETS))
    contents = archives.listing(path)
    disk.keep(path, sha256)
    with transaction.atomic():
        publication = locked(publication)
        _require_wanted(publication, name)
        try:
            with transaction.atomic():
                artifact = Artifact.objects.create(
                    publication=publication, kind=said.kind, platform=said.platform, name=name, title=said.title, asks=said.asked,
                    size=size, sha256=sha256, signature=signature, key_fingerprint=fingerprint, contents=contents, added_at=at,
                    added_by_id=actor.user_id,
                )  # fmt: skip
        except IntegrityError:
            raise BadName() from None
        if upload is not None:
            Upload.objects.filter(pk=upload.pk).delete()
        record("release.file_added", subject=publication, actor=actor if actor.user_id else SYSTEM, at=at, file=name, kind=said.kind,
               size=size, sha256=sha256)
        signal(f"release:{publication.release_id}")
    return artifact
