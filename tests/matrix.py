"""Who may what over every address: the walk behind test_matrix.py and its written table, matrix.txt.

For each address, method and standing one word: ok (answered, also where the form was not right), login, 403, 404,
405. The table is read by people in review; besides, laws that no table can bless are asserted by the test.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from amparo.kernel.actor import ROLES, Actor
from amparo.people.models import User

from . import outline

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


def facts() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM history_fact")
        return cursor.fetchone()[0]


def visit(client: Client, method: str, url: str, *, before: int, wrong: list[str] | None = None) -> tuple[str, int]:
    """Return the word for a visit and how many facts it left beside those that were there; say what is wrong with a page's outline."""
    client.cookies = SimpleCookie(client.kept)  # a visit may have signed out
    with undone():
        response = client.get(url) if method == "GET" else client.post(url, {"key": "matrix-0001-key"})
        if response.streaming:
            b"".join(response.streaming_content)
        elif wrong is not None and method == "GET" and url not in PIECES and response.headers.get("Content-Type", "").startswith("text/html"):
            wrong += [f"{url}: {fault}" for fault in outline.faults(response.content.decode())]
        if connection.needs_rollback:
            return word(response), 0
        return word(response), facts() - before


def line(route: Route, method: str, words: dict[str, str]) -> str:
    """Return a row of the table: standings that get the same word stand together."""
    groups: dict[str, list[str]] = {}
    for standing in STANDINGS:
        groups.setdefault(words[standing], []).append(standing)
    told = "; ".join(f"{answer}: {' '.join(who)}" for answer, who in sorted(groups.items()))
    return f"{route.name} {method} | {told}"
