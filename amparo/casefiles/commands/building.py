"""Making a case file: one pass over the record in one snapshot, piece by piece, in flat memory. CAS-7, SEC-55."""

from __future__ import annotations

import contextlib
import heapq
import os
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import translation

from amparo.casefiles import access, words
from amparo.casefiles.models import Export
from amparo.casefiles.queries import record
from amparo.casefiles.rules import archive, proof
from amparo.cases.models import Case
from amparo.files.commands import disk
from amparo.files.models import StoredFile
from amparo.history.commands import signal
from amparo.history.models import Fact
from amparo.history.rules import moment, plain_value, text_of
from amparo.people.queries import actor_in
from amparo.policies.queries import value
from amparo.remote.rules.record import Broken

from . import recordings
from .exports import folder, path_of, remove
from .keys import current_key, publish_keys

log = structlog.get_logger(__name__)
ATTEMPTS_MAX = 3
CLAIM = timedelta(minutes=5)  # so long after its last word what makes a file is taken for dead
TOLD_SECONDS_MAX = 30


class Unsound(Exception):
    """The store of files holds other bytes than it should: nothing is signed over that."""


def build_due(*, at: datetime, limit: int = 2) -> int:
    """Make case files that wait for the worker; one that was left half-made by a stop is made anew. Return how many."""
    done = 0
    while done < limit:
        with transaction.atomic():
            export = (
                Export.objects.select_for_update(skip_locked=True)
                .filter(Q(claimed_at__isnull=True) | Q(claimed_at__lt=at - CLAIM), state=Export.State.WAITING)
                .order_by("asked_at", "pk")
                .first()
            )
            if export is None:
                break
            if export.attempts >= ATTEMPTS_MAX:
                _end(export, "given up")
                continue
            Export.objects.filter(pk=export.pk).update(claimed_at=at, attempts=F("attempts") + 1)
        build(export, at=at)
        done += 1
    return done


def build(export: Export, *, at: datetime) -> None:
    """Make the file of an export, with the rights that its reader has now. SEC-55.

    What goes wrong is kept with the export and told in the log; the case stays as it is.
    """
    actor = actor_in(export.asked_by_id, export.case.customer_id)
    if not access.may_export(actor, export.case) or export.case.thread.purged_at is not None:
        _end(export, "not permitted")
        return
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with _partial(export) as path, path.open("w+b") as out:
            digest = make(
                export.case, out, language=export.language, zone=ZoneInfo(export.time_zone), at=at, progress=_told(export, at=at)
            )
            out.flush()
            os.fsync(out.fileno())
            size = out.tell()
            path.replace(path_of(export))
    except archive.TooLarge:
        _end(export, "too large")
        return
    except (OSError, Unsound, Broken) as error:
        if _end(export, "store"):
            log.error("a case file was not made", export=export.pk, error=type(error).__name__)
        return
    ready = {"state": Export.State.READY, "ready_at": at, "size": size, "sha256": digest, "percent": 100}
    waited = Export.objects.filter(pk=export.pk, state=Export.State.WAITING).update(**ready)
    if not waited and not Export.objects.filter(pk=export.pk, state=Export.State.READY).exists():
        remove(export)  # its day, or its case's, ended while it was made
    signal(f"user:{export.asked_by_id}", export.subject)


def _end(export: Export, why: str) -> bool:
    """Say that a file was not made; False where that is of no matter any more, for its time was over meanwhile."""
    ended = Export.objects.filter(pk=export.pk, state=Export.State.WAITING).update(state=Export.State.FAILED, error=why)
    signal(f"user:{export.asked_by_id}", export.subject)
    return bool(ended)


