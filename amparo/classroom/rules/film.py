"""One film out of the tracks of a class: what is shown where and when, as arguments for ffmpeg. Pure. LIV-1.

The screen fills the picture while it is shared, else the instructor's camera does; whoever has the floor is in a small picture
at the edge; everybody who spoke is heard at his moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from .notices import SCREEN

# A screen is read, faces are only seen: so large, and no larger, for each pixel is work.
WIDE, PLAIN = (1280, 720, 208, 156), (854, 480, 160, 120)
RATE, EDGE = 15, 12
AUDIO, VIDEO = "audio", "video"


@dataclass(frozen=True, slots=True)
class Track:
    """One track as a file that ffmpeg reads: whose, what, from which second of the film, for how long."""

    path: Path
    kind: str
    owner: str
    start: float
    seconds: float
    leads: bool = False

    @property
    def is_screen(self) -> bool:
        return self.owner.endswith(SCREEN)

    @property
    def end(self) -> float:
        return self.start + self.seconds


def offsets(moments: Sequence[datetime]) -> list[float]:
    """Return the second of the film at which each track begins; the first begins at none."""
    first = min(moments)
    return [(moment - first).total_seconds() for moment in moments]


def lasts(tracks: Sequence[Track]) -> float:
    """Return how long the film is, in seconds."""
    return max((track.end for track in tracks), default=0.0)


def arguments(tracks: Sequence[Track], target: Path) -> list[str]:
    """Return the arguments that make the film. One picture alone is taken as it came; more are put together."""
    videos = [track for track in tracks if track.kind == VIDEO]
    audios = [track for track in tracks if track.kind == AUDIO]
    result = ["-nostdin", "-v", "error", "-y"]
    alone = len(videos) == 1
    for track in [*videos, *audios]:
        shift = ["-itsoffset", f"{track.start:.3f}"] if alone and track.kind == VIDEO and track.start else []
        result += [*shift, "-i", str(track.path)]
    chains = _pictures(videos, lasts(tracks)) if len(videos) > 1 else []
    chains += _sounds(audios, len(videos))
    if chains:
        result += ["-filter_complex", ";".join(chains)]
    if alone:
        result += ["-map", "0:v", "-c:v", "copy"]
    elif videos:
        result += ["-map", "[film]", "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "12", "-b:v", "900k", "-r", str(RATE), "-threads", "2"]
    if audios:
        result += ["-map", "[sound]", "-c:a", "libopus", "-b:a", "48k"]
    return [*result, "-t", f"{max(lasts(tracks), 0.1):.3f}", "-progress", "pipe:1", "-f", "webm", str(target)]


def _sounds(audios: Sequence[Track], first: int) -> list[str]:
    """Return the chains that let every voice be heard at its moment."""
    chains = [f"[{first + i}:a]adelay={round(track.start * 1000)}:all=1[a{i}]" for i, track in enumerate(audios)]
    if not chains:
        return []
    names = "".join(f"[a{i}]" for i in range(len(audios)))
    return [*chains, f"{names}amix=inputs={len(audios)}:duration=longest:normalize=0,aresample=async=1000[sound]"]


def _pictures(videos: Sequence[Track], seconds: float) -> list[str]:
    """Return the chains that put the pictures over each other, the widest below."""
    screens = [(track.start, track.end) for track in videos if track.is_screen]
    wide, high, small_wide, small_high = WIDE if screens else PLAIN
    chains = [f"color=c=black:s={wide}x{high}:r={RATE}:d={seconds:.3f}[p0]"]
    order = sorted(enumerate(videos), key=lambda one: (not one[1].leads or one[1].is_screen, not one[1].is_screen, one[1].start))
    slots: list[float] = []
    for number, (place, track) in enumerate(order):
        full = track.is_screen or track.leads
        width, height = (wide, high) if full else (small_wide, small_high)
        chains.append(
            f"[{place}:v]setpts=PTS-STARTPTS+{track.start:.3f}/TB,fps={RATE},scale={width}:{height}:force_original_aspect_ratio=decrease,"
            f"pad={width}:{height}:(ow-iw)/2:(oh-ih)/2{',split' if track.leads and not track.is_screen and screens else ''}[v{number}]"
            + (f"[w{number}]" if track.leads and not track.is_screen and screens else "")
        )
        x, y = "0", "0"
        if not full:
            slot = next((i for i, end in enumerate(slots) if end <= track.start), len(slots))
            slots[slot:slot + 1] = [track.end]
            x, y = str(EDGE), str(high - (slot % 4 + 1) * (small_high + EDGE))
        chains.append(f"[p{number}][v{number}]overlay={x}:{y}:eof_action=pass:enable='between(t,{track.start:.3f},{track.end:.3f})'[p{number + 1}]")
    last = len(order)
    for number, (_place, track) in enumerate(order):
        if not (track.leads and not track.is_screen and screens):
            continue
        shown = "+".join(f"between(t,{max(a, track.start):.3f},{min(b, track.end):.3f})" for a, b in screens if min(b, track.end) > max(a, track.start))
        chains.append(f"[w{number}]scale={small_wide}:{small_high}:force_original_aspect_ratio=decrease[x{number}]")
        chains.append(f"[p{last}][x{number}]overlay=W-w-{EDGE}:H-h-{EDGE}:eof_action=pass:enable='{shown or '0'}'[p{last + 1}]")
        last += 1
    chains.append(f"[p{last}]format=yuv420p[film]")
    return chains


PERCENT_MAKING: Final = 99


def percent(microseconds: str, seconds: float) -> int:
    """Return how far ffmpeg is, from what it says of itself; 0 where it says nothing that can be read."""
    if not microseconds.isdecimal() or seconds <= 0:
        return 0
    return min(PERCENT_MAKING, round(int(microseconds) / seconds / 10_000))
