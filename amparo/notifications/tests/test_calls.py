"""Notices of the telephone."""

from __future__ import annotations

from datetime import timedelta

from amparo.conftest import NOON
from amparo.deadlines.commands import lapse_due, warn_due
from amparo.live import commands as live
from amparo.live import rules
from amparo.live.models import Callback
from amparo.notifications.models import Notice


def test_a_missed_caller_is_told_of_once_and_again_when_the_call_back_is_late(customer, operator, administrator, deliver):
    """TEL-3, TIM-9"""
    exchange, _secret = live.add_exchange({"name": "Centro", "kind": "webhook"}, actor=administrator, at=NOON)
    for number in range(3):
        for state in ("ringing", "missed"):
            at = NOON + timedelta(minutes=number)
            live.take_event(exchange, rules.Event(f"{number}{state}", f"c{number}", state, at, caller=customer.phone), at=at)
    deliver()
    mine = Notice.objects.filter(user=operator.user_id)
    assert [customer.name in one.title for one in mine.filter(kind="call_missed")] == [True]
    owed = Callback.objects.get()
    warn_due(at=owed.due_at - timedelta(minutes=1))
    lapse_due(at=owed.due_at + timedelta(minutes=1))
    deliver()
    assert mine.filter(kind="promise_lapsed", subject_ref=owed.subject).count() == 1 and mine.filter(kind="promise_warned", subject_ref=owed.subject).exists()
