"""The verbs of tickets."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from amparo.conftest import NOON
from amparo.contracts.errors import NoStanding
from amparo.deadlines.queries import open_promises, promises_of
from amparo.files import commands as files
from amparo.files.errors import NotAttachable
from amparo.kernel.actor import SYSTEM
from amparo.kernel.machine import IllegalMove
from amparo.kernel.refusals import NotPermitted, Stale
from amparo.people.models import Contact
from amparo.products import commands as products
from amparo.threads import queries as threads
from amparo.threads.errors import KeyReused, NothingSaid
from amparo.threads.models import Entry, Thread
from amparo.tickets import commands
from amparo.tickets.errors import NobodyCalling, NotClosed, NotOurProduct, SomebodyWrote, TitleMissing
from amparo.tickets.models import Ticket

from .conftest import give_licence

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=3)


def test_a_licensed_contact_opens_a_ticket_and_is_promised_an_answer(ticket, contact, customer, facts):
    """TKT-1, TIM-4, ACC-5: without any contract."""
    assert ticket.state == "open" and ticket.customer_id == customer.pk
    assert ticket.release.version == "10.1" and ticket.licence.customer_id == customer.pk
    [owed] = open_promises(ticket.subject)
    assert owed.kind_code == "answer.ticket" and owed.priority == 2
    # Wednesday noon and 48 business hours: two business days later at the same hour. TIM-2
    assert owed.due_at == NOON + timedelta(days=2)
    assert facts(ticket) == ["promise.made", "ticket.opened"]
    assert ticket.thread.number == ticket.pk and ticket.thread.queue == "answer"


def test_opening_takes_at_most_ten_statements(contact, product, licence):
    """The figure for creating a ticket: its promise, its fact and what tells of it, with nothing computed beforehand."""
    with _at_most(10):
        commands.open_ticket("Pregunta", "¿Cómo?", product.pk, key="k", actor=contact, at=NOON)


class _at_most:
    """Count statements without the savepoint in which the test itself wraps the command."""

    def __init__(self, most: int) -> None:
        self.most = most

    def __enter__(self):
        from django.test.utils import CaptureQueriesContext

        self.seen = CaptureQueriesContext(connection)
        self.seen.__enter__()

    def __exit__(self, *error):
        self.seen.__exit__(*error)
        sent = [q["sql"] for q in self.seen.captured_queries if "SAVEPOINT" not in q["sql"]]
        assert len(sent) <= self.most, "\n".join(sent)


@pytest.mark.parametrize("version", ["9.2", None])
def test_an_old_version_is_told_instead(contact, customer, product, version):
    """TKT-4, ACC-9"""
    give_licence(customer, product, version)
    with pytest.raises(NoStanding) as refused:
        commands.open_ticket("Hola", "¿Qué tal?", product.pk, actor=contact, at=NOON)
    assert not refused.value.context["standing"].allowed and "version" in [
        c.code for c in refused.value.context["standing"].conditions if not c.passed
    ]
    assert not Ticket.objects.exists() and not Thread.objects.exists()


def test_the_old_version_is_included_in_a_contract_or_is_had_by_one(contact, customer, product, contract):
    """TKT-4, UPD-1: with the update where he may take it."""
    give_licence(customer, product, "9.2")
    with pytest.raises(NoStanding) as refused:
        commands.open_ticket("Hola", "¿Qué tal?", product.pk, actor=contact, at=NOON)
    assert "9.2" in str(refused.value) and "10.1" in str(refused.value)


def test_the_first_sixty_days_after_a_release_strip_nobody(contact, customer, product):
    """ACC-5, section 2: what is open stays open, too."""
    give_licence(customer, product, "10.1")
    one = commands.open_ticket("Hola", "¿Qué tal?", product.pk, actor=contact, at=NOON)
    new = products.add_release(product, "11.0", (NOON + timedelta(days=1)).date(), actor=SYSTEM, at=NOON + timedelta(days=1))
    products.make_current(new, actor=SYSTEM, at=NOON + timedelta(days=1))
    commands.open_ticket("Hola", "¿Y ahora?", product.pk, actor=contact, at=NOON + timedelta(days=60))
    with pytest.raises(NoStanding):
        commands.open_ticket("Hola", "¿Y ahora?", product.pk, actor=contact, at=NOON + timedelta(days=62))
    commands.write(one, "Sigo aquí", actor=contact, at=NOON + timedelta(days=62))


def test_keys_of_another_customer_are_not_known(contact, other_customer, product, licence):
    """SEC-8: the licence of another tenant."""
    theirs = give_licence(other_customer, product, serial="CAJA-7K2M-9XQ4-0002")
    with pytest.raises(NotOurProduct):
        commands.open_ticket("Hola", "¿?", product.pk, licence_id=theirs.pk, actor=contact, at=NOON)
    with pytest.raises(NotPermitted):
        commands.open_ticket("Hola", "¿?", product.pk, customer_id=other_customer.pk, actor=_registered(), at=NOON)
    mine = commands.open_ticket("Hola", "¿?", product.pk, customer_id=other_customer.pk, actor=contact, at=NOON)
    assert mine.customer_id == contact.customer_id


def _registered():
    from amparo.kernel.actor import Actor

    return Actor(kind="registered", user_id=1, name="Rita")


def test_the_operator_opens_for_a_caller(operator, contact, own_only, customer, product, licence, sales):
    """TKT-1, TEL-2: the words are the caller's, the record says who typed them."""
    his = Contact.objects.get(user_id=own_only.user_id)
    ticket = commands.open_ticket("Hola", "Llama", product.pk, contact_id=his.pk, via="phone", actor=operator, at=NOON)
    first = Entry.objects.get(thread=ticket.thread)
    assert (first.author_id, first.author_kind, first.typed_by_id) == (own_only.user_id, "customer", operator.user_id)
    assert ticket.thread.opened_by_id == own_only.user_id and first.via == "phone"
    other = commands.open_ticket(
        "Hola", "Llama", product.pk, customer_id=customer.pk, caller_name="Don Chucho", via="phone", actor=operator, at=NOON
    )
    assert Entry.objects.get(thread=other.thread).author_name == "Don Chucho"
    with pytest.raises(NotPermitted):
        commands.open_ticket("Hola", "Llama", product.pk, contact_id=his.pk, actor=sales, at=NOON)
    for wrong in ({}, {"contact_id": 999_999}, {"customer_id": customer.pk}):
        with pytest.raises(NobodyCalling):
            commands.open_ticket("Hola", "Llama", product.pk, actor=operator, at=NOON, **wrong)


