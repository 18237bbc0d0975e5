"""Codes of certificates, and for how long one holds. Pure. SRC-4."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from stdnum.iso7064 import mod_37_36

from amparo.kernel.ids import random_code

RANDOM_LENGTH: Final = 16  # 80 bits
CODE_LENGTH: Final = RANDOM_LENGTH + 1


def make_code() -> str:
    """Return an unguessable code whose last character checks the others."""
    body = random_code(RANDOM_LENGTH)
    return body + mod_37_36.calc_check_digit(body)


def show(code: str) -> str:
    """Return a code as it is printed and read aloud, in groups."""
    return "-".join((code[:4], code[4:8], code[8:12], code[12:]))


def normal(text: str) -> str | None:
    """Return the code of what somebody typed, None where a character is wrong or missing."""
    code = re.sub(r"[\s\-.]", "", text[:60]).upper()
    if len(code) != CODE_LENGTH or not re.fullmatch(r"[0-9A-Z]+", code, re.ASCII) or not mod_37_36.is_valid(code):
        return None
    return code


def major(version: str) -> str:
    """Return the first number of a version: «10» of «10.1.2»."""
    found = re.match(r"\D*(\d+)", version)
    return found[1].lstrip("0") or "0" if found else ""


def outgrown(certified: str, current: str) -> bool:
    """True where the product's major version is another than the certified one. Unknown versions outgrow nothing."""
    return bool(major(certified) and major(current)) and major(certified) != major(current)


def next_reminder(valid_until: datetime | None, days: Sequence[int], after: datetime) -> tuple[datetime, int] | None:
    """Return when the next reminder of an expiry goes out, and how many days before it; None where none is left."""
    if valid_until is None:
        return None
    moments = sorted((valid_until - timedelta(days=count), count) for count in set(days))
    return next((one for one in moments if one[0] > after), None)
