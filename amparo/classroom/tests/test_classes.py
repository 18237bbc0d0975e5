"""Classes of each kind, from the plan to the record: money, clock, attendance, who may what."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction

from amparo.campus.models import Enrolment, Step
from amparo.cases.tests import world as cases
from amparo.charging.commands import tariffs
from amparo.charging.errors import CreditsMissing, PriceChanged
from amparo.classroom import access, commands, queries, tasks
from amparo.classroom.errors import (
    ClassFull,
    ClassInvalid,
    FloorFull,
    NothingToAgree,
    NotInside,
    NotRunning,
    NotYet,
    PeopleNotAgreed,
    TooSlow,
)
from amparo.classroom.models import Line, LiveClass, Participant, Presence, Recording
from amparo.classroom.rules.notices import JOINED, SENDS, STARTED, Notice
from amparo.conftest import NOON, make_staff
from amparo.contracts.errors import NoStanding
from amparo.history.queries import facts as facts_of
from amparo.kernel.refusals import Invalid, NotPermitted, Refusal
from amparo.people.commands import deactivate_user, set_roles
from amparo.people.models import Contact, User
from amparo.people.queries import actor_by_id
from amparo.policies.commands import set_value

from .world import (
    MINUTE,
    always,
    contract_for,
    course_class,
    credits_left,
    fresh,
    hour_class,
    inside,
    joined,
    key,
    left,
    stayed,
)

DAY = timedelta(days=1)


@pytest.fixture
def instructor(db):
    return make_staff("Inés Instructora", "instructor")


@pytest.fixture
def hour(engineer, customer, contact):
    """An exclusive hour that the customer agreed to, running."""
    contract_for(customer.pk, credits=40)
    made = hour_class(engineer, customer)
    commands.agree(made, actor=contact, at=NOON)
    return commands.start(made, actor=engineer, at=NOON)


def ended(live_class, name="class.ended"):
    return next(fact for fact in facts_of(live_class.subject) if fact.name == name).data


def test_an_exclusive_hour_is_quoted_agreed_and_charged_by_its_record(hour, engineer, contact, member, customer, facts):
    """TAR-1, TAR-4, CHG-1, LIV-1: two of the customer's people for 61 minutes of an agreed hour are charged one hour, as agreed."""
    assert hour.charge.amounts == {"credit": 4} and credits_left(customer.pk) == 36
    for person in (contact, member, engineer):
        stayed(inside(hour, person, engineer), NOON, NOON + 61 * MINUTE)
    done = commands.end(hour, actor=engineer, at=NOON + 62 * MINUTE)
    assert fresh(done.charge).state == "final" and credits_left(customer.pk) == 36
    assert ended(done)["at_once"] == 2 and ended(done)["charged"] == {"credit": 4}
    assert [name for name in facts(done) if name.startswith("class.")] == ["class.proposed", "class.agreed", "class.started", "class.ended"]


def test_what_was_agreed_to_and_not_used_comes_back(engineer, contact, customer):
    """TAR-4, CHG-4: three hours for thirty people agreed, one person for ten minutes came."""
    contract_for(customer.pk, credits=40)
    made = hour_class(engineer, customer, minutes=180, people=30)
    assert made.charge.amounts == {"credit": 36}
    commands.agree(made, actor=contact, at=NOON)
    commands.start(made, actor=engineer, at=NOON)
    stayed(inside(made, contact, engineer), NOON, NOON + 10 * MINUTE)
    commands.end(made, actor=engineer, at=NOON + 30 * MINUTE)
    assert credits_left(customer.pk) == 36


def test_an_hour_is_charged_by_the_tariff_that_was_agreed_to(engineer, administrator, contact, customer):
    """TAR-1, TAR-4: one that came into force meanwhile counts participants otherwise; what was promised does not move."""
    contract_for(customer.pk, credits=40)
    made = commands.agree(hour_class(engineer, customer, minutes=180, people=30), actor=contact, at=NOON)
    draft = tariffs.revise_tariff(tariffs.draft_tariff(actor=administrator, at=NOON), {"participants_per_price": 30}, actor=administrator, at=NOON)
    tariffs.publish_tariff(draft, starts_at=NOON + MINUTE, actor=administrator, at=NOON)
    commands.start(made, actor=engineer, at=NOON)
    stayed(inside(made, contact, engineer), NOON, NOON + 10 * MINUTE)
    commands.end(made, actor=engineer, at=NOON + 30 * MINUTE)
    assert credits_left(customer.pk) == 36


