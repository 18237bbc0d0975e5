"""Where the bytes of releases lie: under their hash, beside the attachments and apart from them, served by no address. SEC-25."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from amparo.files.commands.disk import hash_of
from amparo.files.commands.pieces import Growing, settle

__all__ = ["growing", "hash_of", "keep", "path_of", "root"]


def root() -> Path:
    """Return the folder of releases: `downloads` beside that of attachments."""
    return Path(settings.MEDIA_ROOT).with_name("downloads")


def path_of(sha256: str) -> Path:
    """Return where the bytes of a hash lie."""
    return root() / sha256[:2] / sha256[2:4] / sha256


def growing() -> Growing:
    """Return the folder in which uploads grow, on the same volume."""
    return Growing(root() / "incoming")


def keep(path: Path, sha256: str) -> None:
    """Let a file lie under its hash, where the same bytes may lie already; the caller drops it where it came."""
    settle(path, path_of(sha256))
