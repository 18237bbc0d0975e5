"""Words of the classroom for pages, and its facts as sentences on the record of a case. LIV-3."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from amparo.cases.words import Telling, tell_also
from amparo.charging.queries import held
from amparo.ui import formats

KINDS: Final[dict[str, Any]] = {
    "course": gettext_lazy("Class of a course"), "advice": gettext_lazy("Advice in the classroom"), "hour": gettext_lazy("Exclusive hour"),
}  # fmt: skip
STATES: Final[dict[str, Any]] = {
    "proposed": pgettext_lazy("class", "Waits to be accepted"), "planned": pgettext_lazy("class", "Planned"),
    "running": pgettext_lazy("class", "Running now"), "ended": pgettext_lazy("class", "Over"), "cancelled": pgettext_lazy("class", "Called off"),
}  # fmt: skip
TONES: Final = {"proposed": "act", "planned": "waiting", "running": "act", "ended": "done", "cancelled": "neutral"}
ROLES: Final[dict[str, Any]] = {"instructor": gettext_lazy("Instructor"), "student": gettext_lazy("Student")}
FILMS: Final[dict[str, Any]] = {
    "waiting": pgettext_lazy("recording", "Waits to be made"), "making": pgettext_lazy("recording", "Being made"),
    "ready": pgettext_lazy("recording", "Ready"), "empty": pgettext_lazy("recording", "Nothing was recorded"),
    "failed": pgettext_lazy("recording", "Could not be made"),
    "removed": pgettext_lazy("recording", "Its time is over and it was removed"),
}  # fmt: skip


def left_out(count: int) -> str:
    """Say that tracks are not in a film."""
    return ngettext(
        "%(count)s track of a camera or microphone could not be read or was too short, and is not in this film. It is kept as long as the film is.",
        "%(count)s tracks of cameras and microphones could not be read or were too short, and are not in this film. They are kept as long as the film is.",
        count,
    ) % {"count": count}


def minutes(count: int) -> str:
    """Return a duration as it is read: "1 h 30 min"."""
    hours, rest = divmod(count, 60)
    return " ".join([*([_("%(n)s h") % {"n": hours}] if hours else []), *([_("%(n)s min") % {"n": rest}] if rest or not hours else [])])


def _when(data: Mapping[str, Any]) -> str:
    return formats.moment_full(datetime.fromisoformat(data["starts_at"]), zone=timezone.get_current_timezone())


def _ended(data: Mapping[str, Any]) -> str:
    count = sum(1 for one in data.get("people", ()) if one["role"] == "student")
    return ngettext(
        "The class «%(title)s» ended: %(count)s person took part.", "The class «%(title)s» ended: %(count)s people took part.", count
    ) % {"title": data["title"], "count": count}  # fmt: skip


def tell_cases() -> None:
    """Let the record of a case say what happened in its classes; called while the service starts. LIV-3."""
    def leads(data: Mapping[str, Any]) -> str:
        return reverse("classroom:class", args=[data["class"]])

    tell_also({
        "class.scheduled": Telling(
            lambda d: _("A class was planned: «%(title)s», %(when)s.") % {"title": d["title"], "when": _when(d)}, "calendar", inline=True, url=leads
        ),
        "class.moved": Telling(
            lambda d: _("The class «%(title)s» is at another time: %(when)s.") % {"title": d["title"], "when": _when(d)}, "calendar-time", inline=True, url=leads
        ),
        "class.cancelled": Telling(lambda d: _("The class «%(title)s» was called off.") % {"title": d["title"]}, "calendar-x", inline=True),
        "class.started": Telling(lambda d: _("The class «%(title)s» began.") % {"title": d["title"]}, "school", url=leads),
        "class.ended": Telling(_ended, "school", url=leads),
        "class.recorded": Telling(
            lambda d: _("The recording of the class «%(title)s» is ready.") % {"title": d["title"]}, "video", tone="done", inline=True, url=leads
        ),
        "class.recording_purged": Telling(
            lambda d: _("The recording of the class «%(title)s» was removed: its time is over.") % {"title": d["title"]}, "video-off"
        ),
    })  # fmt: skip


def charged(charge: Any) -> str:
    """Return what a charge came to, or what is set aside for it."""
    if charge.state == "final":
        return formats.amounts(list(held(charge).items())) or _("nothing")
    if charge.state in ("released", "withdrawn"):
        return _("nothing")
    return formats.amounts(list(charge.amounts.items())) or _("nothing")
