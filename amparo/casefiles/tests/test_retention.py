"""What is purged, when, and what stops it. CAS-2."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from amparo.casefiles import commands, queries
from amparo.casefiles.errors import HeldAlready, HoldLifted, Purged
from amparo.casefiles.models import Hold, Retention
from amparo.cases import commands as cases
from amparo.cases import queries as case_queries
from amparo.cases.tests import world as case_world
from amparo.charging.models import Charge
from amparo.charging.rules import Need
from amparo.conftest import NOON, make_staff
from amparo.files.commands import disk
from amparo.files.models import StoredFile
from amparo.history.commands import deliver_pending
from amparo.history.models import Delivery
from amparo.history.queries import facts, faults_of_chain
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.ledger.queries import check
from amparo.notifications.models import Letter, Notice
from amparo.people.models import Customer
from amparo.policies.commands import set_value
from amparo.threads.models import Entry, Words

from . import world

pytestmark = pytest.mark.django_db
CLOSED = NOON + timedelta(minutes=40)
DUE = datetime(2027, 11, 12, 6, tzinfo=UTC)  # the midnight after 11 November 2027, in Mexico City
TOLD = DUE - timedelta(days=31)


def everything(at):
    """What the worker does, until nothing is left."""
    settle(at)
    commands.enrol_closed(at=at)
    told = commands.tell_due(at=at)
    settle(at)
    purged = commands.purge_due(at=at)
    return told, purged


def settle(at):
    while deliver_pending(at=at):
        pass


def told_and_due(at=TOLD):
    settle(at)
    commands.enrol_closed(at=at)
    assert commands.tell_due(at=at) == 1
    settle(at)
    return DUE


def texts(case) -> str:
    """Every word that the database still has of a case."""
    found = []
    with connection.cursor() as cursor:
        for sql in (
            "SELECT row_to_json(t) FROM threads_thread t WHERE number = %(n)s AND kind = 'case'",
            "SELECT row_to_json(e) FROM threads_entry e JOIN threads_thread t ON t.id = e.thread_id WHERE t.number = %(n)s AND t.kind = 'case'",
            "SELECT row_to_json(c) FROM cases_case c WHERE id = %(n)s",
            "SELECT row_to_json(c) FROM cases_closing c WHERE case_id = %(n)s",
            "SELECT row_to_json(c) FROM cases_order c WHERE case_id = %(n)s",
            "SELECT row_to_json(c) FROM cases_furtherneed c WHERE case_id = %(n)s",
            "SELECT row_to_json(f) FROM history_fact f WHERE subject IN ('case:' || %(n)s, 'case-desk:' || %(n)s)",
            "SELECT row_to_json(f) FROM files_storedfile f WHERE subject IN ('case:' || %(n)s, 'case-desk:' || %(n)s)",
            "SELECT row_to_json(f) FROM notifications_letter f WHERE subject_ref = 'case:' || %(n)s",
            "SELECT row_to_json(f) FROM notifications_notice f WHERE subject_ref = 'case:' || %(n)s",
        ):
            cursor.execute(sql, {"n": case.pk})
            found += [json.dumps(row[0], ensure_ascii=False) for row in cursor.fetchall()]
    return "\n".join(found)


SAID = ("señal", "La vemos", "INTERNO", "foto uno", "manual", "Respaldo", "Se hizo lo pedido", "No abre la caja", "Es incident")


def test_twelve_months_after_closing_the_content_goes_and_the_accounts_stay(over, deliver, engineer, contact, client_for):
    """CAS-2, LED-2, CHG-10: nothing of what was said is left; charges, ledger and chains are as they were."""
    deliver()
    before = texts(over)
    assert all(word in before for word in SAID)
    charges = list(Charge.objects.values())
    hashes = [(row.seq, row.name) for row in facts(over.subject)]
    assert told_and_due() == DUE
    deliver(TOLD)
    Letter.objects.update(state="sent")
    assert commands.purge_due(at=DUE - timedelta(seconds=1)) == []
    assert commands.purge_due(at=DUE) == [over.pk]
    after = texts(over)
    assert not [word for word in SAID if word in after]
    assert list(Charge.objects.values()) == charges and check()["differences"] == []
    assert list(faults_of_chain(over.subject)) == [] and list(faults_of_chain(over.thread.desk_subject)) == []
    kept = facts(over.subject)
    assert [(row.seq, row.name) for row in kept[: len(hashes)]] == hashes and kept[-1].name == "case.purged"
    assert not Words.objects.filter(thread_id=over.thread_id).exists()
    assert not Notice.objects.filter(subject_ref=over.subject).exists()
    assert [disk.path_of(row.sha256).exists() for row in StoredFile.objects.all()] == [False] * 3
    row = Retention.objects.get()
    assert row.purged_at == DUE and row.counts["files"] == 3 and row.counts["entries"] >= 5
    assert commands.purge_due(at=DUE) == [] and queries.purged().rows[0].number == over.number


def rows_with(word: str) -> dict[str, str]:
    """Every table of the database that still has a word somewhere, with one of its rows."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT t::text FROM {connection.ops.quote_name(table)} t WHERE t::text LIKE %s", [f"%{word}%"])
            if row := cursor.fetchone():
                found[table] = row[0]
    return found


