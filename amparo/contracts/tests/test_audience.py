"""For whom something is published: one Reader answers for list, page, search, feed and count. ACC-1, ACC-2, ACC-3, ACC-4."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db.models import CharField, Value

from amparo.conftest import NOON
from amparo.contracts import access
from amparo.contracts.rules.audience import ANYBODY, AUDIENCES, OF_STAFF, reader_of
from amparo.kernel.actor import SYSTEM, VISITOR
from amparo.products.models import Product

from .test_standing import (
    ASKED,
    BOTH,
    COVERED,
    CUSTOMER,
    GRACE,
    LICENCE,
    LICENSED,
    OLD,
    OVER,
    REGISTERED,
    UNVERIFIED,
    VISITOR_GROUND,
)  # fmt: skip


@pytest.mark.parametrize(
    ("ground", "levels", "licensed"),
    [
        (VISITOR_GROUND, {"visitor"}, set()),
        (UNVERIFIED, {"visitor"}, set()),
        (REGISTERED, {"visitor", "registered"}, set()),
        (CUSTOMER, {"visitor", "registered", "customer"}, set()),
        (LICENSED, {"visitor", "registered", "customer", "licensed"}, {7}),
        (replace(CUSTOMER, licences=(replace(LICENCE, installed=OLD),)), {"visitor", "registered", "customer"}, set()),
        (replace(CUSTOMER, licences=(replace(LICENCE, installed=GRACE),)), {"visitor", "registered", "customer", "licensed"}, {7}),
        (COVERED, {"visitor", "registered", "customer", "covered"}, set()),
        (replace(COVERED, contracts=(OVER,)), {"visitor", "registered", "customer"}, set()),
        (BOTH, {"visitor", "registered", "customer", "licensed", "covered"}, {7}),
    ],
)  # fmt: skip
def test_a_reader_belongs_to_what_its_standing_gives(ground, levels, licensed):
    """ACC-1, ACC-2, ACC-3, ACC-4"""
    found = reader_of(ground, ASKED)
    assert (set(found.levels), set(found.licensed)) == (levels, licensed)


def test_licensed_asks_for_the_licence_of_the_product():
    """ACC-3"""
    one = reader_of(LICENSED, ASKED)
    assert one.may_see("licensed", 7) and one.may_see("licensed") and not one.may_see("licensed", 8)
    assert not reader_of(COVERED, ASKED).may_see("licensed")


def test_staff_see_every_audience_and_nobody_an_unknown_one():
    """ACC-11"""
    assert all(OF_STAFF.may_see(audience, 1) for audience in AUDIENCES)
    assert not OF_STAFF.may_see("everybody") and not ANYBODY.may_see("staff") and not reader_of(BOTH, ASKED).may_see("staff")


def test_rows_and_single_answers_agree(registered, contact, administrator):
    """ACC-1, ACC-3: the condition of a list says of each row what `may_see` says of it."""
    products = [Product.objects.create(code=code, name=code, created_at=NOON) for code in ("a", "b")]
    for actor in (VISITOR, SYSTEM, registered, contact, administrator):
        who = access.reader(actor, at=NOON)
        for audience in AUDIENCES:
            for product in products:
                # Asked of the products themselves, with a constant where the audience would stand.
                rows = Product.objects.filter(pk=product.pk).annotate(audience=Value(audience, output_field=CharField()))
                found = rows.filter(access.readable(who, product="pk")).exists()
                assert found == who.may_see(audience, product.pk), (actor, audience)


def test_visitors_and_staff_cost_no_statement(administrator, django_assert_num_queries):
    with django_assert_num_queries(0):
        access.reader(VISITOR, at=NOON)
        access.reader(administrator, at=NOON)

