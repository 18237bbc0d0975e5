"""Mail taken in and understood: each message in its matter, once, or where staff see it."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from PIL import Image

from amparo.conftest import NOON
from amparo.deadlines.queries import open_promises
from amparo.files.models import StoredFile
from amparo.history.models import Fact
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import Refusal
from amparo.kernel.reply import word_for
from amparo.mailbox import commands, queries, tasks
from amparo.mailbox.models import Mail, Mailbox, PlainAnswer
from amparo.notifications.models import Letter, Notice
from amparo.people.models import Contact
from amparo.threads.models import Entry
from amparo.tickets.models import Ticket

from .conftest import address, give_licence, last, written

pytestmark = pytest.mark.django_db


# -- answers -------------------------------------------------------------------------------------------------------------


def test_an_answer_by_mail_is_said_in_its_ticket(ticket, contact, come_in, facts):
    """TKT-1, TIM-9: by the address of the letter, without quotes, with the promise of any message."""
    before = len(open_promises(ticket.subject))
    mail = come_in(written(contact.email, address(ticket.subject, contact.user_id),
                           "Sigue igual.\n\nEl 10/11/2026 Soporte <s@amparo.mx> escribió:\n> Pruebe"))  # fmt: skip
    entry = last(ticket)
    assert (mail.state, mail.matter, mail.entry_id) == ("said", ticket.subject, entry.pk)
    assert (entry.body, entry.via, entry.author_id, entry.author_kind) == ("Sigue igual.", "email", contact.user_id, "customer")
    assert len(open_promises(ticket.subject)) == before + 1
    assert "ticket.customer_wrote" in facts(ticket)


def test_the_clock_starts_when_our_server_had_it(ticket, contact, box):
    """TIM-9: neither the sender's Date nor our own delay."""
    octets = written(contact.email, address(ticket.subject, contact.user_id), Date="Mon, 01 Jan 2024 00:00:00 +0000").as_bytes()
    arrived = commands.Arrived(octets, uid=1, told_at=NOON - timedelta(hours=3))
    [mail] = commands.take_in_many([arrived], source="imap", mailbox=box, uidvalidity=7, at=NOON)
    commands.understand(mail.pk, at=NOON)
    assert last(ticket).at == NOON - timedelta(hours=3)
    assert NOON - timedelta(hours=3) in [one.started_at for one in open_promises(ticket.subject)]
    for told in (NOON + timedelta(hours=1), NOON - timedelta(days=9)):
        arrived = commands.Arrived(octets + str(told).encode(), told_at=told)
        assert commands.take_in_many([arrived], source="imap", at=NOON)[0].received_at == NOON


def test_an_answer_is_known_by_the_id_it_answers_to(ticket, contact, come_in):
    """SEC-13: the signed word stands in the letter's own id too."""
    word = word_for(ticket.subject, contact.user_id, secret=queries.secret())
    mail = come_in(written(contact.email, In_Reply_To=f"<{word}.55@127.0.0.1>"))
    assert (mail.state, mail.matter) == ("said", ticket.subject)


def test_a_colleague_answers_a_letter_that_was_handed_on(ticket, contact, member, own_only, come_in):
    """SEC-13, ACC-11: whoever sees the matter and has proved his address; nobody else."""
    to = address(ticket.subject, contact.user_id)
    assert come_in(written(member.email, to)).state == "said"
    assert last(ticket).author_id == member.user_id
    mail = come_in(written(own_only.email, to, "Yo no la veo"))
    assert (mail.state, mail.reason) == ("waiting", "unknown_sender")


def test_an_answer_to_a_closed_ticket_opens_it_again(ticket, contact, come_in):
    """TKT-2"""
    from amparo.tickets import commands as tickets

    tickets.close(ticket, actor=contact, at=NOON)
    come_in(written(contact.email, address(ticket.subject, contact.user_id)))
    assert Ticket.objects.get(pk=ticket.pk).state == "open"


