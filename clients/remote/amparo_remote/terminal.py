"""Questions and answers in a terminal, beside the window."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from .words import ANSWERS


class Terminal(threading.Thread):
    """Reads words from standard input; what is not an answer is passed over."""

    def __init__(self, told: Callable[[str], None]) -> None:
        super().__init__(name="terminal", daemon=True)
        self.told = told

    def run(self) -> None:
        for line in sys.stdin:
            self.told(ANSWERS.get(line.strip().lower().strip("«»\"'"), "unclear"))

    def say(self, text: str, prompt: str = "") -> None:
        print("\n".join(filter(None, (text, prompt))), flush=True)
