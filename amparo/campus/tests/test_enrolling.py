"""Enrolment by access, credits reserved, charged and given back; seats; what a lapse closes. SRC-4, ACC-4, CHG-3."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from amparo.campus import access, commands
from amparo.campus.errors import (
    AlreadyStarted,
    CohortDates,
    ContentClosed,
    ContentInvalid,
    CreditsShort,
    LessonLocked,
    NoEntry,
    NoPlace,
    NothingToRenew,
    NotStarted,
    SeatTaken,
)
from amparo.campus.models import Certificate, Course, Enrolment, Seat, Step
from amparo.campus.tests.world import (
    DAY,
    card_for,
    contract_for,
    credits_left,
    drafted,
    finish,
    fresh,
    key,
    lesson,
    lessons_of,
    published,
    started,
)
from amparo.charging.errors import PriceChanged
from amparo.charging.models import Charge
from amparo.conftest import NOON
from amparo.kernel.actor import SYSTEM, VISITOR
from amparo.kernel.refusals import Invalid, NotPermitted, Stale
from amparo.ledger.queries import check
from amparo.people.commands import remove_contact
from amparo.people.models import Contact

pytestmark = pytest.mark.django_db


def test_an_open_course_asks_for_nothing_but_a_registration(registered, contact):
    """ACC-4"""
    course = published("open")
    assert commands.enrol(course, key=key(), actor=registered, at=NOON).state == "enrolled"
    assert commands.enrol(course, key=key(), actor=contact, at=NOON).customer_id == contact.customer_id
    with pytest.raises(NotPermitted):
        commands.enrol(course, key=key(), actor=VISITOR, at=NOON)
    assert access.entry(VISITOR, course, at=NOON).code == "signed_in"


@pytest.mark.parametrize(("kind", "code"), [("licensed", "licence"), ("covered", "contract"), ("credits", "customer")])
def test_who_lacks_the_standing_is_told_which_and_how_to_get_it(kind, code, registered, contact):
    """ACC-4, ACC-9"""
    course = published(kind, price=3 if kind == "credits" else 0)
    who = registered if kind == "credits" else contact
    with pytest.raises(NoEntry) as refused:
        commands.enrol(course, key=key(), actor=who, at=NOON)
    assert refused.value.context["reason"] == code and str(refused.value) and refused.value.remedies[0].url.startswith("/")
    assert not Enrolment.objects.exists()


def test_a_covered_course_asks_for_a_plan_that_includes_the_courses(contact, customer):
    """ACC-4, CTR-1: by the terms with which the contract was taken."""
    course = published("covered")
    contract_for(customer.pk, course_access=False)
    assert access.entry(contact, course, at=NOON).code == "course_access"
    contract_for(customer.pk, course_access=True)
    assert access.entry(contact, course, at=NOON).allowed


def test_credits_are_reserved_at_enrolment_charged_at_the_first_lesson_and_given_back_before(contact, customer, facts):
    """SRC-4, CHG-3, CHG-8, LED-1"""
    card_for(customer.pk, 10)
    course = published("credits", price=4)
    mine = commands.enrol(course, key=key(), price=None, actor=contact, at=NOON)
    assert mine.charge.state == "reserved" and credits_left(customer.pk) == 6
    commands.start(mine, actor=contact, at=NOON)
    commands.start(mine, actor=contact, at=NOON)
    assert fresh(mine.charge).state == "final" and credits_left(customer.pk) == 6
    with pytest.raises(AlreadyStarted):
        commands.cancel(mine, actor=contact, at=NOON)
    other = published("credits", price=5, title="Otro")
    left = commands.enrol(other, key=key(), actor=contact, at=NOON)
    assert credits_left(customer.pk) == 1
    commands.cancel(left, actor=contact, at=NOON)
    commands.cancel(left, actor=contact, at=NOON)
    assert credits_left(customer.pk) == 6 and fresh(left.charge).state == "released" and not check()["differences"]
    assert [name for name in facts(mine) if name.startswith("enrolment")] == ["enrolment.made", "enrolment.started"]
    assert [name for name in facts(mine) if name.startswith("charge")] == ["charge.proposed", "charge.consented", "charge.reserved", "charge.final"]


def test_too_few_credits_say_how_many_are_missing_and_keep_nothing(contact, customer):
    """CHG-3"""
    card_for(customer.pk, 3)
    course = published("credits", price=4)
    with pytest.raises(CreditsShort) as refused:
        commands.enrol(course, key=key(), actor=contact, at=NOON)
    assert refused.value.context["missing"] == 1 and "next=%2Fcampus%2F" in refused.value.remedies[0].url
    assert not Enrolment.objects.exists() and not Charge.objects.exists() and credits_left(customer.pk) == 3


def test_another_price_than_the_page_showed_charges_nothing(contact, customer):
    """CHG-8, SEC-49: the price is recomputed; own prices are refused."""
    card_for(customer.pk, 30)
    course = published("credits", price=4)
    for price in ("1|credit:1", "nonsense"):
        with pytest.raises(PriceChanged):
            commands.enrol(course, key=key(), price=price, actor=contact, at=NOON)
    assert not Enrolment.objects.exists() and credits_left(customer.pk) == 30


def test_the_same_form_and_a_second_one_are_the_same_enrolment(contact, customer):
    """CHG-10, SEC-48"""
    card_for(customer.pk, 30)
    course, same = published("credits", price=4), key()
    first = commands.enrol(course, key=same, actor=contact, at=NOON)
    assert commands.enrol(course, key=same, actor=contact, at=NOON) == first == commands.enrol(course, key=key(), actor=contact, at=NOON)
    assert credits_left(customer.pk) == 26


def test_a_reservation_may_be_charged_after_its_pocket_ended(contact, customer):
    """LED-6, CHG-3"""
    card_for(customer.pk, 4, days=5)
    mine = commands.enrol(published("credits", price=4), key=key(), actor=contact, at=NOON)
    commands.start(mine, actor=contact, at=NOON + 10 * DAY)
    assert fresh(mine.charge).state == "final" and not check()["differences"]


def test_an_agreement_that_governs_paid_courses_is_asked_for(contact, customer):
    """AGR-1, ACC-9"""
    from amparo.agreements import commands as agreements
    from amparo.agreements.models import AgreementVersion

    course = published("credits", price=1)
    card_for(customer.pk, 5)
    draft = AgreementVersion.objects.get(agreement__code="software-development")
    agreement = agreements.publish(draft, starts_at=NOON, actor=SYSTEM, at=NOON).agreement
    agreements.govern(agreement, ["campus"], asked_from=NOON, actor=SYSTEM, at=NOON)
    with pytest.raises(NoEntry) as refused:
        commands.enrol(course, key=key(), actor=contact, at=NOON)
    assert refused.value.context["reason"] == "agreement" and "service=campus" in refused.value.remedies[0].url


def test_a_course_that_comes_first_is_asked_for_and_named(registered):
    """SRC-4, ACC-9: prerequisites."""
    first = published("open", title="Básico")
    second = published("open", title="Avanzado", prerequisites=[first.pk])
    with pytest.raises(NoEntry) as refused:
        commands.enrol(second, key=key(), actor=registered, at=NOON)
    assert first.slug in refused.value.remedies[0].url
    finish(started(first, registered), registered)
    assert commands.enrol(second, key=key(), actor=registered, at=NOON)


def test_courses_cannot_wait_for_each_other():
    """SRC-4"""
    one, two = drafted(title="Uno"), drafted(title="Dos")
    commands.change_course(two, prerequisites=[one.pk], title="Dos", summary="s", actor=SYSTEM, at=NOON)
    with pytest.raises(ContentInvalid):
        commands.change_course(one, prerequisites=[two.pk], title="Uno", summary="s", actor=SYSTEM, at=NOON)


def test_a_lapse_of_the_contract_closes_only_the_lessons(contact, customer):
    """ACC-4, SRC-4: certificates and progress stay."""
    contract_for(customer.pk, months=2)
    course, second = published("covered", texts=2), published("covered", texts=1, title="Segundo")
    finish(started(second, contact), contact)
    mine = started(course, contact)
    commands.finish_lesson(mine, lessons_of(mine)[0], actor=contact, at=NOON)
    later = NOON + 90 * DAY
    with pytest.raises(ContentClosed) as refused:
        commands.finish_lesson(mine, lessons_of(mine)[1], actor=contact, at=later)
    assert refused.value.remedies and refused.value.context["reason"] == "contract"
    assert Step.objects.filter(enrolment=mine, kind="done").count() == 1
    assert Certificate.objects.filter(person=contact.user_id).count() == 1
    assert {second.pk, course.pk} <= {one.pk for one in access.visible_to(contact, at=later)}
    contract_for(customer.pk, starts=later, months=2)
    assert commands.finish_lesson(mine, lessons_of(mine)[1], actor=contact, at=later).is_complete


def test_what_was_paid_stays_open_while_one_belongs_to_who_paid(contact, member, customer, administrator):
    """ACC-4, ACC-11"""
    card_for(customer.pk, 10, days=3)
    mine = started(published("credits", price=4), member)
    assert access.content(member, mine, at=NOON + 200 * DAY).allowed
    remove_contact(Contact.objects.get(user=member.user_id), actor=contact, at=NOON)
    with pytest.raises(ContentClosed):
        commands.finish_lesson(mine, lessons_of(mine)[0], actor=member, at=NOON)


def test_nobody_takes_a_course_for_another(contact, member, engineer, other_contact):
    """SRC-4, ACC-11"""
    mine = commands.enrol(published(), key=key(), actor=contact, at=NOON)
    for who in (member, engineer, other_contact):
        with pytest.raises(NotPermitted):
            commands.start(mine, actor=who, at=NOON)
    with pytest.raises(NotStarted):
        commands.finish_lesson(mine, lessons_of(mine)[0], actor=contact, at=NOON)
    commands.start(mine, actor=contact, at=NOON)
    with pytest.raises(LessonLocked):
        commands.finish_lesson(mine, lessons_of(mine)[1], actor=contact, at=NOON)
    with pytest.raises(LessonLocked):
        commands.finish_lesson(mine, lessons_of(started(published(title="Otro"), contact))[0], actor=contact, at=NOON)


def test_a_restricted_course_is_not_known_to_others(contact, registered, customer, engineer):
    """ACC-4, ACC-11, SEC-7"""
    course = published("open", audience="covered")
    assert course not in access.visible_to(registered, at=NOON) and course not in access.visible_to(VISITOR, at=NOON)
    assert course not in access.visible_to(contact, at=NOON) and course in access.visible_to(engineer, at=NOON)
    contract_for(customer.pk)
    assert course in access.visible_to(contact, at=NOON)
    assert drafted(title="Borrador") not in access.visible_to(contact, at=NOON)


# --- cohorts ----------------------------------------------------------------------------------------------------------


def test_a_group_has_dates_and_places(registered, contact, member):
    """SRC-4"""
    course = published()
    group = commands.put_cohort(course, "Noviembre", date(2026, 11, 20), date(2026, 11, 30), capacity=1, actor=SYSTEM, at=NOON)
    with pytest.raises(Invalid):
        commands.enrol(course, key=key(), actor=registered, at=NOON)
    mine = commands.enrol(course, key=key(), cohort_id=group.pk, actor=registered, at=NOON)
    with pytest.raises(NoPlace):
        commands.enrol(course, key=key(), cohort_id=group.pk, actor=contact, at=NOON)
    with pytest.raises(CohortDates):
        commands.start(mine, actor=registered, at=NOON)
    commands.cancel(mine, actor=registered, at=NOON)
    assert commands.enrol(course, key=key(), cohort_id=group.pk, actor=contact, at=NOON).cohort == group
    with pytest.raises(CohortDates):
        commands.enrol(course, key=key(), cohort_id=group.pk, actor=member, at=NOON + 30 * DAY)


# --- seats ------------------------------------------------------------------------------------------------------------


def test_seats_are_bought_given_to_another_and_given_back(contact, member, own_only, customer, facts):
    """SRC-4, CHG-3, CHG-10: until started a seat is for whom the company says."""
    card_for(customer.pk, 20)
    course, same = published("credits", price=5), key()
    order = commands.buy_seats(course, 3, key=same, actor=contact, at=NOON)
    assert commands.buy_seats(course, 3, key=same, actor=contact, at=NOON) == order and credits_left(customer.pk) == 5
    first, _second, third = Seat.objects.filter(order=order).order_by("number")
    commands.assign(first, member.user_id, actor=contact, at=NOON)
    mine = commands.enrol(course, key=key(), actor=member, at=NOON)
    assert mine.seat == first and mine.charge is None and credits_left(customer.pk) == 5
    commands.assign(first, own_only.user_id, actor=contact, at=NOON)
    assert fresh(mine).state == "cancelled" and fresh(first).person_id == own_only.user_id
    theirs = commands.start(commands.enrol(course, key=key(), actor=own_only, at=NOON), actor=own_only, at=NOON)
    assert fresh(first).state == "used" and fresh(theirs).seat_id == first.pk
    for act in (lambda: commands.assign(first, member.user_id, actor=contact, at=NOON), lambda: commands.take_back(first, actor=contact, at=NOON),
                lambda: commands.give_back_seat(first, actor=contact, at=NOON)):  # fmt: skip
        with pytest.raises(SeatTaken):
            act()
    commands.give_back_seat(third, actor=contact, at=NOON)
    commands.give_back_seat(third, actor=contact, at=NOON)
    assert credits_left(customer.pk) == 10 and not check()["differences"]
    assert [name for name in facts(order) if name.startswith("seat")] == ["seats.bought", "seat.assigned", "seat.assigned", "seat.returned"]


def test_only_an_administrator_buys_and_gives_seats_to_his_own_people(contact, member, other_contact, customer):
    """ACC-11, SEC-8"""
    card_for(customer.pk, 20)
    course = published("credits", price=5)
    with pytest.raises(NotPermitted):
        commands.buy_seats(course, 1, key=key(), actor=member, at=NOON)
    order = commands.buy_seats(course, 1, key=key(), actor=contact, at=NOON)
    seat = Seat.objects.get(order=order)
    with pytest.raises(NotPermitted):
        commands.assign(seat, other_contact.user_id, actor=other_contact, at=NOON)
    with pytest.raises(ContentInvalid):
        commands.assign(seat, other_contact.user_id, actor=contact, at=NOON)
    with pytest.raises(Stale):
        commands.assign(seat, member.user_id, seen=7, actor=contact, at=NOON)
    for count in (0, -1, 51):
        with pytest.raises(ContentInvalid):
            commands.buy_seats(course, count, key=key(), actor=contact, at=NOON)


def test_shares_of_a_charge_add_up(contact, customer):
    """CHG-10: what is given back is what was charged."""
    from amparo.promotions.commands import draft_promotion, publish

    made = draft_promotion(
        name="Cursos", scope="services", kind="amount", value=2, starts_at=NOON - DAY, actor=SYSTEM, at=NOON - DAY
    )
    publish(made, actor=SYSTEM, at=NOON - DAY)
    card_for(customer.pk, 40)
    order = commands.buy_seats(published("credits", price=5), 3, key=key(), actor=contact, at=NOON)
    charged = 40 - credits_left(customer.pk)
    shares = list(Seat.objects.filter(order=order).values_list("credits", flat=True))
    assert sum(shares) == charged < 15
    for seat in Seat.objects.filter(order=order):
        commands.give_back_seat(seat, actor=contact, at=NOON)
    assert credits_left(customer.pk) == 40 and not check()["differences"]


# --- what the database refuses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["step", "courseversion", "certificate", "attempt", "enrolment"])
def test_the_database_refuses_to_change_or_remove_what_was_learned(table, registered):
    """SRC-4: an append-only log; progress is derived, never written."""
    course = published(texts=1, quiz={"attempts_max": 0})
    finish(started(course, registered), registered)
    column = {"step": "at = at + interval '1 day'", "courseversion": "number = number + 1", "certificate": "mark = 100, code = 'x'",
              "attempt": "percent = 99", "enrolment": "started_at = now()"}[table]  # fmt: skip
    for statement in (f"UPDATE campus_{table} SET {column}", f"DELETE FROM campus_{table}"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_passed_course_is_taken_again_only_when_its_certificate_is_to_be_renewed(registered):
    """SRC-4"""
    course = published(valid_months=12)
    finish(started(course, registered), registered)
    with pytest.raises(NothingToRenew):
        commands.enrol(course, key=key(), actor=registered, at=NOON + 30 * DAY)
    again = commands.enrol(course, key=key(), actor=registered, at=NOON + timedelta(days=300))
    assert again.state == "enrolled" and Course.objects.count() == 1


def test_a_new_version_is_taken_when_one_likes_and_keeps_what_was_done(registered):
    """SRC-4: versions of what was published."""
    course = published(texts=2)
    mine = started(course, registered)
    commands.finish_lesson(mine, lessons_of(mine)[0], actor=registered, at=NOON)
    lesson(course, title="Nueva")
    commands.publish(course, note="Una lección más", actor=SYSTEM, at=NOON)
    assert len(lessons_of(mine)) == 2
    now = commands.switch_version(mine, actor=registered, at=NOON)
    assert len(lessons_of(mine)) == 3 and now.percent == 33 and fresh(mine).version.number == 2


def test_nothing_is_published_that_lacks_something():
    """SRC-4"""
    from amparo.campus.errors import CourseIncomplete

    course = drafted()
    with pytest.raises(CourseIncomplete):
        commands.publish(course, actor=SYSTEM, at=NOON)
    lesson(course, "quiz", title="Examen", quiz={})
    lesson(course, "video", title="Video")
    with pytest.raises(CourseIncomplete) as refused:
        commands.publish(course, actor=SYSTEM, at=NOON)
    assert len(refused.value.context["lacks"]) == 2 and not fresh(course).is_offered
