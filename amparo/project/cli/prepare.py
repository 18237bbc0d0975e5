"""`amparo prepare`: migrate the database and publish the static files. For parts that are started alone; `up` does it itself."""

import argparse
import os
from collections.abc import Sequence

from amparo.project import installation, prepare
from amparo.project.installation import Stamps
from amparo.project.postgres import Server


def main(argv: Sequence[str]) -> int:
    """Do what an installation or an upgrade has to do once; repeating it does nothing."""
    parser = argparse.ArgumentParser(prog="amparo prepare", description=__doc__)
    parser.add_argument("--data", metavar="DIR", help="folder of the data (AMPARO_DATA, else ./data)")
    options = parser.parse_args(argv)
    home = installation.data_folder(options.data)
    home.mkdir(parents=True, exist_ok=True)
    if not os.environ.get("DATABASE_URL"):
        installation.ensure_secrets(home, database_exists=Server(home).exists)
    with installation.connected(home, make=True):
        installation.wait_for_database()
        with Stamps() as stamps:
            installation.check_secrets(home, stamps)
            steps = ["database"] if stamps.get("migrations") != installation.migrations_state() else []
            if stamps.get("demo") is None:
                stamps.set("demo", "none")
            waits = stamps.get("demo") == "none" and stamps.get("setup") != "done"
        code = home / "setup-code"
        if waits and not code.exists():
            steps.append("setup")
        if not prepare.static_is_current():
            steps.append("static")
        status = prepare.main(steps) if steps else 0
        if code.exists():
            print(
                f"Nobody is here yet: the first page asks who you are, and for this code: {code.read_text().strip()}"
            )
        return status
