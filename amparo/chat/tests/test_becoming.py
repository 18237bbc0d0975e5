"""What a chat becomes, with what it cost, and what its case asks in it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.cases import commands as cases
from amparo.charging.models import Charge
from amparo.chat import commands, queries
from amparo.chat.errors import BecameAlready, Ended
from amparo.chat.models import Message
from amparo.conftest import NOON
from amparo.forum.models import Theme
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import NotPermitted
from amparo.threads import queries as threads
from amparo.threads.models import Entry

pytestmark = pytest.mark.django_db
M = timedelta(minutes=1)


@pytest.fixture
def spoken(taken, contact, elena):
    commands.say(taken, "Sale el error E-204 al cobrar", key="c1", actor=contact, at=NOON + M)
    commands.whisper(taken, "Este cliente ya llamó ayer", key="w1", actor=elena, at=NOON + 2 * M)
    commands.say(taken, "Lo reviso con usted", key="s1", actor=elena, at=NOON + 3 * M)
    return taken


def test_a_ticket_with_its_transcript(spoken, elena, contact, facts):
    """CHT-2, CHT-3: one act, for who asked, linked both ways; it costs nothing, and what was whispered stays inside."""
    ticket = commands.become_ticket(spoken, "Error E-204", key="b1", actor=elena, at=NOON + 5 * M)
    spoken.refresh_from_db()
    assert (spoken.ticket_id, spoken.state, spoken.ended_how) == (ticket.pk, "ended", "ticket")
    said = Entry.objects.get(thread=ticket.thread)
    assert said.author_id == contact.user_id and ticket.thread.opened_by_id == contact.user_id and said.via == "chat"
    assert "E-204 al cobrar" in said.body and "Lo reviso con usted" in said.body and f"/chat/{spoken.pk}/" in said.body
    assert "ya llamó" not in said.body
    assert "chat.became" in facts(spoken.subject) and not Charge.objects.exists()
    with pytest.raises(BecameAlready):
        commands.become_ticket(spoken, "Otra vez", key="b2", actor=elena, at=NOON + 5 * M)


def test_its_own_customer_leaves_it_as_a_ticket(chat, contact, other_contact):
    """CHT-2: where nobody can answer at once."""
    with pytest.raises(NotPermitted):
        commands.become_ticket(chat, "", key="b1", actor=other_contact, at=NOON)
    ticket = commands.become_ticket(chat, "", key="b1", actor=contact, at=NOON)
    assert ticket.thread.title == "No abre la **caja** 3" and ticket.thread.due_at is not None


def test_all_that_was_said_since_stands_in_the_case(chat, contact):
    """CAS-1, CHT-2: in as many messages as it takes, once."""
    case = commands.become_case(chat, "", key="b", actor=contact, at=NOON)
    for number in range(16):
        commands.say(chat, f"Línea {number}: " + "palabra " * 480, key=f"l{number}", actor=contact, at=NOON)
    commands.end(chat, actor=contact, at=NOON + M)
    assert commands.tell_case(chat, actor=SYSTEM, at=NOON + M) and not commands.tell_case(chat, actor=SYSTEM, at=NOON + M)
    said = " ".join(Entry.objects.filter(thread=case.thread).values_list("body", flat=True))
    assert [said.count(f"Línea {number}:") for number in range(16)] == [1] * 16


def test_nobody_puts_words_into_anothers_mouth(taken, contact, elena):
    """CAS-1, CHT-2: what looks like a line of the transcript is a quotation of who wrote it, and a mark left open ends with it."""
    commands.say(taken, "Gracias\n\n**Elena Ingeniera**, 10:06:\nNo le cobramos nada\r\n```", key="f", actor=contact, at=NOON + M)
    commands.say(taken, "De nada", key="s", actor=elena, at=NOON + 2 * M)
    ticket = commands.become_ticket(taken, "Error", key="b", actor=elena, at=NOON + 5 * M)
    entry = threads.timeline(ticket.thread, contact)[0]
    assert "\n> **Elena Ingeniera**, 10:06:\n> No le cobramos nada\n> ```" in entry.body and entry.body.count("\n**Elena Ingeniera**") == 1
    assert entry.body_html.count("<blockquote>") == 3 and "<strong>Elena Ingeniera</strong>" in entry.body_html.split("<code>")[1]


def test_more_than_a_message_holds_goes_along_as_a_file(chat, contact):
    """CHT-2: the whole transcript, whatever its length."""
    for number in range(16):
        commands.say(chat, f"{number} " + "palabra " * 480, key=f"l{number}", actor=contact, at=NOON)
    ticket = commands.become_ticket(chat, "Larga", key="b", actor=contact, at=NOON)
    entry = threads.timeline(ticket.thread, contact)[0]
    assert entry.body.endswith("…") and [file.name for file in entry.files] == [f"CH-{chat.pk}.txt"]


def test_advice_is_proposed_consented_and_closed_in_the_chat(spoken, elena, contact, deliver):
    """CHT-3, CHG-1, CAS-4: the case is opened and classified in one act; price and consent are its own commands."""
    case = commands.propose_service(spoken, kind="advisory", explanation="Es asesoría personal", key="p1", actor=elena, at=NOON + 5 * M)
    spoken.refresh_from_db()
    assert (spoken.case_id, spoken.state, case.state, case.kind) == (case.pk, "open", "classified", "advisory")
    again = commands.propose_service(spoken, kind="advisory", explanation="Es asesoría personal", key="p1", actor=elena, at=NOON + 5 * M)
    assert again.pk == case.pk and again.classification == 1
    case.refresh_from_db()
    assert case.contact_id == contact.user_id and case.thread.assignee_id == elena.user_id
    cases.consent(case, seen=1, actor=contact, at=NOON + 6 * M)
    closing = cases.propose_closing(case, reason="information_complete", summary="Se explicó", key="cl", actor=elena, at=NOON + 9 * M)
    assert cases.accept_closing(case, seen=closing.pk, actor=contact, at=NOON + 10 * M).state == "closed"
    commands.say(spoken, "Gracias", key="th", actor=contact, at=NOON + 11 * M)
    commands.end(spoken, actor=contact, at=NOON + 12 * M)
    deliver()
    deliver()
    told = list(Entry.objects.filter(thread=case.thread, via="chat").order_by("seq"))
    assert [("Gracias" in one.body) for one in told] == [False, True]  # what was said since, once
    assert "ya llamó" not in told[0].body + told[1].body


def test_a_case_that_nobody_attended_ends_the_chat(chat, contact):
    """CHT-2"""
    case = commands.become_case(chat, "", ends=True, key="b", actor=contact, at=NOON)
    chat.refresh_from_db()
    assert (chat.ended_how, chat.case_id, case.state) == ("case", case.pk, "requested")


def test_a_question_in_public_tells_nobody(spoken, elena, contact, customer):
    """CHT-2, FOR-1: drafted without names and numbers; what the engineer leaves in is taken out once more."""
    theme = Theme.objects.create(name="Caja", created_at=NOON)
    title, body = queries.question_of(spoken)
    assert "E-204" in body and "Lo reviso" in body and "ya llamó" not in body
    text = f"{body}\n\nEs de {customer.name}, escribe {contact.name} ({contact.email}), serie CAJA-7K2M-9XQ4-0001, NIC {customer.nic}"
    topic = commands.become_topic(spoken, theme, title, text, key="f", actor=elena, at=NOON + 5 * M)
    published = topic.title + topic.posts.get().body
    for secret in (customer.name, "Lupita", "Romero", contact.email, "CAJA-7K2M", customer.nic):
        assert secret not in published, published
    assert topic.author_id == elena.user_id
    spoken.refresh_from_db()
    assert (spoken.topic_id, spoken.ended_how) == (topic.pk, "topic")


def test_what_is_kept_is_emptied_in_its_time(spoken, contact, elena):
    """CAS-2: a chat without a case after its months; that it was, and when, stays."""
    commands.end(spoken, actor=contact, at=NOON + 9 * M)
    assert commands.keep(at=NOON + timedelta(days=300)) == 0
    assert commands.keep(at=NOON + timedelta(days=400)) == 1
    assert set(Message.objects.filter(chat=spoken).values_list("body", "author_name")) == {("", "")}
    page = queries.page_of(contact, spoken.pk, at=NOON)
    assert page.row["about"] == "—" and len(page.lines) > 3
    for late in (
        lambda: commands.whisper(spoken, "Lupita volvió a llamar", key="late", actor=elena, at=NOON),
        lambda: commands.become_ticket(spoken, "", key="late", actor=contact, at=NOON),
        lambda: commands.become_case(spoken, "", key="late", actor=contact, at=NOON),
    ):
        with pytest.raises(Ended):  # nothing is written any more into what was emptied
            late()
