"""The queue, its counts, search, and what stands beside a thread."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from amparo.conftest import NOON
from amparo.kernel.refusals import Invalid
from amparo.threads import commands, queries
from amparo.threads.models import Draft, Presence, Tally, Thread
from amparo.threads.queries import QueueFilter

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=2)


def numbers(page):
    return [row.number for row in page.rows]


@pytest.fixture
def several(open_one):
    """A case of now, two tickets, and one that waits for its customer."""
    early = open_one("Primero", at=NOON - timedelta(hours=5))
    late = open_one("Segundo")
    case = open_one("Un caso", kind="case", priority=1, at=LATER)
    waits = open_one("En espera", promise_kind=None)
    commands.place(waits, state="waiting", queue="waiting", at=NOON)
    gone = open_one("Cerrado", promise_kind=None)
    commands.place(gone, state="closed", queue="closed", at=NOON)
    return {"early": early, "late": late, "case": case, "waits": waits, "gone": gone}


def test_the_queue_by_promise_cases_first(several, engineer, django_assert_num_queries):
    """TIM-4: a case stands before tickets, each by its deadline; what waits without a promise comes last."""
    with django_assert_num_queries(1):
        page = queries.queue(engineer, at=LATER)
    assert [row.title for row in page.rows] == ["Un caso", "Primero", "Segundo", "En espera"]
    first = page.rows[0]
    assert first.customer == "Abarrotes Lupita" and first.shown == f"C-{several['case'].number}"
    assert first.due_at is not None and first.due_from == LATER


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        (QueueFilter(queue="answer"), ["Un caso", "Primero", "Segundo"]),
        (QueueFilter(queue="waiting"), ["En espera"]),
        (QueueFilter(queue="closed"), ["Cerrado"]),
        (QueueFilter(kind="case"), ["Un caso"]),
        (QueueFilter(unassigned=True, kind="ticket"), ["Segundo", "En espera"]),
        (QueueFilter(tag="impresora"), ["Primero"]),
    ],
)
def test_views_of_the_queue(several, engineer, filters, titles):
    commands.assign(several["early"], engineer.user_id, actor=engineer, at=NOON)
    commands.tag(several["early"], ["Impresora"], actor=engineer, at=NOON)
    assert [row.title for row in queries.queue(engineer, filters, at=LATER).rows] == titles


def test_mine_and_late(several, engineer):
    commands.assign(several["early"], engineer.user_id, actor=engineer, at=NOON)
    mine = queries.queue(engineer, QueueFilter(assignee=engineer.user_id), at=LATER)
    assert numbers(mine) == [several["early"].number] and mine.rows[0].assignee == "Elena Ingeniera"
    due = several["early"].due_at
    assert numbers(queries.queue(engineer, QueueFilter(late=True, kind="ticket"), at=due)) == []
    late = queries.queue(engineer, QueueFilter(late=True, kind="ticket"), at=due + timedelta(seconds=1))
    assert numbers(late) == [several["early"].number]


@pytest.mark.parametrize("queue", ["", "answer", "waiting", "closed"])
def test_pages_follow_each_other_without_gap(open_one, engineer, queue):
    for n in range(7):
        one = open_one(f"n {n}", at=NOON + timedelta(minutes=n % 3), promise_kind="answer.ticket" if n % 2 else None)
        if queue in ("waiting", "closed"):
            commands.place(one, queue=queue, at=NOON)
    whole = queries.queue(engineer, QueueFilter(queue=queue), at=LATER)
    seen, after = [], ""
    while True:
        page = queries.queue(engineer, QueueFilter(queue=queue), at=LATER, after=after, size=2)
        seen += numbers(page)
        after = page.next
        if not after:
            break
    assert seen == numbers(whole) and len(seen) == 7


def test_customers_have_no_queue(several, contact, other_contact, registered):
    """ACC-11, SEC-29: no row, no count."""
    for actor in (contact, other_contact, registered):
        assert queries.queue(actor, at=NOON).rows == [] and queries.counts(actor, at=NOON).working == 0
        assert queries.looking(several["early"], actor, at=NOON) == []


@pytest.mark.parametrize(
    "given",
    [
        {"queue": "nope"}, {"kind": "thread__customer"}, {"assignee": "1 OR 1=1"}, {"assignee": "_connector"},
        {"assignee": "9" * 19},
    ],
)  # fmt: skip
def test_filters_are_read_by_an_allow_list(engineer, given):
    """SEC-30"""
    with pytest.raises(Invalid):
        QueueFilter.parse(given, engineer)


def test_counts_are_those_of_the_rows(several, engineer, operator, django_assert_num_queries):
    commands.assign(several["early"], engineer.user_id, actor=engineer, at=NOON)
    commands.assign(several["late"], operator.user_id, actor=operator, at=NOON)
    with django_assert_num_queries(1):
        counts = queries.counts(engineer, at=several["early"].due_at + timedelta(minutes=1))
    assert counts.working == 4 and counts.mine == 1 and counts.mine_to_answer == 1 and counts.unassigned == 2
    assert counts.by_queue == {"answer": 3, "waiting": 1} and counts.by_kind == {"ticket": 3, "case": 1}
    assert counts.late == 2


def _counted():
    rows = Thread.objects.exclude(queue="closed").values_list("kind", "queue", "assignee_id")
    return {key: list(rows).count(key) for key in set(rows)}


def _kept():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, queue, assignee_id, sum(step) FROM threads_tally WHERE queue <> 'closed' "
            "GROUP BY 1, 2, 3 HAVING sum(step) <> 0"
        )
        return {(k, q, a): int(n) for k, q, a, n in cursor.fetchall()}


def test_the_tally_is_drawn_together_and_says_the_same(several, engineer):
    for n in range(300):
        commands.place(several["late"], queue="answer" if n % 2 else "waiting", at=NOON)
    before = queries.counts(engineer, at=NOON)
    assert Tally.objects.count() > 500 and commands.compact_tally(at=NOON) > 500
    assert Tally.objects.count() < 10 and queries.counts(engineer, at=NOON) == before
    assert _kept() == _counted()
    assert commands.compact_tally(at=NOON) == 0


@pytest.mark.django_db(transaction=True)
def test_the_tally_holds_under_concurrency(open_one, engineer):
    """Nobody waits for anybody's counter, nothing is lost, also while the steps are drawn together."""
    made = [open_one(f"n {n}") for n in range(6)]
    stop = threading.Event()

    def move(thread):
        try:
            for n in range(25):
                commands.place(Thread.objects.get(pk=thread.pk), queue=("answer", "waiting", "closed")[n % 3], at=NOON)
        finally:
            connection.close()

    def draw():
        try:
            while not stop.is_set():
                with transaction.atomic(), connection.cursor() as cursor:
                    from amparo.threads.commands.desk import _COMPACT

                    cursor.execute(_COMPACT)
        finally:
            connection.close()

    movers, drawer = [threading.Thread(target=move, args=(t,)) for t in made], threading.Thread(target=draw)
    drawer.start()
    [m.start() for m in movers]
    [m.join() for m in movers]
    stop.set()
    drawer.join()
    assert _kept() == _counted()


