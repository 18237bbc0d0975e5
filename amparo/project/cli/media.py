"""`amparo media`: the gateways of sound and image alone: Janus, and coturn as the relay. DATABASE_URL and AMPARO_SECRETS_FILE say which service."""

import argparse
import os
from collections.abc import Sequence

from amparo.project import installation, parts
from amparo.project.installation import Problem


def main(argv: Sequence[str]) -> int:
    """Run the gateways until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="amparo media", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address of the WebSocket for browsers; behind a proxy leave it (%(default)s)")
    parser.add_argument("--port", type=int, default=8188, help="port of that WebSocket (%(default)s)")
    parser.add_argument("--admin-port", type=int, default=7088, help="port of Janus' administration, on 127.0.0.1 always (%(default)s)")
    parser.add_argument("--relay-port", type=int, default=0, help="port of coturn, 3478 for all the world; 0 for none (%(default)s)")
    options = parser.parse_args(argv)
    installation.need_database()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.project.settings")
    os.environ.setdefault("AMPARO_MEDIA_ADMIN", f"http://127.0.0.1:{options.admin_port}/admin")
    import django

    django.setup()
    from amparo.media.errors import GatewayProblem
    from amparo.project import media

    parts.keep_what_is_loaded()
    try:
        return media.run(options.host, options.port, options.admin_port, relay_port=options.relay_port)
    except GatewayProblem as problem:
        raise Problem(str(problem)) from None
