"""The films of the demonstration, as the worker comes to them: the world of the demonstration is loaded only where one waits."""

from __future__ import annotations

from datetime import datetime

from amparo.videos.models import Video

PREFIX = "demo-video:"


def tick(*, at: datetime) -> bool:
    """Film or publish the next; false where nothing is left to do. SRC-3."""
    if not Video.objects.filter(key__startswith=PREFIX, state="draft").exists():
        return False
    from amparo.project.demo import videos

    return videos.tick(at=at)
