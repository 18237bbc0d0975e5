"""What happens in the large world: how many tickets and cases, of what kind, whose, when, with how many messages."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from .people import ZONE, Client

# Each kind of story with its share in a thousand, and the least number of messages that it takes.
TICKETS = {"closed": (850, 2), "waiting": (60, 2), "open": (90, 1)}
CASES = {
    "charged": (770, 3), "agreed": (30, 3), "order": (60, 3), "withdrawn": (15, 2), "requested": (20, 1),
    "classified": (20, 2), "attention": (50, 2), "closing": (35, 3),
}  # fmt: skip
ENDED = frozenset({"closed", "charged", "agreed", "order", "withdrawn"})
TICKET_OF_MANY, CASE_OF_MANY = 20, 60  # messages in the long ones
_TERSE = frozenset({"open", "requested", "classified", "withdrawn"})  # nothing more is said in them
RECENT_DAYS = 25
FIRST_HOURS = timedelta(hours=10)  # a contract is sold in the morning of its first day


@dataclass(slots=True)
class Plot:
    """One thread to be told."""

    kind: str
    fate: str
    at: datetime
    client: Client
    messages: int


def fewest_messages(tickets: int, cases: int) -> int:
    """Return how many messages so many threads have at least, long ones included."""
    return sum(_fewest(TICKETS, tickets)) + sum(_fewest(CASES, cases)) + _long(tickets) * 20 + _long(cases) * 60


def _shares(kinds: dict[str, tuple[int, int]], count: int) -> list[str]:
    """Return the fates of so many threads, in their shares."""
    fates = [fate for fate, (share, _least) in kinds.items() for _one in range(count * share // 1000)]
    return fates + [next(iter(kinds))] * (count - len(fates))


def _fewest(kinds: dict[str, tuple[int, int]], count: int) -> list[int]:
    return [kinds[fate][1] for fate in _shares(kinds, count)]


def _long(count: int) -> int:
    return max(1, count // 1000) if count else 0


def plots(
    clients: Sequence[Client], dice: random.Random, *, tickets: int, cases: int, messages: int, now: datetime
) -> list[Plot]:
    """Return all threads in the order in which they begin; together they have exactly so many messages."""
    covered = [client for client in clients if client.covers]
    current = [client for client in covered if client.covers[-1].ends_at > now + timedelta(days=1)]
    made = [_plot("ticket", fate, TICKETS[fate][1], clients, dice, now) for fate in _shares(TICKETS, tickets)]
    made += [
        _plot("case", fate, CASES[fate][1], covered if fate in ENDED else current, dice, now)
        for fate in _shares(CASES, cases)
    ]
    long = [plot for plot in made if plot.kind == "ticket" and plot.fate == "closed"][: _long(tickets)]
    long += [plot for plot in made if plot.kind == "case" and plot.fate == "charged"][: _long(cases)]
    for plot in long:
        plot.messages = TICKET_OF_MANY if plot.kind == "ticket" else CASE_OF_MANY
    rest = messages - sum(plot.messages for plot in made)
    kept = {id(plot) for plot in long}
    chatty = [plot for plot in made if id(plot) not in kept and plot.fate not in _TERSE]
    for plot in dice.choices(chatty, k=max(0, rest)):
        plot.messages += 1
    return sorted(made, key=lambda plot: plot.at)


def _plot(kind: str, fate: str, least: int, clients: Sequence[Client], dice: random.Random, now: datetime) -> Plot:
    client = clients[int(len(clients) * dice.random() ** 1.6)]  # some call far more often than others
    if kind == "case" and fate in ENDED:
        first, last = client.covers[0].starts_at + FIRST_HOURS, min(client.covers[-1].ends_at, now) - timedelta(days=9)
    elif fate in ENDED:
        first, last = client.since + timedelta(days=1), now - timedelta(days=9)
    else:
        first, last = now - timedelta(days=RECENT_DAYS), now - timedelta(hours=30)
        if kind == "case":
            first = max(first, client.covers[-1].starts_at + FIRST_HOURS)
    return Plot(kind, fate, _working(first + (max(last, first) - first) * dice.random(), first, dice), client, least)


def _working(at: datetime, first: datetime, dice: random.Random) -> datetime:
    """Most people write on weekdays between nine and six."""
    if dice.random() < 0.12:
        return at
    local = at.astimezone(ZONE)
    day = local.date() - timedelta(days=max(0, local.weekday() - 4))
    moved = datetime.combine(day, time(9 + dice.randrange(9), dice.randrange(60), dice.randrange(60)), ZONE)
    return moved if first < moved <= at + timedelta(days=1) else at
