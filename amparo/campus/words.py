"""Words of the campus for pages: kinds of lessons, states, who may take what."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .models.courses import COVERED, CREDITS, LICENSED, OPEN
from .rules.progress import FILE, LIVE, QUIZ, SCORM, TEXT, VIDEO
from .rules.quiz import MANY, ONE

LESSONS: Final[dict[str, Any]] = {
    TEXT: pgettext_lazy("lesson", "Text"), VIDEO: pgettext_lazy("lesson", "Video"), FILE: pgettext_lazy("lesson", "File"),
    QUIZ: pgettext_lazy("lesson", "Quiz"), LIVE: pgettext_lazy("lesson", "Live class"), SCORM: pgettext_lazy("lesson", "Interactive (SCORM)"),
}  # fmt: skip
ICONS: Final = {TEXT: "file-text", VIDEO: "device-desktop", FILE: "paperclip", QUIZ: "list-check", LIVE: "calendar", SCORM: "code"}
ACCESS: Final[dict[str, Any]] = {
    OPEN: pgettext_lazy("course", "Free"), LICENSED: _("With a current licence"), COVERED: _("With a contract"), CREDITS: _("Paid in credits"),
}  # fmt: skip
AUDIENCES: Final[dict[str, Any]] = {
    "visitor": _("Anybody"), "registered": _("Registered people"), "customer": _("Customers"), "licensed": _("Customers with a current licence"),
    "covered": _("Customers with a contract"), "staff": _("Staff only"),
}  # fmt: skip
STATES: Final[dict[str, Any]] = {
    "enrolled": pgettext_lazy("course", "Not started"), "started": pgettext_lazy("course", "Under way"),
    "completed": pgettext_lazy("course", "Completed"), "cancelled": pgettext_lazy("course", "Cancelled"),
}  # fmt: skip
TONES: Final = {"enrolled": "act", "started": "waiting", "completed": "done", "cancelled": "neutral"}
SEATS: Final[dict[str, Any]] = {
    "free": pgettext_lazy("seat", "Free"), "assigned": pgettext_lazy("seat", "Assigned"), "used": pgettext_lazy("seat", "In use"),
    "returned": pgettext_lazy("seat", "Given back"),
}  # fmt: skip
SEAT_TONES: Final = {"free": "act", "assigned": "waiting", "used": "done", "returned": "neutral"}
CERTIFICATES: Final[dict[str, Any]] = {
    "in_force": pgettext_lazy("certificate", "In force"), "expired": pgettext_lazy("certificate", "Expired"),
    "outgrown": pgettext_lazy("certificate", "Of an earlier version of the product"),
}  # fmt: skip
CERTIFICATE_TONES: Final = {"in_force": "done", "expired": "late", "outgrown": "act"}
QUESTIONS: Final[dict[str, Any]] = {ONE: _("One option is right"), MANY: _("Several options may be right")}
LANGUAGES: Final[dict[str, Any]] = {"es": _("Spanish"), "en": _("English")}
STEPS: Final[dict[str, Any]] = {
    "started": pgettext_lazy("step", "Began the course"), "done": pgettext_lazy("step", "Finished"), "attempted": pgettext_lazy("step", "Handed in"),
    "attended": pgettext_lazy("step", "Took part"), "tracked": pgettext_lazy("step", "Package"), "moved": pgettext_lazy("step", "Went on with a newer version"),
    "cancelled": pgettext_lazy("step", "Left the course"), "completed": pgettext_lazy("step", "Completed the course"),
    "allowed": pgettext_lazy("step", "One more attempt allowed"), "opened": pgettext_lazy("step", "Opened"),
}  # fmt: skip
PACKAGE_FAULTS: Final[dict[str, Any]] = {
    "path": _("The package has a path that leads out of it or is none: «%(name)s». Export it again."),
    "link": _("The package holds a link where a file belongs: «%(name)s». Export it without links."),
    "encrypted": _("The package is protected by a password. Export it without one."),
    "twin": _("The package holds two files of the same name, perhaps in capitals and small letters: «%(name)s»."),
    "overlap": _("The package is damaged: some of its files lie upon each other."),
    "entries": _("The package holds too many files: at most 4,000."),
    "octets": _("The package is too large once it is unpacked: at most 400 MB."),
    "ratio": _("The package unpacks to far more than it weighs: «%(name)s». It is not taken."),
    "no_manifest": _("There is no imsmanifest.xml at the top of the package, so it is not SCORM. Zip the files, not their folder."),
    "doctype": _("The manifest declares a document type, which is not taken. Export the package again."),
    "no_standard": _("The manifest does not say SCORM 1.2 or 2004."),
    "no_entry": _("The manifest names no page to begin with, or one that is not in the package."),
    "broken": _("The package is damaged or is no ZIP file."),
}
