"""Attempts, time, marks; certificates and their reminders. SRC-4."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.campus import commands
from amparo.campus.errors import LessonLocked, NoAttempts
from amparo.campus.models import Attempt, Certificate, Step
from amparo.campus.queries.certificates import standing_of, verified
from amparo.campus.tests.world import (
    DAY,
    finish,
    fresh,
    lesson,
    lessons_of,
    published,
    question,
    right_answers,
    started,
)
from amparo.conftest import NOON
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import NotPermitted

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def course():
    """A text, a quiz of two attempts and ten minutes, a text."""
    made = published(texts=1, quiz={"attempts_max": 2, "minutes": 10, "pass_percent": 75})
    lesson(made, title="Después")
    commands.publish(made, actor=SYSTEM, at=NOON)
    return fresh(made)


@pytest.fixture
def begun(course, registered):
    mine = started(course, registered)
    commands.finish_lesson(mine, lessons_of(mine)[0], actor=registered, at=NOON)
    return mine


def test_a_passed_quiz_opens_the_next_lesson_at_once(begun, registered):
    """SRC-4: quiz passed, next lesson open in the same act."""
    _first, exam, after = lessons_of(begun)
    with pytest.raises(LessonLocked):
        commands.finish_lesson(begun, after, actor=registered, at=NOON)
    attempt = commands.begin_attempt(begun, exam, actor=registered, at=NOON)
    marked = commands.submit(attempt, right_answers(attempt), actor=registered, at=NOON + MINUTE)
    assert marked.passed and marked.percent == 100
    assert commands.finish_lesson(begun, after, actor=registered, at=NOON + MINUTE).is_complete


def test_one_attempt_is_open_at_a_time_and_marked_once(begun, registered):
    """SRC-4, SEC-48"""
    exam = lessons_of(begun)[1]
    attempt = commands.begin_attempt(begun, exam, actor=registered, at=NOON)
    assert commands.begin_attempt(begun, exam, actor=registered, at=NOON) == attempt
    commands.submit(attempt, {}, actor=registered, at=NOON)
    again = commands.submit(attempt, right_answers(attempt), actor=registered, at=NOON)
    assert again.percent == 0 and Step.objects.filter(enrolment=begun, kind="attempted").count() == 1


def test_attempts_end_and_an_instructor_allows_one_more(begun, registered, administrator, engineer):
    """SRC-4"""
    exam = lessons_of(begun)[1]
    for _ in range(2):
        commands.submit(commands.begin_attempt(begun, exam, actor=registered, at=NOON), {}, actor=registered, at=NOON)
    with pytest.raises(NoAttempts):
        commands.begin_attempt(begun, exam, actor=registered, at=NOON)
    with pytest.raises(NotPermitted):
        commands.allow_attempt(begun, exam, actor=engineer, at=NOON)
    commands.allow_attempt(begun, exam, actor=administrator, at=NOON)
    assert commands.begin_attempt(begun, exam, actor=registered, at=NOON).number == 3


def test_what_comes_after_the_time_does_not_count_and_what_was_kept_does(begun, registered):
    """SRC-4: time limit, decided by the server."""
    exam = lessons_of(begun)[1]
    attempt = commands.begin_attempt(begun, exam, actor=registered, at=NOON)
    right = right_answers(attempt)
    kept = dict(list(right.items())[:3])
    commands.keep_answers(attempt, kept, actor=registered, at=NOON + 5 * MINUTE)
    commands.keep_answers(attempt, right, actor=registered, at=NOON + 12 * MINUTE)
    marked = commands.submit(attempt, right, actor=registered, at=NOON + 12 * MINUTE)
    assert marked.is_late and marked.percent == 75 and marked.passed


def test_a_paper_nobody_hands_in_is_marked_when_its_time_is_over(begun, registered):
    """SRC-4"""
    attempt = commands.begin_attempt(begun, lessons_of(begun)[1], actor=registered, at=NOON)
    commands.keep_answers(attempt, right_answers(attempt), actor=registered, at=NOON + MINUTE)
    assert commands.lapse_due(at=NOON + 10 * MINUTE) == 0
    assert commands.lapse_due(at=NOON + 11 * MINUTE) == 1 and commands.lapse_due(at=NOON + 11 * MINUTE) == 0
    assert fresh(attempt).passed and fresh(attempt).is_late


def test_a_question_changed_meanwhile_is_marked_as_it_was_asked(begun, registered, course):
    """SRC-4: by the version on which the paper was drawn."""
    attempt = commands.begin_attempt(begun, lessons_of(begun)[1], actor=registered, at=NOON)
    right = right_answers(attempt)
    for one in course.questions.all():
        commands.put_question(
            course, question=one, kind="one", text=one.text, options=[{"text": "No"}, {"text": "Sí", "is_right": True}], actor=SYSTEM, at=NOON
        )
    commands.publish(course, actor=SYSTEM, at=NOON)
    commands.switch_version(begun, actor=registered, at=NOON)
    assert commands.submit(attempt, right, actor=registered, at=NOON).percent == 100


def test_a_pool_and_a_draw_give_papers_of_that_size(registered):
    """SRC-4: bank of questions."""
    course = published(texts=1)
    for n in range(6):
        question(course, pool="caja", text=f"¿{n}?")
    question(course, pool="otra")
    lesson(course, "quiz", quiz={"pool": "caja", "draw": 3, "attempts_max": 0})
    commands.publish(course, actor=SYSTEM, at=NOON)
    mine = started(fresh(course), registered)
    commands.finish_lesson(mine, lessons_of(mine)[0], actor=registered, at=NOON)
    attempt = commands.begin_attempt(mine, lessons_of(mine)[-1], actor=registered, at=NOON)
    pool = set(course.questions.filter(pool="caja").values_list("pk", flat=True))
    assert len(attempt.paper) == 3 and {row["question"] for row in attempt.paper} <= pool


# --- certificates -----------------------------------------------------------------------------------------------------


def test_the_last_lesson_gives_the_certificate_once(course, registered, facts):
    """SRC-4"""
    mine = finish(started(course, registered), registered)
    one = Certificate.objects.get(enrolment=mine)
    assert mine.state == "completed" and one.person_name == "Rita Libre" and one.mark == 100 and one.issued_at == NOON
    commands.finish_lesson(mine, lessons_of(mine)[0], actor=registered, at=NOON)
    assert Certificate.objects.count() == 1 and facts(mine)[-1] == "enrolment.completed" and facts(one) == ["certificate.issued"]


def test_a_stranger_verifies_by_the_code_alone(course, registered):
    """SRC-4"""
    one = Certificate.objects.get(enrolment=finish(started(course, registered), registered))
    assert verified(one.shown_code.lower(), at=NOON).certificate == one
    assert verified(one.code[:-1] + ("2" if one.code[-1] != "2" else "3"), at=NOON) is None and verified("' OR 1=1", at=NOON) is None


def test_a_certificate_is_bound_to_the_version_of_the_product_and_renewed_with_the_next_major(registered, administrator):
    """SRC-4"""
    from amparo.products.commands import add_product, add_release, make_current

    product = add_product("pos", "Punto de venta", actor=administrator, at=NOON)
    for version in ("9.4", "9.5", "10.0"):
        release = add_release(product, version, NOON.date(), actor=administrator, at=NOON)
        if version == "9.4":
            make_current(release, actor=administrator, at=NOON)
            course = published(product_id=product.pk)
            one = Certificate.objects.get(enrolment=finish(started(course, registered), registered))
            assert one.product_version == "9.4" and standing_of(one, at=NOON).state == "in_force"
        else:
            make_current(release, actor=administrator, at=NOON)
            assert standing_of(one, at=NOON).state == ("outgrown" if version == "10.0" else "in_force")
    again = finish(started(course, registered), registered)
    assert again.certificate.product_version == "10.0" and Certificate.objects.count() == 2


def test_holders_are_reminded_90_60_30_and_7_days_before_each_once(registered, facts):
    """SRC-4"""
    course = published(valid_months=12)
    one = Certificate.objects.get(enrolment=finish(started(course, registered), registered))
    until = one.valid_until
    told = []
    for days in range(120, -3, -1):
        at = until - days * DAY + timedelta(hours=1)
        if commands.remind_due(at=at):
            told.append(days)
    assert told == [90, 60, 30, 7] and facts(one).count("certificate.expiring") == 4 and Attempt.objects.count() == 0


def test_reminders_after_a_stop_are_one_not_three(registered, facts):
    """SRC-4"""
    one = Certificate.objects.get(enrolment=finish(started(published(valid_months=12), registered), registered))
    assert commands.remind_due(at=one.valid_until - 20 * DAY) == 1 and commands.remind_due(at=one.valid_until - 20 * DAY) == 0
    assert commands.remind_due(at=one.valid_until - 6 * DAY) == 1