def test_the_same_message_is_said_once(ticket, contact, come_in):
    """CHG-10: by a second way, with other Received lines, after a crash."""
    octets = written(contact.email, address(ticket.subject, contact.user_id)).as_bytes()
    first = come_in(octets)
    again = come_in(b"Received: from elsewhere by mx; Wed, 11 Nov 2026 12:00:00 -0600\r\n" + octets)
    assert again.pk == first.pk and Mail.objects.count() == 1
    Mail.objects.update(state="taken")  # as though it had been killed before its mark
    commands.understand(first.pk, at=NOON + timedelta(hours=1))
    assert Entry.objects.filter(thread=ticket.thread, via="email").count() == 1


# -- new questions -----------------------------------------------------------------------------------------------------


def test_a_new_question_opens_a_ticket(contact, product, licence, come_in, facts):
    """TKT-1, ACC-5: for a verified contact with one product, without the marks of mail programs in the title."""
    mail = come_in(written(contact.email, text="No imprime.\n-- \nLupita", Subject="RE: Fwd: Impresora"))
    ticket = Ticket.objects.get()
    assert (mail.state, mail.matter) == ("opened", ticket.subject)
    assert (ticket.thread.title, ticket.product_id, ticket.thread.opened_by_id) == ("Impresora", product.pk, contact.user_id)
    first = Entry.objects.get(pk=mail.entry_id)
    assert (first.body, first.via) == ("No imprime.", "email") and len(open_promises(ticket.subject)) == 1
    assert facts(ticket)[-1] == "ticket.opened" or "ticket.opened" in facts(ticket)


def test_who_may_not_is_told_the_way(contact, come_in, mailoutbox):
    """ACC-9: without a licence: why, and how to get it; staff still see the message."""
    mail = come_in(written(contact.email))
    assert (mail.state, mail.reason) == ("answered", "no_standing") and mail.detail
    commands.send_due(at=NOON)
    [sent] = mailoutbox
    assert mail.detail in sent.body and "http" in sent.body


def test_of_several_products_the_author_is_asked(contact, customer, product, licence, come_in):
    """TKT-1: it waits, and a link lets him choose; then the clock runs from when we had it."""
    from amparo.products import commands as products

    other = products.add_product("ruta", "Ruta", actor=SYSTEM, at=NOON)
    products.make_current(products.add_release(other, "10.1", NOON.date(), actor=SYSTEM, at=NOON), actor=SYSTEM, at=NOON)
    give_licence(customer, other, serial="RUTA-7K2M-9XQ4-0001")
    mail = come_in(written(contact.email, text="No abre"))
    assert (mail.state, mail.reason) == ("waiting", "which_product")
    assert PlainAnswer.objects.get().url == f"/mailbox/choose/{mail.pk}/"
    commands.open_chosen(mail, customer_id=customer.pk, product_id=other.pk, actor=contact, at=NOON + timedelta(hours=5))
    ticket = Ticket.objects.get()
    assert ticket.product_id == other.pk and ticket.opened_at == NOON


def test_of_two_companies_the_one_with_a_licence_is_chosen(contact, customer, other_customer, product, licence, come_in):
    """ACC-11"""
    Contact.objects.create(user_id=contact.user_id, customer=other_customer, company_role="administrator", created_at=NOON)
    come_in(written(contact.email))
    assert Ticket.objects.get().customer_id == customer.pk
    give_licence(other_customer, product, serial="CAJA-7K2M-9XQ4-0002")
    assert come_in(written(contact.email, text="otra")).reason == "which_product"


def test_a_mailbox_for_answers_opens_no_tickets(contact, product, licence, box, come_in):
    box.purpose = "replies"
    box.save()
    assert come_in(written(contact.email)).reason == "not_support" and not Ticket.objects.exists()


def test_staff_open_no_tickets_by_mail(engineer, come_in):
    """SEC-13"""
    assert come_in(written(engineer.email)).reason == "from_staff"


