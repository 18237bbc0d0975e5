"""Several at once over real connections: the last place, one enrolment, started or cancelled, each credit once. CHG-10, SEC-47."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import close_old_connections, connection

from amparo.campus import commands
from amparo.campus.models import Attempt, Certificate, Enrolment, Seat, SeatOrder, Step
from amparo.campus.tests.world import (
    card_for,
    credits_left,
    finish,
    fresh,
    key,
    lessons_of,
    published,
    right_answers,
    started,
)
from amparo.conftest import NOON, make_contact
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import Refusal
from amparo.ledger.queries import check

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts) -> list[str]:
    """Run acts together, each over a connection of its own; return what became of each: a refusal's code or ok."""
    gate, told = threading.Barrier(len(acts)), [""] * len(acts)

    def run(place: int, act) -> None:
        close_old_connections()
        gate.wait()
        try:
            act()
            told[place] = "ok"
        except Refusal as refusal:
            told[place] = refusal.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return told


def test_one_person_enrolling_many_times_is_in_it_once_and_pays_once(contact, customer):
    """CHG-10, SEC-47"""
    card_for(customer.pk, 30)
    course = published("credits", price=4)
    told = at_once(*[lambda: commands.enrol(course, key=key(), actor=contact, at=NOON) for _ in range(6)])
    assert told == ["ok"] * 6 and Enrolment.objects.count() == 1 and credits_left(customer.pk) == 26 and not check()["differences"]


def test_the_last_place_of_a_group_is_one_persons(customer):
    """SRC-4, SEC-47"""
    people = [make_contact(customer, f"Persona {n}") for n in range(5)]
    course = published()
    group = commands.put_cohort(course, "Grupo", date(2026, 11, 1), date(2026, 12, 1), capacity=1, actor=SYSTEM, at=NOON)
    told = at_once(*[lambda who=who: commands.enrol(course, key=key(), cohort_id=group.pk, actor=who, at=NOON) for who in people])
    assert sorted(told) == ["no_place"] * 4 + ["ok"] and Enrolment.objects.count() == 1


def test_two_colleagues_and_the_last_credits(contact, member, customer):
    """CHG-10, SEC-47: nothing below zero."""
    card_for(customer.pk, 5)
    course = published("credits", price=4)
    told = at_once(*[lambda who=who: commands.enrol(course, key=key(), actor=who, at=NOON) for who in (contact, member)])
    assert sorted(told) == ["credits_missing", "ok"] and credits_left(customer.pk) == 1 and not check()["differences"]


def test_started_and_cancelled_at_once_is_one_of_both(contact, customer):
    """CHG-3, CHG-10"""
    card_for(customer.pk, 40)
    for n in range(3):
        mine = commands.enrol(published("credits", price=4, title=f"Curso {n}"), key=key(), actor=contact, at=NOON)
        before = credits_left(customer.pk)
        told = at_once(
            lambda mine=mine: commands.start(mine, actor=contact, at=NOON), lambda mine=mine: commands.cancel(mine, actor=contact, at=NOON)
        )
        given_back = credits_left(customer.pk) - before
        assert (told.count("ok"), fresh(mine).state, fresh(mine.charge).state, given_back) in ((1, "started", "final", 0), (1, "cancelled", "released", 4))
    assert not check()["differences"]


def test_a_seat_started_on_while_it_is_given_to_another_is_one_of_both(contact, member, own_only, customer):
    """SRC-4, CHG-10"""
    card_for(customer.pk, 40)
    course = published("credits", price=4)
    order = commands.buy_seats(course, 1, key=key(), actor=contact, at=NOON)
    seat = Seat.objects.get(order=order)
    commands.assign(seat, member.user_id, actor=contact, at=NOON)
    mine = commands.enrol(course, key=key(), actor=member, at=NOON)
    told = at_once(
        lambda: commands.start(mine, actor=member, at=NOON), lambda: commands.assign(seat, own_only.user_id, actor=contact, at=NOON)
    )
    found = (fresh(mine).state, fresh(seat).state, fresh(seat).person_id)
    assert told.count("ok") == 1 and found in (("started", "used", member.user_id), ("cancelled", "assigned", own_only.user_id))


def test_two_seats_given_to_one_person_at_once_are_one(contact, member, customer):
    """SRC-4, CHG-10: the other stays free, for somebody else or to be given back."""
    card_for(customer.pk, 40)
    for n in range(3):
        order = commands.buy_seats(published("credits", price=2, title=f"Curso {n}"), 4, key=key(), actor=contact, at=NOON)
        told = at_once(*[lambda seat=seat: commands.assign(seat, member.user_id, actor=contact, at=NOON) for seat in order.seats.all()])
        assert told.count("ok") == 1 and Seat.objects.filter(order=order, person=member.user_id).count() == 1


def test_seats_bought_by_the_same_form_twice_are_one_order(contact, customer):
    """CHG-10, SEC-48"""
    card_for(customer.pk, 40)
    course, same = published("credits", price=4), key()
    assert at_once(*[lambda: commands.buy_seats(course, 2, key=same, actor=contact, at=NOON) for _ in range(4)]) == ["ok"] * 4
    assert SeatOrder.objects.count() == 1 and Seat.objects.count() == 2 and credits_left(customer.pk) == 32


def test_a_seat_given_back_many_times_is_given_back_once(contact, customer):
    """CHG-10"""
    card_for(customer.pk, 10)
    seat = Seat.objects.get(order=commands.buy_seats(published("credits", price=4), 1, key=key(), actor=contact, at=NOON))
    at_once(*[lambda: commands.give_back_seat(seat, actor=contact, at=NOON) for _ in range(4)])
    assert credits_left(customer.pk) == 10 and not check()["differences"]


def test_a_paper_handed_in_twice_at_once_is_marked_once_and_certified_once(contact):
    """SRC-4, SEC-48"""
    course = published(texts=1, quiz={"attempts_max": 0})
    mine = started(course, contact)
    first, exam = lessons_of(mine)
    commands.finish_lesson(mine, first, actor=contact, at=NOON)
    assert at_once(*[lambda: commands.begin_attempt(mine, exam, actor=contact, at=NOON) for _ in range(4)]) == ["ok"] * 4
    attempt = Attempt.objects.get()
    right = right_answers(attempt)
    assert at_once(*[lambda: commands.submit(attempt, right, actor=contact, at=NOON) for _ in range(4)]) == ["ok"] * 4
    assert Step.objects.filter(kind="attempted").count() == 1 and Certificate.objects.count() == 1


def test_the_last_lesson_finished_twice_at_once_gives_one_certificate(contact):
    """SRC-4"""
    mine = started(published(texts=1), contact)
    only = lessons_of(mine)[0]
    assert at_once(*[lambda: commands.finish_lesson(mine, only, actor=contact, at=NOON) for _ in range(4)]) == ["ok"] * 4
    assert Certificate.objects.count() == 1 and finish(mine, contact).state == "completed"
