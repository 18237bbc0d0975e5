"""The verbs of remote sessions."""

from .conducting import (
    begin,
    change_clipboard,
    change_mode,
    decline,
    drop,
    end,
    end_lost,
    pause,
    resume,
    seen,
)
from .offering import consent as consent
from .offering import expire_offers, forget_misses, join, look_up, offer, offer_again
from .purging import purge, remove_recording
from .recording import add_chunk, reveal
from .shared import Offer

__all__ = [
    "Offer",
    "add_chunk",
    "begin",
    "change_clipboard",
    "change_mode",
    "consent",
    "decline",
    "drop",
    "end",
    "end_lost",
    "expire_offers",
    "forget_misses",
    "join",
    "look_up",
    "offer",
    "offer_again",
    "pause",
    "purge",
    "remove_recording",
    "resume",
    "reveal",
    "seen",
]
