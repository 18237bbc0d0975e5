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
from .guessing import forget_misses
from .linking import minutes_of_link, note_link
from .offering import consent, expire_offers, join, look_up, offer, offer_again
from .purging import purge, remove_recording
from .recording import add_chunk, reveal
from .shared import Offer
from .sharing import beat_of_customer, beat_of_engineer, engineer_left, join_by_browser, keep_films
from .verifying import ask_for_touched, ask_verification, verify_due

__all__ = [
    "Offer",
    "add_chunk",
    "ask_for_touched",
    "ask_verification",
    "beat_of_customer",
    "beat_of_engineer",
    "begin",
    "change_clipboard",
    "change_mode",
    "consent",
    "decline",
    "drop",
    "end",
    "end_lost",
    "engineer_left",
    "expire_offers",
    "forget_misses",
    "join",
    "join_by_browser",
    "keep_films",
    "look_up",
    "minutes_of_link",
    "note_link",
    "offer",
    "offer_again",
    "pause",
    "purge",
    "remove_recording",
    "resume",
    "reveal",
    "seen",
    "verify_due",
]
