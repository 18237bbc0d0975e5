"""The database backend of settings: Django's own, but that moments are loaded by psycopg's compiled loader.

Django's loader is written in Python, because a connection may have any time zone. Ours are all in UTC, as is every moment
that we store, and there both give the same: 2.6 µs a moment becomes 0.11, and a page of the queue shows 250 of them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db.backends.postgresql.base import DatabaseWrapper as OfDjango
from django.db.backends.postgresql.base import ServerSideCursor
from django.db.backends.postgresql.psycopg_any import get_adapters_template
from psycopg import adapt
from psycopg.types.datetime import TimestamptzLoader


@lru_cache(maxsize=1)
def _adapters(of_django: adapt.AdaptersMap) -> adapt.AdaptersMap:
    ours = adapt.AdaptersMap(of_django)
    ours.register_loader("timestamptz", TimestamptzLoader)  # the compiled one where there is one
    return ours


class DatabaseWrapper(OfDjango):
    """A connection whose moments come in UTC, as the connection is."""

    def get_connection_params(self) -> dict[str, Any]:
        assert self.timezone_name == "UTC", "moments are stored and read in UTC"
        return {**super().get_connection_params(), "context": _adapters(get_adapters_template(True, self.timezone))}

    def create_cursor(self, name: str | None = None) -> Any:
        """As Django's, without asking whether the cursor has another zone than the connection: it never has."""
        if name:
            kept_open = self.connection.autocommit
            return ServerSideCursor(self.connection, name=name, scrollable=False, withhold=kept_open)
        return self.connection.cursor()
