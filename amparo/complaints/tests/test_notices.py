"""Who is told of each step, and who is warned before silence decides. COM-7, TIM-6, TIM-7."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.complaints import commands
from amparo.complaints.tasks import tick
from amparo.conftest import NOON, make_staff
from amparo.deadlines import tasks as deadlines
from amparo.notifications.models import Letter, Notice
from amparo.people.models import User
from amparo.policies.commands import set_value
from amparo.threads import commands as threads

from .world import DUE, closing_of, key, opinion, raised, refusable, ruled


@pytest.fixture
def told(deliver):
    """Who was told what since the last look: {user: [(kind, title)]}."""
    seen: set[int] = set()

    def look(at=NOON):
        deliver(at)
        fresh = [one for one in Notice.objects.order_by("pk") if one.pk not in seen]
        seen.update(one.pk for one in fresh)
        found: dict[int, list[tuple[str, str]]] = {}
        for one in fresh:
            found.setdefault(one.user_id, []).append((one.kind, one.title))
        return found

    return look


def kinds(found, actor):
    return [kind for kind, _title in found.get(actor.user_id, [])]


def test_each_step_is_told_to_the_customer_with_its_time(contract, contact, member, engineer, quality, director, told):
    """COM-7"""
    complaint = raised(contact, engineer)
    found = told()
    assert "complaint" in kinds(found, contact) and "complaint" not in kinds(found, member) and "quality" in kinds(found, quality)
    letter = Letter.objects.filter(user_id=contact.user_id, kind="complaint").latest("pk")
    assert complaint.number in letter.words["title"] and "19 de noviembre" in str(letter.words["figures"])
    commands.take(complaint, actor=quality, at=NOON)
    assert kinds(told(), contact) == ["complaint"]
    asked = opinion(complaint, quality)
    found = told()
    assert kinds(found, contact) == ["complaint"] and kinds(found, director) == ["opinion"]
    commands.give_opinion(asked, "Sí.", actor=director, at=NOON)
    found = told()
    assert kinds(found, contact) == ["complaint"] and kinds(found, quality) == ["opinion"]
    commands.say(complaint, "¿Y en la caja 2?", key="a", actor=quality, at=NOON)
    assert kinds(told(), contact) == ["complaint"]
    commands.say(complaint, "También.", key="b", actor=contact, at=NOON)
    found = told()
    assert kinds(found, quality) == ["quality"] and kinds(found, contact) == []
    ruled(complaint, quality, credits=2)
    found = told()
    assert kinds(found, contact) == ["ruling"]
    words = Letter.objects.filter(user_id=contact.user_id, kind="ruling").get().words
    assert "procede" in words["title"] and any("2 créditos" in text for text in words["paragraphs"])


def test_a_decision_is_told_once_and_not_as_a_closing_too(contract, contact, engineer, quality, told):
    """COM-7"""
    complaint = raised(contact, engineer)
    told()
    ruled(complaint, quality, "dismissed")
    assert kinds(told(), contact) == ["ruling"] and told() == {}


def test_notes_are_told_to_nobody(contract, contact, engineer, quality, told):
    """SEC-10"""
    complaint = raised(contact, engineer)
    told()
    commands.note(complaint, "Interna", key="a", actor=quality, at=NOON)
    assert told() == {}


def test_who_worked_on_the_case_is_not_asked_to_judge(contract, contact, engineer, quality, other_quality, told):
    """COM-2"""
    case = refusable(contact, engineer, at=NOON - timedelta(days=1))
    threads.note(case.thread, "x", key="n", actor=quality, at=NOON - timedelta(hours=3))
    commands.raise_complaint(case, seen=closing_of(case).pk, reasons="No.", key=key(), actor=contact, at=NOON)
    found = told()
    assert "quality" in kinds(found, other_quality) and "quality" not in kinds(found, quality)


def test_quality_and_its_head_are_warned_at_50_75_and_90_percent(contract, contact, engineer, quality, administrator, told):
    """TIM-6: because silence decides against the house; also at night."""
    complaint = raised(contact, engineer)
    told()
    moments = complaint.promise.warn_ats
    assert complaint.promise.warn_percents == [50, 75, 90]
    for percent, moment in zip((50, 75, 90), moments, strict=True):
        deadlines.tick(at=moment)
        found = told(moment)
        for actor in (quality, administrator):
            assert kinds(found, actor) == ["promise_warned"] and str(percent) in found[actor.user_id][0][1]
        assert kinds(found, engineer) == kinds(found, contact) == []
        assert Letter.objects.filter(user_id=quality.user_id).latest("pk").not_before <= moment


def test_the_head_is_the_person_whom_the_settings_name(contract, contact, engineer, quality, administrator, told):
    """TIM-6"""
    head = make_staff("Jefa Calidad", "sales")
    email = User.objects.get(pk=head.user_id).email
    set_value("complaints.head", email, from_at=NOON - timedelta(days=9), actor=administrator, at=NOON - timedelta(days=9))
    complaint = raised(contact, engineer)
    told()
    moment = complaint.promise.warn_ats[0]
    deadlines.tick(at=moment)
    found = told(moment)
    assert kinds(found, head) == ["promise_warned"] and kinds(found, administrator) == []


def test_the_director_is_warned_and_told_when_he_is_late(contract, contact, engineer, quality, director, told):
    """TIM-7"""
    asked = opinion(raised(contact, engineer), quality)
    told()
    deadlines.tick(at=asked.promise.warn_ats[1])
    assert "promise_warned" in kinds(told(asked.promise.warn_ats[1]), director)
    late = asked.due_at + timedelta(minutes=1)
    deadlines.tick(at=late)
    found = told(late)
    assert "promise_lapsed" in kinds(found, director) and "promise_lapsed" in kinds(found, quality)


def test_a_lapse_is_told_to_the_customer_and_to_the_house(contract, contact, engineer, quality, administrator, told):
    """COM-6, COM-7"""
    raised(contact, engineer)
    told()
    late = DUE + timedelta(hours=2)
    deadlines.tick(at=late)
    tick(at=late)
    found = told(late)
    assert kinds(found, contact).count("ruling") == 1
    assert "promise_lapsed" in kinds(found, quality) and "promise_lapsed" in kinds(found, administrator)
    assert any("a su favor" in title for _kind, title in found[contact.user_id])


def test_nobody_on_the_customers_side_but_those_concerned(contract, contact, other_contact, own_only, engineer, quality, told):
    """ACC-11"""
    complaint = raised(contact, engineer)
    ruled(complaint, quality, "dismissed")
    found = told()
    assert kinds(found, other_contact) == kinds(found, own_only) == []


def test_a_letter_to_somebody_who_may_not_see_it_any_more_is_not_sent(contract, contact, engineer, quality, told):
    """SEC-20, ACC-11"""
    from amparo.notifications.access import may_still_read
    from amparo.people.models import Contact

    raised(contact, engineer)
    told()
    letter = Letter.objects.filter(user_id=contact.user_id, kind="complaint").latest("pk")
    assert may_still_read(letter)
    Contact.objects.filter(user=contact.user_id).update(removed_at=NOON)
    assert not may_still_read(letter)
