"""Statements that every page asks: the server parses and plans them once for each connection.

Django binds values on the client, so to the server each statement is a new one. What is asked on every page is worth an
exception: half of what such a statement costs is its plan.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import QuerySet
from django.db.models.query import ValuesIterable, get_related_populators

from .actor import Actor


class _Prepared(ServerBindingCursor):
    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, prepare=True)  # type: ignore[misc]


def rows(sql: str, given: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Ask a prepared statement and return all rows. A value whose type does not show needs a cast: `%s::bigint`.

    It reads, so that outside a transaction it is asked once more where its connection turns out to be dead: after a
    restart of the database that is what every page begins with.
    """
    database = connections[DEFAULT_DB_ALIAS]  # once: each look through `connection` asks which thread it is
    try:
        return _asked(database, sql, given)
    except OperationalError:
        if database.in_atomic_block or database.connection is None or not database.connection.closed:
            raise
    database.close()
    return _asked(database, sql, given)


def _asked(database: Any, sql: str, given: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    database.ensure_connection()
    with database.wrap_database_errors:
        raw: Any = _Prepared(database.connection)  # type: ignore[call-arg]
    wrap = database.make_debug_cursor if database.queries_logged else database.make_cursor
    with wrap(raw) as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall()


class Kept:
    """A query of the ORM whose SQL is made once for each shape of it, then asked again with other values, prepared.

    `make(actor, *shape, **given)` returns the queryset. It is called with marks in place of everything that tells one
    actor of a kind from another, and of everything in `given`; where a mark comes out in the SQL's values, the value of
    this call goes. So what the queryset depends on is either in `shape`, or among the actor's kind, roles and company
    role, or goes through as a value; anything else that it would look at is a mark, and fits nothing.
    """

    def __init__(self, make: Callable[..., QuerySet[Any]]) -> None:
        self.make = make
        self.made: dict[Any, _Made] = {}

    def __call__(self, actor: Actor | None, *shape: Any, **given: Any) -> list[Any]:
        """Return the rows: objects, or what `.values()` gives."""
        rights = _rights(actor) if actor else None
        key = (rights, shape, tuple((name, type(value)) for name, value in given.items()))
        made = self.made.get(key)
        if made is None:
            if len(self.made) >= _SHAPES_MAX:
                self.made.clear()
            marks = {name: _mark(value, place) for place, (name, value) in enumerate(given.items(), start=10)}
            made = self.made[key] = _Made(self.make(_marked(actor), *shape, **marks), marks)
        return made.ask(actor, given)


_SHAPES_MAX = 200
_ACTOR_MARKS = {"user_id": 2**61 + 1, "customer_id": 2**61 + 2, "contact_id": 2**61 + 3}


def _rights(actor: Actor) -> tuple[Any, ...]:
    """What a query's shape may hang on."""
    known = tuple(getattr(actor, name) is None for name in _ACTOR_MARKS)
    return (actor.kind, actor.roles, actor.company_role, known)


def _mark(value: Any, place: int) -> Any:
    if isinstance(value, str):
        return f"\x02mark {place}"
    if isinstance(value, datetime):
        return datetime(1900, 1, 1, microsecond=place, tzinfo=UTC)
    assert type(value) is int, f"no mark for a {type(value).__name__}"
    return 2**61 + place


def _marked(actor: Actor | None) -> Actor | None:
    if actor is None:
        return None
    known: dict[str, Any] = {name: mark for name, mark in _ACTOR_MARKS.items() if getattr(actor, name) is not None}
    return replace(actor, name="\x02", email="\x02", language="\x02", **known)


class _Made:
    """The SQL of one shape, where which value goes, and how rows become what the queryset gives."""

    def __init__(self, queryset: QuerySet[Any], marks: dict[str, Any]) -> None:
        self.query = queryset.query
        self.compiler = self.query.get_compiler(connection.alias)
        self.nothing = False
        try:
            self.sql, params = self.compiler.as_sql()  # type: ignore[call-overload]
        except EmptyResultSet:
            self.nothing = True
            return
        named: dict[Any, tuple[str, str]] = {mark: ("actor", name) for name, mark in _ACTOR_MARKS.items()}
        named |= {mark: ("given", name) for name, mark in marks.items()}
        self.params = [(param, named.get(param) if isinstance(param, Hashable) else None) for param in params]
        assert not any(isinstance(p, str) and p.startswith("\x02") and not place for p, place in self.params)
        self.converters = self.compiler.get_converters([column[0] for column in self.compiler.select])
        self._read(queryset)

    def _read(self, queryset: QuerySet[Any]) -> None:
        if issubclass(queryset._iterable_class, ValuesIterable):
            query = self.query
            self.names = [*query.extra_select, *query.values_select, *query.annotation_select]
            self.klass = None
            return
        self.klass = self.compiler.klass_info
        assert self.klass is not None
        fields = self.klass["select_fields"]
        self.start, self.end = fields[0], fields[-1] + 1
        self.names = [column[0].target.attname for column in self.compiler.select[self.start : self.end]]
        self.related = get_related_populators(self.klass, self.compiler.select, connection.alias)  # type: ignore[call-arg]
        self.annotated = self.compiler.annotation_col_map

    def ask(self, actor: Actor | None, given: dict[str, Any]) -> list[Any]:
        if self.nothing:
            return []
        values = [
            param if place is None else getattr(actor, place[1]) if place[0] == "actor" else given[place[1]]
            for param, place in self.params
        ]
        found: Any = rows(self.sql, values)
        if self.converters:
            found = self.compiler.apply_converters(found, self.converters)
        if self.klass is None:
            return [dict(zip(self.names, row, strict=True)) for row in found]
        return [self._object(row) for row in found]

    def _object(self, row: Sequence[Any]) -> Any:
        made = self.klass["model"].from_db(connection.alias, self.names, row[self.start : self.end])  # type: ignore[index]
        for populator in self.related:
            populator.populate(row, made)
        for name, place in self.annotated.items():
            setattr(made, name, row[place])
        return made
