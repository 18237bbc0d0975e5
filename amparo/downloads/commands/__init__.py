"""The verbs of downloads."""

from .granting import grant, grant_to_licence, note_sent, open_grant
from .publishing import change, prepare, publish, remove_file
from .recalls import finish_recall, yank
from .uploads import add_file, append, begin_upload, cancel_upload, remove_expired, take_in, take_in_waiting

__all__ = [
    "add_file", "append", "begin_upload", "cancel_upload", "change", "finish_recall", "grant", "grant_to_licence", "note_sent",
    "open_grant", "prepare", "publish", "remove_expired", "remove_file", "take_in", "take_in_waiting", "yank",
]  # fmt: skip
