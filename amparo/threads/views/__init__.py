"""What pages of tickets and cases share: drafts, preview, who looks, assignment, tags; and the prepared answers."""

from __future__ import annotations

from amparo.threads.models import Thread


def desk_page(thread: Thread) -> str:
    """Return where staff see the ticket or case of a thread."""
    return f"/desk/{thread.kind}s/{thread.number}/"
