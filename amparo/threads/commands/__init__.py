"""The verbs of conversations."""

from .conversation import Author, Opened, locked, note, open_thread, place, say, settle_due
from .desk import assign, compact_tally, drop_draft, forget_presence, leave, save_draft, tag, touch_presence
from .purging import purge
from .templates import add_template, change_template

__all__ = [
    "Author",
    "Opened",
    "add_template",
    "assign",
    "change_template",
    "compact_tally",
    "drop_draft",
    "forget_presence",
    "leave",
    "locked",
    "note",
    "open_thread",
    "place",
    "purge",
    "save_draft",
    "say",
    "settle_due",
    "tag",
    "touch_presence",
]
