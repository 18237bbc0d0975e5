"""Where the bytes of releases lie: under their hash, beside the attachments and apart from them, served by no address. SEC-25."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from amparo.downloads.errors import WrongOffset

CHUNK_OCTETS = 262_144


def root() -> Path:
    """Return the folder of releases: `downloads` beside that of attachments."""
    return Path(settings.MEDIA_ROOT).with_name("downloads")


def path_of(sha256: str) -> Path:
    """Return where the bytes of a hash lie."""
    return root() / sha256[:2] / sha256[2:4] / sha256


def incoming(public_id: str) -> Path:
    """Return where an upload grows, on the same volume."""
    return root() / "incoming" / public_id


def free_octets() -> int:
    """Return how much room the volume has."""
    folder = root()
    folder.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(folder).free


def begin(public_id: str) -> None:
    """Make the empty file of an upload."""
    path = incoming(public_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.open("xb").close()


def length(public_id: str) -> int:
    """Return how much of an upload is here: the file itself is asked, so that a crash loses nothing. Raises FileNotFoundError."""
    return incoming(public_id).stat().st_size


@contextmanager
def held(public_id: str) -> Iterator[IO[bytes]]:
    """Give the file of an upload to one at a time; no database connection waits for a slow sender. Raises WrongOffset, FileNotFoundError."""
    with incoming(public_id).open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WrongOffset() from None
        yield file


def append(file: IO[bytes], stream: Any, *, octets_max: int) -> int:
    """Write what comes to the end of a file, at most so much; what came before a sender broke off is kept. Returns how much."""
    file.seek(0, os.SEEK_END)
    written = 0
    try:
        while written < octets_max and (piece := stream.read(min(CHUNK_OCTETS, octets_max - written))):
            file.write(piece)
            written += len(piece)
    finally:
        file.flush()
        os.fsync(file.fileno())
    return written


def hash_of(path: Path) -> str:
    """Return the hash of what lies at a path, with memory flat."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep(path: Path, sha256: str) -> None:
    """Move a file under its hash; it is dropped where the same bytes lie there already."""
    target = path_of(sha256)
    if target.exists():
        path.unlink()
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    path.chmod(0o640)
    path.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def drop(public_id: str) -> None:
    """Remove the file of an upload."""
    incoming(public_id).unlink(missing_ok=True)
