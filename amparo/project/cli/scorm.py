"""`amparo scorm`: SCORM packages alone, at an origin of their own. DATABASE_URL, AMPARO_SECRETS_FILE and AMPARO_URL say which service."""

import argparse
from collections.abc import Sequence

from amparo.project import installation, parts


def main(argv: Sequence[str]) -> int:
    """Serve packages until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="amparo scorm", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8002, help="(default: %(default)s)")
    options = parser.parse_args(argv)
    installation.need_database()
    return parts.serve_scorm(options.host, options.port)