# -- files -------------------------------------------------------------------------------------------------------------


def test_files_and_pictures_come_along(ticket, contact, come_in):
    """TKT-1, SEC-26: as attachments of the message; an emblem of the signature stays in the e-mail."""
    drawn = io.BytesIO()
    Image.effect_noise((90, 90), 80).save(drawn, "PNG")
    made = written(contact.email, address(ticket.subject, contact.user_id))
    made.add_alternative('<p>Mire <img src="cid:foto"><img src="cid:logo"></p>', subtype="html")
    made.get_payload()[1].add_related(drawn.getvalue(), "image", "png", cid="<foto>", filename="foto.png")
    made.get_payload()[1].add_related(b"\x89PNG\r\n\x1a\nmini", "image", "png", cid="<logo>")
    made.add_attachment(b"<script>alert(1)</script>", "text", "html", filename="../../x\u200b.html")
    mail = come_in(made)
    entry = last(ticket)
    names = [one.file.name for one in entry.files.select_related("file").order_by("id")]
    assert names == ["foto.png", "x.html"] and list(mail.pictures) == ["foto"]
    assert StoredFile.objects.get(name="x.html").content_type == "application/octet-stream"
    assert {one.subject for one in StoredFile.objects.exclude(subject=mail.subject)} == {ticket.subject}


def test_what_cannot_be_attached_is_named_and_kept(ticket, contact, come_in, set_policy):
    """SEC-17, TKT-1: too large, too many: the words arrive, the rest is in the message as it came."""
    set_policy("files.megabytes_max", 1)
    set_policy("files.per_message_max", 2)
    made = written(contact.email, address(ticket.subject, contact.user_id))
    made.add_attachment(b"x" * 1_200_000, "application", "octet-stream", filename="grande.bin")
    for number in range(3):
        made.add_attachment(b"y%d" % number, "text", "plain", filename=f"n{number}.txt")
    come_in(made)
    entry = last(ticket)
    assert entry.file_count == 2 and "grande.bin" in entry.body and "n2.txt" in entry.body and "n1.txt" not in entry.body


def test_a_long_text_is_cut_and_the_rest_kept(ticket, contact, come_in):
    """SEC-17"""
    come_in(written(contact.email, address(ticket.subject, contact.user_id), "línea larga\n" * 9000))
    assert 40_000 < len(last(ticket).body) <= 50_000


def test_a_message_without_words_says_its_subject(ticket, contact, come_in):
    come_in(written(contact.email, address(ticket.subject, contact.user_id), " "))
    assert last(ticket).body == "Re: No abre"


# -- nothing is lost ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("octets", [b"", b"\x00\xff", b"From: a\n", b"Content-Type: multipart/mixed; boundary=x\n\n--x"])
def test_what_cannot_be_understood_waits_and_is_kept(come_in, octets):
    """SEC-17"""
    mail = come_in(octets)
    assert mail.state == "waiting" and mail.reason == "several_authors"
    from amparo.files import commands as files

    assert files.octets_of(mail.subject, octets_max=10_000) == octets


def test_an_error_of_ours_is_tried_again_and_waits_in_the_end(ticket, contact, come_in, monkeypatch, operator, deliver):
    """SEC-17: the queue goes on, staff are told."""
    from amparo.mailbox.commands import understanding

    def broken(*_given, **_more):
        raise ValueError("roto")

    monkeypatch.setattr(understanding, "_reply", broken)
    bad = come_in(written(contact.email, address(ticket.subject, contact.user_id)))
    assert bad.state == "taken"
    fine = come_in(written("a@ejemplo.org"))
    assert fine.state == "answered"
    at = NOON
    for _turn in range(6):
        at += timedelta(days=1)
        commands.understand_due(at=at)
    bad.refresh_from_db()
    assert (bad.state, bad.reason, bad.detail) == ("waiting", "fault", "ValueError")
    deliver(at)
    assert Notice.objects.filter(user_id=operator.user_id, kind="mail_waiting").count() == 1


