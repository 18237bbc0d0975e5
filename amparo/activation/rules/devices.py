"""Devices: their code, the components by which a changed computer is still known, and how many of them must match. Pure. LIC-2.

A component is the first six bytes of a salted SHA-256 of what the system says of a part (board, disk, system, network, tpm),
as base64url: enough to tell one shop's computers apart, too little to learn a serial number from.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Final

COMPONENTS: Final = ("board", "disk", "system", "network", "tpm")
COMPONENT: Final = re.compile(r"[A-Za-z0-9_-]{8}")
REBIND_MIN: Final = 3
CODE_LENGTH: Final = 20


def b64(raw: bytes) -> str:
    """Return bytes as base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text: str) -> bytes:
    """Return the bytes of strict base64url without padding. Raises ValueError."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text):
        raise ValueError("not base64url")
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64(raw) != text:
        raise ValueError("not canonical base64url")
    return raw


def component(product: str, name: str, value: str) -> str:
    """Return what is told of a part of a computer; the product's code is the salt."""
    return b64(hashlib.sha256(f"amparo-component/1\n{product}\n{name}\n{value.strip().lower()}".encode()).digest()[:6])


def device_code(public: bytes) -> str:
    """Return the code by which people name a device: 100 bits of the hash of its key, in letters that telephones carry."""
    return base64.b32encode(hashlib.sha256(b"amparo-device/1\n" + public).digest()).decode()[:CODE_LENGTH]


def shown_code(code: str) -> str:
    """Return a device code in groups of four."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def matches(stored: Mapping[str, str], told: Mapping[str, str]) -> int:
    """Return how many parts are what they were."""
    return sum(1 for name, value in stored.items() if told.get(name) == value)


def needed(stored: Mapping[str, str]) -> int:
    """Return how many of the stored parts must match: three of five, and as large a share of fewer."""
    return -(-len(stored) * 3 // 5)


def is_same(stored: Mapping[str, str], told: Mapping[str, str]) -> bool:
    """True where a device that holds its key is still the computer that it was."""
    return matches(stored, told) >= needed(stored)


def is_known_again(stored: Mapping[str, str], told: Mapping[str, str]) -> bool:
    """True where a computer that lost its key (a new system, a new disk) is known by its other parts."""
    return matches(stored, told) >= max(REBIND_MIN, needed(stored))


def moves_made(released: Iterable[str], active: Iterable[str]) -> int:
    """Return how many moves the releases of a year are: a device that is back, or left twice, counts once or not at all. LIC-2."""
    return len(set(released) - set(active))
