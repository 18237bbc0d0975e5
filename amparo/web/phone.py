"""What the operator sees of a caller, gathered from the apps below. TEL-1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from amparo.contracts import queries as contracts
from amparo.contracts.access import Standing, offered_standings
from amparo.kernel.actor import Actor
from amparo.kernel.ids import format_nic
from amparo.ledger.queries import pockets
from amparo.live.queries import calls_of
from amparo.people.queries import customer_card, find, recipients
from amparo.products.queries import find_by_serial, licences_of
from amparo.threads import queries as threads

from .queries import meters


@dataclass(frozen=True, slots=True)
class Caller:
    """A customer that answers what was sought, and by whom or what it was found."""

    customer_id: int
    name: str
    nic: str
    phone: str
    by: str
    user_id: int | None = None
    is_active: bool = True


def search(words: str, actor: Actor) -> list[Caller]:
    """Find a caller by telephone number, NIC, name, e-mail or licence serial, best first. TEL-1."""
    found = [
        Caller(one.customer_id, one.name, one.nic_shown, one.phone, one.contact_name, one.user_id, one.is_active)
        for one in find(words, limit=12)
    ]
    known = {one.customer_id for one in found}
    for licence in find_by_serial(words, limit=6):
        if licence["customer_id"] not in known:
            known.add(licence["customer_id"])
            by = f"{licence['product_name']} · {licence['serial']}"
            found.append(Caller(licence["customer_id"], licence["name"], format_nic(licence["nic"]), licence["phone"], by))
    return found


@dataclass(frozen=True, slots=True)
class Glance:
    """What one must know of a caller while it rings: NIC, contracts, what is left, open matters, entitlements."""

    card: Any
    contracts: Sequence[Any]
    meters: Sequence[dict[str, Any]]
    matters: Sequence[dict[str, Any]]
    standings: Sequence[Standing]


@dataclass(frozen=True, slots=True)
class Sight(Glance):
    """Everything of a caller at once: besides, licences, calls and contacts."""

    contacts: Sequence[Any]
    licences: Sequence[Any]
    calls: Sequence[dict[str, Any]]


def glance(customer_id: int, actor: Actor, *, at: datetime) -> Glance | None:
    """Return what the card at the side shows of a caller, None where there is no such customer. TEL-1."""
    card = customer_card(customer_id)
    return None if card is None else Glance(card, *_first(customer_id, actor, at))


def sight(customer_id: int, actor: Actor, *, at: datetime) -> Sight | None:
    """Return what the operator must know of a caller, None where there is no such customer. TEL-1."""
    card = customer_card(customer_id)
    if card is None:
        return None
    return Sight(
        card, *_first(customer_id, actor, at), contacts=recipients(customer_id), licences=licences_of(customer_id, at),
        calls=calls_of(customer_id, actor, limit=6),
    )  # fmt: skip


def _first(customer_id: int, actor: Actor, at: datetime) -> tuple[Any, Any, Any, Any]:
    return (
        contracts.contracts(at=at, customer_id=customer_id),
        meters(pockets(customer_id, at)),
        threads.customer_threads(actor, customer_id=customer_id, open_only=True, size=10).rows,
        offered_standings(actor, at, customer_id=customer_id),
    )
