"""What happened with a licence's devices, as sentences; and what each code of the protocol asks of whom."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from . import errors

EVENTS = {
    "activated": pgettext_lazy("licence", "Activated"),
    "returned": _("Active again"),
    "rebound": _("Known again after a repair: it kept its seat"),
    "drifted": _("A part of the computer was exchanged"),
    "version": _("Reported another version"),
    "mismatch": _("More than two parts differ"),
    "released": _("Released"),
    "emergency": _("Emergency token"),
    "offline": _("Answered without network"),
    "refused": _("Refused"),
    "moves_added": _("Moves added"),
}
BY = {
    "device": _("the terminal itself"),
    "portal": _("the customer, in the portal"),
    "staff": _("our staff"),
    "system": _("the service"),
}
SOURCES = {"online": _("online"), "offline": _("without network"), "staff": _("by telephone")}
KINDS = {"activate": _("Activation"), "release": _("Release"), "emergency": _("Emergency token")}
KEY_STATES = {"next": _("signs next"), "active": _("signs now"), "retired": _("retired, still proves")}
FINE = {
    "OK": _("All is well. The token holds until the date that comes with it."),
    "IN_GRACE": _("A date has passed, and grace runs. Everything goes on; connect the terminal or renew the licence before it ends."),
    "TERMS_PENDING": _("New terms wait for your company's acceptance. Nothing stops until then."),
}


def codes() -> list[dict[str, Any]]:
    """Return every code with its HTTP status, its sentence and its way out, for people who read what a program showed them. ACC-9."""
    found: list[dict[str, Any]] = [{"code": code, "status": 200, "text": text, "remedy": None} for code, text in FINE.items()]
    for kind in errors.SPOKEN:
        way = kind().remedies
        found.append({"code": kind.code, "status": kind.status, "text": kind.message, "remedy": way[0] if way and "/codes/" not in way[0].url else None})
    return found
