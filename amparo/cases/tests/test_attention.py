"""The clock of attention, what is asked at its limit, needs that come up, an agreed procedure. CAS-5, CAS-9, CHG-5."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from amparo.cases import commands
from amparo.cases.errors import (
    BeyondLimit,
    ClockRunning,
    ClockStopped,
    LimitNotReached,
    LimitUndecided,
    NothingAsked,
    NotOffered,
    OrderAccepted,
    ProcedureOpen,
    TextMissing,
)
from amparo.cases.models import Case, ClockRun
from amparo.cases.tasks import tick
from amparo.charging.rules import Need
from amparo.conftest import NOON
from amparo.history.queries import facts as history
from amparo.kernel.machine import IllegalMove
from amparo.kernel.refusals import Invalid
from amparo.policies.commands import set_value

from .world import (
    MINUTE,
    accepted,
    attended,
    fresh,
    key,
    left,
    ordered,
    proposed,
    reserved,
    run_clock,
)


def _facts_named(case, name):
    return [fact for fact in history(case.subject) if fact.name == name]


def test_the_clock_adds_up_its_runs(contract, contact, engineer):
    """CAS-5"""
    case = attended(contact, engineer, "incident")
    run_clock(case, engineer, 10)
    run_clock(case, engineer, 7.5, at=NOON + 60 * MINUTE)
    case = fresh(case)
    assert case.clock_seconds == 17 * 60 + 30 and case.clock_since is None
    assert [fact.data["total"] for fact in _facts_named(case, "case.clock_stopped")] == [600, 1050]


def test_the_clock_runs_once_and_stops_once(contract, contact, engineer, operator):
    """CAS-5, CHG-10"""
    case = attended(contact, engineer, "incident")
    with pytest.raises(ClockStopped):
        commands.stop_clock(case, actor=engineer, at=NOON)
    commands.start_clock(case, actor=engineer, at=NOON)
    with pytest.raises(ClockRunning):
        commands.start_clock(case, actor=operator, at=NOON)
    assert ClockRun.objects.filter(case=case).count() == 1


def test_the_database_refuses_two_runs_at_once_and_runs_that_overlap(contract, contact, engineer):
    """CAS-5"""
    case = attended(contact, engineer, "incident")
    run_clock(case, engineer, 10)
    with pytest.raises(IntegrityError), transaction.atomic():
        ClockRun.objects.create(case=case, started_at=NOON + 5 * MINUTE, started_by_id=engineer.user_id, stopped_at=NOON + 20 * MINUTE)
    commands.start_clock(case, actor=engineer, at=NOON + 60 * MINUTE)
    with pytest.raises(IntegrityError), transaction.atomic():
        ClockRun.objects.create(case=case, started_at=NOON + 90 * MINUTE, started_by_id=engineer.user_id)
    other = attended(contact, engineer, "incident")
    commands.start_clock(other, actor=engineer, at=NOON + 60 * MINUTE)


def test_a_stopped_run_never_changes(contract, contact, engineer):
    """CAS-1, CAS-5"""
    case = attended(contact, engineer, "incident")
    run_clock(case, engineer, 10)
    for act in (lambda: ClockRun.objects.update(stopped_at=NOON), lambda: ClockRun.objects.all().delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


@pytest.mark.parametrize("kind", ["incident", "advisory"])
def test_staff_are_warned_at_25_and_the_case_asks_at_30_each_once(contract, contact, engineer, kind):
    """CAS-5, CAS-9"""
    case = attended(contact, engineer, kind)
    run_clock(case, engineer, 10)
    began = NOON + 60 * MINUTE
    commands.start_clock(case, actor=engineer, at=began)
    tick(at=began + 14 * MINUTE)
    assert _facts_named(case, "case.clock_warned") == []
    for minute in (15, 16, 17):
        tick(at=began + minute * MINUTE)
    warned = _facts_named(case, "case.clock_warned")
    assert [fact.at for fact in warned] == [began + 15 * MINUTE] and _facts_named(case, "case.clock_reached") == []
    for minute in (20, 25, 40):
        tick(at=began + minute * MINUTE)
    assert [fact.at for fact in _facts_named(case, "case.clock_reached")] == [began + 20 * MINUTE]
    assert fresh(case).reached_at == began + 20 * MINUTE


def test_after_a_stop_of_the_worker_both_are_caught_up_at_their_own_moments(contract, contact, engineer):
    """CAS-5"""
    case = attended(contact, engineer, "incident")
    commands.start_clock(case, actor=engineer, at=NOON)
    tick(at=NOON + 300 * MINUTE)
    assert [f.at for f in _facts_named(case, "case.clock_warned")] == [NOON + 25 * MINUTE]
    assert [f.at for f in _facts_named(case, "case.clock_reached")] == [NOON + 30 * MINUTE]


def test_stopping_by_hand_beyond_the_limit_tells_it_too_and_the_worker_not_again(contract, contact, engineer):
    """CAS-5"""
    case = attended(contact, engineer, "incident")
    run_clock(case, engineer, 31)
    tick(at=NOON + 60 * MINUTE)
    assert len(_facts_named(case, "case.clock_reached")) == 1


def test_at_the_limit_the_clock_waits_for_a_decision(contract, contact, engineer):
    """CAS-5"""
    case = attended(contact, engineer, "incident")
    run_clock(case, engineer, 30)
    with pytest.raises(LimitUndecided):
        commands.start_clock(case, actor=engineer, at=NOON + 60 * MINUTE)


def test_nothing_is_decided_before_the_limit(contract, contact, engineer):
    """CAS-5"""
    case = attended(contact, engineer, "incident")
    run_clock(case, engineer, 29)
    with pytest.raises(LimitNotReached):
        commands.decide_at_limit(case, choice="closing", actor=engineer, at=NOON + 60 * MINUTE)
    run_clock(case, engineer, 1, at=NOON + 60 * MINUTE)
    with pytest.raises(Invalid):
        commands.decide_at_limit(case, choice="go on", actor=engineer, at=NOON + 90 * MINUTE)
    commands.decide_at_limit(case, choice="closing", actor=engineer, at=NOON + 90 * MINUTE)
    assert _facts_named(case, "case.limit_decided")[0].data["choice"] == "closing"


def test_a_problem_solved_within_the_30_minutes_may_close_as_solved(contract, contact, engineer):
    """CAS-3, CAS-5"""
    case = attended(contact, engineer, "incident")
    commands.start_clock(case, actor=engineer, at=NOON)
    closed = accepted(proposed(case, engineer, "solved", at=NOON + 29 * MINUTE), contact)
    assert closed.close_reason == "solved" and fresh(case).clock_seconds == 29 * 60


def test_what_took_longer_without_a_yes_does_not_close_as_solved(contract, contact, engineer):
    """CAS-3, CAS-5"""
    case = attended(contact, engineer, "incident")
    run_clock(case, engineer, 36)
    with pytest.raises(BeyondLimit):
        proposed(case, engineer, "solved", at=NOON + 60 * MINUTE)
    assert proposed(case, engineer, "mutual_agreement", at=NOON + 60 * MINUTE).state == "closing_proposed"


def test_the_answer_at_the_limit_may_take_a_moment(contract, contact, engineer):
    """CAS-3, CAS-5"""
    case = attended(contact, engineer, "incident")
    commands.start_clock(case, actor=engineer, at=NOON)
    case = proposed(case, engineer, "solved", at=NOON + 33 * MINUTE)
    assert case.state == "closing_proposed" and _facts_named(case, "case.limit_decided")[0].data["choice"] == "closing"


def test_further_services_need_the_customers_yes_and_then_the_clock_goes_on(contract, contact, engineer):
    """CAS-5, CHG-5, CHG-8"""
    case = attended(contact, engineer, "incident")
    run_clock(case, engineer, 30)
    need = commands.propose_further(case, "Una hora más", [Need("technical_hour", 1)], key="a", actor=engineer, at=NOON + 31 * MINUTE)
    assert commands.propose_further(case, "Una hora más", [Need("technical_hour", 1)], key="a", actor=engineer, at=NOON).pk == need.pk
    assert left(case.customer_id)["credit"] == 20
    with pytest.raises(LimitUndecided):
        commands.start_clock(case, actor=engineer, at=NOON + 32 * MINUTE)
    for _ in range(2):
        commands.choose_needs(need, choice="now", actor=contact, at=NOON + 33 * MINUTE)
    assert reserved(case.customer_id) == {"event": 0, "incident": 1, "credit": 4}
    case = fresh(case)
    assert (case.limit_minutes, case.reached_at) == (90, None)
    run_clock(case, engineer, 40, at=NOON + 40 * MINUTE)
    accepted(proposed(case, engineer, "solved", at=NOON + 90 * MINUTE), contact, at=NOON + 91 * MINUTE)
    assert left(case.customer_id) == {"event": 5, "incident": 2, "credit": 16} and reserved(case.customer_id)["credit"] == 0


def test_the_limit_that_was_extended_warns_and_asks_again(contract, contact, engineer):
    """CAS-5"""
    case = attended(contact, engineer, "incident")
    run_clock(case, engineer, 30)
    need = commands.propose_further(case, "Una hora", [Need("technical_hour", 1)], key="a", actor=engineer, at=NOON + 31 * MINUTE)
    commands.choose_needs(need, choice="now", how="telephone", given_by="Lupita", actor=engineer, at=NOON + 32 * MINUTE)
    commands.start_clock(case, actor=engineer, at=NOON + 100 * MINUTE)
    tick(at=NOON + 300 * MINUTE)
    assert [f.at for f in _facts_named(case, "case.clock_reached")][1:] == [NOON + 160 * MINUTE]


def test_a_case_with_a_consented_further_service_stays_what_it_is(contract, contact, engineer):
    """CHG-1, CHG-5: nothing that was consented to is lost by classifying again."""
    case = attended(contact, engineer, "incident")
    need = commands.propose_further(case, "Una hora", [Need("technical_hour", 1)], key="a", actor=engineer, at=NOON)
    commands.choose_needs(need, choice="now", actor=contact, at=NOON)
    with pytest.raises(OrderAccepted):
        commands.classify(case, kind="general", explanation="x", key="b", actor=engineer, at=NOON)
    assert reserved(case.customer_id) == {"event": 0, "incident": 1, "credit": 4}


def test_a_further_service_that_nobody_answered_ends_with_the_case(contract, contact, engineer):
    """CHG-5, CHG-7"""
    case = attended(contact, engineer, "incident")
    need = commands.propose_further(case, "Una hora", [Need("technical_hour", 1)], key="a", actor=engineer, at=NOON)
    accepted(proposed(case, engineer, "solved"), contact)
    need.charge.refresh_from_db()
    assert need.charge.state == "withdrawn" and left(case.customer_id)["credit"] == 20


def test_a_further_service_that_is_declined_charges_nothing(contract, contact, engineer):
    """CHG-5"""
    case = attended(contact, engineer, "incident")
    need = commands.propose_further(case, "Visita", [Need("home_visit")], key="a", actor=engineer, at=NOON)
    commands.choose_needs(need, choice="declined", actor=contact, at=NOON)
    need.charge.refresh_from_db()
    assert need.charge.state == "withdrawn" and left(case.customer_id)["credit"] == 20
    with pytest.raises(NothingAsked):
        commands.choose_needs(need, choice="now", actor=contact, at=NOON)


@pytest.mark.parametrize("choice", ["now", "later"])
def test_the_customer_chooses_when_a_need_that_came_up_is_attended(contract, contact, engineer, choice):
    """CHG-5"""
    case = attended(contact, engineer, "incident")
    need = commands.raise_need(case, "También el cajón de dinero", key="a", actor=engineer, at=NOON)
    commands.choose_needs(need, choice=choice, actor=contact, at=NOON)
    chosen = _facts_named(case, "case.need_chosen")[0]
    assert (chosen.data["choice"], chosen.data["how"], chosen.actor_ref) == (choice, "portal", contact.ref)
    assert reserved(case.customer_id) == {"event": 0, "incident": 1, "credit": 0}


@pytest.mark.parametrize("choice", ["", "declined", "perhaps"])
def test_a_need_without_a_price_is_chosen_now_or_later(contract, contact, engineer, choice):
    """CHG-5"""
    need = commands.raise_need(attended(contact, engineer, "incident"), "Cajón", key="a", actor=engineer, at=NOON)
    with pytest.raises(Invalid):
        commands.choose_needs(need, choice=choice, actor=contact, at=NOON)


def test_a_need_left_for_later_becomes_a_linked_case(contract, contact, engineer, facts):
    """CHG-5, CAS-3"""
    case = attended(contact, engineer, "incident")
    new = commands.open_follow_up(case, "Cajón de dinero", "Lo que quedó.", why="need", key="a", actor=engineer, at=NOON)
    again = commands.open_follow_up(case, "Cajón de dinero", "Lo que quedó.", why="need", key="a", actor=engineer, at=NOON)
    assert new.pk == again.pk and new.contact_id == case.contact_id
    assert facts(case).count("case.linked") == 1 and facts(new).count("case.follows") == 1


def test_a_case_with_an_agreed_procedure_stays_open_until_its_services_are_finished(contract, contact, engineer):
    """CAS-3, CAS-5"""
    case = attended(contact, engineer, "incident")
    with pytest.raises(TextMissing):
        commands.agree_procedure(case, " ", key="a", actor=engineer, at=NOON)
    commands.agree_procedure(case, "Se reinstalará el servidor.", key="a", actor=engineer, at=NOON)
    commands.agree_procedure(case, "Se reinstalará el servidor.", key="a", actor=engineer, at=NOON)
    case = fresh(case)
    assert case.state == "procedure" and len(_facts_named(case, "case.procedure_agreed")) == 1
    assert case.thread.entries.order_by("-seq").first().kind == "procedure"
    service = commands.open_follow_up(case, "Servidor", "Reinstalar", why="procedure", asked_kind="general", key="b", actor=engineer, at=NOON)
    with pytest.raises(ProcedureOpen):
        proposed(case, engineer, "solved")
    commands.classify(service, kind="general", explanation="Servicio general.", key="c", actor=engineer, at=NOON)
    commands.withdraw(service, actor=contact, at=NOON)
    assert proposed(case, engineer, "solved").state == "closing_proposed"


def test_general_services_have_no_clock_of_attention(contract, contact, engineer):
    """CAS-5"""
    with pytest.raises(NotOffered):
        commands.start_clock(ordered(contact, engineer), actor=engineer, at=NOON)


def test_closing_stops_the_clock_and_it_never_starts_again(contract, contact, engineer):
    """CAS-5"""
    case = attended(contact, engineer, "incident")
    commands.start_clock(case, actor=engineer, at=NOON)
    case = proposed(case, engineer, "solved", at=NOON + 9 * MINUTE)
    assert case.clock_since is None and case.clock_seconds == 540
    with pytest.raises(IllegalMove):
        commands.start_clock(case, actor=engineer, at=NOON + 10 * MINUTE)


def test_another_limit_holds_for_consents_from_its_date_on(contract, contact, engineer, administrator):
    """CAS-5, TIM-8"""
    before = attended(contact, engineer, "incident")
    set_value("cases.incident_minutes", 45, from_at=NOON + MINUTE, actor=administrator, at=NOON)
    after = attended(contact, engineer, "incident", at=NOON + timedelta(hours=1))
    assert (fresh(before).limit_minutes, fresh(after).limit_minutes) == (30, 45)


def test_a_moved_case_keeps_its_clock_in_the_database_alone_in_attention(contract, contact, engineer):
    """CAS-5"""
    case = attended(contact, engineer, "incident")
    commands.start_clock(case, actor=engineer, at=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(state="closing_proposed")
    assert key()
