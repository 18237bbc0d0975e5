"""Refusals and faults of the record."""

from __future__ import annotations


class ChainBroken(Exception):
    """A subject's facts do not hash to what was stored: somebody changed the record behind our back."""

    def __init__(self, subject: str, seq: int) -> None:
        self.subject, self.seq = subject, seq
        super().__init__(f"{subject} at {seq}")