def test_what_a_matter_refuses_waits_with_its_sentence(ticket, contact, come_in, monkeypatch):
    from amparo.kernel.refusals import NotPermitted
    from amparo.project import mail_doors

    def refused(*_given, **_more):
        raise NotPermitted("No se puede, por esto.")

    monkeypatch.setattr(mail_doors, "ticket", refused)
    mail = come_in(written(contact.email, address(ticket.subject, contact.user_id)))
    assert (mail.state, mail.reason, mail.detail) == ("waiting", "refused", "No se puede, por esto.")


def test_a_mailbox_that_fails_as_none_should_stops_no_other(box, monkeypatch, come_in):
    """SEC-17: what was taken in is understood all the same, and the other mailboxes are looked into."""
    Mailbox.objects.create(name="a", address="a@amparo.mx", host="uno", created_at=NOON)
    Mailbox.objects.create(name="b", address="b@amparo.mx", host="dos", created_at=NOON)
    asked = []

    def fetch(mailbox, at):
        asked.append(mailbox.host)
        raise KeyError("UIDVALIDITY")

    monkeypatch.setattr(commands, "fetch", fetch)
    mail = commands.take_in(written("a@ejemplo.org").as_bytes(), source="lmtp", at=NOON)
    tasks.tick(at=NOON)
    mail.refresh_from_db()
    assert sorted(asked) == ["dos", "uno"] and mail.state == "answered"


def test_taking_in_many_is_two_dozen_statements(box, django_assert_max_num_queries):
    """A batch costs no more statements than one message."""
    arrivals = [commands.Arrived(written(f"a{n}@b.mx").as_bytes(), uid=n + 1) for n in range(50)]
    with django_assert_max_num_queries(70):
        assert len(commands.take_in_many(arrivals, source="imap", mailbox=box, uidvalidity=1, at=NOON)) == 50
    box.refresh_from_db()
    assert (box.taken_uid, box.uidvalidity) == (50, 1)


# -- staff sort --------------------------------------------------------------------------------------------------------


def test_staff_bring_a_message_to_its_matter(ticket, contact, operator, come_in, set_policy, facts):
    """TKT-1: in the author's name, from when we had it, where it was our limit that kept it."""
    set_policy("mailbox.sender_hourly_max", 0)
    mail = come_in(written(contact.email, address(ticket.subject, contact.user_id)))
    commands.hand_over(mail, ticket.shown_number, actor=operator, at=NOON + timedelta(hours=4))
    entry = last(ticket)
    assert (entry.author_id, entry.is_internal, entry.at) == (contact.user_id, False, NOON)
    mail.refresh_from_db()
    assert (mail.state, mail.decided_by_id) == ("handed", operator.user_id) and facts(mail)[-1] == "mail.handed"
    with pytest.raises(Refusal):
        commands.hand_over(mail, ticket.shown_number, actor=operator, at=NOON)


def test_a_strangers_words_become_a_note(ticket, operator, come_in):
    """SEC-20, SEC-13: a customer is shown nobody's words but his own and ours."""
    mail = come_in(written("perito@ejemplo.org"))
    commands.hand_over(mail, str(ticket.pk), actor=operator, at=NOON)
    entry = last(ticket)
    assert entry.is_internal and "perito@ejemplo.org" in entry.body and entry.author_id == operator.user_id


def test_staff_make_a_ticket_of_a_message(contact, customer, product, licence, operator, come_in, box):
    """TKT-1"""
    mail = come_in(written("hermano@ejemplo.org", text="No abre"))
    commands.make_ticket(mail, nic=customer.nic, product_id=product.pk, actor=operator, at=NOON)
    ticket = Ticket.objects.get()
    assert ticket.customer_id == customer.pk
    mail.refresh_from_db()
    assert (mail.state, mail.matter) == ("opened", ticket.subject)


