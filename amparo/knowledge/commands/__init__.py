"""The verbs of the knowledge base."""

from .caring import (
    add_theme,
    attach,
    close_flag,
    close_word,
    detach,
    flag,
    relate,
    rename_theme,
    review,
    unrelate,
)
from .citing import cited, note_answer
from .drafting import draft_article
from .publishing import publish, publish_done, take_back, unpublish_done
from .reviewing import outgrow, remind_reviews
from .voting import vote

__all__ = [
    "add_theme", "attach", "cited", "close_flag", "close_word", "detach", "draft_article", "flag", "note_answer", "outgrow", "publish",
    "publish_done", "relate", "remind_reviews", "rename_theme", "review", "take_back", "unpublish_done", "unrelate", "vote",
]  # fmt: skip
