"""What comes round for remote sessions."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from amparo.kernel.actor import SYSTEM
from amparo.kernel.locks import alone
from amparo.media import rooms
from amparo.media.errors import GatewayAway, GatewayRefused
from amparo.media.rooms import janus
from amparo.videos.commands import ffmpeg

from . import commands, queries
from .commands import conducting
from .models import Session

FILM_SECONDS: Final = 1800
log = structlog.get_logger("amparo.remote")


def tick(*, at: datetime) -> None:
    """End offers that nobody took and sessions that no broker keeps. LIV-2, SEC-39, SEC-40."""
    commands.expire_offers(at=at)
    conducting.withdraw_offers(at=at)
    commands.end_lost(at=at)


def keep(*, at: datetime) -> None:
    """Forget wrong codes that count no more; let films be verified that somebody touched. SEC-39, CAS-7."""
    commands.forget_misses(at=at)
    commands.ask_for_touched(at=at)


def verify(*, at: datetime) -> None:
    """Read films that are to be verified. CAS-7."""
    commands.verify_due(at=at)


def films(*, at: datetime) -> None:
    """Keep with the case what the gateway recorded of screens that a browser shared; one worker at a time, or each film would be kept twice. LIV-3."""
    with alone("remote:films") as is_ours:
        for session in queries.ended_by_browser(at=at) if is_ours else ():
            _keep_films(session, at)


def _keep_films(session: Session, at: datetime) -> None:
    room = queries.room_of(session)
    if not (_tracks(room, at) or janus.broken(room)):
        return
    with contextlib.suppress(GatewayAway, GatewayRefused):  # nobody sends any more once it is over, whatever his page does
        rooms.end(room, at=at)
    found = _tracks(room, at)  # what was begun just before is whole now
    with tempfile.TemporaryDirectory(prefix="amparo-film-") as folder:
        made = {track: _film(track, Path(folder) / f"{number}.webm") for number, track in enumerate(found)}
        films = [film for film in made.values() if film is not None]
        if films:
            commands.keep_films(session, [(film, _milliseconds(film)) for film in films], actor=SYSTEM, at=at)
    unread = [*(track for track, film in made.items() if film is None), *janus.broken(room)]
    for track in unread:  # evidence is not thrown away; it is not tried again either
        track.rename(track.with_suffix(".unread"))
        log.error("a track of a shared screen cannot be read", session=session.pk, track=track.stem)
    if unread:
        for track in set(found).difference(unread):
            track.unlink(missing_ok=True)
    else:
        janus.forget(room)


def _tracks(room: str, at: datetime) -> list[Path]:
    return [one.path for one in rooms.recordings(room, at=at) if one.path is not None and one.kind == "video"]


def _film(track: Path, target: Path) -> Path | None:
    """Turn a track of Janus into a film; None where that fails."""
    try:
        return target if janus.play(track, target, seconds_max=FILM_SECONDS) else None
    except subprocess.TimeoutExpired:
        return None


def _milliseconds(film: Path) -> int:
    """Return how long a film plays; 0 where that takes too long to tell: it is kept all the same."""
    try:
        return int(ffmpeg.seconds_of(film) * 1000)
    except subprocess.TimeoutExpired:
        return 0
