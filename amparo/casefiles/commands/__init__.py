"""The verbs of case files and of retention."""

from .building import build_due
from .exports import end_exports, order_export
from .holds import lift_hold, set_hold
from .keys import publish_keys, replace_key
from .purging import enrol_closed, purge_case, purge_due, remove_recordings, tell_due

__all__ = [
    "build_due",
    "end_exports",
    "enrol_closed",
    "lift_hold",
    "order_export",
    "publish_keys",
    "purge_case",
    "purge_due",
    "remove_recordings",
    "replace_key",
    "set_hold",
    "tell_due",
]