def test_no_word_of_a_request_an_order_or_a_complaint_is_left_anywhere(contract, contact, engineer, quality):
    """CAS-2: not in the specification, what was quoted and delivered, a call, a note, an opinion, a ruling or a fact."""
    case = world.developed(contact, engineer, quality, make_staff("Dora Directora", "rnd_director"), settle)
    assert case.closed_at and len(rows_with(world.WORD)) > 15
    Letter.objects.update(state="sent")
    told_and_due()
    Letter.objects.update(state="sent")
    assert commands.purge_due(at=DUE) == [case.pk]
    assert rows_with(world.WORD) == {}
    assert [disk.path_of(row.sha256).exists() for row in StoredFile.objects.all()] == [False] * 3


def test_the_words_of_what_was_contested_go_too(case, contact, engineer, quality):
    """CAS-2, COM-1: a need that came up is described in the complaint's list of charges; which, and how much, stays."""
    from amparo.complaints import commands as complaints
    from amparo.complaints.models import Complaint
    from amparo.complaints.rules import NOTHING

    need = cases.propose_further(case, "Respaldo diario", [Need("general_quote", 2)], key="f", actor=engineer, at=NOON)
    cases.choose_needs(need, choice="now", actor=contact, at=NOON)
    case = case_world.proposed(case_world.fresh(case), engineer, "solved")
    complaint = complaints.raise_complaint(case, seen=case_world.closing_of(case).pk, reasons="x", key="k", actor=contact, at=NOON)
    contested = complaint.dispute
    assert "Respaldo diario" in [one["words"] for one in contested]
    with pytest.raises(DatabaseError, match="stays as it was"), transaction.atomic():
        Complaint.objects.update(dispute=[])
    complaints.rule(complaint, outcome="dismissed", reasons="x", consequences=NOTHING, key="r", actor=quality, at=NOON)
    told_and_due()
    Letter.objects.update(state="sent")
    assert commands.purge_due(at=DUE) == [case.pk] and rows_with("Respaldo diario") == {}
    complaint.refresh_from_db()
    assert complaint.dispute == [one | {"words": ""} for one in contested]
    with pytest.raises(DatabaseError, match="is decided"), transaction.atomic():
        Complaint.objects.update(dispute=[])


def test_the_customer_is_told_thirty_days_before_and_never_less(over, deliver, contact):
    """CAS-2: with a link to take the record away; told late, it is purged later."""
    assert everything(TOLD - timedelta(seconds=1)) == (0, [])
    assert everything(TOLD) == (1, []) and everything(TOLD) == (0, [])
    row = Retention.objects.get()
    assert row.due_at == DUE and row.purge_at == DUE and row.told_at == TOLD
    deliver(TOLD)
    letter = Letter.objects.get(kind="purge", user_id=contact.user_id)
    assert letter.words["url"] == f"/cases/{over.pk}/" and over.number in letter.words["title"] and letter.words["action"]


