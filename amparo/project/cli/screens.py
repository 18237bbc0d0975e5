"""`amparo screens`: photograph the main screens into docs/screens, from a demonstration world of their own."""

import importlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from amparo.project import debian
from amparo.project.postgres import Server
from amparo.project.testdb import SETTINGS, remove

FOLDER = Path(__file__).resolve().parents[3] / ".cache" / "screens"


def main(argv: Sequence[str]) -> int:
    """Hand over to the photographer, with a server of its own unless DATABASE_URL names one."""
    os.environ["AMPARO_BUILD"] = "1"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.project.settings")
    os.environ.update(debian.environment({}))
    if os.environ.get("DATABASE_URL") or {"-h", "--help"} & set(argv):
        return photograph(argv)
    FOLDER.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="run", dir=FOLDER))
    try:
        with Server(home, SETTINGS) as server:
            os.environ["DATABASE_URL"] = server.url()
            return photograph(argv)
    finally:
        remove(home)


def photograph(argv: Sequence[str]) -> int:
    return int(importlib.import_module("amparo.project.screens").main(list(argv)) or 0)
