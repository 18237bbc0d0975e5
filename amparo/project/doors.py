"""What the lowest rung shows on every page and cannot ask for itself: who the vendor is, and what waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amparo.chat import queries as chat
from amparo.forum import queries as forum
from amparo.kernel import clock
from amparo.kernel.actor import Actor
from amparo.notifications.queries import unread_count
from amparo.policies.queries import group
from amparo.threads import queries as threads


def identity() -> Mapping[str, Any]:
    """Return the vendor's identity as it is set now; the logo as the address that serves it."""
    return group("identity", at=clock.now())


def rail_counts(actor: Actor) -> Mapping[str, int]:
    """Return the live counts beside the places of the desk's rail, by the code of the place."""
    return threads.rail_counts(actor, beside=[forum.RAIL, chat.RAIL])


def new_notices(actor: Actor) -> int:
    """Return how many notices are new to a person."""
    return unread_count(actor) if actor.is_signed_in else 0
