"""Who sees which ticket: one table, and every door that asks for it."""

from __future__ import annotations

import pytest
from django.utils.module_loading import import_string

from amparo.conftest import make_contact
from amparo.kernel.actor import SYSTEM, VISITOR
from amparo.threads import access as thread_access
from amparo.threads import queries as threads
from amparo.tickets import access

pytestmark = pytest.mark.django_db
# The resolver of typed strings stands above every app: files, streams and notices ask it by name.
may_see = import_string("amparo.project.subjects.may_see")
may_follow = import_string("amparo.project.subjects.may_follow")

SEES = {
    "contact": True,
    "member": True,
    "own_only": False,
    "other_contact": False,
    "registered": False,
    "operator": True,
    "engineer": True,
    "quality": True,
    "sales": True,
    "administrator": True,
}


@pytest.mark.parametrize(("who", "sees"), SEES.items())
def test_who_sees_a_ticket(ticket, request, who, sees):
    """ACC-11, SEC-7, SEC-29, SEC-36: one rule for page, list, thread, file, stream and search."""
    actor = request.getfixturevalue(who)
    assert access.visible_to(actor).filter(pk=ticket.pk).exists() is sees
    assert access.may_see_id(actor, ticket.pk) is sees
    assert thread_access.visible_to(actor).filter(pk=ticket.thread_id).exists() is sees
    assert thread_access.may_see(actor, ticket.thread) is sees
    assert may_see(actor, ticket.subject) is sees
    assert may_follow(actor, ticket.subject) is sees
    assert may_see(actor, ticket.thread.desk_subject) is actor.is_staff
    assert may_follow(actor, ticket.thread.desk_subject) is actor.is_staff
    assert bool(threads.timeline(ticket.thread, actor)) is sees
    assert bool(threads.search(actor, "caja")) is sees
    assert bool(threads.search(actor, f"T-{ticket.pk}")) is sees
    assert bool(threads.customer_threads(actor).rows) is sees


def test_own_only_sees_what_it_opened(open_one, own_only, contact, member):
    """ACC-11"""
    mine, other = open_one(actor=own_only), open_one(actor=member)
    assert access.may_see_id(own_only, mine.pk) and not access.may_see_id(own_only, other.pk)
    assert access.may_see_id(contact, mine.pk)
    assert [hit.number for hit in threads.search(own_only, "caja")] == [mine.pk]
    assert [row["number"] for row in threads.customer_threads(own_only).rows] == [mine.pk]


def test_visitors_and_the_service(ticket):
    assert not access.may_see_id(VISITOR, ticket.pk) and access.may_see_id(SYSTEM, ticket.pk)


def test_acting_for_another_company_hides_it(ticket, other_customer, contact):
    """ACC-11: a person of two companies sees those of the one that it acts for."""
    there = make_contact(other_customer, "Doble Contacto")
    assert not access.may_see_id(there, ticket.pk)

