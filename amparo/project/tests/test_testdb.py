"""What tests stand on: one connection of a thread, and a database that comes back however a test left it."""

from __future__ import annotations

import asyncio

import pytest
from django.db import connection, connections

from amparo.project import testreset


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
