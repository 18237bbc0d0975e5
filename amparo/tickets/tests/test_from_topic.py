"""A topic of the forum that goes on as a private ticket: who may, once, and what travels. TKT-1, FOR-1, ACC-5, SEC-9."""

from __future__ import annotations

import re
import threading

import pytest
from django.db import connections

from amparo.conftest import NOON, make_contact
from amparo.contracts.errors import NoStanding
from amparo.forum import access as reads
from amparo.forum import commands as forum
from amparo.forum.commands import Written
from amparo.forum.models import Act
from amparo.history.models import Fact
from amparo.kernel.actor import SYSTEM, VISITOR
from amparo.kernel.refusals import NotPermitted
from amparo.products import commands as products
from amparo.threads.models import Entry
from amparo.tickets import access, commands, errors
from amparo.tickets.models import Ticket

ASKED = "La impresora corta el boleto antes de tiempo."


@pytest.fixture
def theme(db):
    return forum.put_theme(None, {"name": "Punto de venta", "position": 1}, actor=SYSTEM, at=NOON)


@pytest.fixture
def topic(theme, contact, product, licence):
    return forum.ask(theme, "La impresora corta mal", Written(ASKED, has_proof=True, seconds=60), actor=contact, at=NOON)


@pytest.fixture
def goes_on(topic, product):
    def gone(actor, *, title="Corta mal: nuestros datos", body="La serie es la nuestra.", **more):
        return commands.open_from_topic(topic, title, body, product.pk, actor=actor, at=NOON, **more)

    return gone


def test_who_asked_goes_on_in_private_and_nothing_private_stands_in_the_forum(goes_on, topic, contact, member, other_contact):
    """TKT-1, SEC-9: the ticket holds what was written for it and leads back; the topic is closed and says nothing of it."""
    ticket = goes_on(contact, key="k1")
    said = Entry.objects.get(thread_id=ticket.thread_id)
    assert ticket.customer_id == contact.customer_id and topic.url in said.body and "La serie es la nuestra." in said.body
    topic.refresh_from_db()
    assert (topic.ticket_ref, topic.is_closed, topic.visibility, topic.due_at) == (ticket.subject, True, "shown", None)
    assert topic.title == "La impresora corta mal" and list(topic.posts.values_list("body", flat=True)) == [ASKED]
    assert access.visible_to(member).filter(pk=ticket.pk).exists() and not access.visible_to(other_contact).filter(pk=ticket.pk).exists()
    told = Fact.objects.get(subject=topic.subject, name="topic.went_private")
    assert "serie" not in str(told.data) and told.customer_id is None


def test_asked_again_it_is_one_ticket(goes_on, topic, contact, engineer):
    """CHG-10: the same post gives the first ticket; another one is told, and opens none beside it."""
    first = goes_on(contact, key="k1")
    assert goes_on(contact, key="k1").pk == first.pk
    with pytest.raises(errors.WentOnAlready):
        goes_on(contact, key="k2")
    with pytest.raises(errors.WentOnAlready):
        goes_on(engineer, contact_id=contact.contact_id, key="k3")
    topic.refresh_from_db()
    assert Ticket.objects.count() == 1 and topic.ticket_ref == first.subject
    assert Fact.objects.filter(subject=topic.subject, name="topic.went_private").count() == 1


@pytest.mark.parametrize("who", ["member", "other_contact", "registered", "visitor"])
def test_nobody_else_goes_on_with_it(goes_on, who, request, client_for, topic):
    """SEC-7, SEC-9: a colleague, another customer, who is registered only, a stranger; by the command and at the address."""
    actor = VISITOR if who == "visitor" else request.getfixturevalue(who)
    with pytest.raises(NotPermitted):
        goes_on(actor)
    address = f"/tickets/from-topic/{topic.pk}/"
    assert client_for(actor).get(address).status_code in (302, 403, 404) and client_for(actor).post(address, {}).status_code in (302, 403, 404)
    assert not Ticket.objects.exists()