def test_nobody_came_and_nothing_is_charged(hour, engineer, customer):
    """TAR-4, CHG-4"""
    stayed(inside(hour, engineer, engineer), NOON, NOON + 30 * MINUTE)
    done = commands.end(hour, actor=engineer, at=NOON + 30 * MINUTE)
    assert fresh(done.charge).state == "released" and credits_left(customer.pk) == 40


def test_more_people_or_hours_cost_more_only_once_the_customer_says_so(hour, engineer, contact, customer, other_contact):
    """TAR-4, CHG-5"""
    more = commands.propose_more(hour, minutes=60, people=11, key="twice", actor=engineer, at=NOON)
    more = commands.propose_more(more, minutes=60, people=11, key="twice", actor=engineer, at=NOON)
    assert more.more_charge.amounts == {"credit": 8} and credits_left(customer.pk) == 36
    with pytest.raises(NotPermitted):
        commands.agree_more(more, actor=other_contact, at=NOON)
    done = commands.agree_more(more, actor=contact, at=NOON)
    assert (done.agreed_people, credits_left(customer.pk)) == (11, 32)
    with pytest.raises(NothingToAgree):
        commands.agree_more(done, actor=contact, at=NOON)


def test_what_is_set_aside_already_pays_for_more_too_and_never_more_than_was_shown(engineer, contact, customer):
    """CHG-1, CHG-5, TAR-4: eight credits, four of them set aside, are enough for two hours."""
    contract_for(customer.pk, credits=8)
    made = commands.agree(hour_class(engineer, customer), actor=contact, at=NOON)
    more = commands.propose_more(made, minutes=180, people=10, key=key(), actor=engineer, at=NOON)
    assert queries.more_of(more, "es-mx", at=NOON).missing == 4
    more = commands.propose_more(made, minutes=120, people=10, key=key(), actor=engineer, at=NOON)
    shown = queries.more_of(more, "es-mx", at=NOON)
    assert (shown.cost, shown.value, shown.missing) == ([("credit", 8)], 8, 0)
    with pytest.raises(PriceChanged):
        commands.agree_more(more, price=7, actor=contact, at=NOON)
    assert fresh(made).agreed_minutes == 60 and credits_left(customer.pk) == 4
    commands.agree_more(more, price=shown.value, actor=contact, at=NOON)
    assert fresh(made).agreed_minutes == 120 and credits_left(customer.pk) == 0


def test_more_that_cannot_be_paid_leaves_everything_as_it_was(hour, engineer, contact, customer):
    """CHG-3, CHG-10, TAR-4"""
    more = commands.propose_more(hour, minutes=120, people=100, key=key(), actor=engineer, at=NOON)
    with pytest.raises(CreditsMissing):
        commands.agree_more(more, actor=contact, at=NOON)
    assert fresh(hour).agreed_people == 10 and credits_left(customer.pk) == 36 and fresh(hour.charge).state == "reserved"


def test_no_more_of_the_customer_come_in_than_was_agreed_to(engineer, contact, member, customer):
    """TAR-4"""
    contract_for(customer.pk, credits=40)
    made = hour_class(engineer, customer, people=1)
    commands.agree(made, actor=contact, at=NOON)
    commands.start(made, actor=engineer, at=NOON)
    joined(inside(made, contact, engineer), NOON)
    waiting = commands.enter(made, actor=member, at=NOON)
    with pytest.raises(PeopleNotAgreed):
        commands.admit(waiting, actor=engineer, at=NOON)
    assert commands.enter(made, actor=contact, at=NOON).place == "admitted"


def test_an_hour_asks_for_standing_credits_and_the_right_person(engineer, sales, contact, other_contact, customer):
    """ACC-7, CHG-1, CHG-3"""
    with pytest.raises(NoStanding):
        hour_class(engineer, customer)
    contract_for(customer.pk, credits=1)
    with pytest.raises(NotPermitted):
        hour_class(contact, customer)
    for wrong in ({"people": 0}, {"minutes": 0}, {"minutes": 601}, {"starts_at": NOON - DAY}):
        with pytest.raises(ClassInvalid):
            hour_class(engineer, customer, **wrong)
    made = hour_class(engineer, customer)
    with pytest.raises(NotPermitted):
        commands.agree(made, actor=other_contact, at=NOON)
    with pytest.raises(CreditsMissing) as short:
        commands.agree(made, actor=contact, at=NOON)
    assert short.value.context["missing"] == 3 and short.value.remedies
    with pytest.raises(Refusal):
        commands.start(made, actor=engineer, at=NOON)


