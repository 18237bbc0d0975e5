"""To whom a chat goes, and what becomes of one that nobody holds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.chat import commands, queries
from amparo.chat.errors import NoteMissing, NotOnDuty, TakenByAnother
from amparo.chat.models import Chat, Duty, Message
from amparo.conftest import NOON, make_contact, make_staff
from amparo.kernel.refusals import NotPermitted

pytestmark = pytest.mark.django_db
S = timedelta(seconds=1)


def seen(*actors, at):
    Duty.objects.filter(user__in=[one.user_id for one in actors]).update(seen_at=at)


def test_offered_to_who_knows_the_product(ask, on_duty, product):
    """CHT-1: by skill before load."""
    knows = on_duty("Sabe Caja")
    commands.set_skills(knows.user_id, [product.pk], actor=knows, at=NOON)
    assert ask(product_id=product.pk).offered_to_id == knows.user_id


def test_not_taken_in_time_it_goes_to_the_next(ask, elena, on_duty, facts):
    """CHT-1: each has his seconds; who let it pass is not asked again at once."""
    other = on_duty("Otro Ingeniero")
    chat = ask()
    first = chat.offered_to_id
    assert commands.offer_waiting(at=NOON + 10 * S) == 0
    commands.offer_waiting(at=NOON + 31 * S)
    chat.refresh_from_db()
    assert {first, chat.offered_to_id} == {elena.user_id, other.user_id}
    commands.pass_on(chat, actor=elena if chat.offered_to_id == elena.user_id else other, at=NOON + 33 * S)
    chat.refresh_from_db()
    assert chat.offered_to_id is None  # both passed: left in peace for a moment
    assert commands.offer_waiting(at=NOON + 34 * S) == 0
    seen(elena, other, at=NOON + 60 * S)
    assert commands.offer_waiting(at=NOON + 70 * S) == 1
    assert facts(chat.desk_subject) == ["chat.offered", "chat.passed", "chat.offered", "chat.passed", "chat.offered"]


def test_who_has_enough_is_offered_no_more(ask, elena, customer, contract):
    """CHT-1: four at once (set); the next waits, and is told how many are before it."""
    chats = [ask(actor=make_contact(customer, f"Persona {n}"), key=f"k{n}", at=NOON + n * S) for n in range(6)]
    assert [one.offered_to_id for one in chats] == [elena.user_id] * 4 + [None, None]
    before = lambda one: queries.page_of(elena, one.pk, at=NOON).row["before"]  # noqa: E731
    assert [before(one) for one in chats] == [0, 1, 2, 3, 4, 5]
    commands.take(chats[0], actor=elena, at=NOON + 7 * S)
    assert before(chats[5]) == 4
    commands.end(chats[0], actor=elena, at=NOON + 8 * S)
    assert commands.offer_waiting(at=NOON + 9 * S) == 1
    assert Chat.objects.get(pk=chats[4].pk).offered_to_id == elena.user_id


def test_two_who_take_at_once(chat, elena, on_duty, contact):
    """CHT-1: one has it, the other is told."""
    other = on_duty("Otro Ingeniero")
    commands.take(chat, actor=elena, at=NOON)
    commands.take(chat, actor=elena, at=NOON)
    with pytest.raises(TakenByAnother):
        commands.take(chat, actor=other, at=NOON)
    with pytest.raises(NotPermitted):
        commands.take(chat, actor=contact, at=NOON)
    assert Message.objects.filter(chat=chat, event="taken").count() == 1


def test_handed_on_with_a_note_that_stays_inside(taken, elena, on_duty, contact):
    """CHT-1, SEC-10: the customer reads who attends, never why."""
    other = on_duty("Otra Colega")
    with pytest.raises(NoteMissing):
        commands.transfer(taken, other.user_id, note=" ", key="t", actor=elena, at=NOON)
    away = on_duty("Se Fue", at=NOON - timedelta(hours=1))
    with pytest.raises(NotOnDuty):
        commands.transfer(taken, away.user_id, note="Mira", key="t", actor=elena, at=NOON)
    commands.transfer(taken, other.user_id, note="Es de impresoras", key="t", actor=elena, at=NOON)
    commands.transfer(taken, other.user_id, note="Es de impresoras", key="t", actor=elena, at=NOON)
    page = queries.page_of(contact, taken.pk, at=NOON)
    assert [line.event for line in page.lines if line.kind == "event"] == ["taken", "transferred"]
    assert "impresoras" not in str(page)
    assert "impresoras" in str(queries.page_of(other, taken.pk, at=NOON))
    assert page.row["assignee"] == "Otra Colega"


def test_a_lost_line_gives_the_chat_to_the_next(taken, contact, elena, on_duty, facts):
    """CHT-1: where the customer waits for a word; he is told, and the next is asked."""
    commands.say(taken, "¿Sigue ahí?", key="a", actor=contact, at=NOON + 10 * S)
    assert commands.give_back_lost(at=NOON + 60 * S) == 0
    other = on_duty("Otro Ingeniero", at=NOON + 100 * S)
    assert commands.give_back_lost(at=NOON + 110 * S) == 1
    taken.refresh_from_db()
    assert (taken.state, taken.assignee_id, taken.offered_to_id) == ("waiting", None, other.user_id)
    assert Message.objects.filter(chat=taken, event="returned").count() == 1
    assert commands.give_back_lost(at=NOON + 111 * S) == 0


def test_an_engineer_who_is_there_keeps_his_chat(taken, contact, elena):
    commands.say(taken, "¿Sigue ahí?", key="a", actor=contact, at=NOON + 10 * S)
    commands.present([elena.user_id], [], at=NOON + 100 * S)
    assert commands.give_back_lost(at=NOON + 110 * S) == 0


def test_who_goes_off_duty_or_never_was_keeps_what_he_has_in_hand(taken, contact, elena, member, ask):
    """CHT-1: while a page of his is open."""
    guest = make_staff("Toma Sin Turno", "engineer")
    second = commands.take(ask(actor=member, key="w"), actor=guest, at=NOON + 5 * S)
    commands.set_duty(False, actor=elena, at=NOON + 6 * S)
    commands.say(taken, "¿Sigue ahí?", key="a", actor=contact, at=NOON + 10 * S)
    commands.say(second, "¿Hola?", key="a", actor=member, at=NOON + 10 * S)
    commands.present([elena.user_id, guest.user_id], [], at=NOON + 100 * S)
    assert commands.give_back_lost(at=NOON + 110 * S) == 0 and queries.presence(NOON + 110 * S).staff == 0
    assert commands.give_back_lost(at=NOON + 191 * S) == 2


def test_a_customer_who_left_and_one_whom_nobody_took(ask, contact, member, elena):
    """CHT-1, CHT-2: ended after their times, the transcript kept."""
    left, waits = ask(), ask(actor=member, key="w")
    commands.take(left, actor=elena, at=NOON)
    commands.present([], [(left.pk, contact.user_id), (waits.pk, member.user_id)], at=NOON + timedelta(minutes=5))
    assert commands.end_left(at=NOON + timedelta(minutes=14)) == 0
    commands.present([], [(waits.pk, member.user_id), (left.pk, elena.user_id)], at=NOON + timedelta(minutes=15))
    assert commands.end_left(at=NOON + timedelta(minutes=16)) == 1
    assert commands.end_left(at=NOON + timedelta(minutes=21)) == 1
    assert [Chat.objects.get(pk=one.pk).ended_how for one in (left, waits)] == ["abandoned", "unanswered"]
    assert Message.objects.filter(chat=left).exists()


def test_a_page_that_is_open_is_presence(elena):
    """CHT-1: switched on alone is not enough, nor an open page alone."""
    assert queries.presence(NOON + 50 * S).staff == 1
    assert queries.presence(NOON + 70 * S).staff == 0
    commands.present([elena.user_id], [], at=NOON + 65 * S)
    assert queries.presence(NOON + 70 * S).staff == 1
    commands.set_duty(False, actor=elena, at=NOON + 66 * S)
    commands.present([elena.user_id], [], at=NOON + 67 * S)
    assert queries.presence(NOON + 70 * S).staff == 0


def test_customers_are_not_on_duty(contact, quality):
    for actor in (contact, quality):
        with pytest.raises(NotPermitted):
            commands.set_duty(True, actor=actor, at=NOON)