@pytest.mark.parametrize("spoil", [
    lambda octets: b"Authentication-Results: mx.amparo.mx; dmarc=fail\r\n" + octets,
    lambda octets: b"Authentication-Results: mx.amparo.mx; dmarc=fail\r\nAuto-Submitted: auto-replied\r\n" + octets,
    lambda octets: octets.replace(b"\nTo:", b", malo@ejemplo.org\nTo:", 1),
])  # fmt: skip
def test_what_staff_take_up_by_hand_is_nobodys_whose_name_was_forged(ticket, contact, customer, product, operator, box, come_in, spoil):
    """SEC-13, SEC-14: the click says where it belongs, not who wrote it."""
    box.authserv = "mx.amparo.mx"
    box.save()
    octets = written(contact.email, address(ticket.subject, contact.user_id), "Cancele todo").as_bytes()
    mail = come_in(spoil(octets))
    commands.hand_over(mail, ticket.shown_number, actor=operator, at=NOON)
    assert last(ticket).is_internal and last(ticket).author_id == operator.user_id
    mail = come_in(spoil(octets.replace(b"todo", b"ya")))
    commands.make_ticket(mail, nic=customer.nic, product_id=product.pk, actor=operator, at=NOON)
    mail.refresh_from_db()
    opened = Ticket.objects.exclude(pk=ticket.pk).get()
    assert mail.user_id is None and last(opened).author_id != contact.user_id


def test_a_message_is_discarded_with_a_reason(operator, contact, come_in):
    mail = come_in(written("a@ejemplo.org"))
    for actor, reason in ((contact, "x"), (operator, " ")):
        with pytest.raises(Refusal):
            commands.discard(mail, reason, actor=actor, at=NOON)
    assert commands.discard(mail, "publicidad", actor=operator, at=NOON).detail == "publicidad"


def test_the_mail_of_an_ended_record_is_emptied(ticket, contact, come_in):
    """CAS-2"""
    mail = come_in(written(contact.email, address(ticket.subject, contact.user_id)))
    assert commands.purge([ticket.subject], at=NOON) == 1
    mail.refresh_from_db()
    assert (mail.title, mail.from_email) == ("", "") and StoredFile.objects.get(subject=mail.subject).purged_at == NOON


def test_mail_that_reached_no_matter_is_emptied_when_its_time_is_over(ticket, contact, operator, come_in, set_policy, mailoutbox):
    """CAS-2: with its raw copy, its facts and the address that was answered; what waits for staff stays, and so does a ticket's."""
    said = come_in(written(contact.email, address(ticket.subject, contact.user_id)))
    answered = come_in(written("a@ejemplo.org", Cc="soporte@amparo.mx"))
    automatic = come_in(written(contact.email, address(ticket.subject, contact.user_id), "fuera", Auto_Submitted="auto-replied"))
    discarded = come_in(written("b@ejemplo.org"))
    waiting = come_in(written(operator.email, text="de nosotros"))
    commands.discard(discarded, "publicidad de b@ejemplo.org", actor=operator, at=NOON)
    tasks.tick(at=NOON)
    year = NOON.replace(year=NOON.year + 1)
    tasks.keep(at=year)
    assert not Mail.objects.filter(purged_at__isnull=False)
    set_policy("casefiles.purge_on", False)
    tasks.keep(at=year + timedelta(days=1))
    assert not Mail.objects.filter(purged_at__isnull=False)
    set_policy("casefiles.purge_on", True)
    tasks.keep(at=year + timedelta(days=1))
    gone = {answered.pk, automatic.pk, discarded.pk}
    assert set(Mail.objects.filter(purged_at__isnull=False).values_list("pk", flat=True)) == gone
    assert set(Mail.objects.filter(from_email="", title="", message_id="").values_list("pk", flat=True)) == gone
    files = StoredFile.objects.filter(subject__in=[f"mail:{pk}" for pk in gone])
    assert len(files) == 3 and all(one.purged_at for one in files)
    assert not PlainAnswer.objects.exists() and not Fact.objects.filter(name="mail.discarded").exclude(data={})
    with pytest.raises(Refusal):
        commands.hand_over(answered, ticket.shown_number, actor=operator, at=year)
    shown = {row["id"] for view in queries.VIEWS for row in queries.mails(operator, view=view).rows}
    assert shown == {said.pk, waiting.pk}


