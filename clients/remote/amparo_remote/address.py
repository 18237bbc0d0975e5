"""Where the broker is: asked of the service, over verified TLS; without it only on this same computer."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from urllib.parse import urlsplit

ANSWER_BYTES_MAX = 65_536


class AddressError(Exception):
    """Why the address cannot be used: the name of a text."""


def is_loopback(host: str | None) -> bool:
    return host in ("127.0.0.1", "localhost", "::1")


def lawful(address: str) -> bool:
    """Tell whether the address is encrypted, or this same computer."""
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and (
            parts.scheme in ("https", "wss") or (parts.scheme in ("http", "ws") and is_loopback(parts.hostname))
        )  # fmt: skip
    except ValueError:
        return False


def trust(server: str, ca: str | None) -> ssl.SSLContext | None:
    """Return whom to trust: the machine's authorities, or the one named. Raises AddressError where that cannot be read."""
    try:
        return ssl.create_default_context(cafile=ca) if server.startswith(("https:", "wss:")) else None
    except OSError as error:  # one of TLS is one of these too
        raise AddressError("authority") from error


class _NoTurn(urllib.request.HTTPRedirectHandler):
    """A redirection stays encrypted."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        if not lawful(newurl):
            raise AddressError("insecure")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def broker(server: str, context: ssl.SSLContext | None) -> str:
    """Return the address of the broker's socket. Raises AddressError."""
    if not lawful(server):
        raise AddressError("insecure")
    opener = urllib.request.build_opener(_NoTurn, *([urllib.request.HTTPSHandler(context=context)] if context else []))
    try:
        with opener.open(f"{server.rstrip('/')}/r/helper.json", timeout=15) as answer:
            said = json.loads(answer.read(ANSWER_BYTES_MAX))
        address = said["helper"]
    except urllib.error.URLError as error:
        raise AddressError("certificate" if isinstance(error.reason, ssl.SSLError) else "not_reached") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AddressError("not_reached") from error
    if not isinstance(address, str) or urlsplit(address).scheme not in ("ws", "wss") or not lawful(address):
        raise AddressError("insecure")
    return address
