"""What tests stand on: one connection of a thread, and a database that comes back however a test left it."""

from __future__ import annotations

import asyncio
import resource
import threading

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction

from amparo.conftest import make_customer, make_user
from amparo.people.models import Customer, User
from amparo.project import testreset
from tests.live import until


def test_however_deep_a_test_calls_its_frames_lie_in_one_piece():
    """Else each call that begins where a piece ends asks the system for another, and takes as long as a hundred calls."""

    def calls_from(depth: int) -> None:
        if depth:
            return calls_from(depth - 1)
        for _ in range(100):
            divmod_of(7, 2)
        return None

    def divmod_of(one: int, other: int) -> tuple[int, int]:
        return one // other, one % other

    calls_from(200)
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    for depth in range(200):
        calls_from(depth)
    assert resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before < 100


def test_a_thread_has_one_connection_while_a_loop_runs_too():
    """As around Playwright: what a test wrote there is read and emptied here."""

    async def within() -> object:
        return connections["default"]

    assert asyncio.run(within()) is connections["default"]


@pytest.mark.django_db(transaction=True)
def test_a_test_that_lost_its_connection_harms_no_other():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (mine,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 2000)", [mine])
    other.close()
    with pytest.raises(Exception, match="terminating connection"), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    testreset.reset()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


@pytest.mark.django_db(transaction=True)
def test_coroutines_of_a_later_test_have_a_connection_of_their_own():
    """The thread in which they ask the database outlives a test; its connection may have been cut meanwhile."""

    def number() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return cursor.fetchone()[0]

    first = asyncio.run(sync_to_async(number)())
    testreset.reset()
    assert asyncio.run(sync_to_async(number)()) != first


@pytest.mark.django_db(transaction=True)
def test_who_still_writes_after_a_test_spoils_no_other():
    """Pages of a story that failed go on: their rows and those that are emptied are locked in whatever order."""
    make_customer("Abarrotes Lupita")
    make_user("Lupita")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM seeds.filled()")
        order = {name: model for (name,) in cursor.fetchall() for model in (Customer, User) if model._meta.db_table == name}
    first, last = order.values()
    holds, went_on = threading.Event(), []

    def goes_on() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL deadlock_timeout = '60s'")  # the other one is told of it
            last.objects.update(name="A")
            holds.set()
            waits = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%seeds.reset%' AND datname = current_database()"
            until(lambda: cursor.execute(waits) or cursor.rowcount, 10, every=0.01)
            went_on.append(first.objects.update(name="B"))
        connection.close()

    page = threading.Thread(target=goes_on)
    page.start()
    holds.wait(60)
    testreset.reset()
    page.join(60)
    assert went_on == [1], "who emptied was told of a deadlock, and let the other end first"
    assert not Customer.objects.exists() and not User.objects.exists()
