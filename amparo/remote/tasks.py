# ruff: noqa: S603
"""What comes round for remote sessions."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings

from amparo.kernel.actor import SYSTEM
from amparo.media import rooms
from amparo.media.rooms import janus

from . import commands, queries

FILM_SECONDS: Final = 1800


def tick(*, at: datetime) -> None:
    """End offers that nobody took and sessions that no broker keeps. LIV-2, SEC-39, SEC-40."""
    commands.expire_offers(at=at)
    commands.end_lost(at=at)


def keep(*, at: datetime) -> None:
    """Forget wrong codes that count no more. SEC-39."""
    commands.forget_misses(at=at)


def films(*, at: datetime) -> None:
    """Keep with the case what the gateway recorded of screens that a browser shared. LIV-3."""
    for session in queries.ended_by_browser(at=at):
        room = queries.room_of(session)
        found = [one.path for one in rooms.recordings(room, at=at) if one.path is not None and one.kind == "video"]
        if not found:
            continue
        with tempfile.TemporaryDirectory(prefix="amparo-film-") as folder:
            films = [film for number, track in enumerate(found) if (film := _film(track, Path(folder) / f"{number}.webm"))]
            if films:
                commands.keep_films(session, films, actor=SYSTEM, at=at)
        janus.forget(room)


def _film(track: Path, target: Path) -> Path | None:
    """Turn a track of Janus into a film; one that holds nothing is passed over."""
    unpacked = Path(settings.BASE_DIR) / ".cache" / "debian" / "root" / "usr" / "bin" / "janus-pp-rec"
    program = shutil.which("janus-pp-rec") or (str(unpacked) if unpacked.exists() else "janus-pp-rec")
    done = subprocess.run([program, str(track), str(target)], capture_output=True, check=False, timeout=FILM_SECONDS)
    return target if done.returncode == 0 and target.exists() and target.stat().st_size else None
