"""The large world, small: whatever the database and the rules hold of a real one holds of it too."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import connection, transaction
from django.db.models import Value
from django.db.models.functions import Concat
from django.test import Client

from amparo.cases import commands as cases
from amparo.cases.machine import Kind
from amparo.cases.models import Case, Closing
from amparo.charging.models import Charge, Part
from amparo.charging.rules import Need
from amparo.conftest import NOON
from amparo.contracts.models import Plan, SupportContract
from amparo.deadlines.models import Promise, amount_of
from amparo.deadlines.queries import calendar_of_version
from amparo.deadlines.rules import Counting, add_business_time, business_time_between
from amparo.history.models import Chain, Delivery, Fact
from amparo.history.queries import faults_of_chain
from amparo.kernel import markdown
from amparo.ledger import queries as ledger
from amparo.ledger.models import Pocket
from amparo.people.models import Contact, Customer, User
from amparo.people.queries import actor_by_id
from amparo.products.models import Product
from amparo.project.installation import Problem
from amparo.project.world.make import Sizes, make
from amparo.project.world.people import DOMAIN
from amparo.threads.models import Entry, Thread
from amparo.threads.queries import counts, search
from amparo.tickets import commands as tickets
from amparo.tickets.models import Ticket

SIZES = Sizes(customers=100, tickets=2000, cases=400, messages=9000)
LATER = NOON + timedelta(minutes=5)


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """One world for all tests of this file, taken back in the end."""
    with django_db_blocker.unblock():
        try:
            with transaction.atomic():
                yield make(SIZES, seed=7, at=NOON, say=lambda line: None)
                transaction.set_rollback(True)
        finally:
            connection.close()


@pytest.fixture(autouse=True)
def taken_back(request):
    """What a test does to the world is undone after it."""
    if "db" in request.fixturenames:
        yield
        return
    request.getfixturevalue("world")
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def one(sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def rows(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def test_it_is_as_large_as_was_asked(world):
    assert Customer.objects.count() == SIZES.customers
    assert Ticket.objects.count() == SIZES.tickets and Case.objects.count() == SIZES.cases
    assert Entry.objects.count() == world["entry"] == SIZES.messages
    assert set(Case.objects.values_list("state", flat=True)) >= {
        "requested", "classified", "attention", "closing_proposed", "closed", "withdrawn"
    }  # fmt: skip
    assert Thread.objects.filter(kind="ticket", entry_count=20).exists()
    assert Thread.objects.filter(kind="case", entry_count=60).exists()


def test_the_ledger_reconciles_to_the_last_unit():
    """LED-1, LED-4"""
    found = ledger.check()
    assert found["transfers"] > 1_000 and found["differences"] == []
    for customer_id in Customer.objects.order_by("id").values_list("id", flat=True)[:15]:
        statement = ledger.statement(customer_id, NOON - timedelta(days=365), NOON)
        assert all(sums.reconciles for sums in statement.sums.values())


def test_no_pocket_was_overdrawn_at_any_moment():
    """LED-2, LED-3"""
    for pocket in Pocket.objects.filter(customer__isnull=False).order_by("?")[:25]:
        for days in range(0, 730, 41):
            held = ledger.balance_at(pocket, NOON - timedelta(days=days))
            assert 0 <= held.reserved <= held.balance


def test_ended_pockets_are_empty():
    """LED-3, LED-6"""
    ended = Pocket.objects.filter(customer__isnull=False, ends_at__lte=NOON)
    assert ended.exists() and not [p for p in ended if p.available]


def test_every_chain_of_facts_is_whole():
    """CAS-1"""
    assert Chain.objects.count() == one("SELECT count(DISTINCT subject) FROM history_fact")
    for subject in Chain.objects.order_by("?").values_list("subject", flat=True)[:400]:
        assert list(faults_of_chain(subject)) == []


def test_facts_say_the_same_in_their_text_and_beside_it():
    """CAS-1"""
    assert one("SELECT count(*) FROM history_fact WHERE body::jsonb -> 'data' IS DISTINCT FROM data") == 0
    assert one("SELECT count(*) FROM history_fact WHERE body::jsonb ->> 'name' <> name") == 0


def test_the_tally_is_the_count_of_threads():
    told = rows(
        "SELECT kind, queue, assignee_id, sum(step)::int FROM threads_tally GROUP BY 1, 2, 3 HAVING sum(step) <> 0 ORDER BY 1, 2, 3"
    )
    assert told == rows("SELECT kind, queue, assignee_id, count(*)::int FROM threads_thread GROUP BY 1, 2, 3 ORDER BY 1, 2, 3")


def test_each_message_is_found_by_its_words():
    assert one("SELECT count(*) FROM threads_entry e LEFT JOIN threads_words w ON w.entry_id = e.id WHERE w IS NULL") == 0
    operator = actor_by_id(User.objects.get(email=f"operador@{DOMAIN}").pk)
    entry = Entry.objects.filter(body__contains="folio ", is_internal=False).order_by("pk").first()
    folio = entry.body.split("folio ")[1][:6]
    assert entry.thread_id in [hit.thread_id for hit in search(operator, folio)]


def test_threads_say_what_their_entries_say():
    """TKT-1"""
    wrong = one("""
        SELECT count(*) FROM threads_thread t JOIN (
            SELECT thread_id, count(*) AS n, count(*) FILTER (WHERE NOT is_internal) AS public, max(at) AS last,
                max(seq) AS seq, max(at) FILTER (WHERE author_kind = 'customer') AS customer
            FROM threads_entry GROUP BY 1) e ON e.thread_id = t.id
        WHERE (t.entry_count, t.public_count, t.last_at, t.last_customer_at)
            IS DISTINCT FROM (e.n, e.public, e.last, e.customer) OR e.seq <> e.n""")
    assert wrong == 0
    assert one("SELECT count(*) FROM threads_thread WHERE (queue = 'closed') <> (closed_at IS NOT NULL)") == 0


def test_threads_show_the_earliest_promise_that_is_owed():
    """TIM-4"""
    wrong = one("""
        SELECT count(*) FROM threads_thread t LEFT JOIN (
            SELECT thread_id, min(due_at) AS due_at FROM deadlines_promise
            WHERE state IN ('open', 'lapsed') AND met_at IS NULL AND ended_at IS NULL GROUP BY 1) p ON p.thread_id = t.id
        WHERE t.due_at IS DISTINCT FROM p.due_at""")
    assert wrong == 0


def test_every_deadline_is_what_the_calendar_says():
    """TIM-8, TIM-9"""
    states = Counter(Promise.objects.values_list("state", flat=True))
    assert states["open"] and states["kept"] and states["lapsed"], states
    for promise in Promise.objects.order_by("?")[:300]:
        calendar, counting = calendar_of_version(promise.calendar_version_id), Counting(promise.counting)
        amount = amount_of(promise.counting, promise.amount)
        assert promise.due_at == add_business_time(calendar, promise.started_at, amount, counting)
        if promise.met_at:
            margin = business_time_between(calendar, promise.met_at, promise.due_at, counting)
            assert promise.margin_seconds == int(margin.total_seconds())
        if promise.state == "lapsed":
            assert promise.lapse.effective_at == promise.due_at
    assert not Promise.objects.filter(state="open", due_at__lt=NOON).exists()


def test_what_is_shown_is_what_the_renderer_makes():
    for entry in Entry.objects.order_by("?")[:200]:
        assert entry.body_html == markdown.render(entry.body)
    for closing in Closing.objects.order_by("?")[:50]:
        assert closing.summary_html == markdown.render(closing.summary)


def test_closed_cases_charged_what_was_agreed():
    """CHG-4, CHG-7"""
    for case in Case.objects.filter(state="closed", consent_at__isnull=False).select_related("charge")[:300]:
        assert case.charge.state == ("released" if case.close_reason == "mutual_agreement" else "final")
        taken = Counter()
        for part in Part.objects.filter(charge=case.charge):
            taken[part.unit] += part.charged
        assert +taken == Counter({} if case.charge.state == "released" else case.charge.amounts)
    assert Charge.objects.filter(state="final", needs__0__code="general_quote").exists()


def test_nobody_gets_letters_about_it():
    assert not Delivery.objects.filter(done_at__isnull=True).exists()
    assert one("SELECT count(*) FROM notifications_letter") == 0


def contact_with(*, kind: str = "administrator"):
    contract = SupportContract.objects.filter(ends_at__gt=NOON + timedelta(days=60), renewed_from__isnull=True).last()
    contact = Contact.objects.filter(customer=contract.customer_id, company_role=kind).first()
    return actor_by_id(contact.user_id)


def test_a_ticket_is_opened_answered_and_closed_on_top_of_it():
    """TKT-1, TKT-2"""
    closed = Ticket.objects.filter(state="waiting", release__is_current=True).last()
    contact = actor_by_id(closed.thread.opened_by_id)
    engineer = actor_by_id(User.objects.get(email=f"ingenieria01@{DOMAIN}").pk)
    before = counts(engineer, at=LATER).by_queue["answer"]
    ticket = tickets.open_ticket("No abre la caja", "Desde hoy no abre.", closed.product_id, actor=contact, at=LATER)
    assert ticket.pk == Ticket.objects.exclude(pk=ticket.pk).latest("id").pk + 1
    assert counts(engineer, at=LATER).by_queue["answer"] == before + 1
    tickets.write(ticket, "Reinicie, por favor.", actor=engineer, at=LATER + timedelta(minutes=9))
    tickets.close(ticket, actor=contact, at=LATER + timedelta(minutes=20))
    assert Thread.objects.get(pk=ticket.thread_id).queue == "closed"
    assert list(faults_of_chain(ticket.subject)) == []


def test_a_told_closing_is_accepted_and_charged():
    """CAS-4, CHG-4"""
    closing = Closing.objects.filter(answer="", case__state="closing_proposed").exclude(effects=[]).last()
    case = closing.case
    contact = actor_by_id(case.contact_id)
    cases.accept_closing(case, seen=closing.pk, actor=contact, at=LATER)
    assert Charge.objects.get(pk=case.charge_id).state == "final"
    assert ledger.check()["differences"] == []
    assert list(faults_of_chain(case.subject)) == []


def test_a_told_classification_is_consented_to():
    """CHG-1, CHG-4"""
    case = Case.objects.filter(state="classified", charge__missing=0, charge__isnull=False).last()
    contact = actor_by_id(case.contact_id)
    case = cases.consent(case, seen=1, actor=contact, at=LATER)
    assert case.state == "attention" and case.charge.state == "reserved"


def test_its_pages_open(world):
    operator = User.objects.get(email=f"operador@{DOMAIN}")
    client = Client()
    client.force_login(operator)
    ticket = Ticket.objects.filter(thread__entry_count=20).first()
    case = Case.objects.filter(thread__entry_count=60).first()
    for path in ("/desk/", f"/desk/tickets/{ticket.pk}/", f"/desk/cases/{case.pk}/"):
        assert client.get(path).status_code == 200, path
    own = Client()
    own.force_login(User.objects.get(pk=case.contact_id))
    for path in ("/", f"/cases/{case.pk}/", "/statements/"):
        assert own.get(path).status_code == 200, path


def test_it_tells_facts_in_the_words_of_the_commands(world):
    """CAS-1: what a story by the ordinary commands puts on the record has the same names and fields."""
    told = {name: set(keys) for name, keys in rows(
        "SELECT name, array_agg(DISTINCT key) FROM history_fact, jsonb_object_keys(data) AS key GROUP BY 1"
    )}  # fmt: skip
    last = Fact.objects.latest("id").pk
    _a_case_by_the_commands()
    _an_order_by_the_commands()
    # Orders of the large world stand without a quote, as those do that were made before there were quotes.
    for fact in Fact.objects.filter(pk__gt=last).exclude(name__startswith="quote."):
        assert fact.name in told, f"{fact.name} is not told"
        of_quote = {"quote", "version"} if fact.name.startswith("case.order_") else set()
        assert set(fact.data) - of_quote == told[fact.name], fact.name


def _a_case_by_the_commands() -> None:
    contact, at = contact_with(), LATER
    engineer = actor_by_id(User.objects.get(email=f"ingenieria02@{DOMAIN}").pk)
    case = cases.open_case("No cuadra", "La caja no cuadra.", key="a", actor=contact, at=at)
    case = cases.classify(case, kind=Kind.ADVISORY, explanation="Es asesoría.", key="b", actor=engineer, at=at)
    case = cases.consent(case, seen=1, actor=contact, at=at)
    cases.start_clock(case, actor=engineer, at=at)
    cases.stop_clock(case, actor=engineer, at=at + timedelta(minutes=9))
    cases.write(case, "Listo, gracias.", key="c", actor=contact, at=at + timedelta(minutes=10))
    cases.write(case, "Con gusto.", key="d", actor=engineer, at=at + timedelta(minutes=11))
    case.refresh_from_db()
    closing = cases.propose_closing(
        case, reason="information_complete", summary="Explicado.", key="e", actor=engineer, at=at + timedelta(minutes=12)
    )
    cases.accept_closing(case, seen=closing.pk, actor=contact, at=at + timedelta(minutes=20))


def _an_order_by_the_commands() -> None:
    contact, at = contact_with(), LATER
    engineer = actor_by_id(User.objects.get(email=f"ingenieria02@{DOMAIN}").pk)
    case = cases.open_case("Curso", "Queremos un curso.", key="f", actor=contact, at=at)
    case = cases.classify(case, kind=Kind.GENERAL, explanation="Es general.", key="g", actor=engineer, at=at)
    cases.propose_order(
        case, description="Curso", needs=[Need("general_quote", 1)], delivery_on=at.date() + timedelta(days=9), key="h",
        actor=engineer, at=at,
    )  # fmt: skip
    cases.withdraw(case, actor=contact, at=at + timedelta(minutes=3))


def test_the_same_seed_tells_the_same_world():
    def told() -> tuple[object, ...]:
        with transaction.atomic():
            # The first world steps aside: its staff would be in the way of the second one's.
            User.objects.filter(email__endswith=f"@{DOMAIN}").update(email=Concat("id", Value("@otro.example")))
            EmailAddress.objects.filter(email__endswith=f"@{DOMAIN}").update(email=Concat("id", Value("@otro.example")))
            Product.objects.update(code=Concat(Value("p"), "id"))
            Plan.objects.update(name=Concat(Value("p"), "id"))
            last = Entry.objects.latest("id").pk
            make(Sizes(20, 30, 30, 330), seed=3, at=NOON, add=True, say=lambda line: None)
            entries = Entry.objects.filter(pk__gt=last).order_by("id")
            found = (
                list(entries.values_list("body", "at", "author_name")),
                list(entries.filter(seq=1).values_list("thread__title", "thread__state", "thread__due_at")),
            )
            transaction.set_rollback(True)
        return found

    assert told() == told()


def test_it_is_made_once():
    with pytest.raises(Problem, match="already"):
        make(SIZES, at=NOON, add=True, say=lambda line: None)


def test_sizes_that_do_not_fit_are_refused(db):
    with pytest.raises(Problem, match="at least"):
        make(Sizes(100, 400, 400, 500), at=NOON, say=lambda line: None)


def test_it_is_never_made_beside_real_customers(db, customer):
    with pytest.raises(Problem, match="of its own"):
        make(SIZES, at=NOON, say=lambda line: None)
