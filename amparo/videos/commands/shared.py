"""What the verbs of videos share: who may, the row under lock, what the search is told."""

from __future__ import annotations

from django.urls import reverse

from amparo.kernel import markdown
from amparo.kernel.refusals import NotPermitted
from amparo.search import commands as search
from amparo.videos.models import Track, Video
from amparo.videos.rules import webvtt


def permit(allowed: bool) -> None:
    """Raise NotPermitted unless allowed."""
    if not allowed:
        raise NotPermitted()


def locked(video: Video) -> Video:
    """Return the video as it stands, locked to the end of the transaction."""
    return Video.objects.select_for_update().get(pk=video.pk)


def tell_search(video: Video) -> None:
    """Let the search know a published video with its transcript by the second, and forget any other. SRC-3."""
    if not video.is_published:
        search.forget(video.subject)
        return
    assert video.published_at is not None
    said = Track.objects.filter(video=video, kind="captions", language=video.language).first()
    search.index(
        video.subject, kind="video", title=video.title, url=reverse("videos:video", args=[video.pk]), audience=video.audience,
        product_id=video.product_id, language=video.language, summary=markdown.excerpt(video.description, 200),
        body=f"{video.theme} {markdown.plain(video.description)}".strip(), parts=webvtt.parts(said.parsed) if said else (),
        published_at=video.published_at,
    )  # fmt: skip
