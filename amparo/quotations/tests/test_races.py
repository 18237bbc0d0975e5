"""Several at once over real connections: one outcome, units spent once. QUO-3, CHG-10."""

from __future__ import annotations

import threading

import pytest
from django.db import close_old_connections, connection

from amparo.conftest import NOON
from amparo.kernel.refusals import Refusal
from amparo.ledger.queries import check
from amparo.quotations import commands
from amparo.quotations.models import ServiceOrder
from amparo.quotations.rules.quotes import Line

from .world import content, fresh, key, left, presented

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts) -> list[str]:
    """Run acts together, each over a connection of its own; return what became of each: a refusal's code or ok."""
    gate, told = threading.Barrier(len(acts)), [""] * len(acts)

    def run(place: int, act) -> None:
        close_old_connections()
        gate.wait()
        try:
            act()
            told[place] = "ok"
        except Refusal as refusal:
            told[place] = refusal.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return told


def test_a_quote_accepted_by_many_at_once_is_one_order(contract, contact, member, engineer):
    """CHG-10, QUO-3"""
    quote = presented(contact, engineer, Line("x", 1, 7))
    told = at_once(*[lambda who=who: commands.accept_quote(quote, seen=1, actor=who, at=NOON) for who in [contact, member] * 3])
    assert told == ["ok"] * 6 and ServiceOrder.objects.count() == 1 and left(contact.customer_id)["credit"] == 13 and not check()["differences"]


def test_accepted_and_expired_in_the_same_second_is_one_of_both(contract, contact, engineer):
    """QUO-3: the acceptance began before the end; whoever holds the quote first decides, and nothing is half done."""
    for _ in range(3):
        quote = presented(contact, engineer, Line("x", 1, 1))
        before = left(contact.customer_id)["credit"]
        last = quote.valid_until - (quote.valid_until - NOON) / 10**9
        told = at_once(
            lambda quote=quote, last=last: commands.accept_quote(quote, seen=1, actor=contact, at=last),
            lambda quote=quote: commands.expire_due(at=quote.valid_until),
        )
        state, charged = fresh(quote).state, before - left(contact.customer_id)["credit"]
        assert (told[0], state, charged) in (("ok", "accepted", 1), ("quote_expired", "expired", 0))


def test_accepted_while_a_new_version_is_presented_is_one_of_both(contract, contact, engineer):
    """QUO-3"""
    for _ in range(3):
        quote = presented(contact, engineer, Line("x", 1, 1))
        commands.revise_quote(quote, content(Line("x", 1, 2)), actor=engineer, at=NOON)
        before = left(contact.customer_id)["credit"]
        told = at_once(
            lambda quote=quote: commands.accept_quote(quote, seen=1, actor=contact, at=NOON),
            lambda quote=quote: commands.present_quote(quote, actor=engineer, at=NOON),
        )
        charged = before - left(contact.customer_id)["credit"]
        assert (*told, fresh(quote).state, charged) in (("ok", "stale", "accepted", 1), ("stale", "ok", "presented", 0), ("ok", "illegal_move", "accepted", 1), ("quote_replaced", "ok", "presented", 0))


def test_accepted_and_rejected_at_once_by_two_contacts_is_one_of_both(contract, contact, member, engineer):
    """QUO-3"""
    quote = presented(contact, engineer, Line("x", 1, 5))
    told = at_once(
        lambda: commands.accept_quote(quote, seen=1, actor=contact, at=NOON),
        lambda: commands.reject_quote(quote, seen=1, actor=member, at=NOON),
    )
    assert sorted(told) == ["ok", "quote_decided"]
    assert left(contact.customer_id)["credit"] == (15 if told[0] == "ok" else 20)


def test_two_quotes_that_together_cost_too_much_are_not_both_accepted(contract, contact, engineer):
    """CHG-10: nothing below zero."""
    quotes = [presented(contact, engineer, Line("x", 1, 12)) for _ in range(2)]
    told = at_once(*[lambda quote=quote: commands.accept_quote(quote, seen=1, actor=contact, at=NOON) for quote in quotes])
    assert told.count("ok") == 1 and left(contact.customer_id)["credit"] == 8 and not check()["differences"]


def test_started_and_cancelled_at_once_is_one_of_both(contract, contact, engineer):
    """CHG-3"""
    order = commands.accept_quote(presented(contact, engineer, Line("x", 1, 5)), seen=1, actor=contact, at=NOON)
    told = at_once(
        lambda: commands.start_order(order, actor=engineer, at=NOON),
        lambda: commands.cancel_order(order, actor=contact, at=NOON),
    )
    assert told.count("ok") == 1 and left(contact.customer_id)["credit"] == (15 if told[0] == "ok" else 20)


def test_a_delivery_sent_twice_at_once_is_one(contract, contact, engineer):
    """CHG-10, SEC-48"""
    order = commands.accept_quote(presented(contact, engineer), seen=1, actor=contact, at=NOON)
    same = key()
    assert at_once(*[lambda: commands.deliver(order, "Listo", key=same, actor=engineer, at=NOON) for _ in range(3)]) == ["ok"] * 3
    assert fresh(order).rounds == 1 and order.deliveries.count() == 1