# -- mailboxes ---------------------------------------------------------------------------------------------------------


def test_the_password_is_sealed_and_goes_to_no_other_server(administrator, operator, db):
    """SEC-32, SEC-57"""
    given = {"name": "IMAP", "address": "s@amparo.mx", "host": "imap.amparo.mx", "username": "s"}
    box = commands.add_mailbox(given, password="muy secreta", actor=administrator, at=NOON)
    assert "muy secreta" not in box.password_sealed and box.password_sealed
    assert "muy secreta" not in str(list(Fact.objects.filter(subject=box.subject).values_list("body", "data")))
    for moved in ({"host": "imap.malo.org"}, {"port": 1143}, {"username": "otro"}, {"security": "none"}):
        with pytest.raises(Refusal):
            commands.change_mailbox(box, moved, actor=administrator, at=NOON)
    commands.change_mailbox(box, {"name": "Otro nombre"}, actor=administrator, at=NOON)
    with pytest.raises(Refusal):
        commands.add_mailbox(given, password="x", actor=administrator, at=NOON)
    with pytest.raises(Refusal):
        commands.change_mailbox(box, {"name": "x"}, actor=operator, at=NOON)


def test_the_first_mailbox_is_where_letters_are_answered_to(box):
    from amparo.policies.queries import value

    assert value("notifications.answer_address", at=NOON) == "soporte+{word}@amparo.mx"


def test_letters_carry_their_own_address_and_id(box, ticket, contact, engineer, come_in, deliver, mailoutbox):
    """TKT-1, SEC-13, SEC-15: what we send can be answered, once around."""
    from amparo.notifications.commands import send_due
    from amparo.tickets import commands as tickets

    tickets.write(ticket, "¿Qué versión tiene?", actor=engineer, at=NOON)
    deliver()
    send_due(at=NOON)
    sent = next(one for one in mailoutbox if one.to == [contact.email]).message()
    assert sent["Reply-To"] == address(ticket.subject, contact.user_id)
    assert sent["Auto-Submitted"] == "auto-generated" and sent["References"]
    answer = written(contact.email, sent["Reply-To"], "La 10.1", In_Reply_To=sent["Message-ID"])
    assert come_in(answer).state == "said"
    assert come_in(sent.as_bytes()).reason in ("own", "machine")


def test_staff_letters_are_not_answered_unless_allowed(box, ticket, engineer, deliver, mailoutbox, set_policy):
    """SEC-1, SEC-13"""
    from amparo.notifications.letters import answer_address

    letter = Letter(pk=1, user_id=engineer.user_id, subject_ref=ticket.subject, fact_id=1)
    assert not answer_address(letter, is_staff=True, at=NOON)
    set_policy("notifications.staff_answer_by_mail", True)
    assert answer_address(letter, is_staff=True, at=NOON) == address(ticket.subject, engineer.user_id)
    assert not answer_address(Letter(pk=1, user_id=1, subject_ref="pocket:4", fact_id=1), is_staff=False, at=NOON)


def test_the_doctor_says_how_each_mailbox_is():
    """Each in a sentence, with what to do."""
    from datetime import UTC, datetime

    from amparo.project.doctor import mailbox

    now = datetime.now(UTC)
    assert mailbox("a@b.mx", "", "", None, None).verdict == "good"
    assert mailbox("a@b.mx", "imap", "LoginError", now, now).verdict == "bad"
    assert mailbox("a@b.mx", "imap", "", None, now).verdict == "good"
    assert mailbox("a@b.mx", "imap", "", None, now - timedelta(hours=1)).verdict == mailbox("a@b.mx", "imap", "", None, None).verdict == "warning"
