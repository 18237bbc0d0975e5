"""Complaints in words: states, steps, outcomes and facts, in the language that is active. COM-7."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from amparo.cases.words import amounts, before

STATES_CUSTOMER: Final = {
    "raised": gettext_lazy("We have your complaint"),
    "review": gettext_lazy("Quality control reviews it"),
    "opinion": gettext_lazy("A technical opinion is awaited"),
    "upheld": pgettext_lazy("complaint", "Upheld"),
    "partly": pgettext_lazy("complaint", "Upheld in part"),
    "dismissed": pgettext_lazy("complaint", "Dismissed"),
    "lapsed": gettext_lazy("Decided for you: the time was over"),
    "withdrawn": pgettext_lazy("complaint", "Withdrawn by you"),
}
STATES_STAFF: Final = {
    "raised": gettext_lazy("To be taken"),
    "review": gettext_lazy("In review"),
    "opinion": gettext_lazy("Opinion awaited"),
    "upheld": pgettext_lazy("complaint", "Upheld"),
    "partly": pgettext_lazy("complaint", "Upheld in part"),
    "dismissed": pgettext_lazy("complaint", "Dismissed"),
    "lapsed": gettext_lazy("Upheld by lapse of time"),
    "withdrawn": pgettext_lazy("complaint", "Withdrawn by the customer"),
}
# Customer, staff.
TONES: Final = {
    "raised": ("waiting", "act"), "review": ("waiting", "act"), "opinion": ("waiting", "waiting"), "upheld": ("done", "done"),
    "partly": ("done", "done"), "dismissed": ("neutral", "done"), "lapsed": ("done", "late"), "withdrawn": ("neutral", "neutral"),
}  # fmt: skip
OUTCOMES: Final = {
    "upheld": gettext_lazy("Upheld: the service is given again"),
    "partly": gettext_lazy("Upheld in part: only what is chosen below"),
    "dismissed": gettext_lazy("Dismissed: the case closes as it was proposed and its charges become final"),
}
EFFECTS: Final = {
    "reserved": gettext_lazy("reserved"),
    "final": gettext_lazy("charged"),
    "released": gettext_lazy("given back"),
}


def state_words(state: str, *, staff: bool) -> str:
    """Return a complaint's state as its reader sees it."""
    return str((STATES_STAFF if staff else STATES_CUSTOMER)[state])


def state_tone(state: str, *, staff: bool) -> str:
    """Return the tone of a state by who has to act."""
    return TONES[state][1 if staff else 0]


def total(given_back: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Return the units that a ruling gave back, added up over its charges."""
    found: dict[str, int] = {}
    for units in given_back.values():
        for unit, count in units.items():
            found[unit] = found.get(unit, 0) + count
    return found


def brought(told: Mapping[str, Any]) -> list[str]:
    """Return what a decision brought, a sentence each: from a fact, or from a ruling's fields by the same names. COM-4."""
    lines = []
    if told.get("again") and told.get("linked_case"):
        lines.append(_("The service is given again in case C-%(number)s, at no further charge.") % {"number": told["linked_case"]})
    if told.get("given_back"):
        lines.append(_("Given back: %(units)s.") % {"units": amounts(told["given_back"])})
    if told.get("credits"):
        lines.append(_("Granted as compensation: %(units)s.") % {"units": amounts({"credit": told["credits"]})})
    if told.get("measure"):
        lines.append(str(told["measure"]))
    if told["outcome"] == "dismissed":
        lines.append(_("The case closes as it was proposed, and what it charges is final."))
    elif not told.get("again"):
        lines.append(_("The case is closed."))
    return lines


def decided(outcome: str) -> str:
    """Return how a complaint was decided, as its customer reads it. COM-3, COM-6."""
    return {
        "upheld": _("Your complaint is upheld"),
        "partly": _("Your complaint is upheld in part"),
        "dismissed": _("Your complaint is dismissed"),
        "lapsed": _("Nobody decided in time, so your complaint is decided for you"),
    }[outcome]


__all__ = [
    "EFFECTS", "OUTCOMES", "STATES_CUSTOMER", "STATES_STAFF", "amounts", "before", "brought", "decided", "state_tone",
    "state_words", "total",
]  # fmt: skip
