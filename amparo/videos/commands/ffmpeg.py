# ruff: noqa: S603
"""Calls of ffmpeg and ffprobe: confined, watched, ended in time. No row and no right here. SEC-26.

A source is hostile until shown otherwise: it is opened by two demuxers alone and by no protocol but plain files, so that no
list in it makes the reader open something else; the process is niced, may use so much memory and write so large a file and
no larger, and dies with whoever started it.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import structlog

from amparo.videos.rules.media import DEMUXERS, LEVELS, PIXELS_MAX, Source, Unreadable, fitted

log = structlog.get_logger(__name__)
MEMORY_OCTETS_MAX = 4 * 2**30
PROBE_SECONDS_MAX = 30
SILENT_SECONDS_MAX = 120
CPU_SECONDS_MAX = 6 * 3600
OPEN = ("-protocol_whitelist", "file", "-format_whitelist", DEMUXERS)
KEYFRAME_SECONDS = 4


class Interrupted(Exception):
    """The worker is to stop, or another upload took this one's place: nothing is wrong with the file."""


class Absent(Exception):
    """There is no ffmpeg on this machine."""


def program(name: str) -> str | None:
    """Return the path of `ffmpeg` or `ffprobe`: in the folder that AMPARO_FFMPEG names, else the machine's own."""
    folder = os.environ.get("AMPARO_FFMPEG")
    return shutil.which(name, path=folder) if folder else shutil.which(name)


def is_there() -> bool:
    """True where videos can be converted on this machine."""
    return program("ffmpeg") is not None and program("ffprobe") is not None


def seconds_of(path: Path) -> float:
    """Return how long a film of the gateway's plays, by its last frame: such films tell no length. 0 where it cannot be told."""
    ask = [program("ffprobe") or "ffprobe", "-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", str(path)]
    try:
        done = subprocess.run(ask, capture_output=True, text=True, check=False, timeout=600)
    except FileNotFoundError:
        return 0.0
    moments = [float(word) for line in done.stdout.splitlines() if (word := line.strip().strip(",")) and word.replace(".", "", 1).isdecimal()]
    return max(moments, default=0.0)


