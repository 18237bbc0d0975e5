"""Captions and chapters: parsed, kept as plain cues, written anew when they are served. SRC-3, SEC-21."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from amparo.history.commands import record
from amparo.kernel.actor import Actor
from amparo.videos import access
from amparo.videos.errors import CuesInvalid, NotReady, ValueMissing
from amparo.videos.models import LANGUAGES, Track, Video
from amparo.videos.rules import webvtt

from .shared import locked, permit, tell_search


@transaction.atomic
def save_track(video: Video, *, kind: str, language: str, text: str, actor: Actor, at: datetime) -> Track:
    """Keep captions or chapters in one language, instead of those there were. Fact: `video.track_saved`.

    `text` is WebVTT or SubRip. Raises NotPermitted, CuesInvalid with the line, ValueMissing.
    """
    permit(access.may_edit(actor))
    if kind not in webvtt.KINDS or language not in LANGUAGES:
        raise ValueMissing(field="kind")
    try:
        cues = webvtt.parse(text)
    except webvtt.Wrong as wrong:
        raise CuesInvalid(_in_words(wrong)) from None
    video = locked(video)
    if video.milliseconds and cues[0].start >= video.milliseconds:
        raise CuesInvalid(_("The first cue begins after the end of the video. Are these the captions of another one?"))
    track, _made = Track.objects.update_or_create(
        video=video, kind=kind, language=language, defaults={"cues": [list(cue) for cue in cues], "changed_at": at}
    )
    _changed(video, at)
    record("video.track_saved", subject=video, actor=actor, at=at, kind=kind, language=language, cues=len(cues))
    return track


@transaction.atomic
def drop_track(video: Video, *, kind: str, language: str, actor: Actor, at: datetime) -> None:
    """Take captions or chapters away, but never those that a published video must have. Fact: `video.track_dropped`.

    Raises NotPermitted, NotReady.
    """
    permit(access.may_edit(actor))
    video = locked(video)
    if video.is_published and language == video.language:
        raise NotReady(_("A published video needs captions and chapters in its language. Replace them, or withdraw the video first."))
    found = Track.objects.filter(video=video, kind=kind, language=language)
    if found.delete()[0]:
        _changed(video, at)
        record("video.track_dropped", subject=video, actor=actor, at=at, kind=kind, language=language)


def _changed(video: Video, at: datetime) -> None:
    video.changed_at = at
    video.save(update_fields=["changed_at"])
    tell_search(video)


def _in_words(wrong: webvtt.Wrong) -> str:
    sentences = {
        "empty": _("There is no cue in this text. A cue is a line with two times, 00:01.000 --> 00:04.000, and its words below."),
        "long": _("This text is too long. Cut the video in parts, or shorten the captions."),
        "many": _("There are more cues than a video can have. Cut the video in parts."),
        "time": _("Line %(line)s: the times cannot be read. They are written 00:01.000 --> 00:04.000."),
        "order": _("Line %(line)s: the cue ends before it begins."),
        "text": _("Line %(line)s: the cue is longer than anybody can read. Cut it in two."),
    }
    return sentences[wrong.code] % {"line": wrong.line}
