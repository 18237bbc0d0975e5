"""The verbs of files."""

from .attaching import attach, discard, remove_orphans
from .keeping import keep, keep_path, octets_of
from .purging import purge, purge_some, remove_purged
from .storing import store

__all__ = ["attach", "discard", "keep", "keep_path", "octets_of", "purge", "purge_some", "remove_orphans", "remove_purged", "store"]
