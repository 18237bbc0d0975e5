"""The verbs of search: what is published comes into the index and leaves it; searches are noted; synonyms; writing tasks."""

from .documents import compact_words, forget, index, rename_product

__all__ = ["compact_words", "forget", "index", "rename_product"]
