"""Codes that are told by telephone, and the networks from which they are guessed: pure. SEC-39."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from typing import Final

DIGITS: Final = 9
BLOCK_DIGITS: Final = 3
_BLANKS = re.compile(r"[\s\-.\u00a0]")


def code_of(public_id: str, pepper: str) -> str:
    """Return the code of a session: nine digits that follow from the session and a secret of the house, so that they are kept nowhere."""
    raw = hmac.new(pepper.encode(), f"remote\0code\0{public_id}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(raw[:16]) % 10**DIGITS:0{DIGITS}d}"


def code_hash(code: str, pepper: str) -> str:
    """Return what is stored of a code: enough to find it, useless without the secret."""
    return keyed("lookup", code, pepper)


def keyed(kind: str, text: str, pepper: str) -> str:
    """Return the keyed hash of a text, apart for each kind of text."""
    return hmac.new(pepper.encode(), f"remote\0{kind}\0{text}".encode(), hashlib.sha256).hexdigest()


def normal(typed: str) -> str:
    """Return nine digits out of what somebody typed, or nothing where it cannot be a code."""
    found = _BLANKS.sub("", typed[:40])
    return found if len(found) == DIGITS and found.isascii() and found.isdecimal() else ""


def block_of(code: str) -> str:
    """Return the block that a code lies in, its first three digits: who guesses a code gives away at which block he aims."""
    return code[:BLOCK_DIGITS]


def shown(code: str) -> str:
    """Return a code as it is told: `123 456 789`."""
    return f"{code[:3]} {code[3:6]} {code[6:]}"


def network_of(address: str) -> str:
    """Return the network that guesses are counted by: a /24 of IPv4, a /56 of IPv6; all that is no address together."""
    try:
        found = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    length = 24 if found.version == 4 else 56
    return str(ipaddress.ip_network((found, length), strict=False))
