"""`amparo django …`: Django's management commands with the settings of this installation."""

import os
from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Run one management command; the embedded server is found, or started for as long as it runs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.project.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["amparo django", *argv])
    return 0
