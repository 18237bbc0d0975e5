"""The database backend of settings: moments in UTC, and connections of the pool that live."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.db import OperationalError, connection

from amparo.kernel import prepared
from amparo.kernel.postgresql import base


@pytest.fixture
def pooled(db):
    """A connection as the server has it, out of a pool."""
    options = {"pool": {"min_size": 1, "max_size": 1, "timeout": 5}}
    made = base.DatabaseWrapper({**connection.settings_dict, "OPTIONS": options}, connection.alias)
    yield made
    made.close()
    made.close_pool()


def backend_of(pooled) -> int:
    with pooled.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_moment_is_read_in_utc(db, chunked):
    with connection.chunked_cursor() if chunked else connection.cursor() as cursor:
        cursor.execute("SELECT '2026-11-24 12:20:00.000001-06'::timestamptz, NULL::timestamptz")
        assert cursor.fetchone() == (datetime(2026, 11, 24, 18, 20, 0, 1, tzinfo=UTC), None)


def test_a_connection_used_a_moment_ago_is_taken_as_it_is(pooled):
    first = backend_of(pooled)
    pooled.close()
    assert backend_of(pooled) == first


def test_a_connection_that_died_in_the_pool_is_replaced(pooled, monkeypatch):
    first = backend_of(pooled)
    pooled.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 2000)", [first])
    monkeypatch.setattr(base, "_FRESH_SECONDS", 0.0)
    assert backend_of(pooled) != first


def restart(connections):
    """End connections as a server does that goes away."""
    pids = [backend_of(one) for one in connections]
    for one in connections:
        one.close()
    with connection.cursor() as cursor:
        for pid in pids:
            cursor.execute("SELECT pg_terminate_backend(%s, 2000)", [pid])
    return pids


@pytest.fixture
def two(db, monkeypatch):
    """Two threads' connections out of one pool of two, the first of them what prepared statements ask."""
    options = {"pool": {"min_size": 2, "max_size": 2, "timeout": 5}}
    made = [base.DatabaseWrapper({**connection.settings_dict, "OPTIONS": options}, connection.alias) for _number in range(2)]
    monkeypatch.setattr(prepared, "connections", {"default": made[0]})
    yield made
    for one in made:
        one.close()
    made[0].close_pool()


def test_the_first_page_after_a_restart_of_the_database_is_served(two):
    """CHG-10: connections used within the last second are taken as they are, and are dead; what only reads is asked again."""
    pids = restart(two)
    assert prepared.rows("SELECT pg_backend_pid()", [])[0][0] not in pids
    assert backend_of(two[1]) not in pids, "one dead one makes the others doubtful"


def test_nothing_is_asked_again_within_a_transaction(two):
    """CHG-10: what went before it is lost."""
    two[0].ensure_connection()
    with pytest.raises(OperationalError), transaction_of(two[0]):
        pid = prepared.rows("SELECT pg_backend_pid()", [])[0][0]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 2000)", [pid])
        prepared.rows("SELECT 1", [])


@contextmanager
def transaction_of(database):
    database.in_atomic_block = True
    try:
        yield
    finally:
        database.in_atomic_block = False