def test_what_is_missing_is_told_beside_its_field(contact, product, licence):
    with pytest.raises(TitleMissing) as title:
        commands.open_ticket(" \n", "¿?", product.pk, actor=contact, at=NOON)
    with pytest.raises(NothingSaid) as body:
        commands.open_ticket("Hola", "  ", product.pk, actor=contact, at=NOON)
    assert (title.value.field, body.value.field) == ("title", "body")
    assert not Thread.objects.exists()


def test_the_same_key_opens_one_ticket(open_one, facts):
    """CHG-10, SEC-48"""
    one, two = open_one(key="k"), open_one(key="k")
    assert one.pk == two.pk and Ticket.objects.count() == 1 and facts(one).count("ticket.opened") == 1
    with pytest.raises(KeyReused):
        open_one("Otra cosa", key="k")


@pytest.mark.django_db(transaction=True)
def test_a_double_click_opens_one_ticket(open_one):
    """CHG-10, SEC-47"""
    barrier, made = threading.Barrier(5), []

    def click():
        try:
            barrier.wait()
            made.append(open_one(key="doble").pk)
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _ in range(5)]
    [c.start() for c in clicks]
    [c.join() for c in clicks]
    assert len(made) == 5 and len(set(made)) == 1 == Ticket.objects.count() == Thread.objects.count()


def test_whose_turn_it_is(ticket, contact, engineer):
    """TKT-1, TIM-9"""
    commands.write(ticket, "¿Qué versión?", actor=engineer, at=LATER)
    assert ticket.state == "waiting" and ticket.thread.queue == "waiting" and open_promises(ticket.subject) == []
    commands.write(ticket, "La 10.1", actor=contact, at=LATER + timedelta(hours=1))
    assert ticket.state == "open" and ticket.thread.queue == "answer" and len(open_promises(ticket.subject)) == 1
    assert Ticket.objects.get(pk=ticket.pk).state == Thread.objects.get(pk=ticket.thread_id).state == "open"


