"""The verbs of SCORM: a package taken in after it was judged safe, what it keeps for a person, what it reports. SRC-4, SEC-28."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from datetime import datetime, timedelta
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
from amparo.people.queries import actor_by_id, actor_in

from .enrolling import ask_content
from .learning import complete_if_done
from .shared import add_step, locked, open_lesson, permit, progress_of

SALT = "campus.scorm"
HOURS = 8
LEFT_FOR = timedelta(days=1)


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


def read_package(source: IO[bytes]) -> packages.Contents:
    """Read a SCORM package by its manifest and keep its files under their hashes, never at paths of its own. SRC-4, SEC-28.

    It is read whole before its first byte is kept: what is refused leaves nothing behind. Hundreds of megabytes may take
    their time, so that this is done before any transaction; `sweep` takes away what no package came to name.
    Who may is asked where it is entered, and at the page. Raises PackageRefused with what is wrong in words.
    """
    try:
        packages.read(source, _only_read)
        return packages.read(source, _keep)
    except packages.Unsafe as unsafe:
        raise PackageRefused(str(words.PACKAGE_FAULTS[unsafe.fault]) % {"name": unsafe.name}, field="package", fault=unsafe.fault) from None


@transaction.atomic
def put_package(course: Course, contents: packages.Contents, *, actor: Actor, at: datetime) -> Package:
    """Enter into a course what was read: in the transaction of the lesson that it is for, so that both come or none. Fact: `package.added`.

    Raises NotPermitted.
    """
    permit(access.may_teach(actor) or actor.is_system)
    listing = json.dumps(contents.files, sort_keys=True).encode()
    assert actor.user_id is not None
    made = Package.objects.create(
        course=course, title=contents.manifest.title, standard=contents.manifest.standard, entry=contents.manifest.entry, files=contents.files,
        size=contents.size, sha256=hashlib.sha256(listing).hexdigest(), mastery=contents.manifest.mastery, created_at=at, created_by_id=actor.user_id,
    )  # fmt: skip
    record("package.added", subject=course, actor=actor, at=at, package=made.pk, files=len(contents.files), size=contents.size, sha256=made.sha256)
    return made


def add_package(course: Course, source: IO[bytes], *, actor: Actor, at: datetime) -> Package:
    """Take a SCORM package into a course: read and kept first, then entered. Raises NotPermitted, PackageRefused."""
    permit(access.may_teach(actor) or actor.is_system)
    return put_package(course, read_package(source), actor=actor, at=at)


def sweep(*, at: datetime) -> int:
    """Take away files that no package names: of forms that were refused, of uploads that broke off. Return how many.

    Only what has lain for a day, so that nothing goes while it is being taken in. Kept again, a file is new again.
    """
    if not folder().is_dir():
        return 0
    before = (at - LEFT_FOR).timestamp()
    old = [path for path in folder().rglob("*") if path.is_file() and path.stat().st_mtime < before]
    if not old:
        return 0
    named = {digest for files in Package.objects.values_list("files", flat=True).iterator() for digest, _size in files.values()}
    count = 0
    for path in old:
        if path.name not in named:
            path.unlink(missing_ok=True)
            count += 1
    return count


def address(enrolment: Enrolment, package: Package, lesson: int) -> str:
    """Return where the player of a package stands for one enrolment: another origin, a signed address that ends. SRC-4."""
    token = signing.dumps([enrolment.pk, lesson, package.pk], salt=SALT, compress=False)
    return f"{settings.SCORM_URL}/{token}/_player/"


def opened(token: str) -> tuple[int, int, int]:
    """Return the enrolment, lesson and package of a signed address. Raises signing.BadSignature."""
    enrolment, lesson, package = signing.loads(token, salt=SALT, max_age=HOURS * 3600)
    return int(enrolment), int(lesson), int(package)


def still_open(enrolment_id: int, package_id: int, *, at: datetime) -> bool:
    """True where a signed address still leads somewhere: the lessons are open to its person at this moment. ACC-4, SEC-11.

    Judged for the company that the course was taken with, as the pages judge for whoever acts.
    """
    found = Enrolment.objects.select_related("course__product", "person").filter(
        pk=enrolment_id, state__in=["started", "completed"], person__is_active=True
    ).first()  # fmt: skip
    if found is None or not Package.objects.filter(pk=package_id, course_id=found.course_id).exists():
        return False
    acting = actor_in(found.person_id, found.customer_id) if found.customer_id else actor_by_id(found.person_id)
    return access.content(acting, found, at=at).allowed


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
