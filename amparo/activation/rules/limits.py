"""Limits on guessing and on churn: pure. SEC-44, SEC-45."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass


def mark(kind: str, value: str, pepper: str) -> str:
    """Return what is stored of a serial or an address: enough to count it, useless without the pepper."""
    return hmac.new(pepper.encode(), f"activation\0{kind}\0{value}".encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong tries in the window, by address, by the serial itself, by product."""

    address: int
    key: int
    product: int


def over(tries: Tries, *, address_max: int, key_max: int, product_max: int) -> str:
    """Return by which mark the limit is reached: address, key, product; empty where none is."""
    if tries.address >= address_max:
        return "address"
    if tries.key >= key_max:
        return "key"
    return "product" if tries.product >= product_max else ""
