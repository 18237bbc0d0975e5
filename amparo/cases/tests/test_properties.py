"""Whatever people do with cases, in whatever order: no unit is made or lost, and nothing is charged twice. CHG-10, LED-1."""

from __future__ import annotations

import contextlib
import random
from datetime import timedelta

import pytest
from django.db.models import Sum

from amparo.cases import commands
from amparo.cases.machine import REASONS, LimitChoice, Reason
from amparo.cases.models import Case, Closing, FurtherNeed, Order
from amparo.cases.tasks import tick
from amparo.charging import queries
from amparo.charging.models import Charge, Part
from amparo.charging.rules import Need
from amparo.conftest import NOON
from amparo.history.queries import faults_of_chain
from amparo.kernel.refusals import Refusal
from amparo.ledger import queries as ledger
from amparo.ledger.models import Pocket

from .world import asked, card_for, contract_for, fresh, key

STEPS = 70


class Player:
    """Plays one random command on one random case; a refusal is an answer like any other."""

    def __init__(self, chance: random.Random, contact, engineer, quality) -> None:
        self.chance, self.contact, self.engineer, self.quality, self.at = chance, contact, engineer, quality, NOON
        self.cases = [asked(contact) for _ in range(3)]

    def act(self) -> None:
        self.at += timedelta(minutes=self.chance.choice([0, 1, 7, 20, 31, 600]))
        case = fresh(self.chance.choice(self.cases))
        likely = self.chance.random() < 0.75
        verb = self.chance.choice(self.LIKELY[case.state] if likely else self.VERBS)
        with contextlib.suppress(Refusal):
            verb(self, case)

    def _staff(self):
        return {"actor": self.engineer, "at": self.at}

    def _customer(self):
        return {"actor": self.contact, "at": self.at}

    def classify(self, case):
        commands.classify(case, kind=self.chance.choice(["advisory", "incident", "general", "development"]), explanation="x", key=key(), **self._staff())

    def consent(self, case):
        commands.consent(case, seen=self.chance.choice([case.classification, case.classification, 1]), **self._customer())

    def decline(self, case):
        commands.decline_consent(case, seen=case.classification, **self._customer())

    def requote(self, case):
        commands.requote(case, **self._customer())

    def order(self, case):
        needs = self.chance.choice([[Need("general_quote", self.chance.randint(1, 9))], [Need("install_server"), Need("further_terminal", 2)], [Need("technical_hour", 2)]])
        commands.propose_order(case, description="x", needs=needs, delivery_on=self.at.date() + timedelta(days=9), key=key(), **self._staff())

    def answer_order(self, case):
        order = Order.objects.filter(case=case).order_by("?").first()
        verb = self.chance.choice([commands.accept_order, commands.accept_order, commands.decline_order])
        verb(case, seen=order.pk if order else 0, **self._customer())

    def clock(self, case):
        self.chance.choice([commands.start_clock, commands.stop_clock])(case, **self._staff())

    def decide(self, case):
        commands.decide_at_limit(case, choice=self.chance.choice(list(LimitChoice)), **self._staff())

    def need(self, case):
        if self.chance.random() < 0.5:
            commands.raise_need(case, "x", key=key(), **self._staff())
        else:
            commands.propose_further(case, "x", [Need("technical_hour", self.chance.randint(1, 2))], key=key(), **self._staff())

    def choose(self, case):
        need = FurtherNeed.objects.filter(case=case).order_by("?").first()
        if need:
            commands.choose_needs(need, choice=self.chance.choice(["now", "later", "declined"]), **self._customer())

    def procedure(self, case):
        commands.agree_procedure(case, "x", key=key(), **self._staff())

    def closing(self, case):
        effects = {charge: self.chance.choice(["charge", "give_back"]) for charge in Charge.objects.filter(subject=case.subject).values_list("pk", flat=True) if self.chance.random() < 0.2}
        reasons = REASONS[case.kind] if case.kind and self.chance.random() < 0.8 else list(Reason)
        commands.propose_closing(case, reason=self.chance.choice(reasons), summary="x", explanation="x", procedure="x", effects=effects, key=key(), **self._staff())

    def answer_closing(self, case):
        closing = Closing.objects.filter(case=case).order_by("-pk").first()
        if closing is None:
            return
        match self.chance.randint(0, 4):
            case 0:
                commands.write(case, "x", key=key(), **self._customer())
            case 1:
                commands.refuse_closing(
                    case, seen=closing.pk, reasons="x", complaint=closing.pk, decide_by=self.at, **self._customer()
                )
            case _:
                for _ in range(2):
                    commands.accept_closing(case, seen=closing.pk, **self._customer())

    def ruled(self, case):
        """What a complaint's decision does with its case; what it is decided by is tried where complaints are."""
        decided = {"actor": self.quality, "at": self.at}
        match self.chance.randint(0, 3):
            case 0:
                commands.close_as_proposed(case, how="dismissed", **decided)
            case 1:
                commands.close_as_proposed(case, how="accepted", **self._customer())
            case _:
                held = {one["charge"]: queries.held(Charge.objects.get(pk=one["charge"])) for one in case.closings.get(answer="").effects}
                back = {charge: units for charge, units in held.items() if self.chance.random() < 0.5}
                again = commands.close_for_customer(
                    case, how=self.chance.choice(["upheld", "partly", "lapsed"]), back=back, again=self.chance.random() < 0.6, **decided
                )
                if again:
                    self.cases.append(again)

    def silence(self, case):
        tick(at=self.at)
        if case.state == "closing_proposed":
            commands.mark_silent(case, at=self.at)

    def uncharged(self, case):
        commands.close_uncharged(case, **self._staff())

    def withdraw(self, case):
        commands.withdraw(case, **self._customer())

    def another(self, _case):
        if len(self.cases) < 7:
            self.cases.append(asked(self.contact, at=self.at))

    LIKELY = {
        "requested": [classify], "classified": [consent, consent, consent, order, answer_order, answer_order],
        "attention": [clock, clock, need, choose, procedure, closing, closing, closing], "procedure": [clock, choose, closing, closing],
        "closing_proposed": [answer_closing, answer_closing, answer_closing, silence], "silent": [answer_closing, uncharged, closing],
        "closed": [another], "complaint": [ruled], "withdrawn": [another],
    }  # fmt: skip
    VERBS = [
        classify, classify, consent, consent, decline, requote, order, answer_order, answer_order, clock, clock, decide, need,
        choose, procedure, closing, closing, answer_closing, answer_closing, answer_closing, silence, uncharged, withdraw, ruled, another,
    ]  # fmt: skip