def test_the_timeline_is_one_statement_with_its_files(thread, contact, engineer, settings, tmp_path, django_assert_num_queries):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from amparo.files import commands as files

    settings.MEDIA_ROOT = tmp_path
    sent = [
        files.store(SimpleUploadedFile(f"{n}.txt", b"x%d" % n), draft_key="d", actor=contact, at=NOON).public_id for n in range(3)
    ]
    commands.say(thread, "Va", files=sent[::-1], draft_key="d", actor=contact, at=LATER)
    with django_assert_num_queries(1):
        first, second = queries.timeline(thread, engineer)
    assert first.files == () and [f.name for f in second.files] == ["2.txt", "1.txt", "0.txt"]
    assert second.files[0].url == f"/files/{sent[2]}/2.txt" and second.anchor == "e2"
    assert [e.seq for e in queries.timeline(thread, engineer, since=1)] == [2]


def test_drafts(thread, contact, engineer):
    """TKT-1"""
    commands.save_draft(thread.subject, body="A medias", actor=contact, at=NOON)
    commands.save_draft(thread.subject, body="A medias y más", kind="note", actor=contact, at=LATER)
    draft = queries.draft_of(thread.subject, contact)
    assert draft.body == "A medias y más" and draft.kind == "reply" and queries.draft_of(thread.subject, engineer) is None
    commands.say(thread, "Ya", actor=contact, at=LATER)
    assert not Draft.objects.exists()
    commands.save_draft(thread.subject, body="x", actor=engineer, at=NOON)
    commands.save_draft(thread.subject, body=" ", actor=engineer, at=NOON)
    assert not Draft.objects.exists()


def test_presence(thread, engineer, operator, contact):
    """TKT-1: who looks is forgotten soon; only a change is told."""
    commands.touch_presence(thread, is_typing=True, actor=operator, at=NOON)
    assert queries.looking(thread, engineer, at=NOON) == [{"name": "Oscar Operador", "typing": True}]
    assert queries.looking(thread, operator, at=NOON) == []
    assert queries.looking(thread, engineer, at=NOON + timedelta(seconds=46)) == []
    commands.leave(thread, actor=operator, at=NOON)
    assert not Presence.objects.exists()
    commands.touch_presence(thread, is_typing=False, actor=operator, at=NOON)
    assert commands.forget_presence(at=NOON + timedelta(hours=2)) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'threads_presence'")
        assert cursor.fetchone()[0] == "u"


def test_customer_lists_are_pages(open_one, contact, django_assert_num_queries):
    made = [open_one(f"n {n}", at=NOON + timedelta(minutes=n // 2)) for n in range(5)]
    with django_assert_num_queries(1):
        page = queries.customer_threads(contact, size=2)
    seen = [row["number"] for row in page.rows]
    while page.next:
        page = queries.customer_threads(contact, size=2, after=page.next)
        seen += [row["number"] for row in page.rows]
    assert seen == [t.number for t in sorted(made, key=lambda t: (t.created_at, t.pk), reverse=True)]
