"""The figures of the forum for `amparo bench`: a topic of 200 posts, and the list of topics, from the request to the page. FOR-1.

As a visitor, as a member and as a moderator, through the whole server stack of the process: statements asked, and the median
of processor and time.
"""

from __future__ import annotations

from datetime import timedelta
from statistics import median
from time import perf_counter, process_time

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM, Actor
from amparo.people.commands import add_staff, register_user
from amparo.people.models import User
from amparo.people.queries import actor_by_id

from . import commands
from .models import Topic

ROUNDS, WARM, POSTS = 40, 5, 200
STATEMENTS_MAX = 8
TEXT = "Revise **Configuración › Impresoras**:\n\n1. Apague la impresora.\n2. Enciéndala.\n\n> Desde ayer no imprime.\n\nCon eso quedó `PV-0101`.\n"


def run(rounds: int = ROUNDS) -> list[dict[str, object]]:
    """Measure the pages; return figures as plain data. The database is to be empty."""
    topic, people = _world()
    pages = [("a topic of 200 posts", topic.url), ("the latest topics", "/forum/"), ("a theme", f"/forum/themes/{topic.theme_id}/")]
    return [_figure(client, f"{what}, {who}", address, rounds) for what, address in pages for who, client in people]


def _person(name: str, *roles: str) -> Actor:
    at = clock.now() - timedelta(days=60)
    user = register_user(f"{name}@example.com", name=name, password="una clave larga de medida", email_verified=True, actor=SYSTEM, at=at)
    if roles:
        add_staff(user, roles, actor=SYSTEM, at=at)
    return actor_by_id(user.pk)


def _world() -> tuple[Topic, list[tuple[str, Client]]]:
    began = clock.now() - timedelta(days=30)
    asker, other, staff = _person("pregunta"), _person("responde"), _person("modera", "moderator")
    theme = commands.put_theme(None, {"name": "Medida"}, actor=SYSTEM, at=began)
    for turn in range(40):
        made = commands.ask(theme, f"Pregunta de medida {turn}", commands.Written(TEXT, has_proof=True, seconds=60), actor=staff, at=began)
    topic = commands.ask(theme, "La pregunta de doscientos mensajes", commands.Written(TEXT, has_proof=True, seconds=60), actor=asker, at=began)
    for turn in range(POSTS - 1):
        who = (other, asker, staff)[turn % 3]
        commands.reply(topic, commands.Written(TEXT, has_proof=True, seconds=60), actor=who, at=began + timedelta(hours=turn))
    assert made.pk and topic.posts.filter(visibility="shown").count() == POSTS
    return topic, [("a visitor", _client(None)), ("a member", _client(asker)), ("a moderator", _client(staff))]


def _client(actor: Actor | None) -> Client:
    client = Client(headers={"host": "localhost"})
    if actor is not None:
        client.force_login(User.objects.get(pk=actor.user_id or 0), backend="amparo.people.backends.PeopleBackend")
    return client


def _figure(client: Client, name: str, address: str, rounds: int) -> dict[str, object]:
    spent, worked = [], []
    for _turn in range(rounds + WARM):
        began, busy = perf_counter(), process_time()
        answer = client.get(address)
        spent.append((perf_counter() - began) * 1000)
        worked.append((process_time() - busy) * 1000)
        assert answer.status_code == 200, (answer.status_code, address)
    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    statements = sum(1 for one in asked.captured_queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")))
    spent = sorted(spent[WARM:])
    return {
        "name": name, "milliseconds": median(spent), "slowest": spent[-1 - len(spent) // 20], "processor": median(worked[WARM:]), "statements": statements,
    }  # fmt: skip
