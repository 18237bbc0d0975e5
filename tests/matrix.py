"""Everybody at every address: the walk behind test_matrix.py and its written table, matrix.txt.

For each address, method and standing one word: ok (answered, also where the form was not right), login, 403, 404,
405. The table is read by people in review; besides, laws that no table can bless are asserted by the test, and each
answer is judged by those of tests/judges.py.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.cookies import SimpleCookie
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from amparo.kernel.actor import ROLES, Actor
from amparo.people.models import User

STANDINGS = ("anonymous", "registered", "other_contact", "own_only", "member", "company_admin", *ROLES)


@dataclass(frozen=True)
class Route:
    """One address: its name with namespaces, its pattern, the names of its parameters."""

    name: str
    pattern: str
    parameters: tuple[str, ...]


# What Wagtail brings has one rule, asked of every address of it: editors and administrators enter, to others it is a desk
# page like any. See amparo/editor/tests/test_editor.py.
EDITOR = "desk/editor/"
PIECES = {"/ui/"}  # pieces of many pages stand there side by side


def routes() -> list[Route]:
    """Return every address of the service but those of the editor."""
    return [Route(*found) for found in _walk(get_resolver(), "", "", ()) if not found[1].startswith(EDITOR)]


def _walk(
    resolver: URLResolver, prefix: str, namespace: str, above: tuple[str, ...]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for one in resolver.url_patterns:
        pattern, given = prefix + str(one.pattern), (*above, *one.pattern.regex.groupindex)
        if isinstance(one, URLResolver):
            yield from _walk(one, pattern, namespace + (f"{one.namespace}:" if one.namespace else ""), given)
        elif isinstance(one, URLPattern):
            yield namespace + (one.name or "unnamed"), pattern, given


@contextmanager
def undone() -> Iterator[None]:
    """Undo whatever the walk did; nobody reads the traces of what is refused on it."""
    logging.disable(logging.ERROR)
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        logging.disable(logging.NOTSET)


def client_of(actor: Actor | None) -> Client:
    client = Client(raise_request_exception=False)
    if actor is not None:
        client.force_login(User.objects.get(pk=actor.user_id), backend="amparo.people.backends.PeopleBackend")
    client.kept = {name: morsel.value for name, morsel in client.cookies.items()}  # type: ignore[attr-defined]
    return client


def word(response: Any) -> str:
    """Return an answer as one word."""
    status = response.status_code
    if status in (301, 302, 303):
        where = response.headers["Location"]
        return "login" if where.startswith(("/account/login/", settings.LOGIN_URL)) else "ok"
    if status == 401:
        return "login"
    if status in (403, 404, 405):
        return str(status)
    return "ok" if status < 500 or status == 503 else f"FAULT {status}"


@dataclass(frozen=True)
class Answer:
    """What somebody got at an address, what his visit wrote before it was undone, and how many facts it left."""

    route: Route
    method: str
    who: str
    url: str
    response: Any
    raw: bytes
    writes: tuple[str, ...]
    facts: int

    @property
    def word(self) -> str:
        return word(self.response)

    @property
    def text(self) -> str:
        return self.raw.decode("utf-8", "replace")

    @property
    def is_page(self) -> bool:
        return self.method == "GET" and not self.response.streaming and str(self.response.headers.get("Content-Type", "")).startswith("text/html")


HEADS = ("anonymous", "company_admin", "administrator")
_READS = re.compile(r"\s*(SELECT|WITH|SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO)\b", re.I)
WRITES = re.compile(r"\bINSERT\s+INTO\b|\bUPDATE\s+\S+\s+(\w+\s+)?SET\b|\bDELETE\s+FROM\b|history_append|nextval|pg_notify", re.I)


@cache
def _may_write(sql: str) -> bool:
    return bool(WRITES.search(sql) or not _READS.match(sql))


def walk(people: dict[str, Actor | None], values_of: Callable[[Route], dict[str, Any]], *, more: dict[str, Actor]) -> Iterator[tuple[Route, str, list[Answer]]]:
    """Let everybody visit every address, and give the answers by address and method; those of `more` read only.

    What a visit wrote is undone after it. A method that neither a visitor nor the administrator may use is nobody's: only these two try it.
    """
    clients = {who: client_of(actor) for who, actor in (people | more).items()}
    for who in clients.keys() - set(HEADS):  # who has been here; to make each visit's token anew takes a twentieth of the walk
        clients[who].kept[settings.CSRF_COOKIE_NAME] = "x" * 32  # type: ignore[attr-defined]
    logging.disable(logging.ERROR)
    try:
        with _papers_as_text():
            walker = _Walker()
            for route in sorted(routes(), key=lambda route: route.name):
                given = values_of(route)
                missing = [name for name, value in given.items() if value is None]
                assert not missing, f"{route.name} has a parameter that the walk does not know: {missing}"
                url = f"/{route.pattern}" if route.name == "unnamed" else reverse(route.name, kwargs=given)
                for method in ("GET", "HEAD", "POST"):
                    answers = [walker.visit(clients[who], route, method, url, who) for who in ("anonymous", "administrator")]
                    if {one.word for one in answers} != {"405"}:
                        others = [who for who in (HEADS if method == "HEAD" else people if method == "POST" else clients) if who not in ("anonymous", "administrator")]
                        answers += [walker.visit(clients[who], route, method, url, who) for who in others]
                    walker.see_that_nothing_was_overlooked(route, method, answers)
                    yield route, method, answers
    finally:
        logging.disable(logging.NOTSET)


class _Walker:
    """Goes from a savepoint; goes back to it after each visit that wrote."""

    def __init__(self) -> None:
        self.before = self._facts()
        self.savepoint = transaction.savepoint()
        self.written = self._written()

    def visit(self, client: Client, route: Route, method: str, url: str, who: str) -> Answer:
        said: list[str] = []

        def hear(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
            if _may_write(str(sql)):
                said.append(str(sql))
            return execute(sql, params, many, context)

        client.cookies = SimpleCookie(client.kept)  # type: ignore[attr-defined]  # a visit may have signed out
        with connection.execute_wrapper(hear):
            if method == "POST":
                response = client.post(url, {"key": "matrix-0001-key"})
            else:
                response = getattr(client, method.lower())(url, HTTP_ORIGIN="https://evil.example")
            raw = b"".join(response.streaming_content) if response.streaming else response.content
        facts = 0
        if said or connection.needs_rollback:
            facts = 0 if connection.needs_rollback else self._facts() - self.before
            connection.set_rollback(False)
            transaction.savepoint_rollback(self.savepoint)
            connection.run_on_commit.clear()
        return Answer(route, method, who, url, response, raw, tuple(sql for sql in said if WRITES.search(sql)), facts)

    def see_that_nothing_was_overlooked(self, route: Route, method: str, answers: list[Answer]) -> None:
        """What the server counts has grown only where a visit was seen to write, and was undone."""
        before, self.written = self.written, self._written()
        # The server may report its counts and begin anew in between: what counts is that none grew.
        grown = {table for table, count in self.written.items() if count > before.get(table, 0)}
        seen = any("django_session" not in sql for one in answers for sql in one.writes)
        assert not grown or seen, f"{route.name} {method} wrote unseen: {grown}"

    @staticmethod
    def _facts() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM history_fact")
            return cursor.fetchone()[0]

    @staticmethod
    def _written() -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute(  # as pg_stat_xact_user_tables, whose view counts for ten times as long what is not asked here
                "SELECT relname, pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid) + pg_stat_get_xact_tuples_deleted(oid) "
                "FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE '%session%'"
            )
            return dict(cursor.fetchall())


@contextmanager
def _papers_as_text() -> Iterator[None]:
    """Answer with the words of a paper instead of drawing them: so judges can read it, and the walk need not wait for the drawing."""
    from weasyprint import HTML

    plain = HTML.__init__, HTML.write_pdf
    HTML.__init__ = lambda self, *, string, **_more: setattr(self, "words", string)
    HTML.write_pdf = lambda self: b"%PDF-" + self.words.encode()
    try:
        yield
    finally:
        HTML.__init__, HTML.write_pdf = plain


def line(route: Route, method: str, words: dict[str, str]) -> str:
    """Return a row of the table: standings that get the same word stand together."""
    groups: dict[str, list[str]] = {}
    for standing in STANDINGS:
        groups.setdefault(words[standing], []).append(standing)
    told = "; ".join(f"{answer}: {' '.join(who)}" for answer, who in sorted(groups.items()))
    return f"{route.name} {method} | {told}"