def test_called_off_gives_everything_back(engineer, contact, customer, facts):
    """CHG-4"""
    contract_for(customer.pk, credits=40)
    made = commands.agree(hour_class(engineer, customer, starts_at=NOON + DAY), actor=contact, at=NOON)
    assert credits_left(customer.pk) == 36
    moved = commands.move(made, NOON + 2 * DAY, actor=engineer, at=NOON)
    assert moved.changes == 1
    commands.cancel(moved, reason="Se enfermó el instructor.", actor=engineer, at=NOON)
    assert credits_left(customer.pk) == 40 and {"class.moved", "class.cancelled"} <= set(facts(made))


def test_advice_in_the_classroom_runs_the_clock_of_its_case(engineer, contact, customer, facts):
    """LIV-1, LIV-3, CAS-5, CAS-9"""
    cases.contract_for(customer.pk)
    case = cases.attended(contact, engineer, "advisory")
    made = commands.plan_for_case(case, NOON + 5 * MINUTE, minutes=30, key="one", actor=engineer, at=NOON)
    assert commands.plan_for_case(case, NOON, minutes=30, key="one", actor=engineer, at=NOON).pk == made.pk
    commands.start(made, actor=engineer, at=NOON)
    assert cases.fresh(case).clock_since == NOON
    stayed(inside(made, contact, engineer), NOON, NOON + 12 * MINUTE)
    commands.end(made, actor=engineer, at=NOON + 12 * MINUTE)
    assert cases.fresh(case).clock_seconds == 720 and cases.fresh(case).clock_since is None
    assert {"class.scheduled", "class.started", "case.clock_started", "case.clock_stopped", "class.ended"} <= set(facts(case))
    with pytest.raises(NotPermitted):
        commands.plan_for_case(case, NOON, minutes=30, key=key(), actor=contact, at=NOON)


def test_a_class_of_a_course_is_its_lesson_done_for_who_was_there(instructor, contact, member):
    """LIV-1, LIV-3, SRC-4"""
    made = course_class(instructor, contact, member)
    assert made.date.place.endswith(f"/classroom/{made.pk}/")
    commands.start(made, actor=instructor, at=NOON)
    stayed(inside(made, contact, instructor), NOON, NOON + 50 * MINUTE)
    stayed(inside(made, member, instructor), NOON, NOON + 5 * MINUTE)
    commands.end(made, actor=instructor, at=NOON + 60 * MINUTE)
    attended = Step.objects.filter(kind="attended").values_list("enrolment__person", flat=True)
    assert list(attended) == [contact.user_id] and Enrolment.objects.count() == 2


def test_who_sees_which_class(instructor, engineer, contact, own_only, other_contact, registered, customer, operator):
    """ACC-11, LIV-1: another customer's class does not exist."""
    contract_for(customer.pk)
    taught, hour = course_class(instructor, contact, registered), hour_class(engineer, customer)
    cases.contract_for(customer.pk)
    case = commands.plan_for_case(cases.attended(contact, engineer, "advisory"), NOON, minutes=30, key=key(), actor=engineer, at=NOON)
    seen = {actor.name: set(access.visible_to(actor).values_list("pk", flat=True)) for actor in (contact, own_only, other_contact, registered, operator)}
    assert seen == {
        contact.name: {taught.pk, hour.pk, case.pk}, own_only.name: {hour.pk}, other_contact.name: set(), registered.name: {taught.pk},
        operator.name: {taught.pk, hour.pk, case.pk},
    }  # fmt: skip


def test_the_door_opens_a_little_before_and_the_waiting_room_asks_first(hour, engineer, contact, member, customer):
    """LIV-1"""
    later = hour_class(engineer, customer, starts_at=NOON + DAY)
    commands.agree(later, actor=contact, at=NOON)
    with pytest.raises(NotYet):
        commands.enter(later, actor=contact, at=NOON)
    with pytest.raises(NotYet):
        commands.start(later, actor=engineer, at=NOON)
    own = commands.enter(hour, actor=contact, at=NOON)
    assert own.place == "waiting"
    with pytest.raises(NotInside):
        commands.raise_hand(hour, actor=contact, at=NOON)
    with pytest.raises(NotPermitted):
        commands.admit(own, actor=member, at=NOON)
    assert commands.admit(commands.admit(own, actor=engineer, at=NOON), actor=engineer, at=NOON).place == "admitted"
    for _twice in range(2):
        commands.send_out(commands.admit(own, actor=engineer, at=NOON), actor=engineer, at=NOON)
    assert commands.send_out(own, actor=engineer, at=NOON).place == "out"
    with pytest.raises(NotInside):
        commands.enter(hour, actor=contact, at=NOON)
    assert commands.admit(own, actor=engineer, at=NOON).place == "admitted"


