"""The bytes: written once under their hash, never changed. No row and no right here."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from amparo.files.errors import Empty
from amparo.files.rules import HEAD_OCTETS

CHUNK_OCTETS = 262_144


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that lie in the folder of incoming files and are not yet kept."""

    path: Path
    sha256: str
    size: int
    head: bytes


def path_of(sha256: str) -> Path:
    """Return where the bytes of a hash lie."""
    return Path(settings.MEDIA_ROOT) / sha256[:2] / sha256[2:4] / sha256


def incoming_folder() -> Path:
    """Return where bytes come in."""
    return Path(settings.MEDIA_ROOT) / "incoming"


@contextmanager
def incoming() -> Iterator[Path]:
    """Give a fresh path beside the store, on the same volume; whatever lies there in the end is removed."""
    folder = incoming_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / uuid.uuid4().hex
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def receive(upload: Any, path: Path, *, octets_max: int, too_large: Exception) -> Received:
    """Write an upload to `path` piece by piece, hashing; stops at the limit. Raises `too_large`, Empty."""
    digest, size, head = hashlib.sha256(), 0, b""
    with path.open("xb") as out:
        for chunk in upload.chunks(CHUNK_OCTETS):
            size += len(chunk)
            if size > octets_max:
                raise too_large
            if len(head) < HEAD_OCTETS:
                head += chunk[: HEAD_OCTETS - len(head)]
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if not size:
        raise Empty()
    return Received(path, digest.hexdigest(), size, head)


@contextmanager
def bring(source: Path) -> Iterator[Received]:
    """Copy a file of the service's own beside the store, however large, hashing what is written; whatever is not kept within is removed.

    Before the transaction that keeps it, which then waits for no disk.
    """
    with incoming() as path:
        digest, size, head = hashlib.sha256(), 0, b""
        with source.open("rb") as file, path.open("xb") as out:
            while piece := file.read(CHUNK_OCTETS):
                head = head or piece[:HEAD_OCTETS]
                size += len(piece)
                digest.update(piece)
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        yield Received(path, digest.hexdigest(), size, head)


def hash_of(path: Path) -> str:
    """Return the hash of what lies at a path."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep(path: Path, sha256: str) -> None:
    """Move received bytes under their hash; nothing happens where they lie there already."""
    target = path_of(sha256)
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    path.chmod(0o640)
    path.replace(target)
    sync_folder(target.parent)


def sync_folder(path: Path) -> None:
    """Let the names in a folder be on the disk."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def remove(sha256: str) -> None:
    """Remove the bytes of a hash; the caller knows that no row needs them."""
    path_of(sha256).unlink(missing_ok=True)
