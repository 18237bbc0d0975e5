"""`amparo stream`: the live stream alone. DATABASE_URL and AMPARO_SECRETS_FILE say which service."""

import argparse
from collections.abc import Sequence

from amparo.project import installation, parts


def main(argv: Sequence[str]) -> int:
    """Serve the stream until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="amparo stream", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8001, help="(default: %(default)s)")
    options = parser.parse_args(argv)
    installation.need_database()
    return parts.serve_stream(options.host, options.port)
