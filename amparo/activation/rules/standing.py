"""May this licence be used, and in this version? Pure: the answer is a code of the protocol. LIC-1, UPD-1."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Held:
    """What a licence grants, as it stands at a moment; days are those of the service's zone."""

    product: str
    is_withdrawn: bool
    is_suspended: bool
    edition: str
    valid_until: date | None
    updates_until: date
    grace_days: int
    minors: tuple[str, ...] = ()


def of_licence(held: Held, *, today: date) -> str:
    """Return OK, IN_GRACE, or the code of what ended the licence."""
    if held.is_withdrawn:
        return "REVOKED"
    if held.is_suspended:
        return "SUSPENDED"
    if held.valid_until is None or today <= held.valid_until:
        return "OK"
    return "IN_GRACE" if today <= held.valid_until + timedelta(days=held.grace_days) else "EXPIRED"


def minors_of(version: str, *, updates_until: date, minor_on: date | None, patches: bool) -> tuple[str, ...]:
    """Return the version of which corrections are included too: one that came out (`minor_on`) while updates ran. UPD-1."""
    is_included = patches and minor_on is not None and minor_on <= updates_until
    return (minor(version),) if is_included else ()


def of_version(held: Held, *, built_on: date, version: str) -> str:
    """Return OK or UPDATES_EXPIRED: what was built while updates ran may be used for ever, whatever day it is now. UPD-1."""
    return "OK" if built_on <= held.updates_until or minor(version) in held.minors else "UPDATES_EXPIRED"


def minor(version: str) -> str:
    """Return the first two numbers of a version: 10.1 of 10.1.7."""
    return ".".join(re.findall(r"\d+", version)[:2])


def updates_until(registered_on: date, *, days: int, of_terms: date | None, contract_ends: date | None) -> date:
    """Return the last day of builds that a licence may use: the latest of what came with it, its terms and a contract."""
    return max(found for found in (registered_on + timedelta(days=days), of_terms, contract_ends) if found is not None)
