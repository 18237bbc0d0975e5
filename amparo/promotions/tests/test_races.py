"""Many at once, on real connections. SEC-47, CHG-10."""

from __future__ import annotations

import pytest

from amparo.conftest import NOON, make_customer
from amparo.contracts.tests.test_races import at_once
from amparo.kernel.actor import SYSTEM
from amparo.promotions import commands
from amparo.promotions.errors import TooManyTries, UsedUp
from amparo.promotions.models import PromotionUse

from .conftest import promote

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_last_uses_are_taken_once_however_many_want_them():
    """PRO-1, SEC-47"""
    made = promote(uses_max=3)
    firms = [make_customer(f"Tienda {number}") for number in range(12)]
    results = at_once(12, lambda n: commands.use(made.pk, firms[n].pk, f"sale:{n}", 1, actor=SYSTEM, at=NOON))
    assert sum(isinstance(one, UsedUp) for one in results) == 9
    assert PromotionUse.objects.count() == 3


def test_one_customer_takes_his_one_use_once(customer):
    """PRO-1, SEC-47"""
    made = promote(uses_per_customer_max=1)
    results = at_once(10, lambda n: commands.use(made.pk, customer.pk, f"sale:{n}", 1, actor=SYSTEM, at=NOON))
    assert sum(isinstance(one, UsedUp) for one in results) == 9


def test_fifty_guesses_at_once_are_counted_too(customer, contact):
    """SEC-45"""
    results = at_once(20, lambda n: commands.claim_code(f"ADIVINA{n}", customer.pk, actor=contact, at=NOON))
    assert sum(isinstance(one, TooManyTries) for one in results) == 12
