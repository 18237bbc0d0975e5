"""The reasoned ruling and its consequences, in one transaction. COM-2 to COM-5, LED-6, CHG-4."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from amparo.cases import commands as cases
from amparo.cases.errors import GivenAgain
from amparo.cases.models import Case, CaseLink, FurtherNeed
from amparo.cases.tests.world import contract_for
from amparo.charging.queries import held
from amparo.charging.rules import Need
from amparo.complaints import access, commands, queries
from amparo.complaints.errors import AlreadyDecided, DoesNotFit, Involved, LapseStands, ReasonsMissing
from amparo.complaints.models import Complaint, Ruling, RulingDraft
from amparo.complaints.rules import Consequences
from amparo.conftest import NOON, make_staff
from amparo.deadlines.models import Promise
from amparo.deadlines.queries import open_promises
from amparo.history.queries import facts as history
from amparo.history.queries import faults_of_chain
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.ledger import queries as ledger
from amparo.ledger.models import Pocket
from amparo.live import commands as live
from amparo.policies.commands import set_value
from amparo.quotations import commands as quotations
from amparo.quotations.models import ServiceOrder
from amparo.quotations.rules.quotes import Content, Line
from amparo.threads import commands as threads

from .world import (
    DAY,
    DUE,
    MINUTE,
    closing_of,
    fresh,
    key,
    left,
    now,
    opinion,
    ordered,
    proposed,
    raised,
    refusable,
    reserved,
    ruled,
)


def test_upheld_gives_the_service_again_under_the_first_reservation(contract, contact, engineer, quality, facts):
    """COM-4, CHG-4"""
    complaint = raised(contact, engineer)
    ruling = ruled(complaint, quality)
    complaint, second = now(complaint), fresh(ruling.linked_case)
    assert (complaint.state, complaint.decided_at, complaint.case.closed_how) == ("upheld", NOON, "upheld")
    assert (second.state, second.kind, second.charge_id) == ("attention", "incident", complaint.case.charge_id)
    assert reserved(complaint.customer_id)["incident"] == 1 and left(complaint.customer_id)["incident"] == 2
    link = CaseLink.objects.get(follow_up=second)
    assert (link.case_id, link.why) == (complaint.case_id, "complaint")
    assert facts(complaint)[-2:] == ["promise.kept", "complaint.ruled"] and "case.given_again" in facts(second)
    assert second.thread.opened_by_id == contact.user_id and second.contact_id == contact.user_id
    assert [(entry.author_kind, entry.author_name) for entry in second.thread.entries.all()] == [("system", "Amparo")]
    assert [promise.kind_code for promise in open_promises(second)] == ["answer.case"]
    assert Promise.objects.get(pk=complaint.promise_id).state == "kept"
    assert all(not list(faults_of_chain(one.subject)) for one in (complaint, second, complaint.case))


def test_the_second_service_charges_what_the_first_reserved_and_nothing_new(contract, contact, engineer, quality):
    """COM-4, CHG-4, CHG-10"""
    second = fresh(ruled(raised(contact, engineer), quality).linked_case)
    with pytest.raises(GivenAgain):
        cases.classify(second, kind="general", explanation="x", key=key(), actor=engineer, at=NOON)
    second = proposed(second, engineer, "solved")
    assert [(one["charge"], one["amounts"]) for one in closing_of(second).effects] == [(second.charge_id, {"incident": 1})]
    cases.accept_closing(second, seen=closing_of(second).pk, actor=contact, at=NOON)
    assert left(second.customer_id)["incident"] == 2 and reserved(second.customer_id)["incident"] == 0
    assert fresh(second).charge.state == "final" and ledger.check()["differences"] == []


def test_the_second_service_can_be_complained_of_too(contract, contact, engineer, quality):
    """COM-1, COM-2: who gave the first service has worked on the matter."""
    first = raised(contact, engineer)
    second = proposed(fresh(ruled(first, quality).linked_case), make_staff("Otra Ingeniera", "engineer"), "solved")
    again = commands.raise_complaint(
        second, seen=closing_of(second).pk, reasons="Igual.", key=key(), actor=contact, at=NOON + DAY
    )
    assert engineer.user_id in queries.barred(again)
    ruling = ruled(again, quality, back={second.charge_id: {"incident": 1}}, at=NOON + DAY)
    assert left(second.customer_id)["incident"] == 3
    third = fresh(ruling.linked_case)
    assert (third.state, held(third.charge)) == ("attention", {})
    third = proposed(third, engineer, "solved")
    assert closing_of(third).effects == []
    cases.accept_closing(third, seen=closing_of(third).pk, actor=contact, at=NOON + DAY)
    assert left(third.customer_id)["incident"] == 3 and ledger.check()["differences"] == []


def test_upheld_with_units_given_back_and_credits_and_words(contract, contact, engineer, quality, facts):
    """COM-4, LED-3"""
    complaint = raised(contact, engineer)
    back = {complaint.case.charge_id: {"incident": 1}}
    ruling = ruled(complaint, quality, back=back, credits=5, measure="Una llamada del director.")
    assert left(complaint.customer_id) == {"event": 5, "incident": 3, "credit": 25}
    assert (ruling.given_back, ruling.credits, ruling.measure) == (
        {str(complaint.case.charge_id): {"incident": 1}}, 5, "Una llamada del director.",
    )  # fmt: skip
    assert (ruling.grant.source, ruling.grant.ends_at) == (complaint.subject, NOON + timedelta(days=365))
    told = history(complaint.subject)[-1].data
    assert (told["given_back"], told["credits"], told["again"]) == ({"incident": 1}, 5, True)
    assert ledger.check()["differences"] == []


def test_an_order_charged_in_advance_is_carried_over_and_partly_given_back(contract, contact, engineer, quality):
    """COM-4, CHG-3"""
    complaint = raised(contact, engineer, "general")
    second = fresh(ruled(complaint, quality, back={complaint.case.charge_id: {"credit": 2}}).linked_case)
    assert left(complaint.customer_id)["credit"] == 16 and held(second.charge) == {"credit": 4}
    second = proposed(second, engineer, "service_completed")
    assert [one["amounts"] for one in closing_of(second).effects] == [{"credit": 4}]
    cases.accept_closing(second, seen=closing_of(second).pk, actor=contact, at=NOON)
    assert left(complaint.customer_id)["credit"] == 16 and ledger.check()["differences"] == []


def test_partly_upheld_charges_the_rest_and_gives_some_back(contract, contact, engineer, quality):
    """COM-3, COM-4"""
    complaint = raised(contact, engineer, "general")
    ruling = ruled(complaint, quality, "partly", back={complaint.case.charge_id: {"credit": 3}})
    assert ruling.linked_case is None and now(complaint).case.closed_how == "partly"
    assert left(complaint.customer_id)["credit"] == 17 and ledger.check()["differences"] == []


def test_partly_upheld_in_words_charges_as_proposed(contract, contact, engineer, quality):
    """COM-3, COM-4"""
    complaint = raised(contact, engineer)
    ruled(complaint, quality, "partly", measure="Una disculpa.")
    assert left(complaint.customer_id)["incident"] == 2 and reserved(complaint.customer_id)["incident"] == 0


def test_a_reserved_charge_of_credits_can_be_halved_without_the_service_again(customer, contact, engineer, quality):
    """COM-4, LED-1: a reservation is posted in part, and the rest is freed."""
    contract_for(customer.pk, incidents=0, credits=20)
    complaint = raised(contact, engineer)
    charge = complaint.case.charge_id
    with pytest.raises(DoesNotFit):
        ruled(complaint, quality, again=True, back={charge: {"credit": 2}})
    ruled(complaint, quality, "partly", back={charge: {"credit": 2}})
    assert left(customer.pk)["credit"] == 18 and reserved(customer.pk)["credit"] == 0
    assert ledger.check()["differences"] == []


def test_what_the_proposal_gave_back_is_given_back_by_a_partial_ruling_too(contract, contact, engineer, quality):
    """COM-4, CHG-4"""
    complaint = raised(contact, engineer, reason="not_technically_possible")
    ruled(complaint, quality, "partly", credits=2)
    assert left(complaint.customer_id) == {"event": 5, "incident": 3, "credit": 22}


def test_dismissed_closes_as_proposed_and_charges_finally(contract, contact, engineer, quality, facts):
    """COM-5, CHG-4"""
    complaint = raised(contact, engineer)
    ruling = ruled(complaint, quality, "dismissed")
    complaint = now(complaint)
    assert (complaint.state, complaint.case.state, complaint.case.closed_how) == ("dismissed", "closed", "dismissed")
    assert complaint.case.charge.state == "final" and left(complaint.customer_id)["incident"] == 2
    assert not Case.objects.filter(follows__why="complaint").exists() and ruling.reasons == "Por lo que consta."
    assert facts(complaint.case)[-1] == "case.closed"


def test_dismissed_gives_back_what_the_proposal_gave_back(contract, contact, engineer, quality):
    """COM-5, CHG-4"""
    complaint = raised(contact, engineer, reason="not_technically_possible")
    ruled(complaint, quality, "dismissed")
    assert left(complaint.customer_id)["incident"] == 3


def test_further_services_carry_over_with_the_first(contract, contact, engineer, quality):
    """COM-4, CHG-5"""
    from amparo.cases.tests.world import attended

    case = attended(contact, engineer, "incident")
    need = cases.propose_further(case, "Recuperar datos", [Need("technical_hour", 1)], key=key(), actor=engineer, at=NOON)
    cases.choose_needs(need, choice="now", actor=contact, at=NOON)
    case = proposed(fresh(case), engineer, "solved")
    complaint = commands.raise_complaint(case, seen=closing_of(case).pk, reasons="No.", key=key(), actor=contact, at=NOON)
    second = fresh(ruled(complaint, quality).linked_case)
    assert FurtherNeed.objects.get(case=second).charge_id == FurtherNeed.objects.get(case=case).charge_id
    second = proposed(second, engineer, "solved")
    assert [one["amounts"] for one in closing_of(second).effects] == [{"incident": 1}, {"credit": 4}]
    cases.accept_closing(second, seen=closing_of(second).pk, actor=contact, at=NOON)
    assert left(case.customer_id) == {"event": 5, "incident": 2, "credit": 16} and ledger.check()["differences"] == []


def test_a_case_that_was_never_attended_is_opened_again(contract, contact, engineer, quality):
    """COM-4: nothing was reserved, so nothing carries over; it is classified and consented to like any other."""
    from amparo.cases.tests.world import classified

    case = proposed(classified(contact, engineer, "incident"), engineer, "mutual_agreement")
    complaint = commands.raise_complaint(case, seen=closing_of(case).pk, reasons="Sí la quiero.", key=key(), actor=contact, at=NOON)
    second = fresh(ruled(complaint, quality).linked_case)
    assert (second.state, second.charge, second.thread.queue) == ("requested", None, "answer")
    cases.classify(second, kind="incident", explanation="x", key=key(), actor=engineer, at=NOON)


def test_units_given_back_after_their_pocket_ended_last_thirty_days_more(customer, contact, engineer, quality):
    """LED-6, COM-4"""
    contract_for(customer.pk, months=1, starts_on=(NOON - timedelta(days=29)).date())
    complaint = raised(contact, engineer, "general")
    later = NOON + timedelta(days=4)
    ruled(complaint, quality, "partly", back={complaint.case.charge_id: {"credit": 6}}, at=later)
    grace = Pocket.objects.get(source__startswith="grace:")
    assert (grace.balance, grace.ends_at) == (6, later + timedelta(days=30)) and ledger.check()["differences"] == []


def test_a_ruling_needs_reasons_an_outcome_and_fitting_consequences(contract, contact, engineer, quality):
    """COM-3"""
    complaint = raised(contact, engineer)
    for given, wrong in (
        ({"reasons": " "}, ReasonsMissing), ({"outcome": "lapsed"}, Invalid), ({"outcome": "whatever"}, Invalid),
        ({"outcome": "upheld", "consequences": Consequences()}, DoesNotFit),
        ({"consequences": Consequences(credits=1)}, DoesNotFit),
        ({"outcome": "partly", "consequences": Consequences(credits=101)}, DoesNotFit),
        ({"outcome": "partly", "consequences": Consequences(back={complaint.case.charge_id: {"incident": 2}})}, DoesNotFit),
    ):  # fmt: skip
        with pytest.raises(wrong):
            commands.rule(complaint, **{"outcome": "dismissed", "reasons": "x", "key": key(), "actor": quality, "at": NOON} | given)
    assert now(complaint).state == "raised" and not Ruling.objects.exists()
    assert reserved(complaint.customer_id)["incident"] == 1


def test_the_same_key_is_the_same_ruling_and_another_is_refused(contract, contact, engineer, quality, other_quality):
    """COM-3, SEC-48"""
    complaint = raised(contact, engineer)
    given = {"outcome": "dismissed", "reasons": "x", "at": NOON}
    first = commands.rule(complaint, key="a", actor=quality, **given)
    assert commands.rule(complaint, key="a", actor=quality, **given) == first
    for actor, other in ((quality, "b"), (other_quality, "a")):
        with pytest.raises(AlreadyDecided):
            commands.rule(complaint, key=other, actor=actor, **given)
    assert left(complaint.customer_id)["incident"] == 2


def test_to_be_an_administrator_gives_no_right_to_judge(contract, contact, engineer, operator, director, administrator):
    """COM-2"""
    complaint = raised(contact, engineer)
    for actor in (contact, operator, engineer, director, administrator):
        with pytest.raises(NotPermitted):
            ruled(complaint, actor, "dismissed")
        with pytest.raises(NotPermitted):
            commands.take(complaint, actor=actor, at=NOON)


@pytest.mark.parametrize("how", ["note", "answer", "assigned", "typed"])
def test_who_worked_on_the_case_does_not_judge(contract, contact, engineer, quality, other_quality, how):
    """COM-2"""
    case = refusable(contact, engineer, at=NOON - DAY)
    both = quality
    match how:
        case "note":
            threads.note(case.thread, "Lo revisé.", key=key(), actor=both, at=NOON)
        case "answer":
            threads.say(case.thread, "Lo revisé.", key=key(), actor=both, at=NOON)
        case "assigned":
            threads.assign(case.thread, both.user_id, actor=engineer, at=NOON)
            threads.assign(case.thread, None, actor=engineer, at=NOON)
        case "typed":
            author = threads.Author(contact.user_id, "customer", contact.name, typed_by=both.user_id)
            threads.say(case.thread, "Dijo que no.", key=key(), author=author, actor=both, at=NOON)
    case = fresh(case)
    complaint = commands.raise_complaint(case, seen=closing_of(case).pk, reasons="No.", key=key(), actor=contact, at=NOON + MINUTE)
    assert both.user_id in queries.barred(complaint) and other_quality.user_id not in queries.barred(complaint)
    for act in (
        lambda: ruled(complaint, both, "dismissed", at=NOON + MINUTE), lambda: commands.take(complaint, actor=both, at=NOON + MINUTE),
        lambda: opinion(complaint, both, at=NOON + MINUTE),
    ):  # fmt: skip
        with pytest.raises(Involved):
            act()
    assert not queries.nobody_may_judge(complaint)
    ruled(complaint, other_quality, "dismissed", at=NOON + MINUTE)


@pytest.mark.parametrize("how", ["quoted", "started", "given", "called", "gave"])
def test_who_quoted_delivered_or_telephoned_does_not_judge(contract, contact, engineer, other_quality, how):
    """COM-2: what was done in an order, a quote or a call of the case is work on the case, though its own chain tells it."""
    both = make_staff("Berta Ambas", "quality", "engineer")
    at = NOON - DAY
    case = refusable(contact, engineer, "development", at=at) if how in ("quoted", "called") else ordered(contact, engineer, "development", at=at)
    order = ServiceOrder.objects.get(thread=case.thread)
    match how:
        case "quoted":
            content = Content(lines=(Line("Otro reporte", 1, 2),), business_days=2, text="x", terms="x", valid_days=15)
            quotations.draft_quote(case.thread, kind="development", title="x", content=content, key=key(), actor=both, at=at)
        case "started":
            quotations.start_order(order, actor=both, at=at)
        case "given":
            quotations.assign_order(order, both.user_id, actor=engineer, at=at)
        case "gave":
            quotations.assign_order(order, engineer.user_id, actor=both, at=at)
        case "called":
            call = live.start_call(phone="+525512345678", key=key(), actor=both, at=at)
            live.end_call(call, about="x", outcome="case", linked=case.subject, actor=both, at=at)
    if how not in ("quoted", "called"):
        case = proposed(fresh(case), engineer, "delivered", at=at)
    complaint = commands.raise_complaint(case, seen=closing_of(case).pk, reasons="No.", key=key(), actor=contact, at=NOON)
    assert (both.user_id in queries.barred(complaint)) is (how != "gave")
    assert other_quality.user_id not in queries.barred(complaint)


def test_to_review_a_complaint_is_no_work_on_its_case(contract, contact, engineer, quality):
    """COM-2"""
    complaint = raised(contact, engineer)
    commands.take(complaint, actor=quality, at=NOON + MINUTE)
    threads.note(complaint.case.thread, "Ver la entrada 3.", key=key(), actor=quality, at=NOON + MINUTE)
    ruled(complaint, quality, "dismissed", at=NOON + 2 * MINUTE)


def test_it_is_seen_where_nobody_may_judge(contract, contact, engineer, quality):
    """COM-2"""
    case = refusable(contact, engineer)
    threads.note(case.thread, "x", key=key(), actor=quality, at=NOON - DAY)
    complaint = commands.raise_complaint(case, seen=closing_of(case).pk, reasons="No.", key=key(), actor=contact, at=NOON)
    assert queries.nobody_may_judge(complaint)
    assert access.visible_to(quality).filter(pk=complaint.pk).exists()


def test_another_may_take_it_over(contract, contact, engineer, quality, other_quality, facts):
    """COM-2"""
    complaint = raised(contact, engineer)
    for _ in range(2):
        commands.take(complaint, actor=quality, at=NOON)
    commands.take(complaint, actor=other_quality, at=NOON + MINUTE)
    complaint = now(complaint)
    assert (complaint.state, complaint.judge_id, complaint.taken_at) == ("review", other_quality.user_id, NOON + MINUTE)
    assert facts(complaint).count("complaint.taken") == 2
    assert Promise.objects.get(pk=complaint.promise_id).holder_id == other_quality.user_id


def test_a_ruling_at_the_deadline_is_in_time_and_one_after_it_is_none(contract, contact, engineer, quality):
    """COM-6, TIM-6"""
    one, other = raised(contact, engineer), raised(contact, engineer)
    assert ruled(one, quality, "dismissed", at=DUE).at == DUE
    with pytest.raises(LapseStands):
        ruled(other, quality, "dismissed", at=DUE + timedelta(microseconds=1))
    assert now(other).state == "raised", "the worker writes the lapse"
    commands.lapse(other, at=DUE + MINUTE)
    with pytest.raises(LapseStands):
        ruled(other, quality, "dismissed", at=DUE)


def test_a_ruling_that_began_in_time_loses_against_a_lapse_that_was_written(contract, contact, engineer, quality):
    """COM-6: the promise's lapse is on the record though its consequences are not yet."""
    from amparo.deadlines import commands as deadlines

    complaint = raised(contact, engineer)
    deadlines.lapse_due(at=DUE + MINUTE)
    with pytest.raises(LapseStands):
        ruled(complaint, quality, "dismissed", at=DUE)
    assert commands.lapse_due(at=DUE + MINUTE) == 1 and now(complaint).state == "lapsed"


