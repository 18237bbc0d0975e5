"""Who may take a file, and why: pure. ACC-3, ACC-9, ACC-10, UPD-1, UPD-3.

A file says what it *asks*: `registered` (SDK, examples, documents), `customer`, `licensed`, `covered`, or `included`: what
a customer bought or what came out while a contract was in force, which is asked of installers and updates. Nothing that
was once included is ever taken away.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from amparo.contracts.rules.audience import Reader
from amparo.contracts.rules.standing import Ground, HeldContract

from .versions import corrects, order, parse

ASKS: Final = ("registered", "customer", "licensed", "covered", "included")


@dataclass(frozen=True, slots=True)
class Owned:
    """A licence of the customer: since when, and which version it was told to run."""

    product_id: int
    product_name: str
    since: datetime
    installed: str = ""


@dataclass(frozen=True, slots=True)
class Holder:
    """All that is known of whoever asks. `fixed`: releases that correct a fault which he reported while he was covered;
    `taken`: releases that he took while they were included."""

    ground: Ground
    reader: Reader
    owned: tuple[Owned, ...] = ()
    fixed: frozenset[int] = frozenset()
    taken: frozenset[int] = frozenset()
    is_staff: bool = False


@dataclass(frozen=True, slots=True)
class Came:
    """A release as entitlement looks at it. `line`: versions of the same product that came out, with their days."""

    release_id: int
    product_id: int
    version: str
    came_on: date
    yanked: bool = False
    siblings: tuple[tuple[str, date], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why, as a code; `remedy` is the code of the way out. Facts are put into the sentence."""

    allowed: bool
    code: str
    remedy: str = ""
    contract: HeldContract | None = None
    version: str = ""


def judge(asks: str, came: Came, holder: Holder, *, at: datetime, zone: ZoneInfo) -> Verdict:
    """Judge whether somebody may take a file of a release, at the moment of use. ACC-3, UPD-1."""
    if came.yanked:
        return Verdict(False, "yanked", "newer")
    if holder.is_staff:
        return Verdict(True, "staff")
    if missing := _missing(asks, came, holder):
        return missing
    if asks != "included":
        return Verdict(True, asks)
    return _included(came, holder, at=at, zone=zone)


def _missing(asks: str, came: Came, holder: Holder) -> Verdict | None:
    """Return the first rung of standing that a file needs and that is not there."""
    ground = holder.ground
    if not ground.by_staff:
        if not ground.signed_in:
            return Verdict(False, "not_signed_in", "register")
        if not ground.email_verified:
            return Verdict(False, "email", "verify_email")
    if asks == "registered":
        return None
    if not ground.has_customer:
        return Verdict(False, "no_customer", "become_customer")
    if asks == "covered" and "covered" not in holder.reader.levels:
        return Verdict(False, "not_covered", "take_contract", _last(ground.contracts))
    if asks in ("licensed", "included") and not any(one.product_id == came.product_id for one in holder.owned):
        return Verdict(False, "no_licence", "get_licence")
    if asks == "licensed" and came.product_id not in holder.reader.licensed:
        return Verdict(False, "not_current", "update")
    return None


def _included(came: Came, holder: Holder, *, at: datetime, zone: ZoneInfo) -> Verdict:
    """UPD-1: what came out while a contract was in force, corrections of what is his, and what he bought, for ever."""
    contracts = holder.ground.contracts
    if found := _in_force_on(contracts, came.came_on, zone):
        return Verdict(True, "contract_then", contract=found)
    if came.release_id in holder.fixed:
        return Verdict(True, "fix_guarantee")
    owned = [one for one in holder.owned if one.product_id == came.product_id]
    if any(came.came_on <= one.since.astimezone(zone).date() for one in owned):
        return Verdict(True, "bought")
    if any(_same(came.version, one.installed) for one in owned):
        return Verdict(True, "installed", version=came.version)
    if own := _corrected(came, holder, owned, zone):
        return Verdict(True, "correction", version=own)
    if now := [one for one in contracts if one.in_force(at)]:
        return Verdict(True, "contract_now", contract=max(now, key=lambda one: one.ends_at))
    if came.release_id in holder.taken:
        return Verdict(True, "taken")
    last = _last([one for one in contracts if one.starts_at <= at])
    if last is not None:
        return Verdict(False, "after_contract", "take_contract", last)
    return Verdict(False, "no_contract", "take_contract")


def _same(one: str, other: str) -> bool:
    return bool(other) and (one == other or (parse(one) is not None and parse(one) == parse(other)))


def _corrected(came: Came, holder: Holder, owned: list[Owned], zone: ZoneInfo) -> str:
    """Return the version of his that a release corrects: installed, bought, or out while a contract was in force."""
    his = {one.installed for one in owned if one.installed}
    for version, day in came.siblings:
        if any(day <= one.since.astimezone(zone).date() for one in owned) or _in_force_on(holder.ground.contracts, day, zone):
            his.add(version)
    return max((one for one in his if one != came.version and corrects(came.version, one)), key=order, default="")


def _in_force_on(contracts: Iterable[HeldContract], day: date, zone: ZoneInfo) -> HeldContract | None:
    """Return the contract that was in force on a day (any part of it), the one that ended last."""
    begins = datetime.combine(day, time(), zone)
    ends = begins + timedelta(days=1)
    good = [
        one for one in contracts
        if one.starts_at < ends and begins < one.ends_at and (one.cancelled_at is None or begins < one.cancelled_at)
    ]  # fmt: skip
    return max(good, key=lambda one: one.ends_at, default=None)


def _last(contracts: Iterable[HeldContract]) -> HeldContract | None:
    return max(contracts, key=lambda one: one.cancelled_at or one.ends_at, default=None)
