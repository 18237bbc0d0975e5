"""Who wrote a message, and what is done with forged, unknown, automatic and too many ones."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from amparo.conftest import NOON, make_contact
from amparo.deadlines.queries import open_promises
from amparo.history.models import Fact
from amparo.kernel.reply import word_for
from amparo.mailbox import commands, queries
from amparo.mailbox.commands.letters import message
from amparo.mailbox.models import BouncingAddress, PlainAnswer
from amparo.notifications.models import Letter, Notice
from amparo.people.models import Contact, User
from amparo.threads.models import Entry
from amparo.tickets.models import Ticket

from .conftest import address, last, written
from .test_parse import DSN

pytestmark = pytest.mark.django_db


# -- forged and unknown senders ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("spoil", [
    lambda to: to.replace("-", "+", 1), lambda to: to.partition("+")[0] + "@amparo.mx", lambda to: to.replace(to[-12], "a" if to[-12] != "a" else "b"),
    lambda to: "soporte+ticket-1-1-aaaaaaaaaaaaaaaa@amparo.mx",
])  # fmt: skip
def test_a_guessed_address_reaches_no_ticket(ticket, contact, come_in, spoil):
    """SEC-13: without our signature it is no answer; at most a new question of who may ask."""
    come_in(written(contact.email, spoil(address(ticket.subject, contact.user_id)), Subject=f"Re: {ticket.shown_number}"))
    assert Entry.objects.filter(thread=ticket.thread).count() == 1


def test_a_subject_reaches_no_ticket(ticket, contact, other_contact, come_in):
    """SEC-13: never by subject alone."""
    come_in(written(other_contact.email, Subject=f"Re: {ticket.shown_number} {ticket.thread.title}", References="<guess@amparo.mx>"))
    assert Entry.objects.filter(thread=ticket.thread).count() == 1


def test_a_word_of_another_reader_opens_nothing_to_a_stranger(ticket, contact, other_contact, come_in):
    """SEC-13: who got hold of the address is still not somebody who may write there. The customer is told nothing."""
    to = address(ticket.subject, contact.user_id)
    for sender in (other_contact.email, "nadie@ejemplo.org"):
        mail = come_in(written(sender, to, f"Soy {sender}"))
        assert (mail.state, mail.reason, mail.matter) == ("waiting", "unknown_sender", ticket.subject)
    assert Entry.objects.filter(thread=ticket.thread).count() == 1 and not PlainAnswer.objects.exists()


def test_an_unproved_address_is_nobody(ticket, contact, customer, come_in):
    """SEC-13: a contact whose address was never verified."""
    from allauth.account.models import EmailAddress

    late = make_contact(customer, "Nueva")
    EmailAddress.objects.filter(user=late.user_id).update(verified=False)
    assert come_in(written(late.email, address(ticket.subject, contact.user_id))).reason == "unknown_sender"


def test_an_address_of_another_domain_that_looks_alike_is_nobody(ticket, contact, come_in):
    """SEC-13: the dotless ı is a letter of its own, in capitals an I like any other."""
    EmailAddress.objects.filter(user=contact.user_id).update(email="ivan@mi.mx")
    assert queries.person_of("ivan@mi.mx").pk == contact.user_id == queries.person_of("Ivan@MI.mx").pk
    assert queries.person_of("ivan@mı.mx") is None
    mail = come_in(written("ivan@mı.mx", address(ticket.subject, contact.user_id)))
    assert (mail.state, mail.reason) == ("waiting", "unknown_sender")


def test_who_left_the_company_writes_no_more(ticket, contact, member, come_in):
    """SEC-11, SEC-20"""
    to = address(ticket.subject, member.user_id)
    Contact.objects.filter(user=member.user_id).update(removed_at=NOON)
    assert come_in(written(member.email, to)).reason == "unknown_sender"
    User.objects.filter(pk=contact.user_id).update(is_active=False)
    assert come_in(written(contact.email, to, "y yo")).reason == "unknown_sender"


def test_staff_do_not_answer_by_mail_unless_allowed(ticket, engineer, operator, contact, come_in, set_policy):
    """SEC-13, SEC-1: a forged staff address says nothing to a customer; allowed, only with the word of that very person."""
    own, foreign = address(ticket.subject, engineer.user_id), address(ticket.subject, contact.user_id)
    assert come_in(written(engineer.email, own, "uno")).reason == "staff_by_mail"
    set_policy("notifications.staff_answer_by_mail", True)
    for number, (sender, to) in enumerate([(engineer.email, foreign), (operator.email, own), (engineer.email, address(ticket.subject, operator.user_id))]):
        assert come_in(written(sender, to, f"falso {number}")).reason == "staff_by_mail"
    assert Entry.objects.filter(thread=ticket.thread).count() == 1
    assert come_in(written(engineer.email, own, "Pruebe así.")).state == "said"
    assert last(ticket).author_kind == "staff" and not open_promises(ticket.subject)


def test_the_author_is_the_one_address_of_from(ticket, contact, come_in):
    """SEC-14: neither Sender nor Reply-To nor a name; two authors are none."""
    to = address(ticket.subject, contact.user_id)
    mail = come_in(written("malo@ejemplo.org", to, "a", Reply_To=contact.email, Sender=contact.email))
    assert mail.reason == "unknown_sender"
    mail = come_in(written(f'"{contact.email}" <malo@ejemplo.org>', to, "b"))
    assert mail.reason == "unknown_sender"
    octets = written(contact.email, to, "c").as_bytes()
    assert come_in(octets.replace(b"From: ", b"From: malo@ejemplo.org, ", 1)).reason == "several_authors"
    assert come_in(b"From: malo@ejemplo.org\r\n" + octets.replace(b"Sigue", b"d")).reason == "several_authors"


def test_only_our_own_server_says_who_a_sender_is(ticket, contact, box, come_in):
    """SEC-14: the topmost result of the named server counts; whatever stands below, the sender may have written."""
    to = address(ticket.subject, contact.user_id)
    box.authserv = "mx.amparo.mx"
    box.save()
    bad, good = b"Authentication-Results: mx.amparo.mx; dmarc=fail\r\n", b"Authentication-Results: mx.amparo.mx; dmarc=pass\r\n"
    other = b"Authentication-Results: mx.malo.org; dmarc=fail\r\n"
    cases = {bad: "waiting", bad + good: "waiting", good + bad: "said", other + bad: "said", b"": "said"}
    for number, (head, state) in enumerate(cases.items()):
        mail = come_in(head + written(contact.email, to, f"número {number}").as_bytes())
        assert mail.state == state, head
        assert state == "said" or mail.reason == "unproven"


def test_control_headers_of_others_do_nothing(ticket, contact, come_in):
    """SEC-14: headers that other systems obey are dropped: none closes, assigns or changes anything."""
    mail = come_in(written(contact.email, address(ticket.subject, contact.user_id), X_RT_Ticket="1", X_Amparo_Ticket="1", X_Amparo_Close="yes",
                           X_Amparo_Loop="otro.mx"))  # fmt: skip
    assert mail.state == "said" and Ticket.objects.get(pk=ticket.pk).state == "open"


# -- machines ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [
    {"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"X_Autoreply": "yes"}, {"Subject": "Respuesta automática: T-1"}, {"Return_Path": "<>"},
])  # fmt: skip
def test_an_automatic_answer_is_a_fact_for_staff_and_no_message(ticket, contact, come_in, facts, headers):
    """SEC-15, TIM-9: no entry, no promise, no letter."""
    promises = len(open_promises(ticket.subject))
    mail = come_in(written(contact.email, address(ticket.subject, contact.user_id), "Estoy fuera", **headers))
    assert (mail.state, mail.reason) == ("automatic", "machine")
    assert Entry.objects.filter(thread=ticket.thread).count() == 1 and len(open_promises(ticket.subject)) == promises
    assert "mail.auto_replied" in facts(ticket.thread.desk_subject) and "mail.auto_replied" not in facts(ticket)
    assert not PlainAnswer.objects.exists()


@pytest.mark.parametrize("headers", [
    {"Auto_Submitted": "auto-generated"}, {"Precedence": "junk"}, {"List_Id": "<boletin.ejemplo.mx>"}, {"Return_Path": "<>"}, {"X_Amparo_Loop": "127.0.0.1"},
])  # fmt: skip
def test_machines_get_no_answer_and_open_nothing(come_in, headers):
    """SEC-15"""
    mail = come_in(written("robot@ejemplo.org", text="Oferta", **headers))
    assert mail.state == "automatic" and not PlainAnswer.objects.exists() and not Ticket.objects.exists()


@pytest.mark.parametrize("sender", ["no-reply@ejemplo.org", "noreply@ejemplo.org", "MAILER-DAEMON@ejemplo.org", "bounce+12@ejemplo.org", "no_responder@ejemplo.org"])
def test_addresses_where_nobody_reads_get_no_answer(come_in, sender):
    """SEC-15"""
    come_in(written(sender))
    assert not PlainAnswer.objects.exists()


def test_our_own_letters_come_back_to_nothing(ticket, contact, come_in):
    """SEC-15: our address as author, our mark, our id: a loop ends at its first turn."""
    word = word_for(ticket.subject, contact.user_id, secret=queries.secret())
    for number, message_ in enumerate([
        written("soporte@amparo.mx", address(ticket.subject, contact.user_id), "a"), written("Soporte <soporte+x@amparo.mx>", text="b"),
        written("a@ejemplo.org", text="c", X_Amparo_Loop="127.0.0.1"), written("a@ejemplo.org", text="d", **{"Message-ID": f"<{word}.1@127.0.0.1>"}),
    ]):  # fmt: skip
        mail = come_in(message_)
        assert (mail.state, mail.reason) == ("automatic", "own"), number
    assert Entry.objects.filter(thread=ticket.thread).count() == 1 and not PlainAnswer.objects.exists()


def test_two_services_that_answer_each_other_stop(come_in):
    """SEC-15: even where the other never says that it is a machine: one letter a day."""
    for number in range(30):
        come_in(written("tickets@otra.mx", text=f"Su caso {number} fue recibido"))
    assert PlainAnswer.objects.count() == 1


def test_a_report_of_failure_marks_letter_and_address(ticket, contact, operator, come_in, deliver):
    """SEC-15"""
    letter = Letter.objects.create(user_id=contact.user_id, kind="answer", subject_ref=ticket.subject, words={}, fact_id=1, state="sent",
                                   not_before=NOON, created_at=NOON, sent_at=NOON)  # fmt: skip
    word = word_for(ticket.subject, contact.user_id, secret=queries.secret())
    report = DSN.replace(b"ACTION", b"failed").replace(b"<carta@amparo.mx>", f"<{word}.{letter.pk}@127.0.0.1>".encode())
    mail = come_in(report)
    assert (mail.state, mail.reason) == ("automatic", "bounce")
    deliver()
    letter.refresh_from_db()
    assert letter.state == "bounced"
    [row] = BouncingAddress.objects.all()
    assert (row.address, row.status, row.count) == (contact.email, "5.1.1", 1)
    assert Notice.objects.filter(user_id=operator.user_id, kind="bounced").count() == 1
    come_in(report.replace(b"sorry", b"sorry again"), at=NOON + timedelta(hours=1))
    deliver(NOON + timedelta(hours=1))
    row.refresh_from_db()
    assert row.count == 2 and Notice.objects.filter(kind="bounced").count() == 1
    commands.clear_bouncing(row, actor=operator, at=NOON)
    assert not queries.bouncing()


def test_a_report_that_nobody_signed_marks_nothing(ticket, contact, come_in):
    """SEC-15, SEC-13: anybody can write a report; only one that returns an id of ours counts, and only for its reader."""
    assert come_in(DSN.replace(b"ACTION", b"failed").replace(b"ana@ejemplo.mx", contact.email.encode())).reason == "bounce"
    assert not BouncingAddress.objects.exists() and not Fact.objects.filter(name="letter.bounced").exists()


# -- floods ------------------------------------------------------------------------------------------------------------


def test_a_flood_waits_for_staff(ticket, contact, come_in, set_policy):
    """SEC-15, SEC-16: what is too much within an hour is kept, not said."""
    set_policy("mailbox.sender_hourly_max", 3)
    to = address(ticket.subject, contact.user_id)
    states = [come_in(written(contact.email, to, f"número {n}")).state for n in range(5)]
    assert states == ["said"] * 3 + ["waiting"] * 2
    later = come_in(written(contact.email, to, "mañana"), at=NOON + timedelta(hours=2))
    assert later.state == "said"
    set_policy("mailbox.sender_hourly_max", 99)
    set_policy("mailbox.matter_hourly_max", 1)
    assert come_in(written(contact.email, to, "otra"), at=NOON + timedelta(hours=2)).reason == "flood"


def test_tickets_in_a_victims_name_are_not_opened(come_in):
    """SEC-16: an address that is not known gets one short mail, without a word of what was written."""
    for number in range(25):
        mail = come_in(written("victima@ejemplo.org", text=f"Compre aquí http://malo.mx {number}", Subject="GANASTE http://malo.mx"))
        assert (mail.state, mail.reason) == ("answered", "stranger")
    [one] = PlainAnswer.objects.all()
    sent = message(one, NOON)
    assert sent.to == ["victima@ejemplo.org"] and "malo" not in sent.body + sent.subject and "GANASTE" not in sent.subject
    assert sent.extra_headers["Auto-Submitted"] == "auto-replied"
    assert not Ticket.objects.exists()


def test_all_strangers_together_get_so_many_answers_an_hour(come_in, set_policy):
    """SEC-16: we are nobody's means to write to many."""
    set_policy("mailbox.answers_hourly_max", 3)
    for number in range(6):
        come_in(written(f"v{number}@ejemplo.org"))
    assert PlainAnswer.objects.count() == 3


def test_the_plain_answer_goes_to_the_author_alone(come_in, mailoutbox):
    """SEC-14, SEC-18: never to Reply-To; no line break makes a header."""
    come_in(written("a@ejemplo.org", Reply_To="victima@ejemplo.org", **{"Message-ID": "<x@y>"}))
    assert commands.send_due(at=NOON) == 1 and commands.send_due(at=NOON) == 0
    [sent] = mailoutbox
    assert sent.to == ["a@ejemplo.org"] and sent.message()["In-Reply-To"] == "<x@y>"