@contextlib.contextmanager
def _partial(export: Export) -> Iterator[Path]:
    path = folder() / f".{export.public_id}.{os.getpid()}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _told(export: Export, *, at: datetime) -> Callable[[int], None]:
    """Return what tells how far the file is, and that it is still being made: on a line of its own, for the snapshot's own changes
    nobody sees."""
    if connection.in_atomic_block:
        return lambda percent: None
    said, begun = 0, time.monotonic()
    told_at = begun

    def tell(percent: int) -> None:
        nonlocal said, told_at
        if percent < said + 5 and time.monotonic() - told_at < TOLD_SECONDS_MAX:
            return
        said, told_at = percent, time.monotonic()
        beside = connection.copy()
        try:
            with beside.cursor() as cursor:
                cursor.execute(
                    "UPDATE casefiles_export SET percent = %s, claimed_at = %s WHERE id = %s", [min(percent, 99), at + timedelta(seconds=told_at - begun), export.pk]
                )
        finally:
            beside.close()

    return tell


# --- the file -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Making:
    """One making: where its parts lie, whom it is for."""

    case: Case
    language: str
    zone: ZoneInfo
    at: datetime
    members: dict[int, tuple[str, StoredFile]]
    chains: list[record.Chain]
    facts: BinaryIO
    record: BinaryIO
    progress: Callable[[int], None]
    recordings: list[recordings.Found]
    total: int = 1
    seen: int = 0


def make(
    case: Case, out: BinaryIO, *, language: str, zone: ZoneInfo, at: datetime, progress: Callable[[int], None] = lambda percent: None
) -> str:
    """Write a case's file; return the SHA-256 of its manifest. CAS-7. Raises TooLarge, Unsound, OSError.

    Everything is read in one snapshot, so that facts and record tell the same moment.
    """
    publish_keys(at=at)
    with contextlib.ExitStack() as stack:
        stack.enter_context(translation.override(language))
        stack.enter_context(_snapshot())
        case = Case.objects.select_related("thread", "customer", "contact", "product", "contract").get(pk=case.pk)
        facts, rest, paper = (stack.enter_context(tempfile.TemporaryFile(dir=_temporary())) for _part in range(3))
        making = _Making(
            case, language, zone, at, _present(record.file_members(case), record.film_ids(case), progress), record.chains(case), facts, rest,
            progress, recordings.looked_at(case, lambda: progress(0)), total=max(1, case.thread.entry_count),
        )  # fmt: skip
        _write_parts(making, paper)
        return _pack(making, out, paper)


@contextlib.contextmanager
def _snapshot() -> Iterator[None]:
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _temporary() -> str | None:
    return str(folder()) if folder().is_dir() else None


def _present(members: dict[int, tuple[str, StoredFile]], films: Collection[int], progress: Callable[[int], None]) -> dict[int, tuple[str, StoredFile]]:
    """Give what is not in the store no place in the archive, nor a film that is broken there: the record then says so."""
    found = {}
    for pk, (name, file) in members.items():
        found[pk] = (name if disk.path_of(file.sha256).is_file() and (pk not in films or _is_whole(file)) else "", file)
        progress(0)
    return found


def _is_whole(file: StoredFile) -> bool:
    whole = disk.hash_of(disk.path_of(file.sha256)) == file.sha256
    if not whole:
        log.error("a film of a case is broken", file=file.pk, subject=file.subject)
    return whole


def _write_parts(making: _Making, paper: BinaryIO) -> None:
    """Write record, facts and paper in one pass."""
    header = record.header(making.case)
    rest = list(record.record_lines(making.case, making.members, at=making.at))
    filmed = record.films_of_sessions(making.case, making.members)
    rest += [{"kind": "remote_session", **plain_value(told)} for told in recordings.record_lines(making.case, making.recordings, filmed)]
    _put(making.record, header)
    printed = words.Printed(
        paper, header, rest, zone=making.zone, at=making.at, language=making.language, vendor=value("identity.name", at=making.at),
        fingerprint=proof.fingerprint(proof.raw_public(current_key())), url=settings.PUBLIC_URL,
        broken={one.session.number: one.said for one in making.recordings if one.broken},
    )  # fmt: skip
    printed.front()
    for line, fact in heapq.merge(_said(making), _done(making), key=_moment_of):
        if fact is None:
            printed.entry(line)
        else:
            printed.fact(fact.name, fact.data, line["content"]["actor_name"] if "content" in line else "", fact.at)
    for chain in making.chains[1:]:
        for line, _fact in record.facts(chain):
            _put(making.facts, line)
    for line in rest:
        _put(making.record, line)
    printed.back([file for _name, file in making.members.values()], [(one.subject, one.count, one.head) for one in making.chains])


