"""Where records of remote sessions lie: one file each, which only grows, and is taken away whole."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from amparo.remote.models import Session


def folder() -> Path:
    """Return where the records lie, made where it is not there yet, for nobody else to read."""
    root = Path(settings.RECORDINGS_ROOT)
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    return root


def path_of(session: Session) -> Path:
    """Return where a session's record lies."""
    return folder() / f"{session.public_id}.amr"
