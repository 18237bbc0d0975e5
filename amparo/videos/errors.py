"""Refusals of videos."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.kernel.refusals import Invalid, Refusal, Text


class BadSource(Invalid):
    """A file that cannot become a video, with the reason in words. SEC-26."""

    code = "video_source_bad"
    message = _("This file is not a video that we can read. Export it as MP4 (H.264) and upload it again.")

    def __init__(self, message: Text | None = None, **context: Any) -> None:
        super().__init__(message, field="file", **context)


class TooLarge(BadSource):
    code = "video_too_large"


class CuesInvalid(Invalid):
    """Captions or chapters that are no WebVTT; the sentence names the line. SEC-21."""

    code = "cues_invalid"

    def __init__(self, message: Text, **context: Any) -> None:
        super().__init__(message, field="text", **context)


class ValueMissing(Invalid):
    code = "video_value_missing"
    message = _("Fill this in.")


class NotReady(Refusal):
    """A video that lacks something that readers need. SRC-3."""

    code = "video_not_ready"
    status = 409


class NothingToRepeat(Refusal):
    code = "video_nothing_to_repeat"
    status = 409
    message = _("There is no failed conversion to try again. Upload the file first.")
