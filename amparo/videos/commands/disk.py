"""Where the bytes of videos lie: beside the stored files, each conversion in a folder of its own under a random name."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from amparo.files.commands.pieces import Growing, settle

SOURCE = "source"


def root() -> Path:
    """Return the folder of all videos: within the files, so that the backup and the proxy know it already."""
    return Path(settings.MEDIA_ROOT) / "videos"


def folder_of(video_id: int, folder: str) -> Path:
    """Return the folder of one conversion."""
    return root() / str(video_id) / folder


def path_of(video_id: int, folder: str, name: str) -> Path:
    """Return where one rendition lies; `name` is one that the database holds, never what an address said."""
    return folder_of(video_id, folder) / name


def accel_path(video_id: int, folder: str, name: str) -> str:
    """Return the same under the folder of files, as the proxy is told it."""
    return f"videos/{video_id}/{folder}/{name}"


def growing() -> Growing:
    """Return the folder in which uploads grow, on the same volume."""
    return Growing(root() / "incoming")


@contextmanager
def incoming() -> Iterator[Path]:
    """Give a fresh path on the same volume; whatever lies there in the end is removed."""
    folder = root() / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / uuid.uuid4().hex
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def keep_source(path: Path, video_id: int, folder: str) -> None:
    """Let a received file lie where its conversion looks for it; the caller drops it where it came."""
    settle(path, path_of(video_id, folder, SOURCE))


def forget(video_id: int, folder: str) -> None:
    """Remove the folder of a conversion that nobody needs any more."""
    if folder:
        shutil.rmtree(folder_of(video_id, folder), ignore_errors=True)
