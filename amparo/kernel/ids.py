"""Identifiers that people read aloud: check digits, so that a slip of the tongue is noticed.

The NIC is a running number with two check digits by ISO 7064 MOD 97-10; it is stored as digits and shown
as `10482-71`.
"""

from __future__ import annotations

import re
import secrets
import uuid

from stdnum.iso7064 import mod_97_10

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0/O, 1/I: they are misread


def make_nic(number: int) -> str:
    """Return the digits of a NIC for a running number, check digits last."""
    body = str(number)
    return body + str(mod_97_10.calc_check_digits(body))


def format_nic(nic: str) -> str:
    return f"{nic[:-2]}-{nic[-2:]}"


def parse_nic(text: str) -> str | None:
    """Return the stored digits of what somebody typed, or None where it is no NIC."""
    digits = re.sub(r"[\s\-.]", "", text)
    if not re.fullmatch(r"[0-9]{5,20}", digits) or not mod_97_10.is_valid(digits):
        return None
    return digits


def random_code(length: int) -> str:
    """Return an unguessable code of letters and digits that are not misread; five bits a character."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def new_key() -> str:
    """Return a fresh idempotency key."""
    return str(uuid.uuid4())
