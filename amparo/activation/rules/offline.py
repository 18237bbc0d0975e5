"""The offline request: what a device without network tells, in few enough bytes for a picture. Pure. LIC-1.

Layout of version 1, then base32 without padding:
    1  version of the layout (1)          2  days from 2000-01-01 to the build      4  seconds since 1970
    32 public key of the device           8  nonce                                  1  which components (bit 0 = board …)
    6  for each component                 1+n version, ASCII                        1+n code of the product, ASCII
    4  first bytes of the SHA-256 of all before: a slip of a scanner is noticed
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from .devices import COMPONENTS, b64, device_code, unb64

LAYOUT: Final = 1
EPOCH: Final = date(2000, 1, 1)
VERSION: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,29}")
PRODUCT: Final = re.compile(r"[a-z0-9_-]{1,40}")
TEXT_MAX: Final = 2000
MARK: Final = "/A/"
_BEGIN, _END = "-----BEGIN AMPARO REQUEST-----", "-----END AMPARO REQUEST-----"


class BadRequest(ValueError):
    """What was given is not a request of a device."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a device tells to be activated."""

    product: str
    version: str
    built_on: date
    device_key: str
    components: dict[str, str]
    nonce: str
    at: datetime

    @property
    def code(self) -> str:
        return device_code(unb64(self.device_key))


def encode(request: Request) -> str:
    """Return a request as letters and digits that any scanner reads."""
    present = [name for name in COMPONENTS if name in request.components]
    body = struct.pack(">BHI", LAYOUT, (request.built_on - EPOCH).days, int(request.at.timestamp()))
    body += unb64(request.device_key) + bytes.fromhex(request.nonce)
    body += bytes([sum(1 << COMPONENTS.index(name) for name in present)])
    body += b"".join(unb64(request.components[name]) for name in present)
    for word in (request.version, request.product):
        body += bytes([len(word)]) + word.encode("ascii")
    return base64.b32encode(body + hashlib.sha256(body).digest()[:4]).decode().rstrip("=")


def found_in(text: str) -> str:
    """Return the letters of a request in what was scanned, pasted or uploaded: a web address, a file, the bare letters."""
    if len(text) > TEXT_MAX:
        raise BadRequest("too long")
    text = text.strip()
    if _BEGIN in text:
        text = text.partition(_BEGIN)[2].partition(_END)[0]
    elif "://" in text.lower():
        text = text.upper().rpartition(MARK)[2]
    return re.sub(r"[\s-]", "", text).upper()


def decode(text: str) -> Request:
    """Read a request. Raises BadRequest, also for one letter that is wrong."""
    letters = found_in(text)
    try:
        raw = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except ValueError:
        raise BadRequest("not base32") from None
    body, check = raw[:-4], raw[-4:]
    if len(body) < 50 or hashlib.sha256(body).digest()[:4] != check:
        raise BadRequest("a letter is wrong or missing")
    try:
        return _read(body)
    except (struct.error, IndexError, UnicodeDecodeError, OverflowError, OSError):
        raise BadRequest("cut short") from None


def _read(body: bytes) -> Request:
    layout, days, seconds = struct.unpack(">BHI", body[:7])
    if layout != LAYOUT:
        raise BadRequest("another layout")
    key, nonce, mask, at = body[7:39], body[39:47], body[47], 48
    components = {}
    for number, name in enumerate(COMPONENTS):
        if mask >> number & 1:
            components[name] = b64(body[at : at + 6])
            at += 6
    words = []
    for _word in range(2):
        length = body[at]
        words.append(body[at + 1 : at + 1 + length].decode("ascii"))
        at += 1 + length
    if at != len(body) or mask >> len(COMPONENTS) or not components:
        raise BadRequest("not what the layout says")
    if not VERSION.fullmatch(words[0]) or not PRODUCT.fullmatch(words[1]):
        raise BadRequest("not a version or a product")
    return Request(
        words[1], words[0], EPOCH + timedelta(days=days), b64(key), components, nonce.hex(), datetime.fromtimestamp(seconds, UTC)
    )


def armoured(letters: str) -> str:
    """Return a request as a file."""
    lines = [letters[at : at + 64] for at in range(0, len(letters), 64)]
    return "\n".join([_BEGIN, *lines, _END, ""])


def address(base: str, letters: str) -> str:
    """Return a request as a web address that a telephone's camera opens, in capitals: they take the smaller picture."""
    return f"{base.upper().rstrip('/')}{MARK}{letters}"
