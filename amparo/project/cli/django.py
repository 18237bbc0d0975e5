"""`amparo django …`: Django's management commands with the settings of this installation.

The embedded server is found, or started for as long as the command runs. Commands that only read the source need no
database and no secrets.
"""

import contextlib
import os
from collections.abc import Sequence

from amparo.project import installation

SOURCE_ONLY = {
    "makemigrations",
    "check",
    "collectstatic",
    "diffsettings",
    "help",
    "version",
    "",
    "-h",
    "--help",
    "--version",
}
WITHOUT_SECRETS = SOURCE_ONLY | {
    "migrate",
    "showmigrations",
    "sqlmigrate",
    "sqlflush",
    "inspectdb",
    "createcachetable",
    "dbshell",
}


def main(argv: Sequence[str]) -> int:
    """Run one management command."""
    name = argv[0] if argv else ""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.project.settings")
    home = installation.data_folder()
    with contextlib.ExitStack() as stack:
        stack.enter_context(installation.connected(home, start=name not in SOURCE_ONLY))
        if name in WITHOUT_SECRETS and "AMPARO_SECRETS_FILE" not in os.environ:
            os.environ["AMPARO_BUILD"] = "1"
        from django.core.management import execute_from_command_line

        execute_from_command_line(["amparo django", *argv])
    return 0
