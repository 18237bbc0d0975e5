"""The virus scanner: ClamAV over its socket, where the operator configured one (AMPARO_CLAMAV)."""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path

from django.conf import settings

from amparo.files.errors import Infected, ScannerAway

SECONDS_MAX = 30
_PIECE = 65_536


def address() -> str:
    """Return where clamd listens: `unix:/run/clamav/clamd.ctl` or `tcp:127.0.0.1:3310`; empty where there is none."""
    return getattr(settings, "CLAMAV", os.environ.get("AMPARO_CLAMAV", ""))


def scan(path: Path) -> None:
    """Have a file scanned. Nothing is taken unscanned: raises Infected, ScannerAway. Asks another system, so never
    inside a transaction."""
    where = address()
    if not where:
        return
    try:
        answer = _ask(where, path)
    except (OSError, ValueError):
        raise ScannerAway() from None
    if answer.endswith("FOUND"):
        raise Infected(found=answer)
    if not answer.endswith("OK"):
        raise ScannerAway(answer=answer[:80])


def _ask(where: str, path: Path) -> str:
    kind, _sep, place = where.partition(":")
    if kind == "unix":
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(SECONDS_MAX)
        line.connect(place)
    else:
        host, _sep, port = place.rpartition(":")
        line = socket.create_connection((host.strip("[]"), int(port)), SECONDS_MAX)
    with line, path.open("rb") as file:
        line.sendall(b"zINSTREAM\0")
        while piece := file.read(_PIECE):
            line.sendall(struct.pack("!I", len(piece)) + piece)
        line.sendall(struct.pack("!I", 0))
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < 4096:
            more = line.recv(4096)
            if not more:
                break
            answer += more
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()
