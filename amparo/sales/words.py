"""Sales in words: states, ways of paying, what stopped an activation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

STATES = {
    "placed": (_("waits for payment"), "waiting"),
    "paid": (_("paid, not activated yet"), "act"),
    "activated": (_("paid and activated"), "done"),
    "cancelled": (_("order cancelled"), "neutral"),
    "expired": (_("expired unpaid"), "neutral"),
}
STUCK = {
    "already_renewed": _("The contract that it renews is renewed already by another one."),
    "contract_over": _("The contract that it renews was cancelled."),
}


def stuck(code: str) -> str:
    """Return what stopped an activation, as a sentence."""
    return str(STUCK.get(code, _("What was ordered could not be given. Look at the order and try again.")))
