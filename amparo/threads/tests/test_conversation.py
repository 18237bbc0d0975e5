"""What is said in a thread."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from amparo.conftest import NOON
from amparo.deadlines.models import Promise
from amparo.deadlines.queries import open_promises, promises_of
from amparo.kernel.refusals import NotPermitted
from amparo.threads import commands, queries
from amparo.threads.errors import KeyReused, NothingSaid, TooLong
from amparo.threads.models import Entry, Thread

LATER = NOON + timedelta(hours=2)


@pytest.mark.django_db
def test_opening_starts_the_answer_clock(thread, contact, customer):
    """TIM-4, TIM-9"""
    [owed] = open_promises(thread.subject)
    assert owed.kind_code == "answer.ticket" and owed.started_at == NOON
    thread.refresh_from_db()
    assert thread.due_at == owed.due_at and thread.due_from == NOON
    assert (thread.entry_count, thread.public_count, thread.opened_by_id) == (1, 1, contact.user_id)
    first = Entry.objects.get(thread=thread)
    assert first.body_html == "<p>Desde ayer <strong>no abre</strong> la caja.</p>\n"
    assert first.author_kind == "customer" and first.customer_id == customer.pk


@pytest.mark.django_db
def test_an_answer_of_staff_keeps_every_answer_that_is_owed(thread, contact, engineer, facts):
    """TIM-9"""
    commands.say(thread, "¿Hay alguna noticia?", actor=contact, at=NOON + timedelta(hours=1))
    assert len(open_promises(thread.subject)) == 2
    commands.say(thread, "Ya lo vemos.", actor=engineer, at=LATER, queue="waiting", state="waiting")
    assert open_promises(thread.subject) == []
    assert {p.met_by_id for p in promises_of(thread.subject)} == {engineer.user_id}
    thread.refresh_from_db()
    assert thread.due_at is None and thread.queue == "waiting" and thread.last_staff_at == LATER
    assert facts(thread)[-1] == "ticket.answered" and "ticket.customer_wrote" in facts(thread)


@pytest.mark.django_db
def test_the_due_time_is_the_earliest_promise(thread, contact):
    """TIM-9: a second message does not push the first one's deadline away."""
    first = thread.due_at
    commands.say(thread, "Otra cosa", actor=contact, at=LATER)
    assert Thread.objects.get(pk=thread.pk).due_at == first


@pytest.mark.django_db
def test_a_note_meets_nothing_and_leaves_no_trace_for_the_customer(thread, engineer, contact, facts):
    """TIM-9, SEC-10"""
    before = facts(thread)
    commands.note(thread, "Parece el controlador XK-canario", actor=engineer, at=LATER)
    assert len(open_promises(thread.subject)) == 1
    assert facts(thread) == before
    assert facts(thread.desk_subject) == ["ticket.noted"]
    thread.refresh_from_db()
    assert thread.public_count == 1 and thread.last_public_at == NOON
    assert [e.seq for e in queries.timeline(thread, contact)] == [1]
    assert [e.seq for e in queries.timeline(thread, engineer)] == [1, 2]


@pytest.mark.django_db
def test_the_same_key_says_it_once(thread, contact, facts):
    """CHG-10, SEC-48"""
    first = commands.say(thread, "Una vez", key="k1", actor=contact, at=LATER)
    again = commands.say(thread, "Una vez", key="k1", actor=contact, at=LATER)
    assert first == again and Entry.objects.filter(thread=thread).count() == 2
    with pytest.raises(KeyReused):
        commands.say(thread, "Otra cosa", key="k1", actor=contact, at=LATER)


@pytest.mark.django_db
def test_the_same_key_of_another_person_is_another_key(thread, contact, engineer):
    """SEC-48"""
    commands.say(thread, "Una vez", key="k1", actor=contact, at=LATER)
    commands.say(thread, "Respuesta", key="k1", actor=engineer, at=LATER)
    assert Entry.objects.filter(thread=thread).count() == 3


@pytest.mark.django_db
def test_opening_with_the_same_key_opens_once(open_one, contact):
    """CHG-10, SEC-48"""
    one, two = open_one(key="k"), open_one(key="k")
    assert one.pk == two.pk and Thread.objects.count() == 1 and Promise.objects.count() == 1
    with pytest.raises(KeyReused):
        open_one(title="Otro asunto", key="k")