def _said(making: _Making) -> Iterator[tuple[dict[str, Any], None]]:
    for line in record.entries(making.case, making.members):
        _put(making.record, line)
        making.seen += 1
        making.progress(making.seen * 60 // making.total)
        yield line, None


def _done(making: _Making) -> Iterator[tuple[dict[str, Any], Fact]]:
    for line, fact in record.facts(making.chains[0]):
        _put(making.facts, line)
        if fact is not None and fact.purged_at is None:
            yield line, fact


def _moment_of(one: tuple[dict[str, Any], Fact | None]) -> tuple[str, int]:
    line, fact = one
    return (line["at"], 0) if fact is None else (moment(fact.at), 1)


def _put(out: BinaryIO, line: dict[str, Any]) -> None:
    out.write(text_of(line).encode() + b"\n")


# --- the archive ----------------------------------------------------------------------------------------------------


def _pack(making: _Making, out: BinaryIO, paper: BinaryIO) -> str:
    """Put the parts into the archive, list them, sign the list."""
    key = current_key()
    raw = proof.raw_public(key)
    writer, listed = archive.Writer(out), []
    gaps = [one.session.number for one in making.recordings if one.broken]
    gaps += [file.name for name, file in making.members.values() if not name]
    readme = words.readme(making.case.number, proof.grouped(proof.fingerprint(raw)), settings.PUBLIC_URL, gaps).encode()
    parts: list[tuple[str, Any]] = [
        (proof.PAPER, _pieces(paper)), (proof.FACTS, _pieces(making.facts)), (proof.RECORD, _pieces(making.record)),
        (proof.KEY, [proof.pem_of(raw)]), (proof.README, [readme]),
    ]  # fmt: skip
    files = {name: file for name, file in making.members.values() if name}
    parts += [(name, _pieces_of(files[name])) for name in sorted(files)]
    parts += recordings.parts(making.recordings)
    for number, (name, pieces) in enumerate(parts):
        size, sha256 = writer.add(name, _told_of(making, pieces, 60 + number * 40 // len(parts)))
        if name in files and sha256 != files[name].sha256:
            raise Unsound(name)
        listed.append({"name": name, "size": size, "sha256": sha256})
    manifest = text_of(_manifest(making, raw, listed)).encode()
    _size, digest = writer.add(proof.MANIFEST, [manifest])
    writer.add(proof.SIGNATURE, [key.sign(manifest)])
    writer.finish()
    return digest


def _told_of(making: _Making, pieces: Iterable[bytes], percent: int) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        making.progress(percent)


def _manifest(making: _Making, raw: bytes, listed: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "format": proof.FORMAT,
        "case": making.case.number,
        "subject": making.case.subject,
        "made_at": moment(making.at),
        "language": making.language,
        "installation": {"name": value("identity.name", at=making.at), "url": settings.PUBLIC_URL},
        "key": proof.fingerprint(raw),
        "chains": [{"subject": one.subject, "count": one.count, "head": one.head} for one in making.chains],
        "members": listed,
    }


def _pieces(part: BinaryIO) -> Iterator[bytes]:
    part.seek(0)
    while piece := part.read(archive.PIECE):
        yield piece


def _pieces_of(file: StoredFile) -> Iterator[bytes]:
    with disk.path_of(file.sha256).open("rb") as stored:
        yield from _pieces(stored)
