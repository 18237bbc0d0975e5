"""A query that is made once and asked for many: never with another's values."""

from __future__ import annotations

import pytest

from amparo.conftest import NOON, make_contact
from amparo.kernel.actor import VISITOR, Actor
from amparo.kernel.prepared import Kept, rows
from amparo.people.models import Contact, Customer


def test_what_is_kept_is_the_shape_and_never_the_values(customer, other_customer, contact, other_contact, django_assert_num_queries):
    """ACC-11: two people of one kind share the SQL, each gets what is theirs."""
    kept = Kept(lambda actor, *, above: Contact.objects.select_related("customer").filter(customer_id=actor.customer_id, pk__gt=above))
    with django_assert_num_queries(3):
        mine, theirs, none = kept(contact, above=0), kept(other_contact, above=0), kept(contact, above=10**9)
        assert [one.customer.name for one in mine] == [customer.name]
        assert [one.customer.name for one in theirs] == [other_customer.name]
        assert none == [] and len(kept.made) == 1


def test_another_kind_of_person_is_another_shape(customer, contact, engineer):
    """ACC-11"""
    kept = Kept(lambda actor: Customer.objects.all() if actor.is_staff else Customer.objects.filter(pk=actor.customer_id or 0))
    assert len(kept(engineer)) == Customer.objects.count()
    assert [one.pk for one in kept(contact)] == [customer.pk]
    assert kept(VISITOR) == []


def test_what_looks_at_more_than_it_may_fits_nothing(customer, contact):
    """A name that is no value of the query goes through as a mark, which no row has."""
    kept = Kept(lambda actor: Customer.objects.filter(name=actor.name))
    with pytest.raises(AssertionError):
        kept(Actor(kind="contact", user_id=1, name=customer.name, customer_id=customer.pk))


def test_rows_of_values_moments_and_shapes(customer, contact):
    kept = Kept(lambda actor, order, *, since, nic: Contact.objects.filter(
        created_at__gte=since, customer__nic=nic).order_by(order).values("id", "customer__name"))  # fmt: skip
    make_contact(customer, "Segunda", "member")
    up, down = (kept(None, order, since=NOON, nic=customer.nic) for order in ("id", "-id"))
    assert len(up) == 2 and up == down[::-1] and up[0]["customer__name"] == customer.name


def test_nothing_is_asked_where_nothing_can_be_found(contact, django_assert_num_queries):
    kept = Kept(lambda actor: Customer.objects.none())
    with django_assert_num_queries(0):
        assert kept(contact) == []


def test_a_prepared_statement_takes_values_by_name(db):
    assert rows("SELECT %(a)s::int + %(b)s::int", {"a": 2, "b": 3}) == [(5,)]


def test_the_server_keeps_the_plan_of_what_is_prepared(db):
    for number in range(3):
        assert rows("SELECT %s::int + 41", [number]) == [(41 + number,)]
    kept = rows("SELECT calls.generic_plans + calls.custom_plans FROM pg_prepared_statements calls WHERE statement LIKE %s", ["% + 41"])
    assert kept == [(3,)]


def test_what_is_not_asked_to_be_prepared_is_not(db):
    for _again in range(20):
        Customer.objects.filter(pk=1).exists()
    assert rows("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ["%people_customer%"]) == [(0,)]
