"""Who sees which chat: one table, every door; and what whispers never tell."""

from __future__ import annotations

import pytest
from django.utils.module_loading import import_string

from amparo.chat import access, commands, queries
from amparo.chat.errors import KeyReused
from amparo.conftest import NOON
from amparo.kernel.actor import VISITOR
from amparo.kernel.refusals import NotPermitted

pytestmark = pytest.mark.django_db
may_see = import_string("amparo.project.subjects.may_see")
may_follow = import_string("amparo.project.subjects.may_follow")
SEES = {
    "contact": True, "member": True, "own_only": False, "other_contact": False, "registered": False, "operator": True, "quality": True,
    "sales": True, "administrator": True,
}  # fmt: skip


def test_who_sees_a_chat(chat, request):
    """ACC-11, SEC-36: one rule for page, events, list, file and stream."""
    for who, sees in SEES.items():
        actor = request.getfixturevalue(who)
        assert access.visible_to(actor).filter(pk=chat.pk).exists() is sees, who
        assert access.may_see_id(actor, chat.pk) is sees and access.may_see(actor, chat) is sees, who
        assert may_see(actor, chat.subject) is sees and may_follow(actor, chat.subject) is sees, who
        assert may_follow(actor, chat.desk_subject) is actor.is_staff and may_see(actor, chat.desk_subject) is actor.is_staff, who
        assert may_follow(actor, f"chat-typing:{chat.pk}") is actor.is_staff, who
        assert may_follow(actor, f"chat-answering:{chat.pk}") is (sees and not actor.is_staff), who
        assert (queries.page_of(actor, chat.pk, at=NOON) is not None) is sees, who
        assert (queries.events_since(actor, chat.pk, 0, at=NOON) is not None) is sees, who
        assert bool(queries.chats_of_customer(actor).rows) is sees, who
        assert bool(queries.desk_rows(actor)) is actor.is_staff and may_follow(actor, "chats") is actor.is_staff, who
    assert not may_follow(VISITOR, chat.subject) and queries.page_of(VISITOR, chat.pk, at=NOON) is None


def test_a_number_beyond_all_is_no_chat(chat, contact, operator, client_for):
    """SEC-33: not found, on either side; never a fault."""
    for number in ("0", "9" * 19, "9" * 40):
        for actor, at in ((contact, f"/chat/{number}/"), (contact, f"/chat/{number}/asked/"), (operator, f"/desk/chat/{number}/"), (operator, f"/desk/chat/{number}/events/")):
            assert client_for(actor).get(at).status_code == 404, at


def test_own_only_sees_what_it_opened(ask, own_only, contact):
    """ACC-11"""
    mine = ask(actor=own_only, key="own")
    assert access.may_see_id(own_only, mine.pk) and access.may_see_id(contact, mine.pk)


def test_a_whisper_is_nothing_to_the_customer(taken, contact, elena, quality, facts):
    """SEC-10: no text, no number, no gap, no fact on his chain, no sign that one was written."""
    before = queries.events_since(contact, taken.pk, 0, at=NOON)
    commands.whisper(taken, "Secreto", key="w", actor=elena, at=NOON)
    commands.whisper(taken, "Otro secreto", key="w", actor=quality, at=NOON)
    after = queries.events_since(contact, taken.pk, 0, at=NOON)
    assert after.lines == before.lines and "ecreto" not in str(after.lines)
    commands.say(taken, "Hola", key="h", actor=elena, at=NOON)
    assert [line.number for line in queries.events_since(contact, taken.pk, 0, at=NOON).lines] == [1, 2, 3]
    assert [line.kind for line in queries.events_since(quality, taken.pk, 2, at=NOON).lines] == ["whisper", "whisper", "message"]
    assert "chat.whispered" not in facts(taken.subject)
    with pytest.raises(NotPermitted):
        commands.whisper(taken, "Yo también", key="w", actor=contact, at=NOON)


def test_who_may_not_speak(taken, other_contact, own_only, quality, sales):
    """ACC-11: quality reads and whispers, and says nothing to the customer."""
    for actor in (other_contact, own_only, quality, sales):
        with pytest.raises(NotPermitted):
            commands.say(taken, "Hola", key="x", actor=actor, at=NOON)


def test_read_marks_go_forward_only(taken, contact, elena, member):
    """CHT-1: each side's own; nobody reads for the contact."""
    commands.say(taken, "Uno", key="1", actor=elena, at=NOON)
    commands.say(taken, "Dos", key="2", actor=elena, at=NOON)
    for seq in (4, 2, 99):
        commands.read(taken, seq, actor=contact, at=NOON)
    taken.refresh_from_db()
    assert taken.customer_read == taken.last_seq == 4
    commands.read(taken, 4, actor=member, at=NOON)
    commands.say(taken, "Tres", key="3", actor=contact, at=NOON)
    assert queries.desk_rows(elena)[0].unread == 1
    commands.read(taken, taken.desk_seq + 1, actor=elena, at=NOON)
    assert queries.desk_rows(elena)[0].unread == 0
    assert queries.page_of(contact, taken.pk, at=NOON).read_by_other == 5


def test_a_whisper_that_is_read_stirs_nothing_and_is_never_taken_for_a_message(taken, elena, quality, monkeypatch):
    """SEC-10, CHG-10: the customer's stream keeps still; the same words under the same key are not said by it."""
    commands.read(taken, 2, actor=elena, at=NOON)
    commands.whisper(taken, "Secreto", key="w", actor=quality, at=NOON)
    told: list[str] = []
    monkeypatch.setattr("amparo.chat.commands.saying.signal", lambda *topics: told.extend(topics))
    commands.read(taken, 3, actor=elena, at=NOON)
    assert told == ["chats"]
    with pytest.raises(KeyReused):
        commands.say(commands.whisper(taken, "Mío", key="x", actor=elena, at=NOON).chat, "Mío", key="x", actor=elena, at=NOON)
