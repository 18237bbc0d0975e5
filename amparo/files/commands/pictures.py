"""Renderings of pictures: decoded and encoded anew, so that nothing of the sender's bytes reaches a page. SEC-26."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:  # the decoders are loaded with the first picture: most processes never see one
    from PIL import Image

log = structlog.get_logger(__name__)
PIXELS_MAX = 40_000_000
SIDE_MAX = 2560
FRAMES_MAX = 120
_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP", "image/bmp": "BMP",
            "image/tiff": "TIFF"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rendering:
    """What was drawn: its type and the size of the picture as it came."""

    content_type: str
    width: int
    height: int


def render(source: Path, content_type: str, target: Path) -> Rendering | None:
    """Draw a picture anew into `target`; None where it is no sound picture, or too large to be decoded safely."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source, formats=[_FORMATS[content_type]]) as picture:
                if picture.width * picture.height > PIXELS_MAX:
                    return None
                width, height = picture.size
                return Rendering(_draw(picture, target), width, height)
    except Exception as error:  # the decoder's edge: hundreds of ways to be broken, one answer
        log.info("picture not rendered", error=type(error).__name__)
        return None


def _draw(picture: Image.Image, target: Path) -> str:
    from PIL import ImageOps, ImageSequence

    frames = getattr(picture, "n_frames", 1)
    if picture.format == "GIF" and 1 < frames <= FRAMES_MAX and picture.width * picture.height * frames <= PIXELS_MAX:
        drawn = [frame.convert("RGBA") for frame in ImageSequence.Iterator(picture)]
        pause = picture.info.get("duration", 100)
        drawn[0].save(target, "GIF", save_all=True, append_images=drawn[1:], loop=0, duration=pause)
        return "image/gif"
    image = ImageOps.exif_transpose(picture)
    image.thumbnail((SIDE_MAX, SIDE_MAX))
    if picture.format == "JPEG":
        image.convert("RGB").save(target, "JPEG", quality=88)
        return "image/jpeg"
    plain = image.convert("RGBA" if "A" in image.getbands() or "transparency" in image.info else "RGB")
    plain.save(target, "PNG")
    return "image/png"