def test_after_a_long_stop_it_is_told_first_and_purged_a_month_later(over):
    """CAS-2, TIM-10"""
    late = DUE + timedelta(days=100)
    assert everything(late) == (1, [])
    row = Retention.objects.get()
    assert row.purge_at >= late + timedelta(days=30)
    assert everything(row.purge_at - timedelta(seconds=1)) == (0, []) and everything(row.purge_at) == (0, [over.pk])


def test_a_hold_stops_it_and_what_it_kept_is_told_anew(over, administrator):
    """CAS-2: a hold on the case, or on all of a customer."""
    told_and_due()
    for of, name in ((over, "hold_case"), (over.customer, "hold_customer")):
        hold = commands.set_hold(of, reason="Juicio 12/2027", actor=administrator, at=TOLD)
        assert commands.purge_due(at=DUE) == [] and everything(DUE) == (0, [])
        assert queries.plan(at=DUE).rows[0].blocks == [name]
        commands.lift_hold(hold, because="Terminó", actor=administrator, at=DUE)
        with pytest.raises(HoldLifted):
            commands.lift_hold(hold, because="Otra vez", actor=administrator, at=DUE)
    told, purged = everything(DUE)
    assert (told, purged) == (1, [])
    again = Retention.objects.get().purge_at
    assert again >= DUE + timedelta(days=30) and everything(again) == (0, [over.pk])
    with pytest.raises(Purged):
        commands.set_hold(over, reason="Tarde", actor=administrator, at=again)


