"""The verbs of complaints."""

from .purging import purge
from .raising import adopt_refused, note, raise_complaint, say, withdraw
from .review import ask_opinion, give_opinion, save_draft, take
from .ruling import lapse, lapse_due, rule

__all__ = [
    "adopt_refused",
    "ask_opinion",
    "give_opinion",
    "lapse",
    "lapse_due",
    "note",
    "purge",
    "raise_complaint",
    "rule",
    "save_draft",
    "say",
    "take",
    "withdraw",
]
