"""What is told of an order, to whom. CTR-1, CRD-1, ACC-11."""

from __future__ import annotations

import pytest

from amparo.conftest import NOON
from amparo.notifications.models import Letter, Notice
from amparo.sales import commands

from .conftest import FISCAL, order, paid_by

pytestmark = pytest.mark.django_db


def told(actor):
    return list(Notice.objects.filter(user_id=actor.user_id).order_by("pk").values_list("kind", flat=True))


def test_sales_hear_of_an_order_and_its_buyer_of_its_payment(customer, member, contact, own_only, other_contact, sales, plan, deliver):
    """CTR-1"""
    sale = order(customer, plan, member)
    deliver()
    assert told(sales) == ["sale_placed"] and told(member) == told(contact) == []
    paid_by(sale, sales)
    deliver()
    assert told(member) == told(contact) == ["sale"], "one letter, with the contract in it"
    assert told(own_only) == told(other_contact) == []
    letter = Letter.objects.filter(user_id=contact.user_id).get()
    assert sale.number in letter.words["title"] and "11,368.00" in str(letter.words["figures"])


def test_no_letter_and_no_notice_carries_a_code(customer, contact, sales, cards, deliver):
    """CRD-1"""
    sale = paid_by(order(customer, cards, contact), sales)
    deliver()
    (_number, code), = commands.show_codes(sale, actor=contact, at=NOON)
    deliver()
    assert Letter.objects.exists()
    for words in Letter.objects.values_list("words", flat=True):
        text = str(words)
        assert code not in text and code.replace("-", "") not in text


def test_an_order_by_sales_leads_its_customer_to_pay(customer, contact, sales, cards, deliver):
    order(customer, cards, sales)
    deliver()
    assert told(contact) == ["sale"] and told(sales) == []


def test_expiry_invoice_and_trouble_are_told(customer, contact, sales, cards, plan, deliver):
    sale = order(customer, cards, contact)
    commands.make_out_to(sale, FISCAL, actor=contact, at=NOON)
    commands.expire_due(at=sale.expires_at)
    deliver(sale.expires_at)
    assert told(contact) == ["sale"] and told(sales) == ["sale_placed", "sale_placed"]
