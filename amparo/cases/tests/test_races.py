"""Many at once, on real connections: one effect each. SEC-47, CHG-10."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from amparo.cases import commands
from amparo.cases.models import Case, ClockRun
from amparo.cases.tasks import tick
from amparo.charging.rules import Need
from amparo.conftest import NOON
from amparo.contracts.models import SupportContract
from amparo.history.queries import facts as history
from amparo.kernel.refusals import Refusal

from .world import (
    MINUTE,
    attended,
    classified,
    closing_of,
    contract_for,
    fresh,
    key,
    left,
    proposed,
    reserved,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def contract(customer) -> SupportContract:
    return contract_for(customer.pk)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run acts in threads that begin together; return results and refusals. Anything else is a fault."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int) -> None:
        try:
            barrier.wait(60)
            results[number] = acts[number]()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    faults = [one for one in results if isinstance(one, Exception) and not isinstance(one, Refusal)]
    assert not faults, faults
    return results


def _count(case, name) -> int:
    return sum(fact.name == name for fact in history(case.subject))


def test_ten_accept_one_closing_at_once_and_it_is_charged_once(contract, contact, member, engineer):
    """SEC-47, CAS-4"""
    case = proposed(attended(contact, engineer, "incident"), engineer, "solved")
    seen = closing_of(case).pk
    acts = [lambda who=who: commands.accept_closing(case, seen=seen, actor=who, at=NOON) for who in [contact, member] * 5]
    results = at_once(*acts)
    assert all(isinstance(one, Case) for one in results)
    assert left(case.customer_id)["incident"] == 2 and reserved(case.customer_id)["incident"] == 0
    assert _count(case, "case.closed") == 1 and _count(case, "charge.final") == 1


def test_two_contacts_consent_at_once_and_it_is_reserved_once(contract, contact, member, engineer):
    """SEC-47, CHG-4"""
    case = classified(contact, engineer, "incident")
    at_once(*[lambda who=who: commands.consent(case, seen=1, actor=who, at=NOON) for who in [contact, member] * 4])
    assert reserved(case.customer_id)["incident"] == 1 and _count(case, "case.consented") == 1


def test_accepting_while_staff_propose_otherwise_takes_one_of_both(contract, contact, engineer):
    """SEC-47, CAS-4"""
    for _ in range(4):
        case = proposed(attended(contact, engineer, "advisory"), engineer, "information_complete")
        seen = closing_of(case).pk
        at_once(
            lambda: commands.accept_closing(case, seen=seen, actor=contact, at=NOON),
            lambda: commands.propose_closing(case, reason="mutual_agreement", summary="Otra", key=key(), actor=engineer, at=NOON),
        )
        case = fresh(case)
        charged = case.charge.state == "final"
        assert (case.state == "closed") is charged and (charged or case.charge.state == "reserved")


def test_consenting_while_staff_reclassify_never_reserves_what_was_not_consented_to(contract, contact, engineer):
    """SEC-47, CHG-1"""
    for _ in range(4):
        case = classified(contact, engineer, "advisory")
        at_once(
            lambda: commands.consent(case, seen=1, actor=contact, at=NOON),
            lambda: commands.classify(case, kind="incident", explanation="x", key=key(), actor=engineer, at=NOON),
        )
        case = fresh(case)
        assert case.kind == "incident" and case.state == "classified" and case.consent_at is None
    assert reserved(case.customer_id) == {"event": 0, "incident": 0, "credit": 0}


def test_two_cases_take_the_last_incident_and_the_second_pays_credits_or_is_told(customer, contact, member, engineer):
    """SEC-47, CHG-10: the last unit is spent once, and nobody pays a price that was not shown."""
    contract_for(customer.pk, events=0, incidents=1, credits=0)
    cases = [classified(contact, engineer, "incident") for _ in range(4)]
    results = at_once(*[lambda case=case: commands.consent(case, seen=1, actor=contact, at=NOON) for case in cases])
    assert sum(isinstance(one, Case) for one in results) == 1 and reserved(customer.pk)["incident"] == 1


def test_one_order_accepted_by_many_is_charged_once(contract, contact, member, engineer):
    """SEC-47, CHG-3"""
    case = classified(contact, engineer, "general")
    order = commands.propose_order(case, description="x", needs=[Need("general_quote", 7)], delivery_on=NOON.date(), key="a", actor=engineer, at=NOON)
    at_once(*[lambda who=who: commands.accept_order(case, seen=order.pk, actor=who, at=NOON) for who in [contact, member] * 4])
    assert left(case.customer_id)["credit"] == 13


def test_accepting_an_order_while_it_is_changed_charges_what_was_seen_or_nothing(contract, contact, engineer):
    """SEC-47, CHG-3"""
    case = classified(contact, engineer, "general")
    order = commands.propose_order(case, description="x", needs=[Need("general_quote", 7)], delivery_on=NOON.date(), key="a", actor=engineer, at=NOON)
    at_once(
        lambda: commands.accept_order(case, seen=order.pk, actor=contact, at=NOON),
        lambda: commands.propose_order(case, description="y", needs=[Need("general_quote", 19)], delivery_on=NOON.date(), key="b", actor=engineer, at=NOON),
    )
    assert left(case.customer_id)["credit"] in (13, 20)


def test_two_engineers_start_one_clock(contract, contact, engineer, operator):
    """SEC-47, CAS-5"""
    case = attended(contact, engineer, "incident")
    at_once(*[lambda who=who: commands.start_clock(case, actor=who, at=NOON) for who in [engineer, operator] * 3])
    assert ClockRun.objects.filter(case=case).count() == 1 and _count(case, "case.clock_started") == 1


def test_several_workers_tell_each_limit_and_each_reminder_once(contract, contact, engineer):
    """CAS-4, CAS-5, TIM-10"""
    running = attended(contact, engineer, "incident")
    commands.start_clock(running, actor=engineer, at=NOON)
    waiting = proposed(attended(contact, engineer, "incident"), engineer, "solved")
    late = NOON + 60 * 24 * 20 * MINUTE
    at_once(*[lambda: tick(at=late)] * 4)
    assert [_count(running, name) for name in ("case.clock_warned", "case.clock_reached")] == [1, 1]
    assert _count(waiting, "case.closing_reminded") == 1 and _count(waiting, "case.went_silent") == 1
    assert fresh(waiting).state == "silent"


def test_opening_with_one_key_many_times_at_once_opens_one_case(contract, contact):
    """SEC-47, SEC-48"""
    results = at_once(*[lambda: commands.open_case("Uno", "Texto", key="k", actor=contact, at=NOON)] * 6)
    assert Case.objects.count() == 1 and {getattr(one, "pk", None) for one in results} <= {Case.objects.get().pk, None}


def test_an_answer_and_an_acceptance_at_once_leave_one_truth(contract, contact, member, engineer):
    """SEC-47, CAS-4"""
    for _ in range(4):
        case = proposed(attended(contact, engineer, "advisory"), engineer, "information_complete")
        seen = closing_of(case).pk
        at_once(
            lambda: commands.accept_closing(case, seen=seen, actor=contact, at=NOON),
            lambda: commands.write(case, "Todavía no", key=key(), actor=member, at=NOON),
        )
        case = fresh(case)
        assert (case.state, case.charge.state) in {("closed", "final"), ("attention", "reserved")}
