"""Statements that every page asks: the server parses and plans them once for each connection.

Django binds values on the client, so to the server each statement is a new one. What is asked on every page is worth an
exception: half of what such a statement costs is its plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor


class _Prepared(ServerBindingCursor):
    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, prepare=True)  # type: ignore[misc]


def rows(sql: str, given: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Ask a prepared statement and return all rows. A value whose type does not show needs a cast: `%s::bigint`."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        raw: Any = _Prepared(connection.connection)  # type: ignore[call-arg]
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with wrap(raw) as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall()
