"""Whose turn it is while a release is handed out by and by: pure. UPD-2."""

from __future__ import annotations

import hashlib


def place(release_id: int, who: str) -> int:
    """Return a place from 0 to 99, always the same for a release and a customer or licence, another for the next release."""
    return int.from_bytes(hashlib.sha256(f"rollout:{release_id}:{who}".encode()).digest()[:8]) % 100


def reached(release_id: int, who: str, percent: int) -> bool:
    """True where a release is offered to somebody without his asking; whom nobody knows is offered what all have."""
    return percent >= 100 or (bool(who) and place(release_id, who) < percent)
