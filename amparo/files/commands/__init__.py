"""The verbs of files."""

from .attaching import attach, discard, remove_orphans
from .keeping import keep, octets_of
from .purging import purge, remove_purged
from .storing import store

__all__ = ["attach", "discard", "keep", "octets_of", "purge", "remove_orphans", "remove_purged", "store"]
