# ruff: noqa: S603
"""What comes by itself: the gateway's notices, reminders, what must be put right, and films made of recordings. LIV-1."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import Refusal
from amparo.media import rooms
from amparo.media import rules as media
from amparo.media.errors import GatewayAway, GatewayRefused
from amparo.media.rooms import janus
from amparo.videos.commands import ffmpeg

from . import commands, queries
from .machine import INSTRUCTOR, Place, State
from .models import LiveClass, Participant, Recording
from .rules import film
from .rules.notices import SCREEN, read

log = structlog.get_logger("amparo.classroom")
SECONDS_MIN = 0.5
LIMIT_SECONDS = 4 * 3600


def notices(found: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
    """Take what Janus tells; whoever must not be there is sent out at once. SEC-38."""
    seen = read(found)
    if not seen:
        return
    secret = janus.secrets()["room"]
    undo = commands.note(seen, lambda word, room, who: media.proves(word, room, who, secret=secret), at=at)
    for one in undo:
        log.warning("sent out of a room", room=one.room, why=one.why)
        with contextlib.suppress(GatewayAway, GatewayRefused):
            rooms.remove(one.room, one.participant, at=at)


def tick(*, at: datetime) -> None:
    """End what was forgotten, call off hours that never began, compare what the gateway has with what should be."""
    for live_class in queries.never_begun(at=at):
        with contextlib.suppress(Refusal):  # begun at this very moment
            commands.cancel(live_class, reason="", actor=SYSTEM, at=at)
    for live_class in queries.forgotten():
        try:
            if commands.end_forgotten(live_class, at=at) is not None:
                shut(live_class, at=at)
        except Refusal as refusal:  # one class that cannot be ended by itself keeps no other from it
            log.error("class could not be ended", live_class=live_class.pk, why=refusal.code)
    for live_class in LiveClass.objects.filter(state=State.RUNNING.value).order_by("pk"):
        with contextlib.suppress(GatewayAway, GatewayRefused):
            found = rooms.participants(live_class.room, at=at)
            people = {one.participant.removesuffix(SCREEN) for one in found}
            commands.close_absent(live_class, people, at=at)
            commands.send_out_lost(live_class, people, at=at)
            inside = {one.word: one for one in Participant.objects.filter(live_class=live_class, place=Place.ADMITTED.value)}
            for one in found:
                own = inside.get(one.participant.removesuffix(SCREEN))
                if own is None or (one.publishes and not commands.may_send(own, screen=one.participant.endswith(SCREEN))):
                    rooms.remove(live_class.room, one.participant, at=at)


def remind(*, at: datetime) -> None:
    """Remind of classes that begin soon."""
    commands.remind_due(at=at)


def shut(live_class: LiveClass, *, at: datetime) -> None:
    """Close the room of a class that ended."""
    with contextlib.suppress(GatewayAway, GatewayRefused):
        rooms.end(live_class.room, at=at)


def films(*, at: datetime) -> bool:
    """Make the next recording into one film; takes as long as it is long. LIV-1."""
    recording = commands.next_film(at=at)
    if recording is None:
        return False
    try:
        make_film(recording)
    except (OSError, subprocess.SubprocessError, ValueError, GatewayAway, GatewayRefused) as error:
        log.error("film failed", live_class=recording.live_class_id, error=type(error).__name__, exc_info=True)
        commands.fail_film(recording, f"{type(error).__name__}: {error}"[:400], at=clock.now())
    return True


def make_film(recording: Recording) -> None:
    """Turn the tracks of a class into one WebM and attach it."""
    live_class = recording.live_class
    commands.begin_film(recording, at=clock.now())
    found = rooms.recordings(live_class.room, at=clock.now())
    elsewhere = next((one.url for one in found if one.url), "")
    broken = janus.broken(live_class.room)
    if elsewhere or not (found or broken):
        commands.film_done(recording, None, seconds=0, url=elsewhere, actor=SYSTEM, at=clock.now())
        return
    leading = set(Participant.objects.filter(live_class=live_class, role=INSTRUCTOR).values_list("word", flat=True))
    with tempfile.TemporaryDirectory(prefix="amparo-film-") as folder:
        tracks, left = unpack(found, leading, Path(folder))
        left += broken
        if not tracks:  # nobody is told that nothing was recorded
            raise ValueError(f"none of its {len(left)} tracks can be played")
        target = Path(folder) / "film.webm"
        encode(recording, tracks, target)
        done = commands.film_done(recording, target, seconds=round(film.lasts(tracks)), left_out=len(left), actor=SYSTEM, at=clock.now())
    if done is None:
        return  # the tracks belong to the film that is there
    if left:
        log.error("tracks of a class are not in its film", live_class=live_class.pk, tracks=[path.name for path in left])
    janus.forget(live_class.room, but=left)


def unpack(found: Sequence[rooms.Recording], leading: set[str], folder: Path) -> tuple[list[film.Track], list[Path]]:
    """Turn Janus' tracks into files that ffmpeg reads; return them, and those that cannot be read or hold too little."""
    usable = [(one, one.path, one.begun_at) for one in found if one.path is not None and one.begun_at is not None]
    starts = film.offsets([begun_at for _one, _path, begun_at in usable]) if usable else []
    tracks: list[film.Track] = []
    left: list[Path] = []
    for number, ((one, path, _begun_at), start) in enumerate(zip(usable, starts, strict=True)):
        target = folder / f"{number}.{'opus' if one.kind == film.AUDIO else 'webm'}"
        seconds = ffmpeg.seconds_of(target) if janus.play(path, target, seconds_max=LIMIT_SECONDS) else 0.0
        if seconds >= SECONDS_MIN:
            tracks.append(film.Track(target, one.kind, one.participant, start, seconds, one.participant in leading))
        else:
            left.append(path)
    return tracks, left


def encode(recording: Recording, tracks: Sequence[film.Track], target: Path) -> None:
    """Run ffmpeg and say how far it is. Raises CalledProcessError."""
    command = ["nice", "-n", "10", ffmpeg.program("ffmpeg") or "ffmpeg", *film.arguments(tracks, target)]
    told = 1
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stderr
        for line in process.stdout:
            name, _sep, word = line.strip().partition("=")
            now = film.percent(word, film.lasts(tracks)) if name == "out_time_us" else 0
            if now >= told + 3:
                told = now
                commands.progress_film(recording, now, at=clock.now())
        words = process.stderr.read()
    if process.returncode != 0 or not target.exists():
        raise subprocess.CalledProcessError(process.returncode, "ffmpeg", stderr=words[-300:])
