"""The verbs of SCORM: a package taken in after it was judged safe, what it keeps for a person, what it reports. SRC-4, SEC-28."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core import signing
from django.db import transaction

from amparo.campus import access, words
from amparo.campus.errors import ContentInvalid, LessonLocked, PackageRefused
from amparo.campus.models import Course, Enrolment, Package, ScormState, Step
from amparo.campus.rules import packages
from amparo.campus.rules.progress import SCORM, TRACKED, Progress
from amparo.history.commands import record
from amparo.kernel.actor import Actor

from .enrolling import ask_content
from .learning import complete_if_done
from .shared import add_step, locked, open_lesson, permit, progress_of

SALT = "campus.scorm"
HOURS = 8


def folder() -> Path:
    """Return where the files of packages lie, under their hashes."""
    return Path(settings.MEDIA_ROOT) / "scorm"


def path_of(sha256: str) -> Path:
    """Return where the bytes of a hash lie."""
    return folder() / sha256[:2] / sha256


def _keep(stream: IO[bytes]) -> str:
    """Write a stream under its hash, once; return the hash."""
    folder().mkdir(parents=True, exist_ok=True)
    partial, digest = folder() / f".{uuid.uuid4().hex}", hashlib.sha256()
    try:
        with partial.open("wb") as out:
            while piece := stream.read(packages.CHUNK):
                digest.update(piece)
                out.write(piece)
        target = path_of(digest.hexdigest())
        target.parent.mkdir(exist_ok=True)
        os.replace(partial, target)
        return digest.hexdigest()
    finally:
        partial.unlink(missing_ok=True)


def _only_read(stream: IO[bytes]) -> str:
    """Read a stream to its end, where every limit is counted, and keep nothing."""
    while stream.read(packages.CHUNK):
        pass
    return ""


@transaction.atomic
def add_package(course: Course, source: IO[bytes], *, actor: Actor, at: datetime) -> Package:
    """Take a SCORM package into a course: read by its manifest, kept under hashes, never unpacked to its own paths. SRC-4.

    It is read whole before its first byte is kept: what is refused leaves nothing behind. Fact: `package.added`. Raises NotPermitted, PackageRefused with what is wrong in words. SEC-28.
    """
    permit(access.may_teach(actor) or actor.is_system)
    try:
        packages.read(source, _only_read)
        contents = packages.read(source, _keep)
    except packages.Unsafe as unsafe:
        raise PackageRefused(str(words.PACKAGE_FAULTS[unsafe.fault]) % {"name": unsafe.name}, field="package", fault=unsafe.fault) from None
    listing = json.dumps(contents.files, sort_keys=True).encode()
    assert actor.user_id is not None
    made = Package.objects.create(
        course=course, title=contents.manifest.title, standard=contents.manifest.standard, entry=contents.manifest.entry, files=contents.files,
        size=contents.size, sha256=hashlib.sha256(listing).hexdigest(), mastery=contents.manifest.mastery, created_at=at, created_by_id=actor.user_id,
    )  # fmt: skip
    record("package.added", subject=course, actor=actor, at=at, package=made.pk, files=len(contents.files), size=contents.size, sha256=made.sha256)
    return made


def address(enrolment: Enrolment, package: Package, lesson: int) -> str:
    """Return where the player of a package stands for one enrolment: another origin, a signed address that ends. SRC-4."""
    token = signing.dumps([enrolment.pk, lesson, package.pk], salt=SALT, compress=False)
    return f"{settings.SCORM_URL}/{token}/_player/"


def opened(token: str) -> tuple[int, int, int]:
    """Return the enrolment, lesson and package of a signed address. Raises signing.BadSignature."""
    enrolment, lesson, package = signing.loads(token, salt=SALT, max_age=HOURS * 3600)
    return int(enrolment), int(lesson), int(package)


@transaction.atomic
def track(enrolment: Enrolment, lesson: int, cmi: Any, *, actor: Actor, at: datetime) -> Progress:
    """Keep what a package saves for a person, to go on there; what it reports becomes a step of the log. SRC-4.

    As large as real courses need (a megabyte). The same report again adds nothing. Raises NotPermitted, LessonLocked,
    ContentClosed, ContentInvalid.
    """
    enrolment = locked(enrolment)
    permit(access.may_learn(actor, enrolment), enrolment=enrolment.pk)
    found = open_lesson(enrolment, lesson)
    if found["kind"] != SCORM:
        raise LessonLocked(lesson=lesson)
    ask_content(enrolment, actor=actor, at=at)
    if not isinstance(cmi, dict) or len(json.dumps(cmi)) > packages.CMI_OCTETS_MAX:
        raise ContentInvalid
    state, _made = ScormState.objects.select_for_update().get_or_create(enrolment=enrolment, lesson=lesson, defaults={"saved_at": at})
    state.cmi, state.saves, state.saved_at = cmi, state.saves + 1, at
    state.save()
    package = Package.objects.get(pk=found["package"])
    said = packages.report(cmi, package.standard, package.mastery)
    last = Step.objects.filter(enrolment=enrolment, lesson=lesson, kind=TRACKED).order_by("-seq").first()
    if (said.is_done or said.percent is not None) and (last is None or (last.passed, last.percent) != (said.is_done, said.percent)):
        add_step(enrolment, TRACKED, lesson=lesson, passed=said.is_done, percent=said.percent, actor=actor, at=at)
        return complete_if_done(enrolment, actor=actor, at=at)
    return progress_of(enrolment)
