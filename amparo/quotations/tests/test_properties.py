"""Whatever people do with quotes and orders, in whatever order: no unit is made or lost, nothing is charged twice. CHG-3, CHG-10, LED-1."""

from __future__ import annotations

import contextlib
import random
from datetime import timedelta

import pytest
from django.db.models import Sum

from amparo.charging.models import Charge, Part
from amparo.charging.queries import charged
from amparo.conftest import NOON
from amparo.history.queries import faults_of_chain
from amparo.kernel.refusals import Refusal
from amparo.ledger.models import Pocket
from amparo.ledger.queries import check
from amparo.quotations import commands
from amparo.quotations.models import Quote, ServiceOrder
from amparo.quotations.rules.quotes import Line

from .world import card_for, content, contract_for, drafted, key, presented, thread_for

STEPS = 80


class Player:
    """Plays one random command on a random quote or order; a refusal is an answer like any other."""

    def __init__(self, chance: random.Random, contact, member, engineer) -> None:
        self.chance, self.contacts, self.engineer, self.at = chance, (contact, member), engineer, NOON
        self.thread = thread_for(contact)

    def act(self) -> None:
        self.at += timedelta(minutes=self.chance.choice([0, 1, 30, 600, 4000]))
        with contextlib.suppress(Refusal):
            self.chance.choice(self.VERBS)(self)

    @property
    def customer(self):
        return {"actor": self.chance.choice(self.contacts), "at": self.at}

    @property
    def staff(self):
        return {"actor": self.engineer, "at": self.at}

    def lines(self) -> tuple[Line, ...]:
        found = [Line(f"x{n}", self.chance.randint(1, 2), self.chance.randint(0, 4)) for n in range(self.chance.randint(1, 3))]
        if self.chance.random() < 0.3:
            found.append(Line("Servidor", 1, code="install_server"))
        return tuple(found)

    def quote(self) -> Quote:
        return Quote.objects.select_related("thread").order_by("?").first() or drafted(self.contacts[0], self.engineer, thread=self.thread)

    def order(self) -> ServiceOrder:
        found = ServiceOrder.objects.order_by("?").first()
        if found is None:
            raise Refusal
        return found

    def write(self) -> None:
        presented(self.contacts[0], self.engineer, *self.lines(), thread=self.thread, at=self.at, valid_days=self.chance.choice([1, 15]))

    def revise(self) -> None:
        commands.revise_quote(self.quote(), content(*self.lines()), **self.staff)

    def present(self) -> None:
        commands.present_quote(self.quote(), **self.staff)

    def accept(self) -> None:
        quote = self.quote()
        commands.accept_quote(quote, seen=self.chance.choice([quote.shown, quote.shown, 1]), **self.customer)

    def reject(self) -> None:
        quote = self.quote()
        commands.reject_quote(quote, seen=quote.shown, **self.customer)

    def ask(self) -> None:
        quote = self.quote()
        commands.ask_change(quote, "x", seen=quote.shown, key=key(), **self.customer)

    def withdraw(self) -> None:
        commands.withdraw_quote(self.quote(), reason="Se hará de otro modo.", **self.staff)

    def requote(self) -> None:
        commands.requote(self.quote(), **self.customer)

    def expire(self) -> None:
        commands.expire_due(at=self.at)

    def start(self) -> None:
        commands.start_order(self.order(), **self.staff)

    def deliver(self) -> None:
        commands.deliver(self.order(), "x", key=key(), **self.staff)

    def met(self) -> None:
        order = self.order()
        commands.accept_delivery(order, seen=order.rounds, **self.customer)

    def not_met(self) -> None:
        order = self.order()
        commands.refuse_delivery(order, "x", seen=order.rounds, key=key(), **self.customer)

    def delay(self) -> None:
        order = self.order()
        commands.tell_delay(order, (order.due_at + timedelta(days=9)).date(), reason="x", key=key(), **self.staff)

    def cancel(self) -> None:
        commands.cancel_order(self.order(), **self.customer)

    def closing(self) -> None:
        commands.deliver_with_closing(self.thread, "x", key=key(), **self.staff)

    def card(self) -> None:
        card_for(self.contacts[0].customer_id, 6, at=self.at)

    VERBS = (write, write, revise, present, accept, accept, accept, reject, ask, withdraw, requote, expire, start, deliver, deliver, met, not_met,
             delay, cancel, cancel, closing, card)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(8))
def test_orders_never_make_or_lose_a_unit(customer, contact, member, engineer, seed):
    """CHG-3, CHG-10, LED-1, LED-2"""
    contract_for(customer.pk, events=1, incidents=2, credits=25)
    player = Player(random.Random(seed), contact, member, engineer)
    for _ in range(STEPS):
        player.act()
    held = Pocket.objects.filter(customer=customer).aggregate(left=Sum("balance"), issued=Sum("issued"))
    spent = Part.objects.filter(charge__customer=customer).aggregate(all=Sum("charged"), back=Sum("given_back"))
    assert held["issued"] - held["left"] == (spent["all"] or 0) - (spent["back"] or 0)
    assert check()["differences"] == []
    for order in ServiceOrder.objects.select_related("charge", "quote"):
        kept = charged(order.charge) if order.charge.state == "final" else order.charge.amounts if order.charge.state == "reserved" else {}
        assert kept == ({} if order.state == "cancelled" else order.told) and order.quote.state == "accepted"
    ordered = set(ServiceOrder.objects.values_list("charge_id", flat=True))
    assert not Charge.objects.filter(customer=customer, state__in=["final", "reserved"]).exclude(pk__in=ordered).exists()
    assert ServiceOrder.objects.count() == Quote.objects.filter(state="accepted").count()
    for thing in (*Quote.objects.all(), *ServiceOrder.objects.all()):
        assert list(faults_of_chain(thing.subject)) == []
