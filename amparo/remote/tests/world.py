"""What tests of remote sessions share: a case in attention, and sessions brought to a state."""

from __future__ import annotations

import itertools
from datetime import datetime

from amparo.cases.models import Case
from amparo.cases.tests.world import attended, contract_for
from amparo.conftest import NOON
from amparo.kernel.actor import Actor
from amparo.remote import commands
from amparo.remote.models import Session

_numbers = itertools.count(1)
ADDRESS = "203.0.113.7"
SHOWN = "Elena pide ver su pantalla"
SECRET = "secret"


def key() -> str:
    return f"r{next(_numbers)}"


def a_case(contact: Actor, engineer: Actor, kind: str = "incident", *, at: datetime = NOON) -> Case:
    contract_for(contact.customer_id or 0)
    return attended(contact, engineer, kind, at=at)


def offered(case: Case, engineer: Actor, mode: str = "control", *, at: datetime = NOON) -> commands.Offer:
    return commands.offer(case, mode=mode, key=key(), actor=engineer, at=at)


def joined(case: Case, engineer: Actor, mode: str = "control", *, secret: str = "", at: datetime = NOON) -> Session:
    offer = offered(case, engineer, mode, at=at)
    return commands.join(
        offer.code, address=ADDRESS, resume=secret or key(), broker="ws://b1", system="linux", helper="1.0",
        can=["view", "control", "clipboard"], at=at,
    )  # fmt: skip


def consented(case: Case, engineer: Actor, mode: str = "control", *, secret: str = "", at: datetime = NOON) -> Session:
    return commands.consent(joined(case, engineer, mode, secret=secret, at=at), mode=mode, shown=SHOWN, at=at)


def running(case: Case, engineer: Actor, mode: str = "control", *, secret: str = "", at: datetime = NOON) -> Session:
    return commands.begin(consented(case, engineer, mode, secret=secret, at=at), actor=engineer, at=at)