def test_what_a_caller_says_is_the_customer_s_word(ticket, contact, operator):
    """TIM-9: an operator who writes down a call answers nothing."""
    caller = Contact.objects.get(user_id=contact.user_id)
    commands.write(ticket, "Dice que urge", contact_id=caller.pk, via="phone", actor=operator, at=LATER)
    assert ticket.state == "open" and len(open_promises(ticket.subject)) == 2


@pytest.mark.parametrize("who", ["contact", "engineer"])
def test_either_side_closes_and_reopens(ticket, request, who, facts):
    """TKT-2"""
    actor = request.getfixturevalue(who)
    commands.close(ticket, actor=actor, at=LATER)
    assert ticket.state == "closed" and ticket.closed_at == LATER and ticket.thread.queue == "closed"
    assert ticket.thread.closed_at == LATER
    with pytest.raises(IllegalMove):
        commands.close(ticket, actor=actor, at=LATER)
    commands.reopen(ticket, actor=actor, at=LATER)
    assert ticket.state == "open" and ticket.closed_at is None and ticket.thread.queue == "answer"
    assert [f for f in facts(ticket) if f.startswith("ticket.")] == ["ticket.opened", "ticket.closed", "ticket.reopened"]
    with pytest.raises(NotClosed):
        commands.reopen(ticket, actor=actor, at=LATER)


@pytest.mark.parametrize(("who", "after"), [("contact", "open"), ("engineer", "waiting")])
def test_a_message_of_either_side_reopens(ticket, engineer, request, who, after, facts):
    """TKT-2"""
    commands.close(ticket, actor=engineer, at=LATER)
    commands.write(ticket, "Una cosa más", actor=request.getfixturevalue(who), at=LATER + timedelta(days=1))
    assert ticket.state == after and facts(ticket)[-1] == "ticket.reopened"
    assert len(open_promises(ticket.subject)) == (1 if who == "contact" else 0)


def test_closing_without_a_word_is_no_answer(ticket, engineer):
    """TIM-9: the promise is not kept, it ends for a reason that reports show."""
    commands.close(ticket, actor=engineer, at=LATER)
    [ended] = promises_of(ticket.subject)
    assert ended.state == "ended" and ended.end_reason == "closed_by_staff" and ended.met_at is None


def test_a_last_word_of_staff_is_an_answer(ticket, engineer):
    """TIM-9"""
    commands.close(ticket, body="Era la versión. Quedó.", actor=engineer, at=LATER)
    [kept] = promises_of(ticket.subject)
    assert kept.state == "kept" and ticket.state == "closed" and ticket.thread.due_at is None


def test_two_engineers_at_once(ticket, contact, engineer, operator):
    """TKT-1: nobody answers past what a colleague or the customer has just written."""
    seen = ticket.thread.public_count
    commands.write(ticket, "Reinicie la caja", seen=seen, actor=operator, at=LATER)
    with pytest.raises(SomebodyWrote) as stale:
        commands.write(ticket, "Mándeme el registro", seen=seen, actor=engineer, at=LATER)
    assert isinstance(stale.value, Stale) and stale.value.status == 409
    assert Entry.objects.filter(thread=ticket.thread).count() == 2
    commands.write(ticket, "Mándeme el registro", seen=seen + 1, actor=engineer, at=LATER)


def test_a_customer_is_never_told_to_read_first(ticket, contact, engineer):
    seen = ticket.thread.public_count
    commands.write(ticket, "Reinicie la caja", actor=engineer, at=LATER)
    commands.write(ticket, "¿Y bien?", seen=seen, actor=contact, at=LATER)
    assert ticket.state == "open"


def test_a_repeated_post_moves_nothing(ticket, contact, engineer):
    """CHG-10: the back button after the engineer answered does not make it ours again."""
    commands.write(ticket, "¿Y bien?", key="k", actor=contact, at=LATER)
    commands.write(ticket, "Ya quedó", key="r", seen=2, actor=engineer, at=LATER)
    commands.write(ticket, "¿Y bien?", key="k", actor=contact, at=LATER)
    commands.write(ticket, "Ya quedó", key="r", seen=2, actor=engineer, at=LATER)
    assert Ticket.objects.get(pk=ticket.pk).state == "waiting" and open_promises(ticket.subject) == []
    assert Thread.objects.get(pk=ticket.thread_id).entry_count == 3


