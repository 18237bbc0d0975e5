"""What is looked at before a message is kept: enough to know it again, no more. Pure; never fails."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from .headers import split

DAYS_LATE_MAX = 7


@dataclass(frozen=True, slots=True)
class Glance:
    """The head of a message at a glance, and the fingerprint by which a second copy is known."""

    message_id: str
    from_name: str
    from_email: str
    title: str
    fingerprint: str


def glance(octets: bytes) -> Glance:
    """Return what a message is known by. The way it came (Received lines) is no part of its fingerprint."""
    headers, body = split(octets, is_message=True)
    author = next(iter(headers.addresses("from")), None)
    ids = headers.ids("message-id")
    told = ids[:1] or [headers.plain(name) for name in ("from", "date", "subject")]
    digest = hashlib.sha256("\n".join(told).encode("utf_8", "replace") + b"\n\n")
    digest.update(body.rstrip(b"\r\n \t"))
    return Glance(
        ids[0][:500] if ids else "", author.name if author else "", author.normal if author else "",
        headers.text("subject", 500), digest.hexdigest(),
    )  # fmt: skip


def received(taken_at: datetime, told: datetime | None) -> datetime:
    """Return when our own mail server had a message: what it says, unless that cannot be. TIM-9.

    Answer clocks start there: neither the sender's own Date, which he may write as he likes, nor the moment when we came
    to fetch it, for the customer is not to wait longer because our job stood still. What is said to have come later than
    now, or more than a week ago (somebody moved it into the folder), counts from now.
    """
    if told is None or not taken_at - timedelta(days=DAYS_LATE_MAX) <= told <= taken_at:
        return taken_at
    return told