def probe(path: Path) -> dict[str, Any]:
    """Return what ffprobe tells of a file. Raises Unreadable, Absent."""
    command = [_found("ffprobe"), "-v", "error", *OPEN, "-max_pixels", str(PIXELS_MAX), "-show_format", "-show_streams", "-of", "json", str(path)]
    try:
        done = subprocess.run(
            [*_confined(), *command], capture_output=True, stdin=subprocess.DEVNULL, timeout=PROBE_SECONDS_MAX, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unreadable("time") from None
    if done.returncode:
        log.info("source not readable", said=done.stderr[-300:].decode("utf-8", "replace"))
        raise Unreadable("format")
    try:
        return dict(json.loads(done.stdout))
    except ValueError:
        raise Unreadable("format") from None


def film(source: Path, target: Path, side: int, found: Source) -> list[str]:
    """Return the call that makes one whole film: H.264 and AAC, index first, nothing of the source's own words in it."""
    width, height = fitted(found.width, found.height, side)
    level, _codec, bits = LEVELS[side]
    return [
        *_begin(), *OPEN, "-max_pixels", str(PIXELS_MAX), "-i", str(source), "-map", "0:V:0", "-map", "0:a:0?", "-sn", "-dn",
        "-map_metadata", "-1", "-map_chapters", "-1", "-t", f"{found.milliseconds / 1000 + 1:.3f}",
        "-vf", f"scale={width}:{height}:flags=bicubic,setsar=1,format=yuv420p", "-fpsmax", "30",
        "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-profile:v", "high", "-level", level, "-threads", "2",
        "-maxrate", str(bits), "-bufsize", str(bits * 2), "-force_key_frames", f"expr:gte(t,n_forced*{KEYFRAME_SECONDS})",
        "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000", "-movflags", "+faststart", "-f", "mp4", *_told(), str(target),
    ]  # fmt: skip


def poster(source: Path, target: Path, second: float, found: Source) -> list[str]:
    """Return the call that takes one frame as a picture of our own making."""
    width, height = fitted(found.width, found.height, 720)
    return [
        *_begin(), *OPEN, "-max_pixels", str(PIXELS_MAX), "-ss", f"{second:.3f}", "-i", str(source), "-map", "0:V:0", "-frames:v", "1",
        "-vf", f"scale={width}:{height},setsar=1,format=yuvj420p", "-map_metadata", "-1", "-c:v", "mjpeg", "-q:v", "4", "-f", "image2",
        "-update", "1", *_told(), str(target),
    ]  # fmt: skip


def pieces(rendition: Path, folder: Path, side: int) -> list[str]:
    """Return the call that lists a film of ours in pieces (fMP4 HLS), without encoding it again: one file, many ranges."""
    return [
        *_begin(), *OPEN, "-i", str(rendition), "-c", "copy", "-map", "0", "-f", "hls", "-hls_time", str(KEYFRAME_SECONDS),
        "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4", "-hls_flags", "single_file+independent_segments",
        "-hls_segment_filename", str(folder / f"{side}.m4s"), *_told(), str(folder / f"{side}.m3u8"),
    ]  # fmt: skip


def run(command: Sequence[str], *, seconds_max: float, octets_max: int, told: Callable[[float], bool], stop: threading.Event) -> None:
    """Run a call to its end; `told` gets the second that was reached and answers whether to go on.

    Raises Unreadable ("broken", "time"), Interrupted.
    """
    began = heard = time.monotonic()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen([*_confined(octets_max), *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said)
        try:
            assert child.stdout
            with selectors.DefaultSelector() as waiting:
                waiting.register(child.stdout, selectors.EVENT_READ)
                while True:
                    if stop.is_set():
                        raise Interrupted
                    now = time.monotonic()
                    if now - began > seconds_max or now - heard > SILENT_SECONDS_MAX:
                        raise Unreadable("time")
                    if not waiting.select(timeout=0.5):
                        continue
                    line = child.stdout.readline()
                    if not line:
                        break
                    heard = now
                    if (second := _second(line)) is not None and not told(second):
                        raise Interrupted
            if child.wait(timeout=SILENT_SECONDS_MAX):
                _log(child.returncode, said)
                raise Unreadable("broken")
        except subprocess.TimeoutExpired:
            raise Unreadable("time") from None
        finally:
            if child.poll() is None:
                child.kill()
            child.wait()
            if child.stdout:
                child.stdout.close()


def _second(line: bytes) -> float | None:
    name, _sep, text = line.decode("ascii", "replace").strip().partition("=")
    digits = text.lstrip("-")
    return int(text) / 1_000_000 if name == "out_time_us" and digits.isdecimal() and len(digits) < 16 else None


def _log(code: int, said: IO[bytes]) -> None:
    size = said.seek(0, os.SEEK_END)
    said.seek(max(0, size - 400))
    log.warning("ffmpeg failed", code=code, said=said.read().decode("utf-8", "replace"))


def _begin() -> list[str]:
    return [_found("ffmpeg"), "-nostdin", "-hide_banner", "-loglevel", "error", "-y"]


def _told() -> tuple[str, ...]:
    return ("-progress", "pipe:1", "-nostats")


def _found(name: str) -> str:
    path = program(name)
    if path is None:
        raise Absent(name)
    return path


def _confined(octets_max: int = 0) -> list[str]:
    """Return what a call stands behind: it dies with us, gives way to everybody, and has limits of its own."""
    before: list[str] = []
    if shutil.which("setpriv"):
        before += ["setpriv", "--pdeathsig", "KILL", "--"]
    if shutil.which("nice"):
        before += ["nice", "-n", "15"]
    if shutil.which("prlimit"):
        limits = [f"--as={MEMORY_OCTETS_MAX}", "--core=0", "--nofile=64", f"--cpu={CPU_SECONDS_MAX}"]
        before += ["prlimit", *limits, *([f"--fsize={octets_max}"] if octets_max else []), "--"]
    return before
