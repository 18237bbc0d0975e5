"""From a source to renditions: one conversion at a time, step by step, resumed where a step was finished. SRC-3, SEC-26.

Whoever works on a conversion leaves a sign of life every second; one whose worker died is taken up by another after a
minute and goes on with the first step that is not done. The result is put in place whole, in one transaction: readers see
the old video until the new one is ready.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from django.db import connection, transaction

from amparo.files.commands import disk as file_disk
from amparo.history.commands import record, signal
from amparo.kernel.actor import SYSTEM, Actor
from amparo.policies.queries import value
from amparo.videos import access
from amparo.videos.errors import NothingToRepeat
from amparo.videos.models import Conversion, Video
from amparo.videos.rules import media
from amparo.videos.rules.media import Rendition, Source, Unreadable

from . import disk, ffmpeg
from .intake import MEGABYTE
from .shared import locked, permit

log = structlog.get_logger(__name__)
Clock = Callable[[], datetime]
# Longer than a program that is at work may say nothing: else two of them would write in one folder.
DEAD_AFTER: Final = timedelta(seconds=ffmpeg.SILENT_SECONDS_MAX + 60)
BEAT: Final = timedelta(seconds=1)
ATTEMPTS_MAX: Final = 4
TURN: Final = 7_0110  # the advisory lock under which a conversion is chosen
_stop = threading.Event()


def interrupt() -> None:
    """Let what is being converted wait for the next worker: this one is to stop."""
    _stop.set()


def resume_work() -> None:
    """Let this process convert again."""
    _stop.clear()


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of work that is done or not: the file it makes, and what it runs."""

    name: str
    makes: tuple[str, ...]


def convert_next(*, now: Clock) -> bool:
    """Convert the one that waits longest, to its end or its refusal; False where none waits, or another worker converts.

    Without ffmpeg on the machine everything waits, and the desk says so.
    """
    if not ffmpeg.is_there() or _stop.is_set():
        return False
    job = _claim(now())
    if job is None:
        return False
    try:
        _work(job, now)
    except ffmpeg.Interrupted:
        _give_back(job, now())
    except Unreadable as wrong:
        _fail(job, wrong.code, now())
    return True


def _claim(at: datetime) -> Conversion | None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [TURN])
            if not cursor.fetchone()[0]:
                return None
        open_ones = Conversion.objects.select_for_update(of=("self",)).order_by("created_at", "pk")
        running = open_ones.filter(state="running").first()
        if running and running.beat_at and running.beat_at > at - DEAD_AFTER:
            return None
        job = running or open_ones.filter(state="waiting").first()
        if job is None:
            return None
        job.attempts += 1
        job.state, job.beat_at = "running", at
        job.save(update_fields=["attempts", "state", "beat_at"])
    if job.attempts > ATTEMPTS_MAX:
        _fail(job, "gave_up", at)
        return None
    return job


def _work(job: Conversion, now: Clock) -> None:
    folder = disk.folder_of(job.video_id, job.folder)
    source, work = folder / disk.SOURCE, folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    if not source.exists():
        raise Unreadable("gone")
    work.mkdir()
    found = media.judge(ffmpeg.probe(source), minutes_max=value("videos.minutes_max", at=now()))
    streams = found.milliseconds > value("videos.stream_minutes", at=now()) * 60_000
    sides = media.sides_for(found)
    steps = [Step("poster", (_poster(job),)), *(Step(f"film-{side}", (f"{side}.mp4",)) for side in sides)]
    steps += [Step(f"pieces-{side}", (f"{side}.m4s", f"{side}.m3u8")) for side in sides] if streams else []
    told = _Telling(job, steps, now)
    for number, step in enumerate(steps):
        told.begin(number)
        if not all((folder / name).exists() for name in step.makes):
            _run(job, step, source, work, found, told)
            for name in step.makes:
                (work / name).replace(folder / name)
    shutil.rmtree(work, ignore_errors=True)
    made = _renditions(folder, found, sides, streams, _poster(job))
    _put_in_place(job, found, made, now())


def _poster(job: Conversion) -> str:
    """The file of the poster says which second it is of: another second is another file."""
    return f"poster-{job.video.poster_second}.jpg"


def _run(job: Conversion, step: Step, source: Path, work: Path, found: Source, told: _Telling) -> None:
    kind, _sep, text = step.name.partition("-")
    side = int(text or 720)
    if kind == "poster":
        second = min(job.video.poster_second, found.milliseconds / 2000)
        command = ffmpeg.poster(source, work / step.makes[0], second, found)
    elif kind == "film":
        command = ffmpeg.film(source, work / f"{side}.mp4", side, found)
    else:
        command = ffmpeg.pieces(source.parent / f"{side}.mp4", work, side)
    told.milliseconds = found.milliseconds
    ffmpeg.run(
        command, seconds_max=600 + found.milliseconds / 1000 * 20, octets_max=max(job.size * 4, 2_000 * MEGABYTE), told=told, stop=_stop
    )
    if not all((work / name).exists() and (work / name).stat().st_size for name in step.makes):
        raise Unreadable("broken")
    if kind == "film":  # what breaks off in the middle ends without an error: the film is shorter than announced
        announced, length = found.milliseconds, media.judge(ffmpeg.probe(work / f"{side}.mp4"), minutes_max=10**4).milliseconds
        if length < announced * 0.9 - 500:
            raise Unreadable("cut_off")


