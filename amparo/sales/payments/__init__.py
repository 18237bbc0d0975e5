"""The ways of paying, behind one interface.

A way is either *recorded* (staff see the money somewhere else and confirm it) or *hosted* (a provider's page takes the
money and tells us). To add a provider: a module with a class that has what `Hosted` names, and its row in `HOSTED`.
No way writes to the database: what a provider says becomes a `Session`, and `commands.checkouts` decides what follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from amparo.kernel.refusals import Text


@dataclass(frozen=True, slots=True)
class Asked:
    """What a provider is asked for: an exact amount (centavos), under our reference, and where its page leads back to."""

    reference: str
    number: str
    title: str
    amount: int
    currency: str
    email: str
    language: str
    back_url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """What a provider says of one visit to its page. `state`: open, complete or expired; `paid`: the money is there."""

    session_id: str
    reference: str
    state: str
    paid: bool
    amount: int | None
    currency: str
    payment_ref: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a provider that is proven to come from it. `session` is None where the event concerns none."""

    event_id: str
    kind: str
    session: Session | None
    failed: bool = False


class Hosted(Protocol):
    """A provider's page. Every method but the first two asks another system: never inside a transaction."""

    code: str
    amount_min: int

    def is_set_up(self) -> bool:
        """True where its keys are entered."""

    def begin(self, asked: Asked) -> Session:
        """Open a visit; the same reference again returns the first. Raises PaymentAway."""

    def look(self, session_id: str) -> Session:
        """Ask how a visit stands. Raises PaymentAway."""

    def close(self, session_id: str) -> None:
        """Let nobody pay by a visit any more; one that is over already stays as it is. Raises PaymentAway."""

    def hear(self, body: bytes, headers: Mapping[str, str], *, at: datetime) -> Call:
        """Return what a call says, once it is proven. Asks nobody. Raises WebhookRefused."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way as a page offers it: `hosted` leads to a provider's page, else the words say how to pay."""

    code: str
    label: Text
    hosted: bool
    words: str = ""
