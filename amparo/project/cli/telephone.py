"""`amparo telephone`: listens to the telephone exchanges alone. DATABASE_URL and AMPARO_SECRETS_FILE say which service."""

import argparse
import os
from collections.abc import Sequence

from amparo.project import installation, parts


def main(argv: Sequence[str]) -> int:
    """Listen until SIGTERM or SIGINT; exchanges that are set up later are taken up by themselves."""
    argparse.ArgumentParser(prog="amparo telephone", description=__doc__).parse_args(argv)
    installation.need_database()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.project.settings")
    import django

    django.setup()
    from amparo.project import telephone

    parts.keep_what_is_loaded()
    return telephone.run()
