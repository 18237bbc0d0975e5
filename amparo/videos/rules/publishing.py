"""What a video must have before anybody sees it. Pure. SRC-3."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

NEEDED: Final = ("media", "description", "captions", "chapters")


@dataclass(frozen=True, slots=True)
class Readiness:
    """What is there and what is missing, in the order in which it is asked for."""

    missing: tuple[str, ...]

    @property
    def is_ready(self) -> bool:
        return not self.missing


def readiness(*, has_media: bool, description: str, language: str, tracks: Collection[tuple[str, str]]) -> Readiness:
    """Return what a video still lacks: its renditions, a description, captions and chapters in its own language. SRC-3."""
    there = {
        "media": has_media, "description": bool(description.strip()), "captions": ("captions", language) in tracks,
        "chapters": ("chapters", language) in tracks,
    }  # fmt: skip
    return Readiness(tuple(need for need in NEEDED if not there[need]))
