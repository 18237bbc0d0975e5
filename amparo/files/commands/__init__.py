"""The verbs of files."""

from .attaching import attach, discard, remove_orphans
from .storing import store

__all__ = ["attach", "discard", "remove_orphans", "store"]
