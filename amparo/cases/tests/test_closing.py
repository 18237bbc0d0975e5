"""Closing: proposed by staff, accepted by the customer alone, charged once, and what silence does. CAS-3, CAS-4, CHG-4."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from amparo.cases import commands
from amparo.cases.errors import EffectNotLawful, NothingAsked, ReasonNotOfKind, TextMissing
from amparo.cases.models import Case, Closing
from amparo.cases.queries import needs_me
from amparo.cases.tasks import tick
from amparo.conftest import NOON
from amparo.deadlines.queries import open_promises
from amparo.history.queries import facts as history
from amparo.history.queries import faults_of_chain
from amparo.kernel.machine import IllegalMove
from amparo.kernel.refusals import NotPermitted, Stale
from amparo.policies.commands import set_value

from .world import (
    MINUTE,
    accepted,
    asked,
    attended,
    classified,
    closing_of,
    contract_for,
    fresh,
    key,
    left,
    proposed,
    reserved,
    run_clock,
)

# NOON is Wednesday 11 November 2026; Monday 16 is a public holiday. 18:00 in Mexico City is 00:00 UTC of the next day.
DAY_1, DAY_3, DAY_7 = (datetime(2026, 11, day, 0, 0, tzinfo=UTC) for day in (13, 18, 24))


def test_proposing_charges_nothing_and_tells_all(contract, contact, engineer, facts):
    """CAS-4, CHG-7"""
    case = proposed(attended(contact, engineer, "incident"), engineer, "solved")
    assert (case.state, case.thread.queue) == ("closing_proposed", "closing")
    assert reserved(case.customer_id)["incident"] == 1
    told = [fact for fact in history(case.subject) if fact.name == "case.closing_proposed"][-1].data
    assert (told["told"], told["reason"], told["summary"]) == ({"incident": 1}, "solved", "Se hizo lo pedido.")
    assert case.thread.entries.order_by("-seq").first().kind == "summary" and open_promises(case.subject) == []


def test_an_accepted_closing_makes_the_charge_final(contract, contact, engineer, facts):
    """CAS-4, CHG-4, CHG-7"""
    case = accepted(proposed(attended(contact, engineer, "incident"), engineer, "solved"), contact)
    assert (case.state, case.closed_at, case.closed_how, case.close_reason) == ("closed", NOON, "accepted", "solved")
    assert left(case.customer_id) == {"event": 5, "incident": 2, "credit": 20} and reserved(case.customer_id)["incident"] == 0
    assert facts(case)[-1] == "case.closed" and history(case.subject)[-1].data["told"] == {"incident": 1}
    assert fresh(case).thread.queue == "closed" and list(faults_of_chain(case.subject)) == []


def test_a_double_click_charges_once(contract, contact, engineer, facts):
    """CHG-10"""
    case = proposed(attended(contact, engineer, "incident"), engineer, "solved")
    seen = closing_of(case).pk
    for _ in range(3):
        commands.accept_closing(case, seen=seen, actor=contact, at=NOON)
    assert left(case.customer_id)["incident"] == 2 and facts(case).count("case.closed") == 1


def test_staff_never_accept_for_the_customer(contract, contact, engineer, administrator, quality, other_contact):
    """CAS-4"""
    case = proposed(attended(contact, engineer, "incident"), engineer, "solved")
    for actor in (engineer, administrator, quality, other_contact):
        with pytest.raises(NotPermitted):
            accepted(case, actor)
        with pytest.raises(NotPermitted):
            commands.refuse_closing(
                case, seen=closing_of(case).pk, reasons="No", complaint=7, decide_by=DAY_3, actor=actor, at=NOON
            )


def test_an_earlier_proposal_is_not_accepted_by_an_old_page(contract, contact, engineer):
    """CAS-4, CHG-10"""
    case = proposed(attended(contact, engineer, "incident"), engineer, "solved")
    old = closing_of(case).pk
    case = proposed(case, engineer, "mutual_agreement")
    with pytest.raises(Stale):
        commands.accept_closing(case, seen=old, actor=contact, at=NOON)
    assert reserved(case.customer_id)["incident"] == 1
    accepted(case, contact)
    assert left(case.customer_id)["incident"] == 3


@pytest.mark.parametrize("kind, reason", [
    ("advisory", "solved"), ("advisory", "delivered"), ("incident", "information_complete"),
    ("incident", "service_completed"), ("incident", "withdrawn"), ("incident", ""),
])  # fmt: skip
def test_any_other_reason_for_the_kind_is_refused(contract, contact, engineer, kind, reason):
    """CAS-3"""
    with pytest.raises(ReasonNotOfKind):
        proposed(attended(contact, engineer, kind), engineer, reason)


@pytest.mark.parametrize("texts", [{"explanation": ""}, {"procedure": " "}])
def test_what_is_not_possible_is_explained_with_a_procedure(contract, contact, engineer, texts):
    """CAS-3"""
    with pytest.raises(TextMissing) as refused:
        proposed(attended(contact, engineer, "incident"), engineer, "not_technically_possible", **texts)
    assert refused.value.field in texts


def test_a_closing_without_a_summary_is_none(contract, contact, engineer):
    """CHG-7"""
    case = attended(contact, engineer, "incident")
    with pytest.raises(TextMissing):
        commands.propose_closing(case, reason="solved", summary="  ", key="a", actor=engineer, at=NOON)


def test_what_was_not_possible_gives_the_incident_back(contract, contact, engineer):
    """CHG-4"""
    accepted(proposed(attended(contact, engineer, "incident"), engineer, "not_technically_possible"), contact)
    assert left(contact.customer_id) == {"event": 5, "incident": 3, "credit": 20}


def test_what_was_not_possible_cannot_be_proposed_with_a_charge(contract, contact, engineer):
    """CHG-4"""
    case = attended(contact, engineer, "incident")
    with pytest.raises(EffectNotLawful):
        proposed(case, engineer, "not_technically_possible", effects={case.charge_id: "charge"})


@pytest.mark.parametrize("effects, incidents", [(None, 3), ("give_back", 3), ("charge", 2)])
def test_a_mutual_agreement_says_which_and_gives_back_by_default(contract, contact, engineer, effects, incidents):
    """CHG-4"""
    case = attended(contact, engineer, "incident")
    asked_effects = {case.charge_id: effects} if effects else None
    accepted(proposed(case, engineer, "mutual_agreement", effects=asked_effects), contact)
    assert left(contact.customer_id)["incident"] == incidents


def test_what_an_agreement_does_by_default_is_set(contract, contact, engineer, administrator):
    """CHG-4"""
    set_value("cases.agreement_gives_back", False, from_at=NOON, actor=administrator, at=NOON)
    accepted(proposed(attended(contact, engineer, "incident"), engineer, "mutual_agreement"), contact)
    assert left(contact.customer_id)["incident"] == 2


@pytest.mark.parametrize("minutes, events", [(0, 5), (12, 4)])
def test_advice_is_charged_when_it_was_given(contract, contact, engineer, minutes, events):
    """CHG-4"""
    case = attended(contact, engineer, "advisory")
    if minutes:
        run_clock(case, engineer, minutes)
    accepted(proposed(case, engineer, "mutual_agreement", at=NOON + 60 * MINUTE), contact)
    assert left(contact.customer_id)["event"] == events


def test_complete_information_charges_the_event(contract, contact, engineer):
    """CAS-3, CHG-4"""
    accepted(proposed(attended(contact, engineer, "advisory"), engineer, "information_complete"), contact)
    assert left(contact.customer_id)["event"] == 4


def test_what_was_never_consented_to_ends_in_agreement_alone_and_uncharged(contract, contact, engineer):
    """CAS-3, CHG-1"""
    case = classified(contact, engineer, "incident")
    with pytest.raises(ReasonNotOfKind):
        proposed(case, engineer, "solved")
    with pytest.raises(ReasonNotOfKind):
        proposed(asked(contact), engineer, "mutual_agreement")
    accepted(proposed(case, engineer, "mutual_agreement"), contact)
    assert left(contact.customer_id)["incident"] == 3
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=asked(contact).pk).update(state="closed", closed_at=NOON, closed_how="accepted", close_reason="solved", kind="incident")


def test_an_answer_instead_lets_the_case_go_on(contract, contact, engineer):
    """CAS-4, TIM-9"""
    case = proposed(attended(contact, engineer, "incident"), engineer, "solved")
    commands.write(case, "Todavía falla la impresora.", key="a", actor=contact, at=NOON)
    case = fresh(case)
    assert (case.state, case.thread.queue) == ("attention", "attention") and len(open_promises(case.subject)) == 1
    assert reserved(case.customer_id)["incident"] == 1 and Closing.objects.get().answer == "answered"
    accepted(proposed(case, engineer, "solved"), contact)
    assert left(contact.customer_id)["incident"] == 2


def test_an_answer_to_what_was_never_attended_asks_us_again(contract, contact, engineer):
    """CAS-4"""
    case = proposed(classified(contact, engineer, "incident"), engineer, "mutual_agreement")
    commands.write(case, "Sí lo quiero.", key="a", actor=contact, at=NOON)
    assert (fresh(case).state, fresh(case).thread.queue) == ("requested", "answer")


def test_a_message_of_staff_answers_no_closing(contract, contact, engineer):
    """CAS-4"""
    case = proposed(attended(contact, engineer, "incident"), engineer, "solved")
    commands.write(case, "¿Pudo verlo?", key="a", actor=engineer, at=NOON)
    assert fresh(case).state == "closing_proposed"


def test_a_refusal_tells_quality_and_keeps_the_case_as_it_is(contract, contact, engineer, facts):
    """CAS-4, COM-1"""
    case = proposed(attended(contact, engineer, "incident"), engineer, "solved")
    closing = closing_of(case)
    with pytest.raises(TextMissing):
        commands.refuse_closing(case, seen=closing.pk, reasons=" ", complaint=7, decide_by=DAY_3, actor=contact, at=NOON)
    commands.refuse_closing(case, seen=closing.pk, reasons="No quedó.", complaint=7, decide_by=DAY_3, actor=contact, at=NOON)
    case = fresh(case)
    assert (case.state, case.thread.queue) == ("complaint", "quality") and facts(case).count("case.closing_refused") == 1
    assert (closing_of(case).complaint, closing_of(case).decide_by) == (7, DAY_3)
    assert reserved(case.customer_id)["incident"] == 1
    assert case.thread.due_at is None, "the refusal is answered by the ruling, nobody else owes an answer"
    tick(at=DAY_7 + timedelta(days=60))
    assert fresh(case).state == "complaint" and "case.closing_reminded" not in facts(case)
    with pytest.raises(IllegalMove):
        commands.accept_closing(case, seen=closing.pk, actor=contact, at=NOON)


def test_a_refused_case_is_closed_by_its_ruling_alone(contract, contact, engineer, operator, quality, administrator):
    """COM-2, COM-5"""
    case = proposed(attended(contact, engineer, "incident"), engineer, "solved")
    with pytest.raises(NothingAsked):
        commands.close_as_proposed(case, how="dismissed", actor=quality, at=NOON)
    commands.refuse_closing(case, seen=closing_of(case).pk, reasons="No.", complaint=7, decide_by=DAY_3, actor=contact, at=NOON)
    for actor in (engineer, operator, administrator, contact):
        with pytest.raises(NotPermitted):
            commands.close_as_proposed(case, how="dismissed", actor=actor, at=NOON)
        with pytest.raises(NotPermitted):
            commands.close_for_customer(case, how="upheld", back={}, again=True, actor=actor, at=NOON)
    assert commands.close_as_proposed(case, how="dismissed", actor=quality, at=NOON).closed_how == "dismissed"
    assert left(case.customer_id)["incident"] == 2 and reserved(case.customer_id)["incident"] == 0


def test_silence_is_reminded_of_after_1_3_and_7_business_days_and_then_leaves_the_queue(contract, contact, engineer):
    """CAS-4, TIM-3"""
    case = proposed(attended(contact, engineer, "incident"), engineer, "solved")
    moments = []
    at = NOON
    while at < NOON + timedelta(days=20):
        tick(at=at)
        tick(at=at)
        at += timedelta(minutes=30)
    for fact in history(case.subject):
        if fact.name == "case.closing_reminded":
            moments.append((fact.at, fact.data["count"], fact.data["of"]))
    assert moments == [(DAY_1, 1, 3), (DAY_3, 2, 3), (DAY_7, 3, 3)]
    case = fresh(case)
    assert (case.state, case.thread.queue) == ("silent", "silent") and reserved(case.customer_id)["incident"] == 1
    assert left(case.customer_id)["incident"] == 2


def test_reminders_missed_while_the_worker_stood_are_told_once(contract, contact, engineer, facts):
    """CAS-4"""
    case = proposed(attended(contact, engineer, "incident"), engineer, "solved")
    tick(at=DAY_3 + MINUTE)
    assert facts(case).count("case.closing_reminded") == 1
    tick(at=DAY_7 + MINUTE)
    assert facts(case).count("case.closing_reminded") == 2 and fresh(case).state == "silent"


def test_a_silent_case_can_still_be_accepted_answered_or_closed_uncharged(contract, contact, engineer):
    """CAS-4"""
    cases = [proposed(attended(contact, engineer, "incident"), engineer, "solved") for _ in range(3)]
    tick(at=DAY_7 + MINUTE)
    accepted(cases[0], contact, at=DAY_7 + MINUTE)
    commands.write(cases[1], "Aquí sigo.", key="a", actor=contact, at=DAY_7 + MINUTE)
    closed = commands.close_uncharged(cases[2], actor=engineer, at=DAY_7 + MINUTE)
    assert [fresh(case).state for case in cases] == ["closed", "attention", "closed"]
    assert (closed.closed_how, left(contact.customer_id)["incident"], reserved(contact.customer_id)["incident"]) == ("uncharged", 1, 1)


def test_only_silence_is_closed_uncharged_and_only_by_engineers(contract, contact, engineer, operator):
    """CAS-4"""
    case = proposed(attended(contact, engineer, "incident"), engineer, "solved")
    with pytest.raises(IllegalMove):
        commands.close_uncharged(case, actor=engineer, at=NOON)
    commands.mark_silent(case, at=NOON)
    for actor in (operator, contact):
        with pytest.raises(NotPermitted):
            commands.close_uncharged(case, actor=actor, at=NOON)
    with pytest.raises(NothingAsked):
        commands.mark_silent(attended(contact, engineer, "incident"), at=NOON)


def test_nobody_answers_and_nothing_closes_by_itself(contract, contact, engineer):
    """CAS-4"""
    case = proposed(attended(contact, engineer, "incident"), engineer, "solved")
    for days in range(0, 90, 3):
        tick(at=NOON + timedelta(days=days))
    assert fresh(case).state == "silent"


def test_tacit_acceptance_where_it_is_on_is_stated_and_then_closes(contract, contact, engineer, administrator, facts):
    """CAS-4"""
    before = proposed(attended(contact, engineer, "incident"), engineer, "solved")
    set_value("cases.tacit_acceptance_on", True, from_at=NOON, actor=administrator, at=NOON)
    case = proposed(attended(contact, engineer, "incident"), engineer, "solved")
    closing = closing_of(case)
    assert closing.tacit_at == datetime(2026, 11, 27, 0, 0, tzinfo=UTC)
    assert next(f for f in history(case.subject) if f.name == "case.closing_proposed").data["tacit_at"].startswith("2026-11-27")
    tick(at=closing.tacit_at - MINUTE)
    assert fresh(case).state == "silent"
    tick(at=closing.tacit_at)
    tick(at=closing.tacit_at + MINUTE)
    assert (fresh(case).state, fresh(case).closed_how) == ("closed", "tacit") and facts(case).count("case.closed") == 1
    assert fresh(before).state == "silent" and left(contact.customer_id)["incident"] == 1


def test_a_closing_reserved_in_time_is_charged_after_the_contract_ended_at_midnight(customer, contact, engineer):
    """LED-6"""
    contract = contract_for(customer.pk, incidents=1, starts_on=date(2025, 11, 12))
    case = attended(contact, engineer, "incident")
    after = contract.ends_at + timedelta(hours=3)
    case = proposed(case, engineer, "solved", at=after)
    accepted(case, contact, at=after)
    assert fresh(case).charge.state == "final" and fresh(case).state == "closed"


def test_units_given_back_after_the_end_last_thirty_days_more(customer, contact, engineer):
    """LED-6, CHG-4"""
    contract = contract_for(customer.pk, incidents=1, starts_on=date(2025, 11, 12))
    case = attended(contact, engineer, "incident")
    after = contract.ends_at + timedelta(hours=3)
    accepted(proposed(case, engineer, "not_technically_possible", at=after), contact, at=after)
    assert left(customer.pk, after)["incident"] == 1


def test_the_same_key_proposes_once_and_two_engineers_do_not_overwrite_each_other(contract, contact, engineer, operator):
    """CHG-10"""
    case = attended(contact, engineer, "incident")
    seen = fresh(case).moves
    first = commands.propose_closing(case, reason="solved", summary="Listo", key="a", seen=seen, actor=engineer, at=NOON)
    again = commands.propose_closing(case, reason="solved", summary="Listo", key="a", seen=seen, actor=engineer, at=NOON)
    assert first.pk == again.pk
    with pytest.raises(Stale):
        commands.propose_closing(case, reason="solved", summary="Otra", key="b", seen=seen, actor=operator, at=NOON)


def test_nothing_of_a_closed_case_changes(contract, contact, engineer):
    """CAS-1"""
    case = accepted(proposed(attended(contact, engineer, "incident"), engineer, "solved"), contact)
    for act in (
        lambda: Case.objects.filter(pk=case.pk).update(close_reason="mutual_agreement"),
        lambda: Case.objects.filter(pk=case.pk).delete(),
        lambda: Closing.objects.filter(case=case).update(summary="Otra cosa"),
        lambda: Closing.objects.filter(case=case).delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()
    for act in (
        lambda: commands.classify(case, kind="advisory", explanation="x", key=key(), actor=engineer, at=NOON),
        lambda: proposed(case, engineer, "mutual_agreement"),
        lambda: commands.start_clock(case, actor=engineer, at=NOON),
    ):
        with pytest.raises(IllegalMove):
            act()


def test_what_waits_for_the_customer_stands_on_its_home_with_its_amount(contract, contact, own_only, engineer, other_contact, django_assert_num_queries):
    """CAS-4, CHG-1, ACC-11"""
    waiting = classified(contact, engineer, "incident")
    closing = proposed(attended(own_only, engineer, "advisory"), engineer, "information_complete")
    with django_assert_num_queries(1):
        found = needs_me(contact)
    assert {(n.case_id, n.what) for n in found} == {(waiting.pk, "consent"), (closing.pk, "closing")}
    assert {n.what: n.told for n in found} == {"consent": {"incident": 1}, "closing": {"event": 1}}
    assert [n.case_id for n in needs_me(own_only)] == [closing.pk]
    assert needs_me(other_contact) == [] and needs_me(engineer) == []
