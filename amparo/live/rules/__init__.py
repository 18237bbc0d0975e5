"""Decisions of live service: numbers, events of exchanges, signatures of deliveries, what may be dialled. All pure."""

from .asterisk import is_linked
from .dialling import AMI_FORBIDDEN, dialable, is_extension, one_line
from .events import DIRECTIONS, LENGTH_MAX, STATES, Event, parse_events
from .numbers import e164, length, national, number_of, shown
from .recordings import recording_link
from .signing import OLD_AFTER, sign, verify

__all__ = [
    "AMI_FORBIDDEN", "DIRECTIONS", "LENGTH_MAX", "OLD_AFTER", "STATES", "Event", "dialable", "e164", "is_extension", "is_linked", "length", "national",
    "number_of", "one_line", "parse_events", "recording_link", "shown", "sign", "verify",
]  # fmt: skip
