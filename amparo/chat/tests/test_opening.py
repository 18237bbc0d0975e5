"""Who may open a chat, when, and what there is instead."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.chat import commands, queries
from amparo.chat.errors import Ended, KeyReused, NobodyThere, NothingSaid, TooFast, TooLong
from amparo.chat.models import Chat, Message
from amparo.conftest import NOON
from amparo.contracts.errors import NoStanding
from amparo.kernel.refusals import Invalid, NotPermitted

pytestmark = pytest.mark.django_db
NIGHT = NOON + timedelta(hours=10)


def test_a_covered_contact_opens_a_chat(ask, contact, elena, facts):
    """CHT-1: its first words, offered to the engineer who is there; it costs nothing (CHT-3)."""
    chat = ask()
    assert (chat.state, chat.offered_to_id, chat.about, chat.last_seq) == ("waiting", elena.user_id, "No abre la **caja** 3", 1)
    assert facts(chat.subject) == ["chat.opened", "chat.said"]
    assert facts(chat.desk_subject) == ["chat.offered"]
    from amparo.charging.models import Charge

    assert not Charge.objects.exists()


def test_who_is_not_covered_is_told_what_would_help(contact, licence, elena):
    """ACC-6, ACC-9"""
    with pytest.raises(NoStanding) as refused:
        commands.open_chat("Hola", key="k", actor=contact, at=NOON)
    assert refused.value.remedies


@pytest.mark.parametrize("at", [NIGHT, NOON + timedelta(minutes=5)])
def test_with_nobody_there_it_says_so_and_what_there_is(ask, contact, at):
    """CHT-2, TIM-4: at night, and by day when nobody's page is open: a chat that nobody sees is none."""
    with pytest.raises(NobodyThere) as refused:
        ask(at=at)
    assert [one.url for one in refused.value.remedies] == ["/tickets/new/", "/cases/new/"]
    assert not Chat.objects.exists()
    assert all(str(one.label)[-5:].count(":") for one in refused.value.remedies)  # each with its hour


def test_by_night_it_says_when_it_opens(elena):
    found = queries.presence(NIGHT)
    assert not found.is_open and not found.is_there and found.opens_at > NIGHT
    assert queries.presence(NOON).staff == 1 and queries.presence(NOON).is_there


def test_two_pages_that_open_at_once_open_one(contact, contract, licence, elena, facts, monkeypatch):
    """CHT-1, CHG-10: the other was opened between the look and the act; both words are in it."""
    from amparo.chat.commands import opening

    def meanwhile(*_given, **_named):
        monkeypatch.undo()
        commands.open_chat("Desde la otra página", key="k1", actor=contact, at=NOON)

    monkeypatch.setattr(opening.standing, "require", meanwhile)
    chat = commands.open_chat("Desde esta", key="k2", actor=contact, at=NOON)
    assert facts(chat.subject) == ["chat.opened", "chat.said", "chat.said"] and chat.pk == Chat.objects.get().pk


def test_one_key_opens_one_chat_and_one_person_has_one(ask, contact):
    """CHG-10: sent twice it is one; what is asked meanwhile is said in the chat that is open."""
    first = ask()
    assert ask().pk == first.pk
    again = ask("Y otra cosa", key="k2")
    assert again.pk == first.pk and Message.objects.filter(chat=first, kind="message").count() == 2


def test_somebody_elses_product_opens_nothing(ask, other_customer):
    """SEC-8"""
    from amparo.kernel.actor import SYSTEM
    from amparo.products import commands as products

    other = products.add_product("otro", "Otro", actor=SYSTEM, at=NOON)
    with pytest.raises(Invalid):
        ask(product_id=other.pk)


def test_staff_and_strangers_open_none(contract, elena, registered):
    for actor in (elena, registered):
        with pytest.raises(NotPermitted):
            commands.open_chat("Hola", key="k", actor=actor, at=NOON)


def test_what_is_said_has_one_number_however_often_it_is_sent(taken, contact, elena):
    """CHT-1, CHG-10: the same key is the same message; with another text it is refused."""
    first = commands.say(taken, "Hola", key="a", actor=contact, at=NOON)
    assert commands.say(taken, "Hola", key="a", actor=contact, at=NOON).pk == first.pk
    assert commands.say(taken, "Hola", key="a", actor=elena, at=NOON).pk != first.pk  # keys are each person's own
    with pytest.raises(KeyReused):
        commands.say(taken, "Otra", key="a", actor=contact, at=NOON)
    numbers = list(Message.objects.filter(chat=taken, seq__isnull=False).order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))


def test_giant_empty_and_too_many(taken, contact, settings):
    """SEC-57: bounds, each said in words."""
    with pytest.raises(TooLong) as refused:
        commands.say(taken, "x" * 4001, key="a", actor=contact, at=NOON)
    assert "4000" in str(refused.value)
    with pytest.raises(NothingSaid):
        commands.say(taken, " \n", key="a", actor=contact, at=NOON)
    with pytest.raises(TooFast):
        for number in range(60):
            commands.say(taken, "hola", key=f"f{number}", actor=contact, at=NOON)
    commands.say(taken, "hola", key="later", actor=contact, at=NOON + timedelta(minutes=2))


def test_after_the_end_nothing_is_said_but_what_was_sent_is_known(taken, contact, facts):
    """CHT-1: a repeated send after the end is the first message, a new one is refused in words."""
    first = commands.say(taken, "Gracias", key="z", actor=contact, at=NOON)
    ended = commands.end(taken, actor=contact, at=NOON)
    assert (ended.state, ended.ended_how) == ("ended", "customer") and facts(taken.subject)[-1] == "chat.ended"
    assert commands.say(taken, "Gracias", key="z", actor=contact, at=NOON).pk == first.pk
    with pytest.raises(Ended):
        commands.say(taken, "Otra cosa", key="y", actor=contact, at=NOON)
    commands.end(taken, actor=contact, at=NOON)
    assert facts(taken.subject).count("chat.ended") == 1


def test_the_database_refuses_to_change_what_was_said(taken):
    """CAS-1: not by an update, not by a deletion, not by one who holds the connection."""
    from django.db import connection, transaction
    from django.db.utils import IntegrityError

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL amparo.may_truncate = 'off'")
    for sql in ("UPDATE chat_message SET body = 'otra'", "UPDATE chat_message SET body = '', body_html = '', author_name = '', purged_at = now()",
                "DELETE FROM chat_message", "TRUNCATE chat_message CASCADE"):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_a_contact_removed_in_mid_chat(taken, contact, member, customer, deliver):
    """SEC-6: the chat ends, and nothing more is said in it."""
    from amparo.people import commands as people
    from amparo.people.models import Contact
    from amparo.people.queries import actor_by_id

    boss = actor_by_id(contact.user_id)
    Contact.objects.filter(user=member.user_id).update(company_role="administrator")
    people.remove_contact(Contact.objects.get(user=boss.user_id), actor=actor_by_id(member.user_id), at=NOON)
    deliver()
    taken.refresh_from_db()
    assert (taken.state, taken.ended_how) == ("ended", "removed")
    with pytest.raises(NotPermitted):
        commands.say(taken, "Hola", key="q", actor=actor_by_id(contact.user_id), at=NOON)
