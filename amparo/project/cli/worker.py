"""`amparo worker`: the worker alone; any number may run. DATABASE_URL and AMPARO_SECRETS_FILE say which service."""

import argparse
import os
from collections.abc import Sequence

from amparo.project import installation, parts


def main(argv: Sequence[str]) -> int:
    """Work until SIGTERM or SIGINT; what is under way is finished first."""
    argparse.ArgumentParser(prog="amparo worker", description=__doc__).parse_args(argv)
    installation.need_database()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.project.settings")
    import django

    django.setup()
    from amparo.project import worker

    parts.keep_what_is_loaded()
    return worker.run()
