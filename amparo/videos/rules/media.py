"""What a source may be, which renditions it gets, what the list of a stream says. Pure. SRC-3, SEC-26."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

# Read are the containers that people export to; never a playlist or a list of other files, which would make the reader open them.
CONTAINERS: Final = frozenset({"mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm"})
DEMUXERS: Final = "mov,matroska"
PICTURES: Final = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "prores", "dnxhd", "mjpeg", "qtrle", "ffv1", "png"})
SOUNDS: Final = frozenset({"aac", "mp3", "opus", "vorbis", "flac", "alac", "ac3", "eac3"})
SIDE_MAX, PIXELS_MAX = 8192, 36_000_000
SIDES: Final = (720, 1080)
# H.264 high profile at the levels that every telephone of ten years plays, and what a stream's list calls them.
LEVELS: Final = {720: ("3.1", "avc1.64001f", 2_400_000), 1080: ("4.0", "avc1.640028", 4_800_000)}
_BOXES: Final = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")


@dataclass(frozen=True, slots=True)
class Rendition:
    """One file that readers are given: its name on the disk, octets, hash, and the size of its picture."""

    name: str
    size: int
    sha256: str
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """What the prober found in a file: milliseconds, the size as it is to be shown, whether it has sound."""

    milliseconds: int
    width: int
    height: int
    has_sound: bool


class Unreadable(ValueError):
    """A file that gets no rendition; `code` says why: `format`, `codec`, `huge`, `long`, `no_picture`, `broken`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def looks_like_film(head: bytes) -> bool:
    """True where the first octets are those of MP4, QuickTime, Matroska or WebM: anything else is refused unread. SEC-26."""
    return head[4:8] in _BOXES or head[:4] == b"\x1aE\xdf\xa3"


def judge(probed: Mapping[str, Any], *, minutes_max: int) -> Source:
    """Return what a probed file is. Raises Unreadable. SEC-26.

    Judged are the container, the codecs, the size of the picture and the length, each against what is allowed.
    """
    described = probed.get("format") or {}
    if not CONTAINERS.issuperset(str(described.get("format_name", "?")).split(",")):
        raise Unreadable("format")
    streams = [one for one in probed.get("streams") or [] if isinstance(one, Mapping)]
    picture = next((one for one in streams if one.get("codec_type") == "video" and not _is_cover(one)), None)
    sound = next((one for one in streams if one.get("codec_type") == "audio"), None)
    if picture is None:
        raise Unreadable("no_picture")
    sounds = sound is None or sound.get("codec_name") in SOUNDS or str(sound.get("codec_name", "")).startswith("pcm_")
    if picture.get("codec_name") not in PICTURES or not sounds:
        raise Unreadable("codec")
    width, height = displayed(picture)
    if not (16 <= width <= SIDE_MAX and 16 <= height <= SIDE_MAX and width * height <= PIXELS_MAX):
        raise Unreadable("huge")
    milliseconds = _milliseconds(described.get("duration")) or _milliseconds(picture.get("duration"))
    if milliseconds < 100:
        raise Unreadable("broken")
    if milliseconds > minutes_max * 60_000:
        raise Unreadable("long")
    return Source(milliseconds, width, height, sound is not None)


def _is_cover(stream: Mapping[str, Any]) -> bool:
    return bool((stream.get("disposition") or {}).get("attached_pic"))


def _milliseconds(text: Any) -> int:
    try:
        seconds = float(text)
    except (TypeError, ValueError):
        return 0
    return round(seconds * 1000) if 0 < seconds < 10**7 else 0


def displayed(stream: Mapping[str, Any]) -> tuple[int, int]:
    """Return width and height as a picture is to be shown: with the shape of its pixels, and turned as the telephone was held."""
    width, height = _whole(stream.get("width")), _whole(stream.get("height"))
    across, _sep, down = str(stream.get("sample_aspect_ratio", "")).partition(":")
    if across.isdecimal() and down.isdecimal() and int(across) and int(down) and len(across) < 7 and len(down) < 7:
        width = round(width * int(across) / int(down))
    turned = next((one.get("rotation") for one in stream.get("side_data_list") or [] if isinstance(one, Mapping) and "rotation" in one), 0)
    return (height, width) if isinstance(turned, int | float) and round(turned) % 180 else (width, height)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 10**7 else 0


def fitted(width: int, height: int, side: int) -> tuple[int, int]:
    """Return the size of a rendition whose short side is at most `side`: never larger than the source, even numbers.

    >>> fitted(1920, 1080, 720), fitted(1080, 1920, 720), fitted(641, 361, 720)
    ((1280, 720), (720, 1280), (640, 360))
    """
    short = min(width, height)
    if short > side:
        width, height = round(width * side / short), round(height * side / short)
    return max(2, width - width % 2), max(2, height - height % 2)


def sides_for(source: Source) -> list[int]:
    """Return which renditions a source gets: 720 always, 1080 where it has as much. Never upscaled."""
    return [side for side in SIDES if side == SIDES[0] or min(source.width, source.height) >= side]


def playlist(renditions: Sequence[tuple[int, int, int]], *, has_sound: bool) -> str:
    """Return the list of a stream's sizes, the smallest first, so that a slow line begins at once. `(side, width, height)` each."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for side, width, height in sorted(renditions):
        _level, codec, bits = LEVELS[side]
        codecs = f"{codec},mp4a.40.2" if has_sound else codec
        lines += [f'#EXT-X-STREAM-INF:BANDWIDTH={bits},RESOLUTION={width}x{height},CODECS="{codecs}"', f"{side}.m3u8"]
    return "\n".join([*lines, ""])


def overall(step: int, steps: int, share: float) -> int:
    """Return how much of all steps is done, in whole per cent, below 100 until all is.

    >>> overall(1, 4, 0.5), overall(3, 4, 1.0)
    (37, 99)
    """
    return max(0, min(99, int((step + min(max(share, 0.0), 1.0)) * 100 / max(1, steps))))