def test_drafts_are_kept_for_each_and_go_with_the_ruling(contract, contact, engineer, quality, other_quality, administrator):
    """COM-3"""
    complaint = raised(contact, engineer)
    for text in ("Bo", "Borrador"):
        commands.save_draft(complaint, {"reasons": text}, actor=quality, at=NOON)
    commands.save_draft(complaint, {"reasons": "Otro"}, actor=other_quality, at=NOON)
    for actor in (contact, engineer, administrator):
        with pytest.raises(NotPermitted):
            commands.save_draft(complaint, {"reasons": "x"}, actor=actor, at=NOON)
    assert dict(RulingDraft.objects.values_list("user_id", "fields__reasons")) == {quality.user_id: "Borrador", other_quality.user_id: "Otro"}
    ruled(complaint, quality, "dismissed")
    assert not RulingDraft.objects.exists()


@pytest.mark.parametrize("change", [{"outcome": "upheld"}, {"reasons": "Otras"}, {"credits": 3}, {"given_back": {"1": {"credit": 1}}}])
def test_a_ruling_never_changes(contract, contact, engineer, quality, change):
    """COM-3, COM-5"""
    ruling = ruled(raised(contact, engineer), quality, "dismissed")
    with pytest.raises(IntegrityError), transaction.atomic():
        Ruling.objects.filter(pk=ruling.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Complaint.objects.filter(pk=ruling.complaint_id).update(state="review", decided_at=None, recorded_at=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        ruling.delete()


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcome": "dismissed", "measure": "x"}, {"outcome": "upheld"}, {"outcome": "partly"}, {"outcome": "upheld", "again": True},
        {"outcome": "partly", "credits": 3}, {"outcome": "dismissed", "reasons": ""}, {"outcome": "other"}, {"outcome": "dismissed", "by": None},
    ],
)  # fmt: skip
def test_the_database_refuses_what_does_not_fit(contract, contact, engineer, quality, wrong):
    """COM-3, COM-4, COM-5"""
    complaint = raised(contact, engineer)
    given = {"reasons": "x", "by_id": quality.user_id, "at": NOON, "recorded_at": NOON, "key": "k"} | wrong
    if "by" in wrong:
        given.pop("by_id")
    with pytest.raises(IntegrityError), transaction.atomic():
        Ruling.objects.create(complaint=complaint, **given)


def test_the_most_credits_and_their_time_are_settings(contract, contact, engineer, quality, administrator):
    """COM-4"""
    set_value("complaints.compensation_credits_max", 3, from_at=NOON - DAY, actor=administrator, at=NOON - DAY)
    set_value("complaints.compensation_days", 30, from_at=NOON - DAY, actor=administrator, at=NOON - DAY)
    complaint = raised(contact, engineer)
    with pytest.raises(DoesNotFit):
        ruled(complaint, quality, "partly", credits=4)
    assert ruled(complaint, quality, "partly", credits=3).grant.ends_at == NOON + timedelta(days=30)
