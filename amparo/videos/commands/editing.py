"""Adding, describing, publishing and withdrawing a video. SRC-3."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from amparo.contracts.rules.audience import AUDIENCES
from amparo.history.commands import record
from amparo.kernel import markdown
from amparo.kernel.actor import Actor
from amparo.videos import access
from amparo.videos.errors import NotReady, ValueMissing
from amparo.videos.models import LANGUAGES, Video
from amparo.videos.rules.publishing import readiness

from .shared import locked, permit, tell_search

TEXTS = {"title": 160, "description": 20_000, "theme": 60}


@transaction.atomic
def add_video(
    title: str, *, description: str = "", theme: str = "", product_id: int | None = None, audience: str = "visitor",
    language: str = "es", key: str | None = None, actor: Actor, at: datetime,
) -> Video:  # fmt: skip
    """Add a video, a draft without any file yet. Fact: `video.added`. Raises NotPermitted, ValueMissing."""
    permit(access.may_edit(actor))
    if key and (found := Video.objects.filter(key=key).first()):
        return found
    video = Video(created_at=at, created_by_id=actor.user_id, key=key)
    _put(video, {"title": title, "description": description, "theme": theme, "product_id": product_id, "audience": audience, "language": language}, at)
    video.save()
    record("video.added", subject=video, actor=actor, at=at, title=video.title)
    return video


@transaction.atomic
def retitle(video: Video, *, given: Mapping[str, Any], actor: Actor, at: datetime) -> Video:
    """Change what a video says of itself and for whom it is; the search follows at once. Fact: `video.edited`.

    Raises NotPermitted, ValueMissing, NotReady where a published one would lack something.
    """
    permit(access.may_edit(actor))
    video = locked(video)
    _put(video, given, at)
    if video.is_published:
        _ready(video)
    video.save()
    tell_search(video)
    record("video.edited", subject=video, actor=actor, at=at, title=video.title, audience=video.audience)
    return video


def _put(video: Video, given: Mapping[str, Any], at: datetime) -> None:
    for name, length in TEXTS.items():
        if name in given:
            setattr(video, name, str(given[name] or "").strip()[:length])
    for name in ("product_id", "audience", "language", "poster_second"):
        if name in given:
            setattr(video, name, given[name])
    if not video.title:
        raise ValueMissing(field="title")
    if video.audience not in AUDIENCES or video.language not in LANGUAGES:
        raise ValueMissing(field="audience")
    video.description_html = markdown.render(video.description)
    video.changed_at = at


@transaction.atomic
def publish(video: Video, *, actor: Actor, at: datetime) -> Video:
    """Show a video to its audience; without captions and chapters in its own language none is shown. SRC-3.

    Fact: `video.published`, the first time and after a withdrawal. Raises NotPermitted, NotReady.
    """
    permit(access.may_edit(actor))
    video = locked(video)
    if video.is_published:
        return video
    _ready(video)
    video.state, video.changed_at = "published", at
    video.published_at = video.published_at or at
    video.save()
    tell_search(video)
    record(
        "video.published", subject=video, actor=actor, at=at, title=video.title, audience=video.audience, product=video.product_id,
        language=video.language,
    )  # fmt: skip
    return video


@transaction.atomic
def withdraw(video: Video, *, actor: Actor, at: datetime) -> Video:
    """Show a video to nobody any more; nothing of it is lost. Fact: `video.withdrawn`. Raises NotPermitted."""
    permit(access.may_edit(actor))
    video = locked(video)
    if video.is_published:
        video.state, video.changed_at = "withdrawn", at
        video.save(update_fields=["state", "changed_at"])
        tell_search(video)
        record("video.withdrawn", subject=video, actor=actor, at=at, title=video.title)
    return video


def _ready(video: Video) -> None:
    tracks = set(video.tracks.values_list("kind", "language")) if video.pk else set()
    found = readiness(has_media=bool(video.folder), description=video.description, language=video.language, tracks=tracks)
    if not found.is_ready:
        words = {
            "media": _("a converted file"), "description": _("a description"), "captions": _("captions in its language"),
            "chapters": _("chapters in its language"),
        }  # fmt: skip
        lacks = ", ".join(words[one] for one in found.missing)
        raise NotReady(_("This video cannot be published yet. It lacks: %(what)s.") % {"what": lacks}, missing=found.missing)
