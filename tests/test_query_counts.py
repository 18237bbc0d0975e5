"""How many statements a page may ask, over a world in which everything occurs; and that the measuring measures that."""

from __future__ import annotations

import html

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from amparo.cases.models import Case
from amparo.people.models import User
from amparo.people.queries import actor_by_id
from amparo.project.bench import pages
from amparo.project.bench.figures import Figure
from amparo.project.world.people import DOMAIN
from amparo.tickets import commands as tickets
from amparo.tickets.models import Ticket
from tests.test_world import LATER, taken_back, world  # noqa: F401 (the small large world)

CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
PAGE_MAX, CREATE_MAX = 6, 10


def asked(captured) -> list[str]:
    texts = [one["sql"] or "(a statement whose text is gone)" for one in captured.captured_queries]
    return [text for text in texts if not text.startswith(CONTROL)]


def signed_in(user: User) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="es-MX")
    client.force_login(user)
    return client


def engineer() -> User:
    return User.objects.get(email=f"ingenieria01@{DOMAIN}")


def ticket_of_many() -> str:
    return f"/desk/tickets/{Ticket.objects.filter(thread__entry_count=20).first().pk}/"


def case_of_many() -> str:
    return f"/desk/cases/{Case.objects.filter(thread__entry_count=60).first().pk}/"


def contact() -> User:
    return User.objects.get(pk=Case.objects.filter(thread__entry_count=60).first().contact_id)


PAGES = {
    "desk queue": (engineer, lambda: "/desk/"),
    "ticket of 20 messages": (engineer, ticket_of_many),
    "case of 60 entries": (engineer, case_of_many),
    "portal home": (contact, lambda: "/"),
    "statement of a year": (contact, pages.year_of_statement),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_hot_page_asks_six_statements_at_most(name):
    """Session and person included, whatever the size of the world."""
    who, where = PAGES[name]
    client, path = signed_in(who()), where()
    assert client.get(path).status_code == 200
    fewest = min((asked_for(client, path) for _one in range(3)), key=len)  # settings are read again every two seconds
    assert len(fewest) <= PAGE_MAX, "\n".join(fewest)


def asked_for(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return asked(captured)


def test_opening_a_ticket_asks_ten_statements_at_most():
    """With its promise and its facts. TKT-1, TIM-8"""
    last = Ticket.objects.filter(state="waiting", release__is_current=True).select_related("thread").last()
    actor = actor_by_id(last.thread.opened_by_id)
    tickets.open_ticket("Primero", "Para que las cifras estén leídas.", last.product_id, actor=actor, at=LATER)
    with CaptureQueriesContext(connection) as captured:
        tickets.open_ticket("No imprime", "Desde hoy.", last.product_id, key="k", actor=actor, at=LATER)
    assert len(asked(captured)) <= CREATE_MAX, "\n".join(asked(captured))


def test_the_lean_page_shows_the_same_bytes():
    """A page cut into markup and texts comes back whole when its texts are escaped again."""
    client = signed_in(engineer())
    shown = client.get("/desk/").content.decode()
    pieces = pages.pieces_of(shown)
    assert len(pieces) > 100
    assert "".join(markup + html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") for markup, text in pieces) == shown


def test_a_figure_says_whether_it_holds(db):
    assert Figure.most("a", 6, "statements", 6).holds and not Figure.most("a", 7, "statements", 6).holds
    assert Figure.ratio("b", 3.2, "ms", "lean", 2.0, 1.6).holds and not Figure.ratio("b", 3.3, "ms", "lean", 2.0, 1.6).holds


def test_sessions_are_read_by_our_own_statement(db):
    assert settings.SESSION_ENGINE == "amparo.people.sessions"
