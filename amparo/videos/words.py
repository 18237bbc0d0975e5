"""States, steps and reasons of videos as words for people."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from amparo.editor.models import AUDIENCE_LABELS, LANGUAGE_LABELS

AUDIENCES: Final[dict[str, Any]] = AUDIENCE_LABELS
LANGUAGES: Final[dict[str, Any]] = LANGUAGE_LABELS
STATES: Final[dict[str, Any]] = {
    "draft": _("Draft"),
    "published": pgettext_lazy("video", "Published"),
    "withdrawn": pgettext_lazy("video", "Withdrawn"),
}
TONES: Final = {"draft": "neutral", "published": "done", "withdrawn": "late"}
JOBS: Final[dict[str, Any]] = {
    "waiting": _("Waits for its turn"),
    "running": _("Being converted"),
    "done": pgettext_lazy("conversion", "Ready"),
    "failed": _("Could not be converted"),
}
JOB_TONES: Final = {"waiting": "waiting", "running": "act", "done": "done", "failed": "late"}
STEPS: Final[dict[str, Any]] = {
    "": _("Looking at the file"),
    "poster": _("Taking the picture of the cover"),
    "film-720": _("Making the 720p film"),
    "film-1080": _("Making the 1080p film"),
    "pieces-720": _("Cutting the 720p film in pieces"),
    "pieces-1080": _("Cutting the 1080p film in pieces"),
}
REASONS: Final[dict[str, Any]] = {
    "format": _("The file is not a video in MP4, MOV, MKV or WebM, or it is damaged. Export it as MP4 (H.264) and upload it again."),
    "codec": _("The picture or the sound is in a format that we do not read. Export it as MP4 with H.264 and AAC and upload it again."),
    "huge": _("The picture is larger than we read: at most 8,192 pixels a side. Export it as 1080p and upload it again."),
    "long": _("The video is longer than what is allowed. Cut it in parts, or let an administrator raise the limit."),
    "no_picture": _("There is no moving picture in the file. Look whether it is a sound recording, and upload the right one."),
    "broken": _("The file breaks off or is damaged inside. Export it anew and upload it again."),
    "cut_off": _("The file ends before it says it does: the upload or the export was cut off. Upload it again."),
    "time": _("The conversion took longer than any video may. Try again at a quieter hour, or export it smaller."),
    "gave_up": _("The conversion stopped the worker several times, so it was given up. Export the video anew and upload it again."),
    "gone": _("The uploaded file is no longer on the disk. Upload it again."),
    "superseded": _("Another file was uploaded in its place."),
}
TRACKS: Final[dict[str, Any]] = {"captions": _("Captions"), "chapters": _("Chapters")}
NEEDS: Final[dict[str, Any]] = {
    "media": _("A file, converted"),
    "description": _("A description"),
    "captions": _("Captions in its language"),
    "chapters": _("Chapters in its language"),
}
SPEEDS: Final = ("0.75", "1", "1.25", "1.5", "2")
