"""The conversation of a ticket is drawn once: for the right reader, and never past its time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.conftest import NOON
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM
from amparo.people.models import User
from amparo.threads import commands as threads
from amparo.tickets import commands

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: LATER)


@pytest.fixture
def ticket(contact, licence):
    opened = commands.open_ticket("No imprime", "Desde ayer", licence.product_id, actor=contact, at=NOON)
    threads.note(opened.thread, "Un secreto interno", actor=SYSTEM, at=NOON)
    return opened


def page(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_staff_have_opened_shows_a_customer_no_note(ticket, client_for, engineer, contact, other_contact):
    """SEC-10, ACC-11"""
    desk, portal = f"/desk/tickets/{ticket.pk}/", f"/tickets/{ticket.pk}/"
    staff, customer = client_for(engineer), client_for(contact)
    for _again in range(2):
        assert "Un secreto interno" in page(staff, desk)
        shown = page(customer, portal)
        assert "Un secreto interno" not in shown and "Desde ayer" in shown
    assert client_for(other_contact).get(portal).status_code == 404


def test_what_is_said_next_is_seen_next(ticket, client_for, engineer, contact):
    """TKT-1"""
    customer = client_for(contact)
    assert "Cambie el cable" not in page(customer, f"/tickets/{ticket.pk}/")
    threads.say(ticket.thread, "Cambie el cable", actor=engineer, at=LATER)
    assert "Cambie el cable" in page(customer, f"/tickets/{ticket.pk}/")
    threads.note(ticket.thread, "Otra nota", actor=engineer, at=LATER)
    assert "Otra nota" in page(client_for(engineer), f"/desk/tickets/{ticket.pk}/")


def test_each_reads_it_in_his_language(ticket, client_for, contact, engineer):
    """SEC-10"""
    client, address = client_for(engineer), f"/desk/tickets/{ticket.pk}/"
    assert "Nota interna: el cliente no la ve" in page(client, address)
    User.objects.filter(pk=engineer.user_id).update(language="en")
    assert "Internal note: the customer does not see it" in page(client, address)


def test_nothing_purged_is_shown_again(ticket, client_for, contact, engineer):
    """CAS-2"""
    addresses = {client_for(contact): f"/tickets/{ticket.pk}/", client_for(engineer): f"/desk/tickets/{ticket.pk}/"}
    for client, address in addresses.items():
        assert "Desde ayer" in page(client, address)
    commands.close(ticket, actor=engineer, at=LATER)
    threads.purge(ticket.thread, actor=SYSTEM, at=LATER)
    for client, address in addresses.items():
        shown = page(client, address)
        assert "Desde ayer" not in shown and "Un secreto interno" not in shown


def test_a_record_that_was_drawn_is_not_asked_for(ticket, client_for, contact, django_assert_max_num_queries):
    client = client_for(contact)
    page(client, f"/tickets/{ticket.pk}/")
    with django_assert_max_num_queries(3):
        page(client, f"/tickets/{ticket.pk}/")
