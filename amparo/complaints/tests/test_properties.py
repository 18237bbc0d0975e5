"""Whatever becomes of complaints, in whatever order: no unit is made or lost, and the ledger reconciles. COM-4 to COM-6, LED-1."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amparo.cases import commands as cases
from amparo.cases.models import Case
from amparo.cases.tests.world import contract_for, fresh, key
from amparo.charging.models import Charge, Part
from amparo.complaints import commands, queries
from amparo.complaints.models import Complaint, Ruling
from amparo.complaints.rules import Consequences
from amparo.complaints.tasks import tick
from amparo.conftest import NOON
from amparo.deadlines import tasks as deadlines
from amparo.history.queries import faults_of_chain
from amparo.kernel.refusals import Refusal
from amparo.ledger import queries as ledger
from amparo.ledger.models import Pocket

from .world import proposed, refusable

KINDS = {"incident": "solved", "advisory": "information_complete", "general": "service_completed"}
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["open", "raise", "rule", "rule", "rule", "withdraw", "wait", "ask", "answer", "propose", "accept", "say"]),
        st.integers(0, 5),
        st.sampled_from(["upheld", "partly", "dismissed"]),
        st.sampled_from(list(KINDS)),
        st.integers(0, 7),
        st.booleans(),
        st.sampled_from([0, 5, 60, 60 * 24, 60 * 24 * 4, 60 * 24 * 9]),
    ),
    min_size=6,
    max_size=26,
)


class World:
    """Plays acts on a customer's cases and complaints; a refusal is an answer like any other."""

    def __init__(self, contact, engineer, quality, director) -> None:
        self.contact, self.engineer, self.quality, self.director, self.at = contact, engineer, quality, director, NOON
        self.granted = 0

    def play(self, act, number, outcome, kind, units, yes, minutes) -> None:
        self.at += timedelta(minutes=minutes)
        with contextlib.suppress(Refusal), transaction.atomic():
            getattr(self, act)(number, outcome, kind, units, yes)

    def _pick(self, rows, number):
        found = list(rows.order_by("pk"))
        return found[number % len(found)] if found else None

    def open(self, number, outcome, kind, units, yes):
        refusable(self.contact, self.engineer, kind, at=self.at)

    def propose(self, number, outcome, kind, units, yes):
        if case := self._pick(Case.objects.filter(state="attention"), number):
            proposed(fresh(case), self.engineer, KINDS[case.kind], at=self.at)

    def accept(self, number, outcome, kind, units, yes):
        if case := self._pick(Case.objects.filter(state="closing_proposed"), number):
            cases.accept_closing(case, seen=case.closings.get(answer="").pk, actor=self.contact, at=self.at)

    def raise_(self, number):
        if case := self._pick(Case.objects.filter(state="closing_proposed"), number):
            commands.raise_complaint(
                case, seen=case.closings.get(answer="").pk, reasons="x", key=key(), actor=self.contact, at=self.at
            )

    def rule(self, number, outcome, kind, units, yes):
        complaint = self._pick(Complaint.objects.filter(decided_at=None), number)
        if complaint is None:
            return
        back = {
            one.charge_id: {unit: min(units, n) if yes else n for unit, n in one.holds.items()} for one in queries.disputed(complaint)
        }
        chosen = Consequences(again=outcome == "upheld" or yes, back=back if units else {}, credits=units if yes else 0)
        if outcome == "dismissed":
            chosen = Consequences()
        ruling = commands.rule(
            complaint, outcome=outcome, reasons="x", consequences=chosen, key=key(), actor=self.quality, at=self.at
        )
        self.granted += ruling.credits

    def withdraw(self, number, outcome, kind, units, yes):
        if complaint := self._pick(Complaint.objects.all(), number):
            commands.withdraw(complaint, actor=self.contact, at=self.at)

    def say(self, number, outcome, kind, units, yes):
        if complaint := self._pick(Complaint.objects.all(), number):
            commands.say(complaint, "x", key=key(), actor=self.contact, at=self.at)

    def ask(self, number, outcome, kind, units, yes):
        if complaint := self._pick(Complaint.objects.all(), number):
            commands.ask_opinion(complaint, "x", key=key(), actor=self.quality, at=self.at)

    def answer(self, number, outcome, kind, units, yes):
        complaint = self._pick(Complaint.objects.filter(state="opinion"), number)
        if complaint and (asked := complaint.opinions.filter(answered_at=None, ended_at=None).first()):
            commands.give_opinion(asked, "x", actor=self.director, at=self.at)

    def wait(self, number, outcome, kind, units, yes):
        for job in (tick, deadlines.tick) if yes else (deadlines.tick, tick):
            job(at=self.at)

    def check(self, customer_id: int, sold: int) -> None:
        held = Pocket.objects.filter(customer=customer_id).aggregate(issued=Sum("issued"), balance=Sum("balance"), reserved=Sum("reserved"))
        charged = sum(part.charged - part.given_back for part in Part.objects.all())
        assert held["issued"] == sold + self.granted, "units are made by sales and by what rulings grant, once"
        assert held["issued"] - held["balance"] == charged, "what left the pockets is what was charged"
        of_charges = Part.objects.filter(charge__state="reserved").aggregate(n=Sum("amount"))["n"] or 0
        assert held["reserved"] == of_charges, "what is reserved belongs to a charge that is reserved"
        for charge in Charge.objects.filter(state="reserved"):
            holders = {case.pk for case in Case.objects.filter(charge=charge).exclude(state="closed")}
            assert len(holders) == 1, "one case that goes on holds a reservation"
        for ruling in Ruling.objects.filter(again=True).select_related("complaint__case"):
            new = Charge.objects.filter(subject=ruling.linked_case.subject)
            assert not new.exists(), "the second service charges nothing of its own"
        assert ledger.check()["differences"] == []


setattr(World, "raise", lambda self, number, *_rest: self.raise_(number))


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(acts=ACTS)
def test_random_lives_of_complaints_make_and_lose_no_unit(acts, customer, contact, engineer, quality, director):
    """COM-4, COM-5, COM-6, CHG-10, LED-1"""
    with transaction.atomic():
        contract_for(customer.pk, events=4, incidents=3, credits=40)
        world = World(contact, engineer, quality, director)
        sold = Pocket.objects.filter(customer=customer.pk).aggregate(n=Sum("issued"))["n"]
        for act in [("open", 0, "", "incident", 0, True, 0), ("raise", 0, "", "", 0, True, 0), *acts]:
            world.play(*act)
        world.check(customer.pk, sold)
        for complaint in Complaint.objects.all():
            assert list(faults_of_chain(complaint.subject)) == []
        transaction.set_rollback(True)
