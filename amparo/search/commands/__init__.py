"""The verbs of search: what is published comes into the index and leaves it; searches are noted; synonyms; writing tasks."""

from .documents import compact_words, forget, index, rename_product
from .log import forget_searches, note_act, note_click, note_search
from .synonyms import drop_synonyms, set_synonyms
from .writing import drop_task, finish_task, make_task, take_task, written

__all__ = [
    "compact_words", "drop_synonyms", "drop_task", "finish_task", "forget", "forget_searches", "index", "make_task", "note_act", "note_click",
    "note_search", "rename_product", "set_synonyms", "take_task", "written",
]  # fmt: skip