class _Telling:
    """Keeps the sign of life and the percentage, at most once a second, and tells the open pages of the desk."""

    def __init__(self, job: Conversion, steps: list[Step], now: Clock) -> None:
        self.job, self.steps, self.now, self.milliseconds = job, steps, now, 0
        self.number, self.last = 0, now() - BEAT

    def begin(self, number: int) -> None:
        self.number = number
        if not self._keep(0.0):
            raise ffmpeg.Interrupted

    def __call__(self, second: float) -> bool:
        if self.now() - self.last < BEAT:
            return True
        return self._keep(second * 1000 / max(1, self.milliseconds))

    def _keep(self, share: float) -> bool:
        """Return whether the conversion is still ours: another upload, or another worker, may have taken its place."""
        self.last = self.now()
        percent = media.overall(self.number, len(self.steps), share)
        mine = Conversion.objects.filter(pk=self.job.pk, state="running", attempts=self.job.attempts)
        kept = mine.update(beat_at=self.last, percent=percent, step=self.steps[self.number].name)
        signal(f"video-desk:{self.job.video_id}", "video-work")
        return bool(kept)


def _renditions(folder: Path, found: Source, sides: list[int], streams: bool, poster: str) -> dict[str, Rendition]:
    """Describe what was made, by the names that addresses have; where there are pieces, write the list of their sizes."""
    sizes = [(side, *media.fitted(found.width, found.height, side)) for side in sides]
    files = {"poster.jpg": (poster, *media.fitted(found.width, found.height, 720))}
    files |= {f"{side}.mp4": (f"{side}.mp4", width, height) for side, width, height in sizes}
    if streams:
        (folder / "stream.m3u8").write_text(media.playlist(sizes, has_sound=found.has_sound), encoding="ascii")
        names = ["stream.m3u8", *(f"{side}.{kind}" for side in sides for kind in ("m4s", "m3u8"))]
        files |= {name: (name, 0, 0) for name in names}
    return {
        name: Rendition(file, (folder / file).stat().st_size, file_disk.hash_of(folder / file), width, height)
        for name, (file, width, height) in files.items()
    }


def _put_in_place(job: Conversion, found: Source, made: dict[str, Rendition], at: datetime) -> None:
    with transaction.atomic():
        video = locked(job.video)
        done = Conversion.objects.filter(pk=job.pk, state="running", attempts=job.attempts)
        if not done.update(state="done", step="", percent=100, reason="", finished_at=at, beat_at=at):
            raise ffmpeg.Interrupted
        before = video.folder
        video.folder, video.milliseconds, video.changed_at = job.folder, found.milliseconds, at
        video.media = {name: asdict(one) for name, one in made.items()}
        video.save(update_fields=["folder", "milliseconds", "media", "changed_at"])
        record(
            "video.converted", subject=video, actor=SYSTEM, at=at, file=job.name, seconds=video.seconds,
            made=sorted(name for name in made if name.endswith((".mp4", "stream.m3u8"))),
        )  # fmt: skip
        signal(f"video-desk:{video.pk}", "video-work")
    if before and before != job.folder:
        disk.forget(job.video_id, before)


def _fail(job: Conversion, reason: str, at: datetime) -> None:
    """Keep why a file became no video; the file itself stays, so that it can be tried again."""
    log.info("video not converted", video=job.video_id, reason=reason)
    shutil.rmtree(disk.folder_of(job.video_id, job.folder) / "work", ignore_errors=True)
    with transaction.atomic():
        mine = Conversion.objects.filter(pk=job.pk, state="running", attempts=job.attempts)
        if mine.update(state="failed", reason=reason, finished_at=at, beat_at=at):
            record("video.conversion_failed", subject=f"video:{job.video_id}", actor=SYSTEM, at=at, file=job.name, reason=reason)
            signal(f"video-desk:{job.video_id}", "video-work")


def _give_back(job: Conversion, at: datetime) -> None:
    """Let the next worker go on; being interrupted is not the file's fault and counts as no attempt."""
    mine = Conversion.objects.filter(pk=job.pk, state="running", attempts=job.attempts)
    mine.update(state="waiting", attempts=job.attempts - 1, beat_at=at)


@transaction.atomic
def repeat_conversion(video: Video, *, actor: Actor, at: datetime) -> Conversion:
    """Try the last conversion again: after it failed, or for another poster. Fact: `video.conversion_repeated`.

    Finished steps are not done again. Raises NotPermitted, NothingToRepeat.
    """
    permit(access.may_edit(actor))
    video = locked(video)
    last = Conversion.objects.select_for_update().filter(video=video).order_by("-pk").first()
    if last is None or last.is_open or not (disk.folder_of(video.pk, last.folder) / disk.SOURCE).exists():
        raise NothingToRepeat()
    last.state, last.reason, last.percent, last.attempts, last.beat_at, last.finished_at = "waiting", "", 0, 0, None, None
    last.save()
    record("video.conversion_repeated", subject=video, actor=actor, at=at, file=last.name)
    signal(f"video-desk:{video.pk}", "video-work")
    return last

