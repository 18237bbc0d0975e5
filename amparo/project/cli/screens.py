"""`amparo screens`: photograph the main screens into docs/screens, from a demonstration world of their own."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from amparo.project.cli import world
from amparo.project.postgres import Server
from amparo.project.testdb import SETTINGS, remove

FOLDER = Path(__file__).resolve().parents[3] / ".cache" / "screens"


def main(argv: Sequence[str]) -> int:
    """Hand over to the photographer, with a server of its own."""
    os.environ["AMPARO_BUILD"] = "1"
    if os.environ.get("DATABASE_URL") or {"-h", "--help"} & set(argv):
        return world.dispatch("amparo.project.screens", argv, needs_database=False)
    FOLDER.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="run", dir=FOLDER))
    try:
        with Server(home, SETTINGS) as server:
            os.environ["DATABASE_URL"] = server.url()
            return world.dispatch("amparo.project.screens", argv, needs_database=False)
    finally:
        remove(home)
