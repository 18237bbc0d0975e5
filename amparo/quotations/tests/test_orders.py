"""Orders: accepted, in progress, delivered, accepted; delays told before the date; put right at no charge. QUO-5, CAS-6, CHG-3."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from amparo.charging.queries import charged
from amparo.conftest import NOON
from amparo.deadlines.models import Promise
from amparo.deadlines.queries import open_promises, promises_of, service_calendar
from amparo.deadlines.rules import add_business_days
from amparo.kernel.machine import IllegalMove
from amparo.kernel.refusals import Invalid, NotPermitted, Stale
from amparo.quotations import commands, queries
from amparo.quotations.errors import DateInvalid, MatterInvalid, TextMissing, TooLateToTell, WorkBegan
from amparo.quotations.models import Delay, Delivery, ServiceOrder
from amparo.quotations.rules.quotes import Line

from .world import DAY, content, delivered, fresh, key, left, ordered, thread_for

HOUR = timedelta(hours=1)


def test_the_due_date_is_a_promise_of_business_days_from_acceptance(contract, contact, engineer):
    """QUO-2, QUO-5, TIM-3"""
    order = ordered(contact, engineer, business_days=3)  # Wednesday; Monday 16 is a holiday in Mexico
    assert order.due_at == add_business_days(service_calendar(), NOON, 3)
    assert order.due_at.isoformat() == "2026-11-18T00:00:00+00:00"  # Tuesday 17, 18:00 in Mexico City
    (promised,) = promises_of(order)
    assert (promised.kind_code, promised.amount, promised.due_at) == ("delivery", 3, order.due_at)


def test_an_order_runs_from_accepted_to_finished(contract, contact, developer, facts):
    """QUO-5"""
    order = ordered(contact, developer)
    commands.start_order(order, actor=developer, at=NOON + HOUR)
    delivery = commands.deliver(order, "Reporte instalado.", key="d", actor=developer, at=NOON + DAY)
    assert commands.deliver(order, "Reporte instalado.", key="d", actor=developer, at=NOON + DAY) == delivery
    assert open_promises(order.subject) == [] and promises_of(order)[0].state == "kept"
    commands.accept_delivery(order, seen=1, actor=contact, at=NOON + 2 * DAY)
    commands.accept_delivery(order, seen=1, actor=contact, at=NOON + 2 * DAY)
    done = fresh(order)
    assert (done.state, done.ended_how, done.rounds, done.assignee_id) == ("finished", "met", 1, developer.user_id)
    assert [name for name in facts(order) if name.startswith("order.")] == ["order.accepted", "order.started", "order.delivered", "order.met"]


def test_a_delivery_stands_in_the_case_with_its_words(contract, contact, developer):
    """QUO-5, CAS-1"""
    order = delivered(contact, developer)
    entry = order.thread.entries.order_by("seq").last()
    assert entry.author_kind == "staff" and order.number in entry.body and Delivery.objects.get(order=order).entry_id == entry.pk


def test_what_does_not_meet_the_specification_is_put_right_at_no_charge(contract, contact, developer, facts):
    """CAS-6"""
    order = delivered(contact, developer)
    before = left(contact.customer_id)
    commands.refuse_delivery(order, "Falta el total por caja.", seen=1, key="r", actor=contact, at=NOON + HOUR)
    commands.refuse_delivery(order, "Falta el total por caja.", seen=1, key="r", actor=contact, at=NOON + HOUR)
    again = fresh(order)
    assert again.state == "in_progress" and left(contact.customer_id) == before and charged(order.charge) == {"credit": 6}
    assert again.due_at == add_business_days(service_calendar(), NOON + HOUR, 3) and len(open_promises(order.subject)) == 1
    commands.deliver(again, "Con el total.", key="d2", actor=developer, at=NOON + DAY)
    with pytest.raises(Stale):
        commands.accept_delivery(order, seen=1, actor=contact, at=NOON + DAY) if Delivery.objects.get(order=order, number=1).answer else None
    commands.accept_delivery(order, seen=2, actor=contact, at=NOON + DAY)
    assert fresh(order).state == "finished" and left(contact.customer_id) == before
    assert "order.not_met" in facts(order)


def test_the_customer_alone_says_whether_it_meets_the_specification(contract, contact, other_contact, own_only, developer, administrator):
    """CAS-6"""
    order = delivered(contact, developer)
    for actor in (developer, administrator, other_contact, own_only):
        with pytest.raises(NotPermitted):
            commands.accept_delivery(order, seen=1, actor=actor, at=NOON)
        with pytest.raises(NotPermitted):
            commands.refuse_delivery(order, "x", seen=1, key=key(), actor=actor, at=NOON)
    with pytest.raises(TextMissing):
        commands.refuse_delivery(order, "  ", seen=1, key=key(), actor=contact, at=NOON)


def test_a_change_after_a_delivery_that_met_is_a_new_quote(contract, contact, developer):
    """CAS-6"""
    order = delivered(contact, developer)
    given = {"kind": "development", "title": "Otra columna", "content": content(Line("Otra columna", 1, 3)), "changes_order": order}
    with pytest.raises(MatterInvalid):
        commands.draft_quote(order.thread, **given, key=key(), actor=developer, at=NOON)
    commands.accept_delivery(order, seen=1, actor=contact, at=NOON)
    with pytest.raises(IllegalMove):
        commands.deliver(fresh(order), "Otra vez", key=key(), actor=developer, at=NOON)
    quote = commands.draft_quote(order.thread, **(given | {"changes_order": fresh(order)}), key=key(), actor=developer, at=NOON)
    commands.present_quote(quote, actor=developer, at=NOON)
    second = commands.accept_quote(quote, seen=1, actor=contact, at=NOON)
    assert second.pk != order.pk and left(contact.customer_id)["credit"] == 11 and quote.changes_order_id == order.pk


def test_a_delay_is_told_before_the_date_with_the_new_date_and_the_reason(contract, contact, developer, facts):
    """QUO-5"""
    order = ordered(contact, developer, business_days=3)
    delay = commands.tell_delay(order, date(2026, 11, 20), reason="Falta un acceso.", key="a", actor=developer, at=NOON + DAY)
    assert commands.tell_delay(order, date(2026, 11, 20), reason="Falta un acceso.", key="a", actor=developer, at=NOON + DAY) == delay
    assert delay.due_before == order.due_at and delay.due_after.isoformat() == "2026-11-21T00:00:00+00:00" == fresh(order).due_at.isoformat()
    assert [p.state for p in promises_of(order)] == ["ended", "open"] and facts(order)[-1] == "order.delayed"
    commands.deliver(fresh(order), "Listo", key=key(), actor=developer, at=delay.due_after - HOUR)
    assert Promise.objects.filter(subject_ref=order.subject, state="kept").count() == 1


def test_a_day_that_is_closed_moves_to_the_next_business_day(contract, contact, developer):
    """QUO-5, TIM-3"""
    order = ordered(contact, developer, business_days=3)
    delay = commands.tell_delay(order, date(2026, 11, 21), reason="x", key="a", actor=developer, at=NOON)  # a Saturday
    assert delay.due_after.isoformat() == "2026-11-24T00:00:00+00:00"


def test_after_the_date_it_is_no_delay_told_in_time(contract, contact, developer):
    """QUO-5: a delay is told before the date."""
    order = ordered(contact, developer, business_days=1)
    for moment in (order.due_at, order.due_at + DAY):
        with pytest.raises(TooLateToTell):
            commands.tell_delay(order, date(2026, 12, 1), reason="x", key=key(), actor=developer, at=moment)
    for day in (date(2026, 11, 12), date(2026, 11, 1), date(2029, 1, 1)):
        with pytest.raises(DateInvalid):
            commands.tell_delay(order, day, reason="x", key=key(), actor=developer, at=NOON)
    with pytest.raises(TextMissing):
        commands.tell_delay(order, date(2026, 12, 1), reason=" ", key=key(), actor=developer, at=NOON)


def test_what_is_not_delivered_in_time_lapses(contract, contact, developer):
    """QUO-5, TIM-9"""
    from amparo.deadlines.commands import lapse_due

    order = ordered(contact, developer, business_days=1)
    lapse_due(at=order.due_at + HOUR)
    commands.deliver(order, "Tarde.", key=key(), actor=developer, at=order.due_at + 2 * HOUR)
    assert promises_of(order)[0].state == "lapsed" and promises_of(order)[0].met_at is not None


def test_before_work_starts_it_is_cancelled_and_every_unit_goes_back(contract, contact, developer, facts):
    """CHG-3, LED-6"""
    order = ordered(contact, developer)
    commands.cancel_order(order, reason="Ya no hace falta.", actor=contact, at=NOON + HOUR)
    commands.cancel_order(order, actor=contact, at=NOON + HOUR)
    assert left(contact.customer_id)["credit"] == 20 and fresh(order).state == "cancelled" and open_promises(order.subject) == []
    assert facts(order)[-1] == "order.cancelled" and charged(order.charge) == {}


def test_an_installation_that_is_cancelled_lets_its_reservation_go(contract, contact, developer):
    """CHG-4"""
    order = ordered(contact, developer, Line("Servidor", 1, code="install_server"), kind="general")
    commands.cancel_order(order, actor=developer, at=NOON)
    assert left(contact.customer_id) == {"event": 5, "incident": 3, "credit": 20}


def test_after_work_started_it_is_not_simply_cancelled(contract, contact, developer):
    """CHG-3"""
    order = ordered(contact, developer)
    commands.start_order(order, actor=developer, at=NOON)
    for actor in (contact, developer):
        with pytest.raises(WorkBegan):
            commands.cancel_order(order, actor=actor, at=NOON)
    commands.deliver(order, "x", key=key(), actor=developer, at=NOON)
    commands.accept_delivery(order, seen=1, actor=contact, at=NOON)
    with pytest.raises(IllegalMove):
        commands.cancel_order(order, actor=contact, at=NOON)


def test_only_who_does_the_work_works_on_it(contract, contact, quality, sales, developer, engineer):
    """QUO-5"""
    order = ordered(contact, developer)
    for actor in (contact, quality, sales):
        for act in (
            lambda actor: commands.start_order(order, actor=actor, at=NOON),
            lambda actor: commands.deliver(order, "x", key=key(), actor=actor, at=NOON),
            lambda actor: commands.tell_delay(order, date(2026, 12, 1), reason="x", key=key(), actor=actor, at=NOON),
            lambda actor: commands.assign_order(order, None, actor=actor, at=NOON),
        ):
            with pytest.raises(NotPermitted):
                act(actor)
    commands.assign_order(order, engineer.user_id, actor=developer, at=NOON)
    assert fresh(order).assignee_id == engineer.user_id and open_promises(order.subject)[0].holder_id == engineer.user_id
    with pytest.raises(Invalid):
        commands.assign_order(order, contact.user_id, actor=developer, at=NOON)
    with pytest.raises(Stale):
        commands.start_order(order, seen=0, actor=developer, at=NOON)


def test_the_board_shows_what_is_due_first(contract, contact, developer, engineer):
    """QUO-5"""
    late = ordered(contact, developer, Line("x", 1, 1), business_days=9)
    soon = ordered(contact, developer, Line("y", 1, 1), business_days=2)
    commands.start_order(late, actor=developer, at=NOON)
    board = queries.board(developer)
    assert [row.id for row in board["accepted"]] == [soon.pk] and [row.id for row in board["in_progress"]] == [late.pk]
    assert not any(queries.board(engineer, mine=True).values()) and queries.board(developer, mine=True)["in_progress"]


def test_a_proposal_of_closing_delivers_and_its_acceptance_finishes(contract, contact, engineer, facts):
    """CAS-4, QUO-5"""
    order = ordered(contact, engineer)
    assert commands.deliver_with_closing(order.thread, "Se hizo.", key="7", actor=engineer, at=NOON) == 1
    assert commands.deliver_with_closing(order.thread, "Se hizo.", key="7", actor=engineer, at=NOON) == 0
    assert commands.finish_with_case(order.thread, actor=contact, at=NOON) == 1
    assert fresh(order).ended_how == "case_closed" and Delivery.objects.get(order=order).answer == "met"


def test_the_record_of_an_order_stays(contract, contact, developer):
    """CAS-1"""
    order = delivered(contact, developer)
    for act in (
        lambda: ServiceOrder.objects.filter(pk=order.pk).update(told={"credit": 1}),
        lambda: ServiceOrder.objects.filter(pk=order.pk).delete(),
        lambda: Delivery.objects.filter(order=order).update(note="otra"),
        lambda: Delivery.objects.filter(order=order).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    other = ordered(contact, developer, Line("x", 1, 1), thread=thread_for(contact))
    commands.tell_delay(other, date(2026, 12, 1), reason="x", key="a", actor=developer, at=NOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        Delay.objects.filter(order=other).update(reason="y")