def test_a_stale_page_closes_nothing(ticket, contact, engineer):
    commands.write(ticket, "Reinicie", actor=engineer, at=LATER)
    with pytest.raises(Stale):
        commands.close(ticket, seen_state="open", actor=contact, at=LATER)
    assert Ticket.objects.get(pk=ticket.pk).state == "waiting"


def test_files_travel_with_the_message(ticket, contact, engineer, member):
    """TKT-1, SEC-27: those of the writer alone; those of a note stay inside."""
    def draft(actor, name):
        return files.store(SimpleUploadedFile(name, name.encode()), draft_key="d", actor=actor, at=LATER)

    mine, theirs, inner = draft(contact, "a.txt"), draft(member, "b.txt"), draft(engineer, "c.txt")
    with pytest.raises(NotAttachable):
        commands.write(ticket, "Va", files=[theirs.public_id], draft_key="d", actor=contact, at=LATER)
    commands.write(ticket, "Va", files=[mine.public_id], draft_key="d", actor=contact, at=LATER)
    from amparo.threads.commands import note

    note(ticket.thread, "Ojo", files=[inner.public_id], draft_key="d", actor=engineer, at=LATER)
    mine.refresh_from_db(), inner.refresh_from_db()
    assert mine.subject == ticket.subject and inner.subject == ticket.thread.desk_subject
    seen = threads.timeline(ticket.thread, contact)
    assert [f.name for e in seen for f in e.files] == ["a.txt"]


def test_who_may_write_and_close(ticket, other_contact, own_only, registered, sales, member):
    """ACC-11, SEC-8"""
    for stranger in (other_contact, own_only, registered, sales):
        for act in (
            lambda who: commands.write(ticket, "Hola", actor=who, at=LATER),
            lambda who: commands.close(ticket, actor=who, at=LATER),
            lambda who: commands.reopen(ticket, actor=who, at=LATER),
            lambda who: commands.mark_defect(ticket, actor=who, at=LATER),
        ):
            with pytest.raises(NotPermitted):
                act(stranger)
    commands.write(ticket, "Hola", actor=member, at=LATER)
    with pytest.raises(NotPermitted):
        commands.mark_defect(ticket, actor=member, at=LATER)


def test_a_contact_removed_while_signed_in_writes_no_more(ticket, contact):
    """SEC-6, SEC-11: the right is computed at each use."""
    from amparo.people.queries import actor_by_id

    Contact.objects.filter(user_id=contact.user_id).update(removed_at=LATER)
    with pytest.raises(NotPermitted):
        commands.write(ticket, "Hola", actor=actor_by_id(contact.user_id), at=LATER)


@pytest.mark.django_db(transaction=True)
def test_everybody_at_once(open_one, contact, engineer, operator, facts):
    """SEC-47, TKT-2: closing, answering and asking at the same moment: each act whole, in some order, none twice."""
    ticket = open_one()
    barrier, refused = threading.Barrier(6), []

    def act(n):
        try:
            mine = Ticket.objects.select_related("thread").get(pk=ticket.pk)
            barrier.wait()
            if n < 3:
                commands.close(mine, actor=(contact, engineer, operator)[n], at=LATER)
            else:
                commands.write(mine, f"mensaje {n}", key=f"k{n}", actor=contact if n == 3 else engineer, at=LATER)
        except IllegalMove:
            refused.append(n)
        finally:
            connection.close()

    people = [threading.Thread(target=act, args=(n,)) for n in range(6)]
    [p.start() for p in people]
    [p.join() for p in people]
    names = facts(ticket)
    assert Entry.objects.filter(thread=ticket.thread).count() == 4
    closed, reopened = names.count("ticket.closed"), names.count("ticket.reopened")
    fresh = Ticket.objects.select_related("thread").get(pk=ticket.pk)
    assert closed + len(refused) == 3 and closed - reopened == (1 if fresh.state == "closed" else 0)
    assert fresh.state == fresh.thread.state and set(refused) <= {0, 1, 2}