def _sums(customer_id):
    held = Pocket.objects.filter(customer=customer_id).aggregate(issued=Sum("issued"), balance=Sum("balance"), reserved=Sum("reserved"))
    return held["issued"], held["balance"], held["reserved"]


def check(customer_id) -> None:
    """What must be true after every step."""
    issued, balance, held = _sums(customer_id)
    charged = sum(part.charged - part.given_back for part in Part.objects.all())
    open_parts = Part.objects.filter(charge__state="reserved").aggregate(n=Sum("amount"))["n"] or 0
    assert issued - balance == charged, "what left the pockets is what was charged"
    assert held == open_parts, "what is reserved belongs to a charge that is reserved"
    owners: dict[int, list[Case]] = {}
    for case in Case.objects.all():
        for charge_id in {case.charge_id, *case.needs.filter(choice="now").values_list("charge_id", flat=True)} - {None}:
            owners.setdefault(charge_id, []).append(case)
    for charge_id in Charge.objects.filter(state="reserved").values_list("pk", flat=True):
        alive = [case for case in owners.get(charge_id, []) if case.state not in ("closed", "withdrawn")]
        assert len(alive) == 1, "a reservation is never forgotten, and one case that goes on holds it"
        assert alive[0].consent_at is not None


@pytest.mark.parametrize("seed", range(8))
def test_random_lives_of_cases_make_and_lose_no_unit(seed, customer, contact, engineer, quality):
    """CHG-10, LED-1, CHG-4"""
    chance = random.Random(seed)
    contract_for(customer.pk, events=chance.randint(0, 4), incidents=chance.randint(0, 3), credits=chance.randint(0, 30))
    if chance.random() < 0.5:
        card_for(customer.pk, 12)
    player = Player(chance, contact, engineer, quality)
    for step in range(STEPS):
        player.act()
        if step % 3 == 0:
            check(customer.pk)
    check(customer.pk)
    assert ledger.check()["differences"] == []
    for case in Case.objects.all():
        assert list(faults_of_chain(case.subject)) == []