def test_who_no_longer_sees_the_topic_does_not_go_on_with_it(goes_on, topic, contact, theme):
    """SEC-9: it was put where only staff read; the command asks again."""
    inner = forum.put_theme(None, {"name": "Interno", "position": 9, "audience": "staff"}, actor=SYSTEM, at=NOON)
    type(topic).objects.filter(pk=topic.pk).update(theme=inner)
    with pytest.raises(NotPermitted):
        goes_on(contact)
    assert not Ticket.objects.exists()


def test_staff_go_on_only_for_who_asked(goes_on, contact, member, engineer, sales, other_customer):
    """SEC-8, SEC-9: for no colleague of his, for nobody at all, and only who answers."""
    for named in ({}, {"contact_id": member.contact_id}, {"contact_id": make_contact(other_customer, "Otra Persona").contact_id}):
        with pytest.raises(errors.NobodyCalling):
            goes_on(engineer, **named)
    with pytest.raises(errors.NobodyCalling):
        goes_on(engineer, contact_id=contact.contact_id, customer_id=other_customer.pk)
    with pytest.raises(NotPermitted):
        goes_on(sales, contact_id=contact.contact_id)
    ticket = goes_on(engineer, contact_id=contact.contact_id)
    assert ticket.customer_id == contact.customer_id and ticket.thread.opened_by_id == contact.user_id


def test_only_staff_hide_the_topic(goes_on, topic, contact, engineer):
    """FOR-1: hidden, who asked still reads it, why, and where it went; strangers do not; it can be undone as any other."""
    with pytest.raises(NotPermitted):
        goes_on(contact, then="hide")
    assert not Ticket.objects.exists()
    goes_on(engineer, contact_id=contact.contact_id, then="hide")
    assert reads.may_see_id(contact, topic.pk, at=NOON) and not reads.may_see_id(VISITOR, topic.pk, at=NOON)
    topic.refresh_from_db()
    assert topic.hidden_reason and topic.due_at is None
    forum.undo(Act.objects.get(topic=topic, verb="hide_topic"), actor=engineer, at=NOON)
    assert reads.may_see_id(VISITOR, topic.pk, at=NOON)


def test_without_the_standing_of_a_ticket_nothing_changes(topic, contact):
    """ACC-5: of a product without licence none is opened, and the topic stays as it was."""
    other = products.add_product("almacen", "Almacén", actor=SYSTEM, at=NOON)
    with pytest.raises((NoStanding, errors.NotOurProduct)):
        commands.open_from_topic(topic, "Otra cosa distinta", "Nada.", other.pk, actor=contact, at=NOON)
    topic.refresh_from_db()
    assert topic.ticket_ref == "" and not topic.is_closed and not Ticket.objects.exists()


def test_its_page_posted_twice_leads_to_the_one_ticket(topic, contact, product, licence, member, client_for):
    """CHG-10: pressed twice; looked at afterwards, its address leads to the ticket too; of a stranger's it says nothing."""
    client, address = client_for(contact), f"/tickets/from-topic/{topic.pk}/"
    page = client.get(address)
    choice = re.search(r'name="about"[^>]*value="([^"]+)"|<option value="([^"]+)"', page.content.decode())
    given = {"about": choice[1] or choice[2], "title": "Nuestros datos", "then": "close", "body": "Aquí van.", "key": "una"}
    first, second = client.post(address, given), client.post(address, given)
    ticket = Ticket.objects.get()
    assert first.status_code == second.status_code == 302 and first["Location"] == second["Location"] == f"/tickets/{ticket.pk}/"
    assert client.get(address)["Location"] == f"/tickets/{ticket.pk}/"
    late = client.post(address, given | {"key": "otra", "body": "Algo más."})
    assert late.status_code == 422 and "Algo más." in late.content.decode()
    assert client_for(member).get(address).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_at_once_open_one_ticket(goes_on, topic, contact, engineer):
    """CHG-10: who asked and an engineer press at the same moment."""
    gate, ended = threading.Barrier(2), []

    def press(actor, more):
        gate.wait()
        try:
            ended.append(goes_on(actor, **more).pk)
        except errors.WentOnAlready:
            ended.append(None)
        finally:
            connections.close_all()

    both = [threading.Thread(target=press, args=one) for one in ((contact, {"key": "a"}), (engineer, {"key": "b", "contact_id": contact.contact_id}))]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert Ticket.objects.count() == 1 and sorted(one is None for one in ended) == [False, True]
