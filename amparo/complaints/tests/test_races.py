"""Many at once, on real connections: one decision, one effect. COM-3, COM-6, SEC-47, CHG-10."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.cases import commands as cases
from amparo.cases.models import Case
from amparo.cases.tests.test_races import at_once
from amparo.cases.tests.world import contract_for
from amparo.complaints import commands
from amparo.complaints.errors import AlreadyDecided, AlreadyRaised, LapseStands, OpinionTooLate
from amparo.complaints.models import Complaint, Opinion, Ruling
from amparo.complaints.rules import Consequences
from amparo.complaints.tasks import tick
from amparo.conftest import NOON
from amparo.deadlines import tasks as deadlines
from amparo.deadlines.models import Promise, PromiseLapse
from amparo.history.queries import facts as history
from amparo.history.queries import faults_of_chain
from amparo.kernel.refusals import Refusal
from amparo.ledger import queries as ledger

from .world import DUE, closing_of, key, left, now, opinion, raised, refusable, reserved, ruled

pytestmark = pytest.mark.django_db(transaction=True)
LATE = DUE + timedelta(seconds=1)


@pytest.fixture
def contract(customer):
    return contract_for(customer.pk, events=9, incidents=9, credits=60)


def _count(complaint, name: str) -> int:
    return sum(fact.name == name for fact in history(complaint.subject))


def _whole(complaint) -> None:
    """One truth about a decided complaint, wherever it is told."""
    fresh = now(complaint)
    ruling = Ruling.objects.get(complaint=complaint)
    promise = Promise.objects.get(pk=complaint.promise_id)
    assert fresh.state == ruling.outcome == fresh.case.closed_how
    assert (promise.state == "lapsed") is (fresh.state == "lapsed") is PromiseLapse.objects.filter(promise=promise).exists()
    assert _count(complaint, "complaint.ruled") + _count(complaint, "complaint.lapsed") == 1
    assert Case.objects.filter(follows__case=complaint.case).count() == (1 if ruling.again else 0)
    assert list(faults_of_chain(complaint.subject)) == [] and list(faults_of_chain(complaint.case.subject)) == []


@pytest.mark.parametrize("outcome", ["dismissed", "upheld"])
def test_a_ruling_in_the_last_second_and_the_lapse_one_of_them_wins(contract, contact, engineer, quality, outcome):
    """COM-6: whoever locks first; the other is told, or does nothing."""
    winners: list[str] = []
    for number in range(6):
        complaint = raised(contact, engineer)
        act = lambda one=complaint: ruled(one, quality, outcome, at=DUE)  # noqa: E731
        racers = [lambda: tick(at=LATE), act] if number % 2 else [act, lambda: tick(at=LATE)]
        results = at_once(*racers)
        _whole(complaint)
        refused = [one for one in results if isinstance(one, Refusal)]
        state = now(complaint).state
        assert all(isinstance(one, LapseStands) for one in refused) and bool(refused) is (state == "lapsed")
        winners.append(state)
        assert reserved(contact.customer_id)["incident"] == winners.count("upheld"), "what carries over is still reserved"
    assert set(winners) <= {outcome, "lapsed"} and ledger.check()["differences"] == []


def test_a_ruling_and_the_promises_own_lapse_agree(contract, contact, engineer, quality):
    """COM-6, TIM-10: the worker's two jobs and the judge at once."""
    for _ in range(5):
        complaint = raised(contact, engineer)
        at_once(
            lambda: deadlines.tick(at=LATE), lambda one=complaint: ruled(one, quality, "dismissed", at=DUE), lambda: tick(at=LATE)
        )
        tick(at=LATE)
        _whole(complaint)


def test_two_rulings_at_once_are_one(contract, contact, engineer, quality, other_quality):
    """COM-3, SEC-47"""
    for _ in range(4):
        complaint = raised(contact, engineer)
        before = left(contact.customer_id)["credit"]
        results = at_once(
            lambda one=complaint: ruled(one, quality, "partly", credits=5, at=NOON),
            lambda one=complaint: ruled(one, other_quality, "dismissed", at=NOON),
            lambda one=complaint: ruled(one, quality, "partly", credits=5, at=NOON),
        )
        assert sum(isinstance(one, AlreadyDecided) for one in results) == 2
        _whole(complaint)
        granted = 5 if now(complaint).state == "partly" else 0
        assert left(contact.customer_id)["credit"] == before + granted
    assert ledger.check()["differences"] == []


