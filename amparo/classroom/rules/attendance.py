"""Who was there when, how many at once, and what an exclusive hour costs by that. Pure. LIV-1, TAR-1, TAR-4.

Intervals end exclusively: who leaves at ten and who joins at ten were never there together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from amparo.charging.rules import Need, Tariff, hours, prices_per_hour

Stay = tuple[datetime, datetime]
NONE: Final = timedelta(0)


def joined(stays: Iterable[Stay]) -> list[Stay]:
    """Return one person's stays in order with overlapping and touching ones made one: two windows are one person."""
    found: list[Stay] = []
    for start, end in sorted(stays):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def within(stays: Iterable[Stay], start: datetime, end: datetime) -> list[Stay]:
    """Return the parts of stays that lie between two moments."""
    return [(max(a, start), min(b, end)) for a, b in stays if min(b, end) > max(a, start)]


def present_for(stays: Iterable[Stay]) -> timedelta:
    """Return how long somebody was there."""
    return sum((end - start for start, end in joined(stays)), NONE)


def at_once(by_person: Iterable[Iterable[Stay]]) -> int:
    """Return the greatest number of persons who were there at the same moment. TAR-1, TAR-4."""
    changes: list[tuple[datetime, int]] = []
    for stays in by_person:
        for start, end in joined(stays):
            changes += [(start, 1), (end, -1)]
    here = most = 0
    for _moment, change in sorted(changes):  # at one moment those who leave come first
        here += change
        most = max(most, here)
    return most


@dataclass(frozen=True, slots=True)
class Used:
    """What a customer used of an exclusive hour by the record: begun minutes, and his people at once."""

    minutes: int
    people: int


def used(by_person: Sequence[Sequence[Stay]], start: datetime, end: datetime) -> Used:
    """Return what was used between the beginning and the end of a class: from the first who came until the last who left. TAR-1, TAR-4.

    Nobody there: nothing used. A second begun is a minute begun, as an hour begun is an hour.
    """
    inside = [within(stays, start, end) for stays in by_person]
    all_stays = [stay for stays in inside for stay in stays]
    if not all_stays:
        return Used(0, 0)
    lasted = max(b for _a, b in all_stays) - min(a for a, _b in all_stays)
    return Used(max(1, -(-int(lasted.total_seconds() * 1_000_000) // 60_000_000)), at_once(inside))


def to_charge(found: Used, agreed: Used) -> Used:
    """Return what is charged: what was used, never more than was agreed to beforehand. CHG-1, TAR-4."""
    return Used(min(found.minutes, agreed.minutes), min(found.people, agreed.people))


def gross(use: Used, tariff: Tariff) -> int:
    """Return what so much costs by the tariff, in credits, before any promotion. TAR-1, TAR-4."""
    need = Need("online_hour", minutes=use.minutes, participants=use.people)
    return hours(need, tariff) * prices_per_hour(need, tariff) * tariff.prices["online_hour"]


def share(agreed_price: int, agreed_gross: int, used_gross: int) -> int:
    """Return what is charged of an agreed price that a promotion may have lessened: in proportion, in favour of the customer. PRO-1, TAR-4."""
    if used_gross >= agreed_gross:
        return agreed_price
    return agreed_price * used_gross // agreed_gross


def took_part(stays: Iterable[Stay], start: datetime, end: datetime, percent: int) -> bool:
    """Tell whether somebody was there for at least so much of a class."""
    lasted = end - start
    return lasted > NONE and present_for(within(stays, start, end)) * 100 >= lasted * percent


def last_left(by_person: Mapping[int, Sequence[Stay]]) -> datetime | None:
    """Return when the last person left, None where nobody ever came."""
    return max((end for stays in by_person.values() for _start, end in stays), default=None)
