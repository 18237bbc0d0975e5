"""The verbs of mail in."""

from .configuring import add_mailbox, change_mailbox, check_mailbox
from .fetching import fetch
from .letters import send_due
from .purging import purge, purge_done_with
from .sorting import clear_bouncing, discard, hand_over, make_ticket, open_chosen
from .taking import Arrived, take_in, take_in_many
from .understanding import understand, understand_due

__all__ = [
    "Arrived",
    "add_mailbox",
    "change_mailbox",
    "check_mailbox",
    "clear_bouncing",
    "discard",
    "fetch",
    "hand_over",
    "make_ticket",
    "open_chosen",
    "purge",
    "purge_done_with",
    "send_due",
    "take_in",
    "take_in_many",
    "understand",
    "understand_due",
]
