"""`amparo bench`: measure the figures of docs/benchmarks.md, on a database of its own."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from amparo.project.cli import world
from amparo.project.postgres import Server
from amparo.project.testdb import remove

FOLDER = Path(__file__).resolve().parents[3] / ".cache" / "bench"


def main(argv: Sequence[str]) -> int:
    """Hand over to the measurements, with the server of DATABASE_URL or one of their own that is as safe as a real one."""
    os.environ["AMPARO_BUILD"] = "1"
    if os.environ.get("DATABASE_URL") or {"-h", "--help"} & set(argv):
        return world.dispatch("amparo.project.bench", argv, needs_database=False)
    FOLDER.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="run", dir=FOLDER))
    try:
        with Server(home, {"max_connections": "300"}) as server:
            os.environ["DATABASE_URL"] = server.url()
            os.environ["AMPARO_PG_BIN"] = str(server.binaries.folder)
            return world.dispatch("amparo.project.bench", argv, needs_database=False)
    finally:
        remove(home)
