"""`amparo backup DIR`: save database, files and keys into a new folder; the service may go on meanwhile."""

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from amparo.project import backup, installation


def main(argv: Sequence[str]) -> int:
    """Make one backup."""
    parser = argparse.ArgumentParser(prog="amparo backup", description=__doc__)
    parser.add_argument("folder", metavar="DIR", help="a new folder for it")
    parser.add_argument("--data", metavar="DIR", help="folder of the data (AMPARO_DATA, else ./data)")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    options = parser.parse_args(argv)
    home, target = installation.data_folder(options.data), Path(options.folder).expanduser().resolve()
    with installation.connected(home):
        installation.wait_for_database()
        manifest = backup.backup(home, target, at=datetime.now(UTC))
    if options.json:
        print(
            json.dumps(
                {"folder": str(target), **summary(manifest), "damaged_files": manifest["damaged_files"]}
            )
        )
    else:
        print(
            "Saved {rows} rows of {tables} tables, {files} files and the keys ({bytes} bytes) in".format(
                **summary(manifest)
            ),
            target,
        )
        print("It holds the keys of this installation: keep it where only you can read it.")
        for name in manifest["damaged_files"]:
            print(f"Damaged before it was saved (its content is not what its name says): {name}")
    return 1 if manifest["damaged_files"] else 0


def summary(manifest: dict) -> dict[str, int]:
    """Return how much there is."""
    contents = manifest["contents"]
    return {
        "tables": len(manifest["tables"]),
        "rows": sum(table["rows"] for table in manifest["tables"].values()),
        "files": sum(name.startswith(f"{backup.FILES}/") for name in contents),
        "bytes": sum(entry["bytes"] for entry in contents.values()),
    }
