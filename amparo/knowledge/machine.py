"""Kinds of articles and the parts of their text, in the order in which they are read: pure. SRC-2."""

from __future__ import annotations

from typing import Final

KINDS: Final = ("article", "document", "guide", "troubleshooting", "problem", "question", "help")
PARTS: Final = ("intro", "symptom", "cause", "solution", "steps")
REVIEW_DAYS: Final = (90, 180, 365, 0)
