"""What a program may do with the token that it holds. The same tables as the service's; vectors hold both to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Optional, Tuple

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Lease:
    """What of a token decides."""

    issued_at: datetime
    ends_at: datetime
    grace_days: int
    updates_until: date
    minors: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """`mode`: full, reduced, unlicensed. `code`: one of the protocol. `until`: when the next step comes. `warn`: show a banner."""

    mode: str
    code: str
    until: Optional[datetime] = None
    warn: bool = False


def includes(lease: Lease, *, built_on: date, minor: str) -> bool:
    """True where a build may run: by the day it was built, never by today's."""
    return built_on <= lease.updates_until or minor in lease.minors


def set_right(*, issued_at: datetime, highest: Optional[datetime], newest: Optional[datetime], lived_days: int) -> datetime:
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


def judge(
    lease: Optional[Lease],
    *,
    now: datetime,
    highest: Optional[datetime],
    built_on: date,
    minor: str,
    shop_is_open: bool,
    was_reduced: bool = False,
) -> Verdict:
    """Say what a program may do now. A clock turned back gains nothing; nothing is reduced while the shop is open."""
    if lease is None:
        return Verdict("unlicensed", "NOT_ACTIVATED")
    if not includes(lease, built_on=built_on, minor=minor):
        return Verdict("unlicensed", "UPDATES_EXPIRED")
    at = now if highest is None else max(now, highest)
    back = now < at - DAY or now < lease.issued_at - DAY
    grace_ends = lease.ends_at + timedelta(days=lease.grace_days)
    if at < lease.ends_at:
        return Verdict("full", "CLOCK_SKEW" if back else "OK", lease.ends_at, warn=back)
    if at < grace_ends:
        return Verdict("full", "IN_GRACE", grace_ends, warn=True)
    if shop_is_open and not was_reduced:
        return Verdict("full", "LEASE_EXPIRED", warn=True)
    return Verdict("reduced", "LEASE_EXPIRED", warn=True)
