"""Reads of case files and of retention."""

from .keeping import HoldRow, PlanRow, Purged, blocks, held_customers, holds, plan, plan_of, purged, state_of
from .keys import KeyRow, published, published_pem, published_rows
from .record import Chain, chains, entries, file_members, header, record_lines, weight

__all__ = [
    "Chain",
    "HoldRow",
    "KeyRow",
    "PlanRow",
    "Purged",
    "blocks",
    "chains",
    "entries",
    "file_members",
    "header",
    "held_customers",
    "holds",
    "plan",
    "plan_of",
    "published",
    "published_pem",
    "published_rows",
    "purged",
    "record_lines",
    "state_of",
    "weight",
]
