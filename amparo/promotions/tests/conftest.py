"""What tests of promotions share."""

from __future__ import annotations

from datetime import timedelta

from amparo.conftest import NOON
from amparo.kernel.actor import SYSTEM
from amparo.promotions import commands


def promote(*, publish=True, at=NOON - timedelta(days=1), actor=SYSTEM, **terms):
    """Make a promotion of ten per cent off plans and cards, unless told otherwise, and publish it."""
    given = {"name": "Otoño", "scope": "money", "kind": "percent", "value": 10, "starts_at": at} | terms
    if given["kind"] == "units":
        given["value"] = 0
    made = commands.draft_promotion(actor=actor, at=at, **given)
    return commands.publish(made, actor=actor, at=at) if publish else made
