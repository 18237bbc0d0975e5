"""What counts as current, and serials as people write them: pure. ACC-5, LIC-1."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

SERIAL_LENGTH_MIN, SERIAL_LENGTH_MAX = 6, 40
MASK = "•••• "


@dataclass(frozen=True, slots=True)
class Installed:
    """The version on a licence, beside the current one of its product."""

    version: str
    released_on: date
    is_current: bool
    superseded_at: datetime | None
    current_version: str = ""
    current_released_on: date | None = None


def counts_until(installed: Installed, *, grace_days: int) -> datetime | None:
    """Return when a superseded version stops counting as current, None where it was never superseded."""
    if installed.is_current or installed.superseded_at is None:
        return None
    return installed.superseded_at + timedelta(days=grace_days)


def counts_as_current(installed: Installed, *, at: datetime, grace_days: int) -> bool:
    """Tell whether an installed version is current. Service rules, section 2.

    It is while it is the current one, for the grace after its successor came out, and where it came out after
    the current one (whoever tries the next version is not behind). A product without a current release asks
    nothing of anybody.
    """
    if installed.is_current or installed.current_released_on is None:
        return True
    until = counts_until(installed, grace_days=grace_days)
    if until is not None:
        return at < until
    return installed.released_on > installed.current_released_on


def serial_key(text: str) -> str | None:
    """Return the letters and digits of a serial as they are compared, None where it cannot be one."""
    key = re.sub(r"[\s\-._/]", "", text).upper()
    if not re.fullmatch(r"[0-9A-Z]+", key) or not SERIAL_LENGTH_MIN <= len(key) <= SERIAL_LENGTH_MAX:
        return None
    return key


def masked(serial: str) -> str:
    """Return a serial of which only the last four signs are shown. SEC-45."""
    key = re.sub(r"[^0-9A-Za-z]", "", serial)
    return MASK + key[-4:].upper()


def version_order(version: str) -> tuple[tuple[int, str], ...]:
    """Return a key that sorts versions as people count: 9.2 before 10.0, 10.0 before 10.0b."""
    return tuple((int(number or 0), word) for number, word in re.findall(r"(\d*)([^\d.]*)\.?", version) if number or word)
