"""The verbs of chats."""

from .becoming import (
    ask_remote,
    become_case,
    become_ticket,
    become_topic,
    case_of,
    propose_service,
    tell_case,
)
from .duty import looked, present, set_duty, set_skills
from .opening import ask_transcript, end, end_of_removed, open_chat
from .purging import keep, purge
from .routing import end_left, give_back_lost, offer_waiting, pass_on, take, transfer
from .saying import read, say, typing, whisper
from .sites import change_site, enter, make_site, new_secret

__all__ = [
    "ask_remote", "ask_transcript", "become_case", "become_ticket", "become_topic", "case_of", "change_site", "end", "end_left", "end_of_removed",
    "enter", "give_back_lost", "keep", "looked", "make_site", "new_secret", "offer_waiting", "open_chat", "pass_on", "present", "propose_service",
    "purge", "read", "say", "set_duty", "set_skills", "take", "tell_case", "transfer", "typing", "whisper",
]  # fmt: skip
