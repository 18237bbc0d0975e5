"""Decisions about settings: how a value is written and read, and what a logo may be. Pure."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

LOGO_OCTETS_MAX = 2_000_000
LOGO_SIDE_MAX = 4096
LOGO_SHOWN = (480, 128)
LOGO_FORMATS = ("PNG", "JPEG", "WEBP")


def written(value: Any) -> str:
    """Return a value as a field of a form shows it: a list with commas between."""
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def read_list(text: str, default: Sequence[Any]) -> list[Any] | None:
    """Return the list that a text with commas means, of whole numbers where the default has them; None if it means none."""
    words = [word for word in re.split(r"[,;\s]+" if _numbers(default) else r"\s*,\s*", text.strip()) if word]
    if not _numbers(default):
        return list(words)
    if not all(re.fullmatch(r"-?[0-9]{1,9}", word) for word in words):
        return None
    return [int(word) for word in words]


def _numbers(default: Sequence[Any]) -> bool:
    return bool(default) and all(type(one) is int for one in default)


def encoded_logo(octets: bytes) -> bytes | None:
    """Return a picture drawn anew as a PNG of the size that pages show, None for what is no picture. SEC-26.

    Only pixels pass: whatever else the file held (scripts, metadata, a second file behind it) is left behind.
    """
    if len(octets) > LOGO_OCTETS_MAX:
        return None
    from PIL import Image, UnidentifiedImageError  # loaded with the first logo

    try:
        with Image.open(io.BytesIO(octets), formats=LOGO_FORMATS) as picture:
            if max(picture.size) > LOGO_SIDE_MAX:
                return None
            small_picture = picture.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    small_picture.thumbnail(LOGO_SHOWN)
    out = io.BytesIO()
    small_picture.save(out, "PNG", optimize=True)
    return out.getvalue()