def test_holds_are_the_administrators_with_a_reason_on_record(over, administrator, engineer, contact, quality):
    """CAS-2, SEC-10: the customer does not know of it."""
    for actor in (engineer, contact, quality):
        with pytest.raises(NotPermitted):
            commands.set_hold(over, reason="x", actor=actor, at=NOON)
    with pytest.raises(Invalid):
        commands.set_hold(over, reason="  ", actor=administrator, at=NOON)
    hold = commands.set_hold(over, reason="Juicio", actor=administrator, at=NOON)
    with pytest.raises(HeldAlready):
        commands.set_hold(over, reason="Otro", actor=administrator, at=NOON)
    with pytest.raises(Invalid):
        commands.lift_hold(hold, because="", actor=administrator, at=NOON)
    with pytest.raises(NotPermitted):
        commands.lift_hold(hold, because="x", actor=engineer, at=NOON)
    assert facts(over.thread.desk_subject)[-1].name == "hold.set" and "hold.set" not in [f.name for f in facts(over.subject)]
    for sql in ("DELETE FROM casefiles_hold", "UPDATE casefiles_hold SET reason = 'otro'", "UPDATE casefiles_retention SET due_at = now()"):
        commands.enrol_closed(at=NOON + timedelta(days=1))
        with pytest.raises(DatabaseError, match="stay on record"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_an_open_linked_case_keeps_the_whole_story(over, contact, engineer):
    """CAS-2: what was agreed under one reservation is one story, however long the line of links."""
    second = case_world.attended(contact, engineer, "advisory", at=CLOSED)
    third = case_world.attended(contact, engineer, "advisory", at=CLOSED)
    cases.link_follow_up(over, second, why="other", actor=engineer, at=CLOSED)
    cases.link_follow_up(second, third, why="other", actor=engineer, at=CLOSED)
    assert everything(DUE) == (0, []) and queries.plan(at=DUE).rows[0].blocks == ["linked"]
    for one in (second, third):
        case_world.accepted(case_world.proposed(case_world.fresh(one), engineer, "information_complete", at=DUE), contact, at=DUE)
    assert everything(DUE)[0] == 1


def test_an_open_complaint_keeps_the_case(over, monkeypatch):
    """CAS-2, COM-1: complaints are asked by their own door."""
    monkeypatch.setattr(queries.keeping, "complaints_that_hold", lambda ids: set(ids))
    assert everything(DUE) == (0, []) and queries.plan(at=DUE).rows[0].blocks == ["complaint"]


def test_what_is_open_is_never_enrolled_and_what_closed_keeps_its_time(case, over, administrator):
    """CAS-2, TIM-8: a shorter period holds for what closes after it."""
    set_value("casefiles.retention_months", 3, from_at=CLOSED + timedelta(days=1), actor=administrator, at=CLOSED)
    assert commands.enrol_closed(at=DUE) == 1 and Retention.objects.get().due_at == DUE
    assert commands.enrol_closed(at=DUE) == 0


def test_the_page_of_a_purged_case_still_tells_what_it_may(over, contact, engineer, client_for):
    """CAS-2: number, dates, kind, charges; and that the rest is gone."""
    told_and_due()
    commands.purge_due(at=DUE)
    for actor, url in ((contact, f"/cases/{over.pk}/"), (contact, f"/cases/{over.pk}/record/"), (engineer, f"/desk/cases/{over.pk}/")):
        page = client_for(actor).get(url)
        assert page.status_code == 200
        text = page.content.decode()
        assert over.number in text and not [word for word in SAID if word in text]
    page = case_queries.case_page(contact, over.pk)
    assert page.charges and page.row["closed_at"] == CLOSED
    for url in ("/cases/", "/cases/?view=closed", "/matters/", "/statements/", "/"):
        assert client_for(contact).get(url, follow=True).status_code == 200
    assert Entry.objects.filter(thread=over.thread_id).exists()


def test_a_purge_that_is_stopped_in_the_middle_leaves_nothing_half_done(over, monkeypatch):
    """CAS-2: each case is one transaction; the bytes go after it, also in a later run."""
    told_and_due()
    from amparo.casefiles.commands import purging

    def killed(*_given, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(purging, "purge_facts", killed)
        with pytest.raises(KeyboardInterrupt):
            commands.purge_due(at=DUE)
    assert Entry.objects.exclude(body="").exists() and Retention.objects.get().purged_at is None
    with monkeypatch.context() as patch:
        patch.setattr(purging.files, "remove_purged", killed)
        with pytest.raises(KeyboardInterrupt):
            commands.purge_due(at=DUE)
    assert Retention.objects.get().purged_at == DUE and StoredFile.objects.filter(removed_at=None).count() == 3
    from amparo.files.tasks import tick

    tick(at=DUE)
    assert not StoredFile.objects.filter(removed_at=None).exists()


def test_a_reaction_that_is_owed_is_waited_for(over):
    """CAS-2: nothing that follows from a fact meets an emptied one."""
    commands.enrol_closed(at=TOLD)
    assert commands.tell_due(at=TOLD) == 0 and queries.plan(at=TOLD).rows[0].blocks == ["reaction"]


def test_a_reaction_to_a_fact_beside_the_case_is_waited_for_too(contract, contact, engineer, quality):
    """CAS-2: the content of a complaint's or an order's fact would stay for ever, for a case is purged once."""
    case = world.developed(contact, engineer, quality, make_staff("Dora Directora", "rnd_director"), settle)
    told_and_due()
    late = Delivery.objects.filter(fact__subject__startswith="complaint:").first()
    Delivery.objects.filter(pk=late.pk).update(done_at=None, next_at=DUE + timedelta(days=1))
    assert commands.purge_due(at=DUE) == [] and Retention.objects.get().purge_at == DUE
    Letter.objects.update(state="sent")
    settle(DUE + timedelta(days=1))
    Letter.objects.update(state="sent")
    assert commands.purge_due(at=DUE + timedelta(days=1)) == [case.pk] and rows_with(world.WORD) == {}


def test_only_the_service_purges(over, administrator):
    """CAS-1, CAS-2"""
    with pytest.raises(NotPermitted):
        commands.purge_case(over.pk, actor=administrator, at=DUE)
    assert commands.purge_case(over.pk, actor=SYSTEM, at=DUE) is False
    assert not Hold.objects.exists() and Customer.objects.exists()
