"""Things that the tests of promises share."""

from __future__ import annotations

from datetime import datetime

import pytest

from amparo.conftest import NOON
from amparo.deadlines import commands
from amparo.deadlines.models import Promise, ServiceCalendar
from amparo.kernel.actor import SYSTEM

TABLES = "history_chain", "history_fact", "history_delivery"


@pytest.fixture
def service(db) -> ServiceCalendar:
    """The shipped calendar."""
    return ServiceCalendar.objects.get(is_default=True)


@pytest.fixture
def make(customer):
    """Promise an answer to a ticket at noon of a Wednesday; 48 business hours end on Friday at noon."""

    def make(
        subject: str = "ticket:41", kind: str = "answer.ticket", at: datetime = NOON, **given
    ) -> Promise:
        given.setdefault("customer_id", customer.pk)
        return commands.promise(kind, subject=subject, actor=SYSTEM, at=at, **given)

    return make
