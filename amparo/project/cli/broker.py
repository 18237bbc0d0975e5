"""`amparo broker`: a broker of remote sessions alone. AMPARO_BROKER_URL says where helpers and viewers reach this one."""

import argparse
from collections.abc import Sequence

from amparo.project import installation, parts


def main(argv: Sequence[str]) -> int:
    """Serve remote sessions until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="amparo broker", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8005, help="(default: %(default)s)")
    options = parser.parse_args(argv)
    installation.need_database()
    return parts.serve_broker(options.host, options.port)