def test_one_form_sent_ten_times_rules_once(contract, contact, engineer, quality):
    """SEC-48, COM-4"""
    complaint = raised(contact, engineer)
    results = at_once(
        *[
            lambda: commands.rule(
                complaint, outcome="upheld", reasons="x", consequences=Consequences(again=True, credits=5), key="a",
                actor=quality, at=NOON,
            )
        ] * 10
    )  # fmt: skip
    assert {one.pk for one in results} == {Ruling.objects.get().pk} and left(contact.customer_id)["credit"] == 65
    _whole(complaint)


def test_several_workers_lapse_each_complaint_once(contract, contact, engineer):
    """COM-6, TIM-10: with everything stopped since, all at once on start."""
    complaints = [raised(contact, engineer) for _ in range(6)]
    weeks = DUE + timedelta(days=9)
    at_once(*[lambda: tick(at=weeks), lambda: deadlines.tick(at=weeks)] * 3)
    tick(at=weeks)
    for complaint in complaints:
        _whole(complaint)
        assert (now(complaint).decided_at, now(complaint).recorded_at) == (DUE, weeks)
    assert left(contact.customer_id)["incident"] == 9 and reserved(contact.customer_id)["incident"] == 0
    assert Case.objects.filter(follows__why="complaint").count() == 6 and ledger.check()["differences"] == []


def test_two_contacts_refuse_one_closing_at_once(contract, contact, member, engineer):
    """COM-1"""
    case = refusable(contact, engineer)
    seen = closing_of(case).pk
    results = at_once(*[
        lambda who=who: commands.raise_complaint(case, seen=seen, reasons="No", key=key(), actor=who, at=NOON) for who in [contact, member] * 3
    ])  # fmt: skip
    assert sum(isinstance(one, AlreadyRaised) for one in results) == 5 and Complaint.objects.count() == 1
    assert Promise.objects.filter(kind_code="complaint").count() == 1


def test_refusing_and_accepting_at_once_leave_one_truth(contract, contact, member, engineer):
    """COM-1, CAS-4"""
    for _ in range(4):
        case = refusable(contact, engineer, "advisory")
        seen = closing_of(case).pk
        at_once(
            lambda: commands.raise_complaint(case, seen=seen, reasons="No", key=key(), actor=contact, at=NOON),
            lambda: cases.accept_closing(case, seen=seen, actor=member, at=NOON),
        )
        case = Case.objects.select_related("charge").get(pk=case.pk)
        complained = Complaint.objects.filter(case=case).exists()
        assert (case.state, case.charge.state) == (("complaint", "reserved") if complained else ("closed", "final"))


def test_letting_go_and_ruling_at_once_leave_one_truth(contract, contact, engineer, quality):
    """COM-4, CAS-4"""
    for _ in range(4):
        complaint = raised(contact, engineer, "advisory")
        at_once(
            lambda one=complaint: commands.withdraw(one, actor=contact, at=NOON), lambda one=complaint: ruled(one, quality, at=NOON)
        )
        fresh = now(complaint)
        assert (fresh.state, fresh.case.closed_how) in {("withdrawn", "accepted"), ("upheld", "upheld")}
    assert ledger.check()["differences"] == []


def test_an_opinion_and_a_ruling_at_once(contract, contact, engineer, quality, director):
    """COM-2, COM-6"""
    for _ in range(4):
        complaint = raised(contact, engineer, "advisory")
        asked = opinion(complaint, quality)
        results = at_once(
            lambda one=asked: commands.give_opinion(one, "Sí.", actor=director, at=NOON),
            lambda one=complaint: ruled(one, quality, "dismissed", at=NOON),
        )
        given = Opinion.objects.get(pk=asked.pk)
        assert now(complaint).state == "dismissed" and bool(given.answered_at) is not bool(given.ended_at)
        assert bool(given.ended_at) is any(isinstance(one, OpinionTooLate) for one in results)


def test_words_of_the_customer_and_a_ruling_at_once(contract, contact, engineer, quality):
    """COM-5: what came before it is on the record, what came after is refused."""
    complaint = raised(contact, engineer, "advisory")
    results = at_once(
        *[lambda: commands.say(complaint, "Algo más.", key=key(), actor=contact, at=NOON)] * 4,
        lambda: ruled(complaint, quality, "dismissed", at=NOON),
    )
    refused = sum(isinstance(one, AlreadyDecided) for one in results)
    assert complaint.statements.count() == 1 + 4 - refused
    assert list(complaint.statements.order_by("seq").values_list("seq", flat=True)) == list(range(1, 6 - refused))
    _whole(complaint)


def test_workers_adopt_an_old_refusal_once(contract, contact, engineer):
    """COM-1"""
    from .test_raising import refused_of_old

    refused_of_old(contact, engineer)
    at_once(*[lambda: commands.adopt_refused(at=NOON)] * 5)
    assert Complaint.objects.count() == 1 and Promise.objects.filter(kind_code="complaint").count() == 1