@pytest.mark.django_db(transaction=True)
def test_a_double_click_opens_one_thread(open_one, contact):
    """CHG-10, SEC-47"""
    barrier, made = threading.Barrier(4), []

    def click():
        try:
            barrier.wait()
            made.append(open_one(key="doble").pk)
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _ in range(4)]
    [c.start() for c in clicks]
    [c.join() for c in clicks]
    assert len(set(made)) == 1 and len(made) == 4
    assert Thread.objects.count() == 1 and Entry.objects.count() == 1 and Promise.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_messages_at_the_same_time_each_get_their_place(open_one, contact, engineer):
    """CAS-1: no message is lost and none shares a number."""
    thread = open_one()
    barrier = threading.Barrier(6)

    def write(n):
        try:
            barrier.wait()
            mine = Thread.objects.get(pk=thread.pk)
            commands.say(mine, f"mensaje {n}", actor=contact if n % 2 else engineer, at=LATER)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    [w.start() for w in writers]
    [w.join() for w in writers]
    assert list(Entry.objects.filter(thread=thread).order_by("seq").values_list("seq", flat=True)) == list(range(1, 8))
    assert Thread.objects.get(pk=thread.pk).entry_count == 7


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE threads_entry SET body = 'x'",
        "UPDATE threads_entry SET is_internal = true",
        "DELETE FROM threads_entry",
    ],
)
def test_an_entry_is_never_changed(thread, sql):
    """CAS-1: also by plain SQL."""
    with pytest.raises(DatabaseError, match="final"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.django_db
def test_nothing_and_too_much_are_refused_beside_the_field(thread, contact):
    with pytest.raises(NothingSaid) as empty:
        commands.say(thread, "  \n\x00 ", actor=contact, at=LATER)
    assert empty.value.field == "body"
    with pytest.raises(TooLong):
        commands.say(thread, "a" * 50_001, actor=contact, at=LATER)


@pytest.mark.django_db
def test_who_may_write(thread, other_contact, own_only, member, sales, registered, engineer):
    """ACC-11, SEC-8"""
    for stranger in (other_contact, own_only, registered, sales):
        with pytest.raises(NotPermitted):
            commands.say(thread, "Hola", actor=stranger, at=LATER)
    for stranger in (other_contact, own_only, member, registered):
        with pytest.raises(NotPermitted):
            commands.note(thread, "Hola", actor=stranger, at=LATER)
    commands.say(thread, "Hola", actor=member, at=LATER)
    commands.note(thread, "Hola", actor=sales, at=LATER)


@pytest.mark.django_db
def test_numbers_are_drawn_per_kind(open_one):
    one, two, case = open_one(), open_one(), open_one(kind="case", promise_kind=None)
    assert two.number == one.number + 1
    assert case.subject == f"case:{case.number}" and case.shown_number == f"C-{case.number}"


@pytest.mark.django_db
def test_saying_costs_few_statements(thread, contact, engineer, django_assert_max_num_queries):
    """How many round trips a message takes, its savepoint included."""
    with django_assert_max_num_queries(12):
        commands.say(thread, "¿Hola?", key="a", actor=contact, at=LATER)


@pytest.mark.django_db(transaction=True)
def test_who_is_told_of_what(open_one, contact, engineer):
    """SEC-10, SEC-36: a note moves no topic that a customer may follow; the queue is told of every move."""
    import psycopg
    from django.db import connection as ours

    thread = open_one()
    with psycopg.connect(**{**ours.get_connection_params(), "cursor_factory": psycopg.Cursor}, autocommit=True) as listener:
        listener.execute("LISTEN amparo_stream")

        def told():
            return {notice.payload.partition("|")[0] for notice in listener.notifies(timeout=0.5)}

        commands.say(thread, "Hola", actor=contact, at=LATER)
        assert told() == {"queue", thread.subject, f"customer:{thread.customer_id}"}
        commands.note(thread, "Ojo", actor=engineer, at=LATER)
        assert told() == {"queue", thread.desk_subject}
        commands.tag(thread, ["caja"], actor=engineer, at=LATER)
        assert told() == {"queue", thread.desk_subject}
        commands.touch_presence(thread, is_typing=True, actor=engineer, at=LATER)
        assert told() == {thread.desk_subject}
        commands.touch_presence(thread, is_typing=True, actor=engineer, at=LATER + timedelta(seconds=5))
        assert told() == set()
        commands.place(thread, queue="waiting", at=LATER)
        assert told() == {"queue"}
