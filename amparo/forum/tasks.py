"""What comes round: digests in the morning, and used proofs that may be forgotten. FOR-1."""

from __future__ import annotations

from datetime import datetime

from . import commands, queries


def tick(*, at: datetime) -> None:
    """Let the digests be written whose morning it is."""
    for user_id in queries.digests_due(at=at):
        commands.make_digest(user_id, at=at)
    commands.forget_proofs(at=at)