def test_hand_floor_silence_and_their_limits(hour, engineer, contact, member, own_only):
    """LIV-1"""
    set_value("classroom.floor_max", 2, from_at=NOON - MINUTE, actor=make_staff("Ana", "administrator"), at=NOON - MINUTE)
    one, two = inside(hour, contact, engineer), inside(hour, member, engineer)
    commands.raise_hand(hour, actor=contact, at=NOON)
    assert commands.raise_hand(hour, actor=contact, at=NOON + MINUTE).hand_at == NOON
    given = commands.give_floor(one, actor=engineer, at=NOON)
    assert given.floor_at == NOON and given.hand_at is None
    with pytest.raises(FloorFull):
        commands.give_floor(two, actor=engineer, at=NOON)
    with pytest.raises(NotPermitted):
        commands.give_floor(two, actor=contact, at=NOON)
    assert commands.mute(one, True, actor=engineer, at=NOON).is_muted
    with pytest.raises(NotInside):
        commands.mute(two, True, actor=engineer, at=NOON)
    assert commands.take_floor(one, actor=engineer, at=NOON).floor_at is None
    assert not commands.give_floor(one, actor=engineer, at=NOON).is_muted
    assert commands.lower_hand(hour, actor=contact, at=NOON).floor_at is None


def test_at_most_so_many_students_at_once(hour, engineer, customer, contact, member):
    """LIV-1: 25, a setting."""
    set_value("classroom.students_max", 1, from_at=NOON - MINUTE, actor=make_staff("Ana", "administrator"), at=NOON - MINUTE)
    own = inside(hour, contact, engineer)
    joined(own, NOON)
    waiting = commands.enter(hour, actor=member, at=NOON)
    with pytest.raises(ClassFull):
        commands.admit(waiting, actor=engineer, at=NOON)
    left(own, NOON + MINUTE)
    assert commands.admit(waiting, actor=engineer, at=NOON + 5 * MINUTE).place == "admitted"


