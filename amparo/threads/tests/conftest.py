"""Threads without an owner: what a ticket or case would open."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import transaction

from amparo.conftest import NOON
from amparo.kernel.actor import Actor
from amparo.threads import commands
from amparo.threads.models import Thread


@pytest.fixture
def open_one(contact, customer):
    """Open a thread as the administrator of the customer would."""

    def opened(
        title: str = "No abre la caja 3",
        body: str = "Desde ayer **no abre** la caja.",
        *,
        kind: str = "ticket",
        actor: Actor | None = None,
        at: datetime = NOON,
        **more: object,
    ) -> Thread:
        who = actor or contact
        with transaction.atomic():
            return commands.open_thread(
                kind,
                customer_id=more.pop("customer_id", who.customer_id or customer.pk),
                title=title,
                body=body,
                state="open",
                queue="answer",
                priority=more.pop("priority", 2),
                promise_kind=more.pop("promise_kind", f"answer.{kind}"),
                actor=who,
                at=at,
                **more,
            ).thread

    return opened


@pytest.fixture
def thread(open_one) -> Thread:
    return open_one()
