"""The database backend of settings: Django's own, but for two things that cost a page a millisecond or two.

Moments are loaded by psycopg's compiled loader. Django's is written in Python, because a connection may have any time
zone. Ours are all in UTC, as is every moment that we store, and there both give the same: 2.6 µs a moment becomes 0.11,
and a page of the queue shows 250 of them.

What asks to be prepared (kernel.prepared) is: as Django sets psycopg up, it never prepares anything. The plan of the
statement that brings a case took the server 2.2 ms, its execution 0.15.
"""

from __future__ import annotations

from functools import lru_cache
from time import monotonic
from typing import Any, ClassVar

from django.db.backends.postgresql.base import DatabaseWrapper as OfDjango
from django.db.backends.postgresql.base import ServerSideCursor
from django.db.backends.postgresql.operations import DatabaseOperations as OperationsOfDjango
from django.db.backends.postgresql.psycopg_any import get_adapters_template
from psycopg import Error as PsycopgError
from psycopg import adapt
from psycopg.types.datetime import TimestamptzLoader
from psycopg_pool import ConnectionPool

_ONLY_WHEN_ASKED = 2**31  # executions before psycopg prepares a statement by itself; None would forbid it altogether


_FRESH_SECONDS = 1.0


@lru_cache(maxsize=1)
def _adapters(of_django: adapt.AdaptersMap) -> adapt.AdaptersMap:
    ours = adapt.AdaptersMap(of_django)
    ours.register_loader("timestamptz", TimestamptzLoader)  # the compiled one where there is one
    return ours


class DatabaseOperations(OperationsOfDjango):
    """Django's, which say nothing of a prepared statement: its text is with the server."""

    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        return super().last_executed_query(cursor, sql, params) or str(sql)


class DatabaseWrapper(OfDjango):
    """A connection whose moments come in UTC, as the connection is."""

    ops_class = DatabaseOperations
    _found_dead_at: ClassVar[float] = 0.0  # of all threads of the process

    def get_connection_params(self) -> dict[str, Any]:
        assert self.timezone_name == "UTC", "moments are stored and read in UTC"
        adapters = _adapters(get_adapters_template(True, self.timezone))
        return {**super().get_connection_params(), "context": adapters, "prepare_threshold": _ONLY_WHEN_ASKED}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Take a connection of the pool, a live one: it is asked whether it lives unless it answered a moment ago.

        Where one was found dead since, the server was away: then that moment proves nothing.
        """
        connection = super().get_new_connection(conn_params)
        while self.pool and not self._is_fresh(connection):
            try:
                ConnectionPool.check_connection(connection)
                break
            except PsycopgError:
                self.pool.putconn(connection)  # it is broken: the pool makes a new one in its place
                connection = super().get_new_connection(conn_params)
        return connection

    def _is_fresh(self, connection: Any) -> bool:
        given_back_at = getattr(connection, "given_back_at", 0.0)
        return given_back_at > DatabaseWrapper._found_dead_at and monotonic() - given_back_at <= _FRESH_SECONDS

    def _close(self) -> None:
        if self.pool and self.connection is not None:
            self.connection.given_back_at = monotonic()
            if self.connection.closed:
                DatabaseWrapper._found_dead_at = monotonic()
        super()._close()  # type: ignore[misc]

    def create_cursor(self, name: str | None = None) -> Any:
        """As Django's, without asking whether the cursor has another zone than the connection: it never has."""
        if name:
            kept_open = self.connection.autocommit
            return ServerSideCursor(self.connection, name=name, scrollable=False, withhold=kept_open)  # type: ignore[call-arg]
        return self.connection.cursor()
