"""The verbs of videos."""

from .converting import convert_next, interrupt, repeat_conversion, resume_work
from .editing import add_video, publish, retitle, withdraw
from .intake import take_source
from .tracks import drop_track, save_track
from .uploads import append, begin_upload, cancel_upload, remove_expired, take_in_waiting
from .watching import keep_place

__all__ = [
    "add_video", "append", "begin_upload", "cancel_upload", "convert_next", "drop_track", "interrupt", "keep_place", "publish", "remove_expired", "repeat_conversion",
    "resume_work", "retitle", "save_track", "take_in_waiting", "take_source", "withdraw",
]  # fmt: skip
