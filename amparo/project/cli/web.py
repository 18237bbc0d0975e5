"""`amparo web`: the pages alone, for a machine of their own. DATABASE_URL and AMPARO_SECRETS_FILE say which service."""

import argparse
from collections.abc import Sequence

from amparo.project import installation, parts


def main(argv: Sequence[str]) -> int:
    """Serve the pages until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="amparo web", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="(default: %(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="processes (default: %(default)s)")
    parser.add_argument(
        "--threads", type=int, default=4, help="threads of each process (default: %(default)s)"
    )
    options = parser.parse_args(argv)
    installation.need_database()
    return parts.serve_pages(options.host, options.port, workers=options.workers, threads=options.threads)
