"""What every verb of a remote session does first and last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from amparo.history.commands import record, signal
from amparo.kernel.actor import Actor
from amparo.remote.machine import LIFE, Move
from amparo.remote.models import Session
from amparo.remote.rules import codes

# Who acts at the customer's computer is known by the code alone: whoever was told it.
CUSTOMER = Actor(kind="visitor", name="")


@dataclass(frozen=True, slots=True)
class Offer:
    """A session that was offered, with the code to tell; nothing else ever holds the code."""

    session: Session
    code: str

    @property
    def shown(self) -> str:
        return codes.shown(self.code)


def pepper() -> str:
    """Return the secret that codes are derived and hashed with."""
    return settings.SECRETS["pepper"]


def locked(session: Session) -> Session:
    """Return the session as it stands, locked to the end of the transaction."""
    return Session.objects.select_for_update(of=("self",)).select_related("case__thread", "engineer").get(pk=session.pk)


def move(session: Session, made: Move) -> None:
    """Make a move by the table. Raises IllegalMove. The caller saves."""
    session.state = LIFE.after(session.state, made).value


def tell(name: str, session: Session, *, actor: Actor, at: datetime, **told: Any) -> None:
    """Put a fact on the record of the case, and wake who looks at the session. LIV-3."""
    record(
        f"remote.{name}", subject=session.case, actor=actor, at=at, session=session.pk, number=session.number,
        engineer=session.engineer_id, **told,
    )  # fmt: skip
    signal(session.subject)
