"""Bytes that come in pieces: a file that grows under a random name and is gone on with where it ends. UPD-2, SRC-3, SEC-27.

Which upload it is, whose, and how large it may be is said by the app that takes it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

from amparo.files.errors import BadUpload, DiskFull, WrongOffset

from .disk import sync_folder

CHUNK_OCTETS = 262_144
# What is answered where a file cannot lie at two places: two file systems, one without links, one that forbids this one.
NO_LINKS = {errno.EXDEV, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EPERM, errno.EMLINK}


def new_public_id() -> str:
    """Return 128 random bits."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class Growing:
    """The folder of an app in which uploads grow."""

    folder: Path

    def path(self, public_id: str) -> Path:
        """Return where an upload grows."""
        return self.folder / public_id

    def begin(self, public_id: str) -> None:
        """Make the empty file of an upload."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path(public_id).open("xb").close()

    def length(self, public_id: str) -> int:
        """Return how much is here: the file itself is asked, so that a crash loses nothing. Raises FileNotFoundError."""
        return self.path(public_id).stat().st_size

    def is_whole(self, public_id: str, size: int) -> bool:
        """True where every octet is here and nobody writes any more: whoever took the last one died before he could say so."""
        try:
            with self.held(public_id):
                return self.length(public_id) == size
        except (WrongOffset, FileNotFoundError):
            return False

    def drop(self, public_id: str) -> None:
        """Remove the file of an upload."""
        self.path(public_id).unlink(missing_ok=True)

    def require_room(self, size: int, *, awaited: int, left: int) -> None:
        """Raise DiskFull where a file, with what others still wait for, would leave less than `left` octets."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.folder).free - awaited - size < left:
            raise DiskFull()

    @contextmanager
    def held(self, public_id: str) -> Iterator[IO[bytes]]:
        """Give the file of an upload to one at a time; no database connection waits for a slow sender. Raises WrongOffset, FileNotFoundError."""
        with self.path(public_id).open("r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise WrongOffset() from None
            yield file

    def receive(self, public_id: str, offset: int, stream: Any, *, size: int) -> int:
        """Write a piece behind what is here and return how much there is now; what came before a cut is kept.

        Pieces of two tabs never mix, for the file is held by one at a time and a piece must begin where it ends. Raises
        WrongOffset, BadUpload (it is gone, or more came than was announced).
        """
        try:
            with self.held(public_id) as file:
                if self.length(public_id) != offset:
                    raise WrongOffset()
                append(file, stream, octets_max=size - offset)
                if stream.read(1):
                    raise BadUpload(_("More came than was announced. Begin again with the file."))
                return self.length(public_id)
        except FileNotFoundError:
            raise BadUpload() from None

    def sweep(self, known: Collection[str], *, before: float) -> int:
        """Remove what lies here of uploads that nobody knows, untouched since a moment: whoever took them in died before he could. Returns how many."""
        if not self.folder.is_dir():
            return 0
        count = 0
        for one in self.folder.iterdir():
            with suppress(FileNotFoundError):  # who took it in drops it at this moment
                if one.name not in known and one.stat().st_mtime < before:
                    one.unlink()
                    count += 1
        return count


def settle(path: Path, target: Path) -> None:
    """Let a file lie at its place for good, while it stays where it came until its row says so: whoever dies between has lost nothing.

    Before the transaction that writes the row: the disk is waited for, and where there are no links a large file is copied.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    path.chmod(0o640)
    try:
        os.link(path, target)
    except FileExistsError:
        pass  # the same bytes, whole: nothing comes to a place but in one step
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        _copy(path, target)
    sync_folder(target.parent)


def _copy(path: Path, target: Path) -> None:
    """Copy a file to its place in one step: beside it first, under a name that is its upload's alone."""
    if target.exists():
        return
    part = target.with_name(f".{path.name}.part")
    try:
        with path.open("rb") as source, part.open("wb") as out:
            shutil.copyfileobj(source, out, CHUNK_OCTETS)
            out.flush()
            os.fsync(out.fileno())
        part.chmod(0o640)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


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
