"""How far somebody watched. The reader's own convenience: no fact is recorded of it."""

from __future__ import annotations

from datetime import datetime

from amparo.kernel.actor import Actor
from amparo.kernel.refusals import NotPermitted
from amparo.videos.models import Video, Watched


def keep_place(video: Video, second: int, *, actor: Actor, at: datetime) -> None:
    """Keep where a signed-in reader stands in a video; at the end it is forgotten. Raises NotPermitted for visitors."""
    if actor.user_id is None:
        raise NotPermitted()
    second = max(0, min(second, video.seconds))
    if second < 5 or second > video.seconds - 5:
        Watched.objects.filter(user_id=actor.user_id, video=video).delete()
        return
    Watched.objects.update_or_create(user_id=actor.user_id, video=video, defaults={"second": second, "at": at})
