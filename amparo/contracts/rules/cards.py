"""Codes of service cards and the limit on guessing them: pure. CRD-1, SEC-45."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from amparo.kernel.ids import ALPHABET

CODE_LENGTH = 20
"""Signs of a code, five bits each: 100 bits, of which the last four signs (20 bits) may be shown to staff."""
GROUP = 4


def normal(code: str) -> str | None:
    """Return a code as it is compared, None where it cannot be one."""
    signs = re.sub(r"[\s\-._]", "", code).upper()
    if len(signs) != CODE_LENGTH or any(sign not in ALPHABET for sign in signs):
        return None
    return signs


def shown(code: str) -> str:
    """Return a code as it is printed: ABCD-EFGH-…"""
    return "-".join(code[i : i + GROUP] for i in range(0, len(code), GROUP))


def code_hash(code: str, pepper: str) -> str:
    """Return what is stored of a code: it cannot be turned back, nor guessed without the pepper."""
    return hmac.new(pepper.encode(), b"card\x00" + code.encode(), hashlib.sha256).hexdigest()


def address_hash(address: str, pepper: str) -> str:
    """Return what is stored of a network address: enough to count it."""
    return hmac.new(pepper.encode(), b"address\x00" + address.encode(), hashlib.sha256).hexdigest()


def wait(tries: Sequence[datetime], limit: int, window: timedelta, *, at: datetime) -> timedelta:
    """Return how long somebody must wait before a further try: zero while fewer than `limit` are in the window."""
    recent = sorted(one for one in tries if at - window < one <= at)
    if len(recent) < limit:
        return timedelta(0)
    return recent[len(recent) - limit] + window - at
