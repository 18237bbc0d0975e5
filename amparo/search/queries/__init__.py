"""Reads of search."""

from .suggestions import similar
from .words import Found, Hit, search

__all__ = ["Found", "Hit", "search", "similar"]
