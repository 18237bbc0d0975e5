"""Promises: made once, kept or late for ever, warned of and lapsed once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from amparo.conftest import NOON
from amparo.deadlines import commands, queries, tasks
from amparo.deadlines.errors import NotOwed, UnknownKind
from amparo.deadlines.machine import LIFE, Move, State
from amparo.deadlines.models import CalendarVersion, Promise, PromiseKind, PromiseLapse, PromiseWarning
from amparo.deadlines.rules import Counting
from amparo.history.models import Fact
from amparo.kernel.actor import SYSTEM
from amparo.kernel.machine import IllegalMove

from .calendars import local, spoken

HOUR = timedelta(hours=1)
DUE = local("2026-11-13 12:00")


@pytest.mark.parametrize(
    ("kind", "due", "priority"),
    [
        ("answer.forum", "Tue 17 Nov 12:00", 3),  # Monday 16 November is a public holiday
        ("answer.ticket", "Fri 13 Nov 12:00", 2),
        ("answer.case", "Wed 11 Nov 13:00", 1),
        ("fix", "Tue 17 Nov 18:00", 1),
        ("complaint", "Thu 19 Nov 18:00", 1),
        ("opinion", "Tue 17 Nov 12:00", 1),
        ("callback", "Wed 11 Nov 16:00", 2),
    ],
)
def test_the_shipped_kinds_promise_what_the_rules_say(make, kind, due, priority):
    """TIM-4, TIM-5, TIM-6, TIM-7"""
    made = make(kind=kind)
    assert spoken(made.due_at) == due
    assert made.priority == priority and made.warn_percents == [50, 75, 90]


def test_a_promise_is_stored_with_what_it_was_computed_by_and_told(make, service, facts):
    """TIM-8"""
    made = Promise.objects.get(pk=make(thread_id=7).pk)
    assert (made.started_at, made.due_at, made.state) == (NOON, DUE, "open")
    assert made.calendar_version == queries.newest_version(service)
    assert (made.counting, made.amount) == ("business_hours", Decimal(48))
    assert facts("ticket:41") == ["promise.made"]
    fact = Fact.objects.get(subject="ticket:41")
    assert (
        fact.data["promise"] == made.pk and fact.data["kind"] == "answer.ticket" and fact.data["thread"] == 7
    )
    assert fact.customer_id == made.customer_id


def test_the_same_key_gives_back_the_first_promise(make, facts):
    """TIM-8"""
    first = make(key="message:9")
    assert make(key="message:9", at=NOON + HOUR) == first
    assert facts("ticket:41") == ["promise.made"]


def test_an_unknown_kind_is_refused(make):
    with pytest.raises(UnknownKind):
        make(kind="answer.telegram")


def test_a_promise_costs_two_statements_and_its_fact(make, django_assert_num_queries):
    """TIM-8"""
    make()
    with django_assert_num_queries(3):
        make("ticket:42", key="once")


def test_a_promise_kept_in_time_is_kept_with_the_business_time_that_was_left(make, engineer, facts):
    """TIM-9"""
    kept = commands.keep(make(), actor=engineer, at=NOON + 12 * HOUR)
    assert (kept.state, kept.met_at, kept.met_by_id) == ("kept", NOON + 12 * HOUR, engineer.user_id)
    assert kept.margin_seconds == 36 * 3600 and not kept.is_owed and kept.next_warn_at is None
    assert facts("ticket:41") == ["promise.made", "promise.kept"]


def test_the_last_moment_is_in_time_and_the_next_is_late(make, engineer):
    """TIM-9"""
    assert commands.keep(make("ticket:1"), actor=engineer, at=DUE).state == "kept"
    late = commands.keep(make("ticket:2"), actor=engineer, at=DUE + timedelta(microseconds=1))
    assert late.state == "lapsed"


def test_what_is_met_before_the_worker_came_lapses_all_the_same(make, engineer, facts):
    """TIM-9, TIM-10: the outcome does not hang on when the worker last ran."""
    late = commands.keep(make(), actor=engineer, at=DUE + 5 * HOUR)
    assert late.state == "lapsed" and late.shown_state == "late" and late.margin_seconds == -5 * 3600
    assert late.lapse.effective_at == DUE
    assert facts("ticket:41") == ["promise.made", "promise.lapsed", "promise.met_late"]
    tasks.tick(at=DUE + 6 * HOUR)
    assert facts("ticket:41")[-1] == "promise.met_late"


def test_late_is_measured_in_business_time_and_kept_for_ever(make, engineer, facts):
    """TIM-9: over a weekend with a holiday."""
    made = make()
    tasks.tick(at=DUE + HOUR)
    made.refresh_from_db()
    assert made.state == "lapsed" and made.is_owed
    late = commands.keep(made, actor=engineer, at=local("2026-11-17 10:00"))
    assert late.margin_seconds == -22 * 3600
    assert late.state == "lapsed" and not late.is_owed
    with pytest.raises(NotOwed):
        commands.keep(late, actor=engineer, at=local("2026-11-17 11:00"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Promise.objects.filter(pk=late.pk).update(state="kept", met_at=NOON)


def test_one_answer_keeps_all_that_is_owed_of_its_kind(make, engineer, facts):
    """TIM-9"""
    make(), make(at=NOON + HOUR), make(kind="fix"), make("ticket:42")
    kept = commands.keep_open("ticket:41", "answer.ticket", actor=engineer, at=NOON + 2 * HOUR)
    assert [row.state for row in kept] == ["kept", "kept"]
    assert [row.kind_code for row in queries.open_promises("ticket:41")] == ["fix"]
    assert commands.keep_open("ticket:41", "answer.ticket", actor=engineer, at=NOON + 3 * HOUR) == []
    assert len(queries.open_promises("ticket:42")) == 1


def test_who_did_it_may_be_another_than_the_actor(make, engineer):
    """TIM-9: an answer by e-mail is brought in by the system."""
    assert commands.keep(make(), actor=SYSTEM, at=NOON, by=engineer.user_id).met_by_id == engineer.user_id


def test_a_promise_that_is_no_longer_owed_ends_with_its_reason(make, engineer, facts):
    """TIM-5"""
    ended = commands.end(make(kind="fix"), reason="not_a_defect", actor=engineer, at=NOON + HOUR)
    assert (ended.state, ended.end_reason) == ("ended", "not_a_defect")
    assert facts("ticket:41") == ["promise.made", "promise.ended"]
    tasks.tick(at=NOON + timedelta(days=30))
    assert facts("ticket:41")[-1] == "promise.ended"
    with pytest.raises(NotOwed):
        commands.end(ended, reason="again", actor=engineer, at=NOON + HOUR)


def test_what_ends_after_its_time_stays_lapsed(make, engineer, facts):
    """TIM-5, TIM-9"""
    make(), make(kind="fix")
    ended = commands.end_open("ticket:41", reason="closed", actor=engineer, at=DUE + HOUR)
    assert [(row.kind_code, row.state) for row in ended] == [("answer.ticket", "lapsed"), ("fix", "ended")]
    assert queries.open_promises("ticket:41") == []


def test_a_lapse_takes_effect_at_the_deadline_itself(make, facts):
    """TIM-10: caught up after a stop of two weeks."""
    made = make()
    tasks.tick(at=DUE)
    assert facts("ticket:41").count("promise.lapsed") == 0
    back = DUE + timedelta(days=14)
    tasks.tick(at=back)
    tasks.tick(at=back + HOUR)
    lapse = PromiseLapse.objects.get(promise=made)
    assert (lapse.effective_at, lapse.recorded_at) == (DUE, back)
    fact = Fact.objects.get(subject="ticket:41", name="promise.lapsed")
    assert fact.at == DUE and fact.actor_ref == "system"
    assert Promise.objects.get(pk=made.pk).state == "lapsed"


def test_each_threshold_warns_once_at_its_own_time(make, facts):
    """TIM-10"""
    made = make()
    for hours in range(1, 48):
        tasks.tick(at=NOON + hours * HOUR)
    warned = Fact.objects.filter(subject="ticket:41", name="promise.warned").order_by("seq")
    assert [fact.data["percent"] for fact in warned] == [50, 75, 90]
    assert [fact.at for fact in warned] == [NOON + 24 * HOUR, NOON + 36 * HOUR, NOON + timedelta(hours=43.2)]
    assert [row.percent for row in made.warnings.order_by("percent")] == [50, 75, 90]


def test_after_a_stop_one_warning_tells_the_highest_threshold_that_passed(make, facts):
    """TIM-10"""
    made = make()
    tasks.tick(at=NOON + 40 * HOUR)
    assert facts("ticket:41") == ["promise.made", "promise.warned"]
    assert Fact.objects.get(name="promise.warned", subject="ticket:41").data["percent"] == 75
    assert made.warnings.count() == 2
    tasks.tick(at=NOON + 44 * HOUR)
    assert Fact.objects.filter(name="promise.warned", subject="ticket:41").last().data["percent"] == 90


def test_after_a_long_stop_the_lapse_speaks_and_no_warning(make, facts):
    """TIM-10"""
    make()
    tasks.tick(at=DUE + HOUR)
    assert facts("ticket:41") == ["promise.made", "promise.lapsed"]


def test_batches_go_on_until_nothing_is_left(make):
    """TIM-10"""
    for number in range(7):
        make(f"ticket:{number}")
    assert commands.warn_due(at=NOON + 24 * HOUR, limit=3) == 3
    assert commands.lapse_due(at=DUE + HOUR, limit=3) == 3
    tasks.tick(at=DUE + HOUR)
    assert PromiseLapse.objects.count() == 7


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_the_life_of_a_promise_cell_by_cell(state, move):
    """TIM-9"""
    lawful = {
        (State.OPEN, Move.KEEP): State.KEPT,
        (State.OPEN, Move.LAPSE): State.LAPSED,
        (State.OPEN, Move.END): State.ENDED,
        (State.LAPSED, Move.KEEP): State.LAPSED,
        (State.LAPSED, Move.END): State.LAPSED,
    }
    if (state, move) in lawful:
        assert LIFE.after(state, move) is lawful[state, move]
    else:
        with pytest.raises(IllegalMove):
            LIFE.after(state, move)


@pytest.mark.parametrize(
    "change",
    [
        {"due_at": DUE + HOUR},
        {"started_at": NOON - HOUR},
        {"state": "kept"},
        {"state": "kept", "met_at": DUE + HOUR, "margin_seconds": 1},
        {"state": "unknown"},
        {"met_at": NOON, "margin_seconds": 0},
        {"state": "ended"},
        {"state": "lapsed", "met_at": NOON, "margin_seconds": 0},
        {"customer_id": None},
        {"warn_ats": []},
    ],
)
def test_the_database_refuses_to_move_a_promise(make, change):
    """TIM-8, TIM-9"""
    made = make()
    with pytest.raises(IntegrityError), transaction.atomic():
        Promise.objects.filter(pk=made.pk).update(**change)


@pytest.mark.parametrize("table", [CalendarVersion, PromiseKind, Promise, PromiseLapse, PromiseWarning])
def test_the_database_refuses_to_remove_what_was_promised(make, table):
    """TIM-8"""
    make()
    tasks.tick(at=NOON + 30 * HOUR)
    make("ticket:42", at=NOON - timedelta(days=9))
    tasks.tick(at=NOON + 30 * HOUR)
    assert table.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table._meta.db_table}")


def test_a_kind_changes_with_effect_from_a_moment_and_old_promises_stay(make, administrator):
    """TIM-2, TIM-4, TIM-8"""
    before = make("ticket:1")
    commands.set_kind(
        "answer.ticket",
        counting=Counting.OPENING_HOURS,
        amount=Decimal("2.5"),
        priority=1,
        warn_percents=[80],
        from_at=NOON + 2 * HOUR,
        actor=administrator,
        at=NOON,
    )
    assert spoken(make("ticket:2", at=NOON + HOUR).due_at) == "Fri 13 Nov 13:00"
    after = make("ticket:3", at=NOON + 2 * HOUR)
    assert spoken(after.due_at) == "Wed 11 Nov 16:30" and after.warn_percents == [80]
    before.refresh_from_db()
    assert before.due_at == DUE


def test_the_clock_of_a_guarantee_runs_from_the_report_not_from_when_it_was_marked(make):
    """TIM-5"""
    made = make(kind="fix", at=NOON, started_at=local("2026-11-09 09:00"))
    assert spoken(made.due_at) == "Thu 12 Nov 18:00"


def test_a_customer_with_hours_of_its_own_is_promised_by_them(make, customer, other_customer, administrator):
    """TIM-1"""
    always = commands.add_calendar(
        "Siempre",
        zone="America/Tijuana",
        weekly=(((0, 1440),),) * 7,
        country="",
        actor=administrator,
        at=NOON - HOUR,
    )
    commands.assign_calendar(customer.pk, always, actor=administrator, at=NOON)
    saturday = local("2026-11-14 12:00")
    assert make(at=saturday).due_at == saturday + 48 * HOUR
    assert spoken(make("ticket:2", at=saturday, customer_id=other_customer.pk).due_at) == "Thu 19 Nov 00:00"
    assert queries.calendar_for(customer.pk).zone == "America/Tijuana"
    assert queries.calendar_for(other_customer.pk).zone == "America/Mexico_City"
    commands.unassign_calendar(customer.pk, actor=administrator, at=NOON)
    assert queries.calendar_for(customer.pk).zone == "America/Mexico_City"
