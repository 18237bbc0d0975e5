"""What an installed program may do with the token that it holds: pure, the same tables as in clients/python. LIC-1.

Never stop a shop: a lease that ended is followed by grace, and what follows grace begins only when the shop is closed.
The time that counts is the highest ever trusted: a clock turned back gains nothing. SEC-46.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

DAY: Final = timedelta(days=1)
Mode = Literal["full", "reduced", "unlicensed"]


@dataclass(frozen=True, slots=True)
class Lease:
    """What of a token decides."""

    issued_at: datetime
    ends_at: datetime
    grace_days: int
    updates_until: date
    minors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`code` is one of the protocol; `until` is when the next step comes, where one does. `warn` shows a banner."""

    mode: Mode
    code: str
    until: datetime | None = None
    warn: bool = False


def trusted(now: datetime, highest: datetime | None) -> datetime:
    """Return the time that counts: now, unless a later one was proven before."""
    return now if highest is None else max(now, highest)


def set_right(*, issued_at: datetime, highest: datetime | None, newest: datetime | None, lived_days: int) -> datetime:
    """Return the highest time that counts once a token was loaded.

    One made later than every token before sets back a clock that stood far ahead, but never to before the days on which the
    program was started since that last one: tokens that were hoarded turn back no time that was lived.
    """
    if highest is None or issued_at >= highest:
        return issued_at
    if newest is not None and issued_at <= newest:
        return highest
    lived = issued_at if newest is None else newest + timedelta(days=max(0, lived_days - 1))
    return max(issued_at, min(highest, lived))


def may_load(lease: Lease, *, now: datetime) -> str:
    """Return OK, or CLOCK_SKEW where the clock stands more than a day before the token was made."""
    return "CLOCK_SKEW" if now < lease.issued_at - DAY else "OK"


def includes(lease: Lease, *, built_on: date, minor: str) -> bool:
    """True where a build may run with a token: by the day it was built, never by today's. UPD-1."""
    return built_on <= lease.updates_until or minor in lease.minors


def judge(
    lease: Lease | None, *, now: datetime, highest: datetime | None, built_on: date, minor: str, shop_is_open: bool, was_reduced: bool = False
) -> Verdict:
    """Say what a program may do now. `shop_is_open`: the day's work has begun and not ended."""
    if lease is None:
        return Verdict("unlicensed", "NOT_ACTIVATED")
    if not includes(lease, built_on=built_on, minor=minor):
        return Verdict("unlicensed", "UPDATES_EXPIRED")
    at = trusted(now, highest)
    back = now < at - DAY or now < lease.issued_at - DAY
    grace_ends = lease.ends_at + timedelta(days=lease.grace_days)
    if at < lease.ends_at:
        return Verdict("full", "CLOCK_SKEW" if back else "OK", lease.ends_at, warn=back)
    if at < grace_ends:
        return Verdict("full", "IN_GRACE", grace_ends, warn=True)
    if shop_is_open and not was_reduced:
        return Verdict("full", "LEASE_EXPIRED", warn=True)
    return Verdict("reduced", "LEASE_EXPIRED", warn=True)
