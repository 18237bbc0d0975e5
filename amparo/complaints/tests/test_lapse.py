"""Undecided in its time: decided for the customer, at the deadline's own moment, once. COM-6, TIM-6."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from amparo.cases import commands as cases
from amparo.cases.models import Case
from amparo.cases.tests.world import contract_for
from amparo.complaints import commands, queries
from amparo.complaints.models import Complaint
from amparo.complaints.tasks import tick
from amparo.conftest import NOON
from amparo.deadlines import commands as deadlines
from amparo.deadlines.models import Promise, PromiseLapse
from amparo.history.queries import facts as history
from amparo.ledger import queries as ledger
from amparo.ledger.models import Pocket, Transfer
from amparo.policies.commands import set_value

from .world import DAY, DUE, MINUTE, closing_of, fresh, left, now, opinion, proposed, raised, reserved, ruled

LATE = DUE + timedelta(hours=9)


def test_it_is_upheld_at_the_deadlines_own_moment(contract, contact, engineer, facts):
    """COM-6: the service is given again and what was reserved is given back."""
    complaint = raised(contact, engineer)
    tick(at=DUE)
    assert now(complaint).state == "raised", "the deadline itself is in time"
    tick(at=LATE)
    complaint = now(complaint)
    assert (complaint.state, complaint.decided_at, complaint.recorded_at) == ("lapsed", DUE, LATE)
    assert (complaint.case.closed_how, complaint.case.closed_at, complaint.case.state) == ("lapsed", DUE, "closed")
    assert left(complaint.customer_id)["incident"] == 3 and reserved(complaint.customer_id)["incident"] == 0
    second = Case.objects.get(follows__case=complaint.case, follows__why="complaint")
    assert (second.state, second.charge_id, second.created_at) == ("attention", complaint.case.charge_id, LATE)
    told = history(complaint.subject)[-1]
    assert (told.name, told.at, told.actor_ref) == ("complaint.lapsed", DUE, "system") and told.data["recorded_at"]
    assert next(f for f in history(complaint.case.subject) if f.name == "case.closed").at == DUE


def test_the_second_service_after_a_lapse_charges_nothing(contract, contact, engineer):
    """COM-6, COM-4"""
    complaint = raised(contact, engineer)
    tick(at=LATE)
    second = proposed(fresh(Case.objects.get(follows__case=complaint.case)), engineer, "solved", at=LATE)
    assert closing_of(second).effects == []
    cases.accept_closing(second, seen=closing_of(second).pk, actor=contact, at=LATE)
    assert left(complaint.customer_id) == {"event": 5, "incident": 3, "credit": 20} and ledger.check()["differences"] == []


def test_once_however_often_and_whoever_came_first(contract, contact, engineer, facts):
    """COM-6, TIM-10"""
    one, other = raised(contact, engineer), raised(contact, engineer)
    deadlines.lapse_due(at=LATE)
    for _ in range(3):
        tick(at=LATE)
        deadlines.lapse_due(at=LATE)
    commands.lapse(other, at=LATE + DAY)
    for complaint in (one, other):
        assert facts(complaint).count("complaint.lapsed") == 1 and facts(complaint).count("promise.lapsed") == 1
        lapse = PromiseLapse.objects.get(promise=complaint.promise_id)
        assert (lapse.effective_at, lapse.recorded_at) == (DUE, LATE)
        promise = Promise.objects.get(pk=complaint.promise_id)
        assert (promise.state, promise.is_owed) == ("lapsed", False)
    assert Case.objects.filter(follows__why="complaint").count() == 2


def test_what_an_order_charged_in_advance_is_given_back(contract, contact, engineer):
    """COM-6, CHG-3"""
    complaint = raised(contact, engineer, "general")
    tick(at=LATE)
    assert left(complaint.customer_id)["credit"] == 20
    assert now(complaint).ruling.given_back == {str(complaint.case.charge_id): {"credit": 6}}


@pytest.mark.parametrize(("again", "back"), [(True, False), (False, True), (False, False), (True, True)])
def test_what_it_brings_are_settings_as_they_were_at_the_deadline(contract, contact, engineer, administrator, again, back):
    """COM-6"""
    for key, setting in (("gives_service_again", again), ("gives_back", back)):
        set_value(f"complaints.lapse_{key}", setting, from_at=NOON - DAY, actor=administrator, at=NOON - DAY)
        set_value(f"complaints.lapse_{key}", not setting, from_at=DUE + MINUTE, actor=administrator, at=NOON)
    complaint = raised(contact, engineer)
    tick(at=LATE)
    assert Case.objects.filter(follows__case=complaint.case).exists() is again
    given_back = back or not again
    assert left(complaint.customer_id)["incident"] == (3 if given_back else 2)
    assert reserved(complaint.customer_id)["incident"] == (0 if given_back else 1)


def test_down_for_weeks_it_is_still_the_deadline_and_the_units_move_now(customer, contact, engineer):
    """COM-6, LED-4, LED-6: nothing is written into the past of the ledger, and what comes back late can still be used."""
    contract_for(customer.pk, months=1, starts_on=(NOON - timedelta(days=15)).date())
    complaint = raised(contact, engineer)
    weeks = DUE + timedelta(days=40)
    tick(at=weeks)
    assert now(complaint).decided_at == DUE
    grace = Pocket.objects.get(source__startswith="grace:")
    assert (grace.balance, grace.starts_at) == (1, weeks)
    assert Transfer.objects.filter(kind="void").get().at == weeks and ledger.check()["differences"] == []


def test_an_opinion_that_is_late_extends_nothing(contract, contact, engineer, quality, director):
    """COM-6, TIM-7"""
    complaint = raised(contact, engineer)
    asked = opinion(complaint, quality, at=DUE - DAY)
    assert asked.due_at > DUE
    tick(at=LATE)
    asked.refresh_from_db()
    assert now(complaint).state == "lapsed" and asked.ended_at == LATE


def test_what_is_decided_in_time_never_lapses(contract, contact, engineer, quality, facts):
    """COM-6"""
    for outcome in ("upheld", "dismissed"):
        complaint = raised(contact, engineer)
        ruled(complaint, quality, outcome, at=DUE)
        tick(at=LATE)
        commands.lapse(complaint, at=LATE)
        deadlines.lapse_due(at=LATE)
        assert now(complaint).state == outcome and "promise.lapsed" not in facts(complaint)


def test_old_refusals_that_got_a_complaint_lapse_like_any_other(contract, contact, engineer):
    """COM-6"""
    from .test_raising import refused_of_old

    refused_of_old(contact, engineer)
    tick(at=NOON)
    complaint = Complaint.objects.get()
    assert complaint.due_at == DUE
    tick(at=LATE)
    assert now(complaint).state == "lapsed" and left(complaint.customer_id)["incident"] == 3


def test_one_that_cannot_be_lapsed_keeps_none_of_the_others_waiting(contract, contact, engineer, monkeypatch):
    """COM-6"""
    first, second = raised(contact, engineer), raised(contact, engineer)
    real = cases.close_for_customer

    def broken(case, **given):
        if case.pk == first.case_id:
            raise RuntimeError("something is wrong with this one")
        return real(case, **given)

    monkeypatch.setattr("amparo.complaints.commands.ruling.cases.close_for_customer", broken)
    tick(at=LATE)
    assert (now(first).state, now(second).state) == ("raised", "lapsed")
    monkeypatch.undo()
    tick(at=LATE + MINUTE)
    assert (now(first).state, now(first).decided_at) == ("lapsed", DUE)


def test_the_database_knows_only_lapses_at_their_deadline(contract, contact, engineer):
    """COM-6"""
    complaint = raised(contact, engineer)
    for change in (
        {"state": "lapsed", "decided_at": LATE, "recorded_at": LATE}, {"state": "lapsed"}, {"state": "dismissed", "decided_at": NOON, "recorded_at": NOON},
        {"state": "whatever"},
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            Complaint.objects.filter(pk=complaint.pk).update(**change)


def test_the_figures_of_a_period_count_each_once(contract, contact, engineer, quality):
    """COM-6: a lapse belongs to the moment of its deadline."""
    ruled(raised(contact, engineer), quality, "dismissed", at=NOON + DAY)
    ruled(raised(contact, engineer, "advisory"), quality, "partly", credits=1, at=NOON + DAY)
    ruled(raised(contact, engineer, "advisory"), quality, at=NOON + DAY)
    raised(contact, engineer, "advisory")
    commands.withdraw(raised(contact, engineer, "advisory"), actor=contact, at=NOON)
    tick(at=LATE)
    counted = queries.outcomes(NOON, LATE)
    assert (counted.upheld, counted.partly, counted.dismissed, counted.lapsed, counted.withdrawn) == (1, 1, 1, 1, 1)
    assert counted.decided == 4 and queries.outcomes(NOON, DUE).lapsed == 0


def test_an_open_complaint_holds_its_case_and_the_one_before(contract, contact, engineer, quality):
    """CAS-2"""
    first = raised(contact, engineer)
    assert queries.holds([first.case_id, 10**9]) == {first.case_id}
    second = proposed(fresh(ruled(first, quality).linked_case), engineer, "solved")
    assert queries.holds([first.case_id, second.pk]) == set()
    commands.raise_complaint(second, seen=closing_of(second).pk, reasons="No.", key="k", actor=contact, at=NOON)
    assert queries.holds([first.case_id, second.pk]) == {first.case_id, second.pk}
    assert queries.holds([first.case_id]) == {first.case_id}


def test_the_file_of_a_case_holds_what_was_said_and_decided(contract, contact, engineer, quality, director):
    """CAS-7"""
    complaint = raised(contact, engineer)
    asked = opinion(complaint, quality)
    commands.note(complaint, "Secreto de calidad", key="n", actor=quality, at=NOON)
    commands.give_opinion(asked, "Es un defecto.", actor=director, at=NOON + DAY)
    ruled(complaint, quality, measure="Una llamada.", at=NOON + DAY)
    (told,) = queries.record_of(complaint.case_id)
    assert (told.number, told.facts, told.state) == (complaint.number, complaint.subject, "upheld")
    assert [part[0] for part in told.parts] == ["reasons", "question", "opinion", "ruling.upheld"]
    assert "Secreto" not in str(told) and "Una llamada." in told.parts[-1][3]
