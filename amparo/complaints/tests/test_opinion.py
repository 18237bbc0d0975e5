"""The opinion of the director: asked, answered in writing, signed, final. COM-2, TIM-7."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from amparo.complaints import commands, queries
from amparo.complaints.errors import (
    AlreadyDecided,
    Involved,
    NobodyToAsk,
    OpinionAsked,
    OpinionGiven,
    OpinionTooLate,
    ReasonsMissing,
)
from amparo.complaints.models import Opinion
from amparo.conftest import NOON, make_staff
from amparo.deadlines.models import Promise
from amparo.history.queries import facts as history
from amparo.kernel.refusals import NotPermitted
from amparo.threads import commands as threads

from .world import DAY, DUE, key, now, opinion, raised, ruled

# NOON is Wednesday the 11th at 12:00; 72 business hours on, the holiday of Monday the 16th left out: Tuesday 17, 12:00.
OPINION_DUE = datetime(2026, 11, 17, 18, 0, tzinfo=UTC)


def test_to_ask_starts_the_directors_own_promise_and_the_complaints_goes_on(contract, contact, engineer, quality, director, facts):
    """COM-2, TIM-7"""
    complaint = raised(contact, engineer)
    asked = opinion(complaint, quality)
    complaint = now(complaint)
    assert (complaint.state, complaint.due_at, complaint.judge_id) == ("opinion", DUE, quality.user_id)
    assert asked.due_at == OPINION_DUE and asked.is_awaited
    kinds = dict(Promise.objects.filter(subject_ref=complaint.subject).values_list("kind_code", "state"))
    assert kinds == {"complaint": "open", "opinion": "open"}
    assert facts(complaint)[-2:] == ["promise.made", "complaint.opinion_asked"]


def test_the_opinion_is_signed_by_the_sign_in_and_stands_on_the_chain(contract, contact, engineer, quality, director):
    """COM-2, TIM-7, CAS-1"""
    asked = opinion(raised(contact, engineer), quality)
    given = commands.give_opinion(asked, "Es un defecto de la versión 9.", actor=director, at=NOON + DAY)
    assert given.signature == hashlib.sha256("Es un defecto de la versión 9.".encode()).hexdigest()
    assert (given.answered_by_id, given.answered_name, given.answered_at) == (director.user_id, director.name, NOON + DAY)
    told = history(given.complaint.subject)[-1]
    assert told.name == "complaint.opinion_given" and told.actor_ref == director.ref
    assert (told.data["sha256"], told.data["by_name"], told.data["late"]) == (given.signature, director.name, False)
    assert given.promise.pk and Promise.objects.get(pk=given.promise_id).state == "kept"
    assert now(given.complaint).state == "review"


def test_an_opinion_that_was_given_never_changes(contract, contact, engineer, quality, director):
    """COM-2"""
    asked = opinion(raised(contact, engineer), quality)
    given = commands.give_opinion(asked, "Sí.", actor=director, at=NOON)
    assert commands.give_opinion(asked, "Sí.", actor=director, at=NOON + DAY).answered_at == NOON
    with pytest.raises(OpinionGiven):
        commands.give_opinion(asked, "No.", actor=director, at=NOON)
    with pytest.raises(OpinionGiven):
        commands.give_opinion(asked, "Sí.", actor=make_staff("Otro Director", "rnd_director"), at=NOON)
    for change in ({"body": "No."}, {"signature": "0" * 64}, {"answered_at": NOON - DAY}, {"question": "Otra"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Opinion.objects.filter(pk=given.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Opinion.objects.filter(pk=given.pk).delete()


def test_the_file_of_a_case_tells_an_opinion_when_the_page_does(contract, contact, engineer, quality, director, django_assert_num_queries):
    """COM-7, CAS-7, SEC-10: when it is decided, not while quality control still weighs it."""
    complaint = raised(contact, engineer)
    commands.give_opinion(opinion(complaint, quality), "Es un defecto.", actor=director, at=NOON)
    with django_assert_num_queries(4):
        (told,) = queries.record_of(complaint.case_id)
    assert [part[0] for part in told.parts] == ["reasons"]
    ruled(now(complaint), quality, "dismissed")
    (told,) = queries.record_of(complaint.case_id)
    assert [part[0] for part in told.parts] == ["reasons", "question", "opinion", "ruling.dismissed"]


def test_the_question_stays_while_it_waits(contract, contact, engineer, quality, director):
    """COM-2, TIM-8"""
    asked = opinion(raised(contact, engineer), quality)
    for change in ({"question": "Otra"}, {"due_at": NOON}, {"asked_at": NOON - DAY}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Opinion.objects.filter(pk=asked.pk).update(**change)


def test_late_is_late_and_extends_nothing(contract, contact, engineer, quality, director):
    """COM-6, TIM-7"""
    complaint = raised(contact, engineer)
    asked = opinion(complaint, quality)
    given = commands.give_opinion(asked, "Tarde.", actor=director, at=OPINION_DUE + timedelta(hours=1))
    promise = Promise.objects.get(pk=given.promise_id)
    assert (promise.state, promise.met_at is not None) == ("lapsed", True)
    assert now(complaint).due_at == DUE and history(complaint.subject)[-1].data["late"] is True


def test_after_the_ruling_or_the_lapse_an_opinion_is_too_late(contract, contact, engineer, quality, director):
    """COM-6"""
    one, other = raised(contact, engineer), raised(contact, engineer)
    first, second = opinion(one, quality), opinion(other, quality)
    ruled(one, quality, "dismissed", at=NOON + DAY)
    commands.lapse(other, at=DUE + DAY)
    for asked in (first, second):
        with pytest.raises(OpinionTooLate):
            commands.give_opinion(asked, "Ya no.", actor=director, at=DUE + DAY)
        asked.refresh_from_db()
        assert asked.ended_at and not asked.body and Promise.objects.get(pk=asked.promise_id).ended_at


def test_who_worked_on_the_case_is_not_asked(contract, contact, engineer, quality, director):
    """COM-2"""
    complaint = raised(contact, engineer)
    involved = make_staff("Iván Implicado", "rnd_director")
    assert {user.pk for user in queries.whom_to_ask(complaint, asker_id=quality.user_id)} == {director.user_id, involved.user_id}
    other = raised(contact, engineer)
    threads.note(other.case.thread, "Lo vi en la línea 40.", key=key(), actor=involved, at=NOON - DAY)
    asked = opinion(other, quality)
    assert [user.pk for user in queries.whom_to_ask(other, asker_id=quality.user_id)] == [director.user_id]
    with pytest.raises(Involved):
        commands.give_opinion(asked, "x", actor=involved, at=NOON)


def test_nobody_answers_what_he_asked_himself(contract, contact, engineer, quality):
    """COM-2"""
    both = make_staff("Ambos Papeles", "quality", "rnd_director")
    complaint = raised(contact, engineer)
    with pytest.raises(NobodyToAsk):
        opinion(complaint, both)
    assert now(complaint).state == "raised" and not Opinion.objects.exists()
    asked = opinion(complaint, quality)
    commands.give_opinion(asked, "x", actor=both, at=NOON)
    with pytest.raises(Involved):
        ruled(complaint, both, "dismissed")


def test_who_may_ask_and_who_may_answer(contract, contact, engineer, operator, quality, director, administrator):
    """COM-2"""
    complaint = raised(contact, engineer)
    for actor in (contact, operator, engineer, director, administrator):
        with pytest.raises(NotPermitted):
            opinion(complaint, actor)
    asked = opinion(complaint, quality)
    for actor in (contact, operator, engineer, quality, administrator):
        with pytest.raises(NotPermitted):
            commands.give_opinion(asked, "x", actor=actor, at=NOON)
    assert Opinion.objects.count() == 1


def test_asked_twice_is_asked_once(contract, contact, engineer, quality, other_quality, director):
    """TIM-7, SEC-48"""
    complaint = raised(contact, engineer)
    first = commands.ask_opinion(complaint, "¿?", key="a", actor=quality, at=NOON)
    assert commands.ask_opinion(complaint, "¿?", key="a", actor=quality, at=NOON) == first
    for actor in (quality, other_quality):
        with pytest.raises(OpinionAsked):
            commands.ask_opinion(complaint, "¿?", key="b", actor=actor, at=NOON)
    commands.give_opinion(first, "Sí.", actor=director, at=NOON)
    again = commands.ask_opinion(complaint, "¿Y en la 10?", key="c", actor=quality, at=NOON)
    assert again.pk != first.pk and now(complaint).state == "opinion"


def test_empty_questions_answers_and_decided_complaints_are_refused(contract, contact, engineer, quality, director):
    """COM-2"""
    complaint = raised(contact, engineer)
    with pytest.raises(ReasonsMissing):
        commands.ask_opinion(complaint, " ", key="a", actor=quality, at=NOON)
    asked = opinion(complaint, quality)
    with pytest.raises(ReasonsMissing):
        commands.give_opinion(asked, "\n", actor=director, at=NOON)
    ruled(complaint, quality, "dismissed")
    with pytest.raises(AlreadyDecided):
        opinion(complaint, quality)


def test_an_opinion_can_only_be_signed_by_somebody(contract, contact, engineer, quality, director):
    """COM-2"""
    asked = opinion(raised(contact, engineer), quality)
    with pytest.raises(IntegrityError), transaction.atomic():
        Opinion.objects.filter(pk=asked.pk).update(body="x", answered_at=NOON, signature="0" * 64)
    with pytest.raises(IntegrityError), transaction.atomic():
        Opinion.objects.filter(pk=asked.pk).update(body="x", answered_at=NOON, signature="0" * 64, answered_by=quality.user_id)


def test_an_opinion_may_not_come_from_the_customer_in_disguise(contract, contact, engineer, quality, director, client_for):
    """COM-2, ACC-11: a person of the staff who is a contact of the customer is a party."""
    from amparo.people.models import StaffRole

    complaint = raised(contact, engineer)
    assert contact.user_id in queries.barred(complaint)
    StaffRole.objects.create(user_id=contact.user_id, role="rnd_director")
    assert contact.user_id not in [user.pk for user in queries.whom_to_ask(complaint, asker_id=quality.user_id)]
