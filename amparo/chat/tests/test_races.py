"""Many at once, on real connections. SEC-47."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from amparo.chat import commands
from amparo.chat.commands import routing
from amparo.chat.models import Chat
from amparo.conftest import NOON
from amparo.policies.commands import set_value

pytestmark = pytest.mark.django_db(transaction=True)


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
        return cursor.fetchone()[0]


def test_chats_offered_at_once_do_not_pass_an_engineers_limit(ask, elena, contact, member, administrator, monkeypatch):
    """CHT-1: whoever counted who is free gives before the next one counts; here each waits until the other counted, or waits for him."""
    set_value("chat.chats_per_engineer", 1, from_at=NOON - timedelta(hours=1), actor=administrator, at=NOON - timedelta(hours=1))
    counted, tick, count = [], threading.Event(), routing.candidates
    faults: list[Exception] = []

    def both_counted(at):
        found = count(at)
        counted.append(found)
        for _round in range(2000):  # twenty seconds at the most
            if len(counted) > 1 or _somebody_waits():
                break
            tick.wait(0.01)
        return found

    def open_one(actor) -> None:
        try:
            ask(actor=actor, key=actor.ref)
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    monkeypatch.setattr(routing, "candidates", both_counted)
    threads = [threading.Thread(target=open_one, args=(actor,)) for actor in (contact, member)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not faults
    assert sorted(Chat.objects.values_list("offered_to_id", flat=True), key=bool) == [None, elena.user_id]
    monkeypatch.undo()
    assert commands.offer_waiting(at=NOON + timedelta(seconds=1)) == 0
