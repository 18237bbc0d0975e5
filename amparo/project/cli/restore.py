"""`amparo restore DIR`: bring a backup into an empty data folder, and compare everything with what was saved."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from amparo.project import backup, installation
from amparo.project.cli.backup import summary


def main(argv: Sequence[str]) -> int:
    """Restore one backup."""
    parser = argparse.ArgumentParser(prog="amparo restore", description=__doc__)
    parser.add_argument("folder", metavar="DIR", help="the backup")
    parser.add_argument(
        "--data", metavar="DIR", help="the new, empty folder of the data (AMPARO_DATA, else ./data)"
    )
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    options = parser.parse_args(argv)
    home = installation.data_folder(options.data)
    manifest = backup.restore(Path(options.folder).expanduser().resolve(), home)
    if options.json:
        print(json.dumps({"data": str(home), "made_at": manifest["made_at"], **summary(manifest)}))
    else:
        print(
            "Restored and compared {rows} rows of {tables} tables, {files} files and the keys in".format(
                **summary(manifest)
            ),
            home,
        )
    return 0