def test_the_chat_of_a_class_is_once_and_stays(hour, engineer, contact, member):
    """LIV-1, CHG-10"""
    inside(hour, contact, engineer)
    first = commands.say(hour, "  ¿Se graba?  ", key="k", actor=contact, at=NOON)
    assert first.body == "¿Se graba?" and commands.say(hour, "otra", key="k", actor=contact, at=NOON).pk == first.pk
    for body in ("", "   ", "x" * 2001, "a\x00b"):
        with pytest.raises(Invalid):
            commands.say(hour, body, key=key(), actor=contact, at=NOON)
    with pytest.raises(NotInside):
        commands.say(hour, "hola", key=key(), actor=member, at=NOON)
    for number in range(9):
        commands.say(hour, f"{number}", key=key(), actor=contact, at=NOON)
    with pytest.raises(TooSlow):
        commands.say(hour, "otra", key=key(), actor=contact, at=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        Line.objects.filter(pk=first.pk).update(body="no")
    commands.end(hour, actor=engineer, at=NOON + MINUTE)
    with pytest.raises(NotRunning):
        commands.say(hour, "tarde", key=key(), actor=contact, at=NOON + MINUTE)


def test_notices_become_attendance_once(hour, engineer, contact):
    """LIV-1: told twice, out of order, with a gateway that began anew."""
    own = inside(hour, contact, engineer)
    joined(own, NOON)
    joined(own, NOON)
    assert Presence.objects.count() == 1
    commands.note([Notice(STARTED, NOON + 10 * MINUTE)], always, at=NOON + 10 * MINUTE)
    left(own, NOON + 11 * MINUTE)
    joined(own, NOON + 12 * MINUTE, handle="2.2")
    left(own, NOON + 20 * MINUTE, handle="2.2")
    commands.end(hour, actor=engineer, at=NOON + 30 * MINUTE)
    there = queries.attendance(fresh(hour))
    assert [(row.person, row.minutes, len(row.stays)) for row in there.rows] == [(contact.user_id, 18, 2)]
    with pytest.raises(IntegrityError), transaction.atomic():
        Presence.objects.update(left_at=NOON)


def test_a_connection_that_is_told_to_leave_twice_ends_no_other(hour, engineer, contact):
    """LIV-1, TAR-4: the line broke and came back; the old one's second farewell is not the new one's."""
    own = inside(hour, contact, engineer)
    joined(own, NOON, handle="1.1")
    joined(own, NOON + MINUTE, handle="2.2")
    left(own, NOON + 2 * MINUTE, handle="1.1")
    left(own, NOON + 3 * MINUTE, handle="1.1")
    assert list(Presence.objects.filter(left_at__isnull=True).values_list("handle", flat=True)) == ["2.2"]
    left(own, NOON + 4 * MINUTE, handle="never.seen")
    assert not Presence.objects.filter(left_at__isnull=True).exists()


def test_an_hour_that_never_began_gives_back_what_was_set_aside(engineer, contact, customer, facts):
    """CHG-4, TAR-4"""
    contract_for(customer.pk, credits=40)
    agreed, asked = commands.agree(hour_class(engineer, customer), actor=contact, at=NOON), hour_class(engineer, customer)
    tasks.tick(at=NOON + 11 * 60 * MINUTE)
    assert credits_left(customer.pk) == 36
    tasks.tick(at=NOON + 13 * 60 * MINUTE)
    assert {fresh(agreed).state, fresh(asked).state} == {"cancelled"} and credits_left(customer.pk) == 40
    assert facts(agreed).count("class.cancelled") == 1


def test_a_class_whose_instructor_lost_the_right_is_ended_by_time_with_its_clock(hour, engineer, contact, administrator, monkeypatch):
    """SEC-6, CAS-5, TAR-4: his role taken away, or out of the house; and one class that cannot be ended keeps no other from it."""
    case, other = (cases.attended(contact, engineer, "advisory") for _case in range(2))
    for one in (case, other):
        commands.start(commands.plan_for_case(one, NOON, minutes=30, key=key(), actor=engineer, at=NOON), actor=engineer, at=NOON)
    advice, stuck = LiveClass.objects.get(case=case), LiveClass.objects.get(case=other)
    own = commands.enter(advice, actor=engineer, at=NOON)
    joined(own, NOON)
    set_roles(User.objects.get(pk=engineer.user_id), ("sales",), actor=administrator, at=NOON)
    demoted = actor_by_id(engineer.user_id)
    with pytest.raises(NotPermitted):
        commands.end(advice, actor=demoted, at=NOON)
    assert commands.send_out_lost(advice, {own.word}, at=NOON + MINUTE) == 1 and fresh(own).place == "out"
    left(own, NOON + MINUTE)
    deactivate_user(User.objects.get(pk=engineer.user_id), actor=administrator, at=NOON + 2 * MINUTE)
    ended_one, real = [], commands.end_forgotten
    monkeypatch.setattr(commands, "end_forgotten", lambda one, at: _cannot() if one.pk == stuck.pk else ended_one.append(one) or real(one, at=at))
    tasks.tick(at=NOON + 120 * MINUTE)
    assert fresh(stuck).state == "running" and {fresh(advice).state, fresh(hour).state} == {"ended"}
    assert cases.fresh(case).clock_since is None and cases.fresh(case).clock_seconds == 60
    assert [fact.actor_ref for fact in facts_of(case.subject) if fact.name == "case.clock_stopped"] == ["system"]


def _cannot():
    raise Refusal("not now")


def test_who_lost_the_right_is_out_of_the_room(hour, engineer, contact, member, facts, monkeypatch):
    """SEC-6, SEC-38: a removed contact neither listens on nor comes back by the token that he holds; the others stay."""
    own, other = inside(hour, contact, engineer), inside(hour, member, engineer)
    lead, out = commands.enter(hour, actor=engineer, at=NOON), []
    monkeypatch.setattr(tasks.rooms, "participants", lambda *_room, at: [SimpleNamespace(participant=one.word, publishes=one is lead) for one in (own, other, lead)])
    monkeypatch.setattr(tasks.rooms, "remove", lambda _room, word, at: out.append(word))
    tasks.tick(at=NOON + MINUTE)
    assert out == []
    Contact.objects.filter(user=member.user_id).update(removed_at=NOON)
    tasks.tick(at=NOON + 2 * MINUTE)
    assert out == [other.word] and fresh(other).place == "out" and fresh(own).place == fresh(lead).place == "admitted"
    assert facts(hour).count("class.sent_out") == 1 and joined(other, NOON + 3 * MINUTE)[0].why == "not admitted"


def test_impostors_the_uninvited_and_those_without_the_floor_are_sent_out(hour, engineer, contact, member, facts):
    """SEC-38, LIV-1"""
    own, waiting = inside(hour, contact, engineer), commands.enter(hour, actor=member, at=NOON)
    tell = lambda what, word, proven=True, screen=False: commands.note(  # noqa: E731
        [Notice(what, NOON, hour.room, word, screen, "9.9", "proof")], lambda *_words: proven, at=NOON
    )
    assert tell(JOINED, own.word, proven=False)[0].why == "not proven" and "class.impostor" in facts(hour)
    assert tell(JOINED, waiting.word)[0].why == "not admitted"
    assert tell(JOINED, "p-nobody")[0].why == "unknown"
    assert tell(SENDS, own.word)[0].why == "without the floor"
    commands.give_floor(own, actor=engineer, at=NOON)
    assert tell(SENDS, own.word) == []
    assert tell(SENDS, own.word, screen=True)[0].participant == f"{own.word}_screen"
    assert not Presence.objects.filter(participant=waiting).exists()
    assert commands.note([Notice(JOINED, NOON, "some-other-room", "p-1")], always, at=NOON) == []


def test_a_forgotten_class_ends_when_the_last_one_left(hour, engineer, contact, customer):
    """TAR-4"""
    stayed(inside(hour, contact, engineer), NOON, NOON + 20 * MINUTE)
    assert [one.pk for one in queries.forgotten()] == [hour.pk]
    assert commands.end_forgotten(hour, at=NOON + 79 * MINUTE) is None
    done = commands.end_forgotten(hour, at=NOON + 90 * MINUTE)
    assert done.ended_at == NOON + 20 * MINUTE and credits_left(customer.pk) == 36


def test_lost_notices_are_put_right(hour, engineer, contact):
    """LIV-1"""
    own = inside(hour, contact, engineer)
    joined(own, NOON)
    assert commands.close_absent(hour, {own.word}, at=NOON + MINUTE) == 0
    assert commands.close_absent(hour, set(), at=NOON + timedelta(seconds=5)) == 0
    assert commands.close_absent(hour, set(), at=NOON + MINUTE) == 1
    assert Presence.objects.get().left_at == NOON + MINUTE


def test_a_reminder_is_told_once(engineer, customer, contact, facts):
    """LIV-1"""
    contract_for(customer.pk, credits=40)
    made = commands.agree(hour_class(engineer, customer, starts_at=NOON + 90 * MINUTE), actor=contact, at=NOON)
    assert commands.remind_due(at=NOON) == 0
    assert commands.remind_due(at=NOON + 31 * MINUTE) == 1 == commands.remind_due(at=NOON + 31 * MINUTE) + 1
    assert facts(made).count("class.soon") == 1
    assert set(queries.invited(made)) == {contact.user_id, engineer.user_id}


def test_recording_is_switched_on_the_record_and_its_film_waits(hour, engineer, contact, facts):
    """LIV-1, LIV-3"""
    with pytest.raises(NotPermitted):
        commands.set_recording(hour, True, actor=contact, at=NOON)
    commands.set_recording(hour, True, actor=engineer, at=NOON)
    done = commands.end(hour, actor=engineer, at=NOON + MINUTE)
    assert not done.is_recording and Recording.objects.get().state == "waiting" and "class.recording_on" in facts(hour)
    first = commands.next_film(at=NOON + MINUTE)
    assert first.live_class_id == hour.pk and commands.next_film(at=NOON + MINUTE) is None
    assert commands.next_film(at=NOON + 20 * MINUTE).tries == 2
    assert commands.fail_film(first, "ffmpeg", at=NOON + 20 * MINUTE).state == "waiting"
    assert commands.next_film(at=NOON + 20 * MINUTE) is None and commands.next_film(at=NOON + 30 * MINUTE).tries == 3
    assert commands.fail_film(first, "ffmpeg", at=NOON + 30 * MINUTE).state == "failed"


def test_the_board_asks_two_statements(hour, engineer, contact, django_assert_num_queries):
    inside(hour, contact, engineer)
    with django_assert_num_queries(2):
        found = queries.board(hour, contact)
    assert found.own.person_id == contact.user_id and LiveClass.objects.count() == 1 and Participant.objects.count() == 1
