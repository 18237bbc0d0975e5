"""The verbs of activation."""

from .activating import activate
from .guarding import forget, tell_of_networks
from .keys import ensure_keys, rotate_keys, signed_keys
from .offline import (
    answer_request,
    answer_tombstone,
    emergency,
    emergency_for_request,
    licence_file,
    read_request,
)
from .refreshing import Signed, Verdict, check_clock, is_signed_by, prove, refresh, report_version, validate
from .registering import ask_registration, refuse_asked, register_asked
from .releasing import add_moves, release_by_device, release_dead, release_for_customer
from .shared import Issued
from .terms import Grant, change_terms, resume, suspend

__all__ = [
    "Grant",
    "Issued",
    "Signed",
    "Verdict",
    "activate",
    "add_moves",
    "answer_request",
    "answer_tombstone",
    "ask_registration",
    "change_terms",
    "check_clock",
    "emergency",
    "emergency_for_request",
    "ensure_keys",
    "forget",
    "is_signed_by",
    "licence_file",
    "prove",
    "read_request",
    "refresh",
    "refuse_asked",
    "register_asked",
    "release_by_device",
    "release_dead",
    "release_for_customer",
    "report_version",
    "resume",
    "rotate_keys",
    "signed_keys",
    "suspend",
    "tell_of_networks",
    "validate",
]
