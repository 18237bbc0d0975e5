"""`amparo bench`: measure the figures of docs/benchmarks.md, on a database of its own."""

import importlib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from amparo.project import debian
from amparo.project.postgres import Server
from amparo.project.testdb import remove

FOLDER = Path(__file__).resolve().parents[3] / ".cache" / "bench"


def main(argv: Sequence[str]) -> int:
    """Hand over to the measurements, with the server of DATABASE_URL or one of their own that is as safe as a real one."""
    os.environ["AMPARO_BUILD"] = "1"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.project.settings")
    os.environ.update(debian.environment({}))
    if os.environ.get("DATABASE_URL") or {"-h", "--help"} & set(argv):
        return measure(argv)
    FOLDER.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="run", dir=FOLDER))
    print("starting a database server of its own", file=sys.stderr)
    try:
        with Server(home, {"max_connections": "300", "max_wal_size": "8GB"}) as server:
            os.environ["DATABASE_URL"] = server.url()
            os.environ["AMPARO_PG_BIN"] = str(server.binaries.folder)
            return measure(argv)
    finally:
        remove(home)


def measure(argv: Sequence[str]) -> int:
    return int(importlib.import_module("amparo.project.bench").main(list(argv)) or 0)
