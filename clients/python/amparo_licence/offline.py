"""What a device without network tells: few enough bytes for a picture that any scanner reads."""

from __future__ import annotations

import base64
import hashlib
import struct
from datetime import date, datetime
from typing import Mapping

from .fingerprint import COMPONENTS
from .tokens import unb64

EPOCH = date(2000, 1, 1)


def encode(
    *, product: str, version: str, built_on: date, device_key: str, components: Mapping[str, str], nonce: str, at: datetime
) -> str:
    """Return a request as letters and digits; docs/licence-protocol.md tells the layout."""
    present = [name for name in COMPONENTS if name in components]
    body = struct.pack(">BHI", 1, (built_on - EPOCH).days, int(at.timestamp()))
    body += unb64(device_key) + bytes.fromhex(nonce)
    body += bytes([sum(1 << COMPONENTS.index(name) for name in present)])
    body += b"".join(unb64(components[name]) for name in present)
    for word in (version, product):
        body += bytes([len(word)]) + word.encode("ascii")
    return base64.b32encode(body + hashlib.sha256(body).digest()[:4]).decode().rstrip("=")


def armoured(letters: str) -> str:
    """Return a request as a file."""
    lines = [letters[at : at + 64] for at in range(0, len(letters), 64)]
    return "\n".join(["-----BEGIN AMPARO REQUEST-----", *lines, "-----END AMPARO REQUEST-----", ""])


def address(base: str, letters: str) -> str:
    """Return a request as a web address for a picture: capitals take a smaller one."""
    return f"{base.upper().rstrip('/')}/A/{letters}"
