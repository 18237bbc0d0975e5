"""The verbs of files."""

from .attaching import attach, discard, remove_orphans
from .purging import purge, remove_purged
from .storing import store

__all__ = ["attach", "discard", "purge", "remove_orphans", "remove_purged", "store"]
