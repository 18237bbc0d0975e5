"""Who is told of quotes, deliveries and delays, once and in which words. QUO-1, QUO-3, QUO-5, CAS-6."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from amparo.conftest import NOON
from amparo.deadlines.commands import warn_due
from amparo.notifications.access import may_still_read
from amparo.notifications.models import Letter, Notice
from amparo.quotations import commands
from amparo.quotations.models import ServiceOrder
from amparo.quotations.tests.world import contract_for, key, presented
from amparo.threads.commands import assign

pytestmark = pytest.mark.django_db


def told(actor) -> list[tuple[str, str]]:
    return [(notice.kind, notice.url) for notice in Notice.objects.filter(user_id=actor.user_id).order_by("pk")]


def test_a_quote_is_told_to_who_decides_and_its_answer_to_who_wrote_it(contact, own_only, engineer, deliver):
    """QUO-1, QUO-3"""
    contract_for(contact.customer_id)
    quote = presented(contact, engineer)
    deliver()
    assert ("quote", f"/quotations/{quote.pk}/") in told(contact) and not told(own_only)
    assert not [kind for kind, _url in told(contact) if kind == "order"]  # one letter for one offer
    commands.ask_change(quote, "Más barato", seen=1, key=key(), actor=contact, at=NOON)
    deliver()
    assert ("quote_answered", f"/desk/quotations/{quote.pk}/") in told(engineer)


def test_a_quote_that_is_about_to_expire_and_expires_is_told_once_each(contact, engineer, deliver):
    """QUO-3"""
    contract_for(contact.customer_id)
    quote = presented(contact, engineer)
    near = quote.valid_until - timedelta(days=2)
    for moment in (near, near, quote.valid_until, quote.valid_until):
        commands.remind_due(at=moment)
        commands.expire_due(at=moment)
        deliver(moment)
    assert [kind for kind, _url in told(contact)].count("quote_ending") == 2


def test_a_letter_about_a_quote_goes_to_nobody_who_may_not_see_it_any_more(contact, own_only, engineer):
    """SEC-20, ACC-11: asked when it is sent; a night may lie between."""
    contract_for(contact.customer_id)
    quote = presented(contact, engineer)
    order = commands.accept_quote(quote, seen=1, actor=contact, at=NOON)
    for subject in (quote.subject, order.subject):
        for reader, may in ((contact, True), (own_only, False)):
            letter = Letter(user_id=reader.user_id, customer_id=contact.customer_id, subject_ref=subject, kind="quote")
            assert may_still_read(letter) is may


def test_delivery_delay_and_what_is_not_met_are_told(contact, engineer, deliver):
    """QUO-5, CAS-6"""
    contract_for(contact.customer_id)
    quote = presented(contact, engineer)
    assign(quote.thread, engineer.user_id, actor=engineer, at=NOON)
    order = commands.accept_quote(quote, seen=1, actor=contact, at=NOON)
    commands.tell_delay(order, date(2026, 11, 30), reason="Falta un acceso.", key="d", actor=engineer, at=NOON)
    commands.deliver(order, "Listo.", key="e", actor=engineer, at=NOON)
    deliver()
    page = f"/quotations/orders/{order.pk}/"
    assert ("delay", page) in told(contact) and ("delivery", page) in told(contact)
    assert Notice.objects.get(user_id=contact.user_id, kind="delay").title.endswith(order.title)
    commands.refuse_delivery(order, "Falta el total.", seen=1, key="f", actor=contact, at=NOON)
    deliver()
    assert ("quote_answered", f"/desk/quotations/orders/{order.pk}/") in told(engineer)


def test_who_has_an_order_is_warned_before_its_date(contact, engineer, deliver):
    """QUO-5, TIM-10"""
    contract_for(contact.customer_id)
    commands.accept_quote(presented(contact, engineer), seen=1, actor=contact, at=NOON)
    order = ServiceOrder.objects.get()
    commands.start_order(order, actor=engineer, at=NOON)
    late = order.due_at - timedelta(minutes=30)
    warn_due(at=late)
    deliver(late)
    assert ("promise_warned", f"/desk/quotations/orders/{order.pk}/") in told(engineer)
