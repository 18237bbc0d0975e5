"""MeshCentral as the way for those who run it: its version is asked first, and one that is attacked is refused. LIV-2.

Ask from views and tasks, never inside a transaction. The server, the account and its login token key stand in the environment:
AMPARO_MESHCENTRAL_URL, AMPARO_MESHCENTRAL_USER (`user//name`), AMPARO_MESHCENTRAL_KEY. Nothing of it ever comes from a browser.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import ssl
import struct
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

from django.conf import settings

from .errors import MeshCentralAway, MeshCentralOld
from .rules import meshcentral as rules

TIMEOUT_SECONDS: Final = 10
PAGE_BYTES_MAX: Final = 2_000_000
MESSAGES_MAX: Final = 200


def is_set() -> bool:
    """Tell whether a server is set at all."""
    return bool(settings.MESHCENTRAL_URL and settings.MESHCENTRAL_USER and settings.MESHCENTRAL_KEY)


def version() -> tuple[int, int, int]:
    """Return the version of the server. Raises MeshCentralAway, and MeshCentralOld for one that names none or is attacked."""
    if not is_set():
        raise MeshCentralAway()
    try:
        with urllib.request.urlopen(settings.MESHCENTRAL_URL, timeout=TIMEOUT_SECONDS, context=_trust()) as answer:  # noqa: S310 (the operator's)
            found = rules.version_in(answer.read(PAGE_BYTES_MAX).decode("utf-8", "replace"))
    except (urllib.error.URLError, OSError, ValueError):
        raise MeshCentralAway() from None
    if found is None or not rules.new_enough(found):
        named = ".".join(map(str, found)) if found else "—"
        raise MeshCentralOld(MeshCentralOld.message % {"found": named}, found=named)
    return found


def token(*, at: datetime) -> str:
    """Return a fresh token of the account. Raises MeshCentralAway."""
    try:
        return rules.login_token(settings.MESHCENTRAL_USER, settings.MESHCENTRAL_KEY, nonce=secrets.token_bytes(12), seconds=int(at.timestamp()))
    except ValueError:
        raise MeshCentralAway() from None


def devices(*, at: datetime) -> list[dict[str, Any]]:
    """Return the devices that the account sees: `_id`, `name`, `conn`. Raises MeshCentralAway, MeshCentralOld."""
    version()
    told = _ask({"action": "nodes", "responseid": "amparo"}, at=at)
    return [node for nodes in (told.get("nodes") or {}).values() for node in nodes if rules.is_node(str(node.get("_id", "")))]


def share(node: str, *, guest: str, minutes: int, view_only: bool, at: datetime) -> str:
    """Return a link to one device for so many minutes; the customer is asked there each time. Raises MeshCentralAway, MeshCentralOld."""
    version()
    told = _ask(rules.share_request(node, guest=guest, minutes=minutes, view_only=view_only), at=at)
    url = str(told.get("url", ""))
    if told.get("result") != "OK" or urlsplit(url).scheme != "https":
        raise MeshCentralAway()
    return url


def _trust() -> ssl.SSLContext | None:
    return ssl.create_default_context(cafile=settings.MESHCENTRAL_CA or None) if settings.MESHCENTRAL_URL.startswith("https:") else None


def _ask(question: dict[str, Any], *, at: datetime) -> dict[str, Any]:
    """Ask over the server's own control socket; one question, one answer."""
    parts = urlsplit(settings.MESHCENTRAL_URL)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), TIMEOUT_SECONDS) as plain:
            context = _trust()
            line = context.wrap_socket(plain, server_hostname=parts.hostname) if context else plain
            with line:
                _open(line, f"{parts.path.rstrip('/')}/control.ashx?auth={quote(token(at=at), safe='@$=')}", parts.netloc)
                _send(line, json.dumps(question).encode())
                for _message in range(MESSAGES_MAX):
                    told = json.loads(_receive(line))
                    if told.get("action") == question["action"] and told.get("responseid") == "amparo":
                        return dict(told)
                    if told.get("action") == "close":
                        break
    except (OSError, ValueError, struct.error):
        pass
    raise MeshCentralAway()


def _open(line: socket.socket, path: str, host: str) -> None:
    key = base64.b64encode(os.urandom(16)).decode()
    asked = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    line.sendall(asked.encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = line.recv(1)
        if not byte or len(head) > 16_384:
            raise OSError("no answer")
        head += byte
    if b" 101 " not in head.split(b"\r\n")[0]:
        raise OSError("refused")


def _send(line: socket.socket, text: bytes) -> None:
    mask = os.urandom(4)
    length = struct.pack("!B", 0x80 | len(text)) if len(text) < 126 else struct.pack("!BH", 0xFE, len(text))
    line.sendall(b"\x81" + length + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(text)))


def _receive(line: socket.socket) -> bytes:
    """Return the next text, whole; anything else than text ends it."""
    whole = b""
    while True:
        first, second = _exactly(line, 2)
        length = second & 127
        if length == 126:
            (length,) = struct.unpack("!H", _exactly(line, 2))
        elif length == 127:
            (length,) = struct.unpack("!Q", _exactly(line, 8))
        if len(whole) + length > PAGE_BYTES_MAX or first & 15 == 8:
            raise OSError("closed")
        data = _exactly(line, length)
        if first & 15 in (0, 1):
            whole += data
            if first & 0x80:
                return whole


def _exactly(line: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = line.recv(min(65_536, length - len(data)))
        if not piece:
            raise OSError("closed")
        data += piece
    return data
