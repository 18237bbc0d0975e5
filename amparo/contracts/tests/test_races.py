"""Many at once, on real connections. SEC-47, CHG-10."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection

from amparo.conftest import NOON
from amparo.contracts import commands
from amparo.contracts.errors import AlreadyRenewed, CardNotTaken, NamesFull, TooManyCodes
from amparo.contracts.models import NamedContact, ServiceCard, SupportContract
from amparo.kernel.actor import SYSTEM
from amparo.ledger.models import Pocket, Transfer
from amparo.people.models import Contact
from amparo.policies.commands import set_value
from amparo.policies.queries import forget
from amparo.products import commands as products
from amparo.products.errors import NoTerminalLeft
from amparo.products.models import Terminal

from .conftest import ADDRESS

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """Run `act` in so many threads that begin together; return results and refusals."""
    barrier, results = threading.Barrier(count), [None] * count

    def run(number: int) -> None:
        try:
            barrier.wait(60)
            results[number] = act(number)
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_one_card_by_twenty_at_once_gives_its_credits_once(customer, contact):
    """SEC-47, CRD-1"""
    set_value("contracts.card_tries_person", 1000, from_at=NOON, actor=SYSTEM, at=NOON)
    set_value("contracts.card_tries_customer", 1000, from_at=NOON, actor=SYSTEM, at=NOON)
    set_value("contracts.card_tries_address", 1000, from_at=NOON, actor=SYSTEM, at=NOON)
    _batch, (code,) = commands.issue_batch("Una", 10, 1, actor=SYSTEM, at=NOON)
    results = at_once(
        20, lambda n: commands.redeem_card(code, customer.pk, actor=contact, at=NOON, address=ADDRESS, key=f"k{n}")
    )
    assert sum(isinstance(one, ServiceCard) for one in results) == 1
    assert sum(isinstance(one, CardNotTaken) for one in results) == 19
    assert Pocket.objects.get(customer=customer).balance == 10
    assert Transfer.objects.filter(customer=customer).count() == 1


def test_a_double_click_on_redeem_gives_both_the_first_result(customer, contact):
    """CHG-10"""
    _batch, (code,) = commands.issue_batch("Una", 10, 1, actor=SYSTEM, at=NOON)
    results = at_once(
        2, lambda _n: commands.redeem_card(code, customer.pk, actor=contact, at=NOON, address=ADDRESS, key="k")
    )
    assert [type(one) for one in results] == [ServiceCard, ServiceCard]
    assert Pocket.objects.get(customer=customer).balance == 10


def test_fifty_guesses_at_once_get_no_more_looks_than_the_limit(customer, contact):
    """SEC-45, SEC-47"""
    results = at_once(
        20, lambda _n: commands.redeem_card("ABCDEFGHJKLMNPQRSTUV", customer.pk, actor=contact, at=NOON, address=ADDRESS)
    )
    assert sum(isinstance(one, CardNotTaken) for one in results) == 6
    assert sum(isinstance(one, TooManyCodes) for one in results) == 14


def test_two_sales_with_one_key_at_once_make_one_contract(customer, plan, sales):
    """SEC-47, CHG-10"""
    results = at_once(
        4, lambda _n: commands.sell_contract(customer, plan, date(2026, 11, 11), actor=sales, at=NOON, key="k")
    )
    assert {one.pk for one in results} == {SupportContract.objects.get().pk}
    assert Pocket.objects.filter(customer=customer).count() == 3
    assert Transfer.objects.count() == 3


def test_two_renewals_at_once_make_one(contract, sales):
    """SEC-47"""
    results = at_once(2, lambda n: commands.renew(contract, actor=sales, at=NOON, key=f"k{n}"))
    assert sum(isinstance(one, SupportContract) for one in results) == 1
    assert sum(isinstance(one, AlreadyRenewed) for one in results) == 1


def test_the_last_name_of_a_contract_is_given_once(customer, contact, member, sales):
    """CTR-1, SEC-47"""
    plan = commands.add_plan("Uno", events=1, benefits={"named_contacts_max": 1}, actor=sales, at=NOON)
    contract = commands.sell_contract(customer, plan, date(2026, 11, 11), actor=sales, at=NOON)
    contacts = [Contact.objects.get(pk=actor.contact_id) for actor in (contact, member)]
    results = at_once(2, lambda n: commands.name_contact(contract, contacts[n], actor=sales, at=NOON))
    assert sum(isinstance(one, NamesFull) for one in results) == 1
    assert NamedContact.objects.count() == 1


def test_the_last_terminal_is_bound_once(licence, operator):
    """LIC-2, SEC-47"""
    results = at_once(5, lambda n: products.bind_terminal(licence, f"Caja {n}", f"F{n}", actor=operator, at=NOON))
    assert sum(isinstance(one, Terminal) for one in results) == 2
    assert sum(isinstance(one, NoTerminalLeft) for one in results) == 3


@pytest.fixture(autouse=True)
def _policies_anew():
    forget()
