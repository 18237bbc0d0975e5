"""The verbs of files."""

from .attaching import attach, discard, remove_orphans, sweep_incoming
from .disk import Received, bring
from .keeping import keep, keep_brought, octets_of
from .purging import purge, purge_some, remove_purged
from .storing import store

__all__ = ["Received", "attach", "bring", "discard", "keep", "keep_brought", "octets_of", "purge", "purge_some", "remove_orphans", "remove_purged", "store", "sweep_incoming"]
