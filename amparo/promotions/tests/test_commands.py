"""Promotions made, published, ended, entered and used. PRO-1."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from amparo.conftest import NOON
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.promotions import commands, queries
from amparo.promotions.errors import (
    CodeInUse,
    CodeNotTaken,
    PromotionFixed,
    PromotionOver,
    TooManyTries,
    UsedUp,
)
from amparo.promotions.models import CodeTry, Promotion, PromotionUse

from .conftest import promote

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def test_a_published_promotion_keeps_its_terms(sales):
    """PRO-1, SEC-50"""
    made = promote()
    with pytest.raises(PromotionFixed):
        commands.revise_draft(made, name="Otra", scope="money", kind="percent", value=90, starts_at=NOON, actor=sales, at=NOON)
    with pytest.raises(PromotionFixed):
        commands.discard_draft(made, actor=sales, at=NOON)
    for change in ({"value": 90}, {"code": "X"}, {"goods": ["plan"]}, {"published_at": None}, {"starts_at": NOON}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Promotion.objects.filter(pk=made.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Promotion.objects.filter(pk=made.pk).delete()


def test_it_ends_sooner_and_never_later(sales):
    """PRO-1"""
    made = promote(ends_at=NOON + WEEK)
    with pytest.raises(Invalid):
        commands.end(made, ends_at=NOON + 2 * WEEK, actor=sales, at=NOON)
    commands.end(made, ends_at=NOON + timedelta(days=1), actor=sales, at=NOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        Promotion.objects.filter(pk=made.pk).update(ends_at=None)
    with pytest.raises(PromotionOver):
        commands.end(made, actor=sales, at=NOON + WEEK)


def test_a_new_version_takes_over_where_it_begins(sales):
    """PRO-1"""
    first = promote(code="BUENFIN")
    second = commands.draft_promotion(
        follows=first, name="Otoño", scope="money", kind="percent", value=20, code="buenfin", starts_at=NOON + WEEK, actor=sales, at=NOON
    )
    commands.publish(second, actor=sales, at=NOON)
    first.refresh_from_db()
    assert first.ends_at == second.starts_at
    assert queries.usable_code("BuenFin", at=NOON) == first and queries.usable_code("BuenFin", at=NOON + 2 * WEEK) == second


def test_one_code_means_one_promotion_at_a_time(sales):
    """PRO-1"""
    promote(code="UNO", ends_at=NOON + WEEK)
    with pytest.raises(CodeInUse):
        promote(code="uno", at=NOON)
    promote(code="uno", starts_at=NOON + WEEK, at=NOON)


def test_nothing_begins_in_the_past(sales):
    """PRO-1: what was sold before was sold without it."""
    made = commands.draft_promotion(name="x", scope="money", kind="percent", value=5, starts_at=NOON - WEEK, actor=sales, at=NOON - WEEK)
    assert commands.publish(made, actor=sales, at=NOON).starts_at == NOON


@pytest.mark.parametrize("wrong", [
    {"value": 0}, {"value": 101}, {"value": -5}, {"value": 1.5}, {"value": "10"}, {"value": True}, {"kind": "amount", "value": 10**12}, {"kind": "gift"},
    {"kind": "units", "units": {}}, {"kind": "units", "units": {"credit": -1}}, {"kind": "units", "units": {"gold": 5}}, {"kind": "units", "units": {"credit": 1.5}},
    {"kind": "units", "units": {"credit": 5}, "scope": "services"}, {"scope": "all"}, {"name": " "}, {"uses_max": 0}, {"uses_per_customer_max": -1},
    {"ends_at": NOON - WEEK},
])  # fmt: skip
def test_terms_that_cannot_be_are_refused(wrong, sales):
    """SEC-49"""
    with pytest.raises(Invalid):
        promote(publish=False, actor=sales, **wrong)


def test_only_sales_make_promotions(engineer, contact, operator):
    """SEC-53"""
    for actor in (engineer, contact, operator):
        with pytest.raises(NotPermitted):
            promote(actor=actor)


def test_a_wrong_code_is_one_answer_and_counted(customer, contact, other_customer, other_contact):
    """PRO-1, SEC-45"""
    promote(code="VIEJO", ends_at=NOON - timedelta(hours=1))
    promote(code="LUEGO", starts_at=NOON + WEEK)
    promote(code="BORRADOR", publish=False)
    right = promote(code="VALE")
    for code in ("VIEJO", "LUEGO", "BORRADOR", "NADA", "", "'; --", "VALE2"):
        with pytest.raises(CodeNotTaken):
            commands.claim_code(code, customer.pk, actor=contact, at=NOON)
    assert commands.claim_code("vale", customer.pk, actor=contact, at=NOON) == right, "a right one is not counted"
    with pytest.raises(CodeNotTaken):
        commands.claim_code("OTRO", customer.pk, actor=contact, at=NOON)
    with pytest.raises(TooManyTries):
        commands.claim_code("vale", customer.pk, actor=contact, at=NOON)
    assert commands.claim_code("vale", other_customer.pk, actor=other_contact, at=NOON) == right
    assert commands.claim_code("vale", customer.pk, actor=contact, at=NOON + timedelta(minutes=16)) == right
    assert commands.forget_tries(at=NOON + WEEK) and not CodeTry.objects.exists()
    with pytest.raises(NotPermitted):
        commands.claim_code("vale", other_customer.pk, actor=contact, at=NOON)


def test_uses_are_limited_and_given_up(customer, other_customer, contact):
    """PRO-1, CHG-10"""
    made = promote(uses_max=2, uses_per_customer_max=1)
    use = lambda who, subject: commands.use(made.pk, who.pk, subject, 5, actor=contact, at=NOON)  # noqa: E731
    first = use(customer, "sale:1")
    assert use(customer, "sale:1") == first, "the same order is one use"
    with pytest.raises(UsedUp):
        use(customer, "sale:2")
    use(other_customer, "sale:3")
    assert commands.give_up("sale:1", actor=contact, at=NOON) == 1
    assert commands.give_up("sale:1", actor=contact, at=NOON) == 0
    use(customer, "sale:2")
    with pytest.raises(DatabaseError), transaction.atomic():
        PromotionUse.objects.filter(pk=first.pk).update(given_up_at=None)


def test_what_is_asked_of_the_database_is_one_statement(customer, django_assert_num_queries):
    promote(), promote(code="A", uses_max=3)
    with django_assert_num_queries(1):
        found = queries.ground(customer.pk, "money", at=NOON)
    assert len(found.promotions) == 2 and set(found.context.uses.values()) == {(0, 0)}
