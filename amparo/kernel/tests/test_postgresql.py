"""The database backend of settings: moments in UTC, and connections of the pool that live."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

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
