"""How a complaint begins, what is said in it, how it is let go. COM-1, COM-7, TIM-6."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from amparo.cases import commands as cases
from amparo.cases.errors import NothingAsked
from amparo.cases.models import Closing
from amparo.cases.tests.world import asked, fresh, key, left, reserved
from amparo.complaints import commands, queries
from amparo.complaints.errors import (
    AlreadyDecided,
    AlreadyRaised,
    NothingToRefuse,
    NotOfThisRecord,
    ReasonsMissing,
)
from amparo.complaints.models import Complaint, Evidence, Statement, StatementFile
from amparo.conftest import NOON
from amparo.deadlines.queries import open_promises
from amparo.files import commands as files
from amparo.history.queries import facts as history
from amparo.history.queries import faults_of_chain
from amparo.kernel.actor import SYSTEM
from amparo.kernel.refusals import NotPermitted, Stale
from amparo.threads import commands as threads
from amparo.threads.errors import KeyReused, NothingSaid

from .world import DUE, closing_of, now, raised, refusable, ruled


def complain(case, actor, **given):
    wanted = {"seen": closing_of(case).pk, "reasons": "Volvió a fallar.", "key": key()} | given
    return commands.raise_complaint(case, actor=actor, at=NOON, **wanted)


def test_refusing_with_reasons_raises_a_complaint_and_the_reservation_stays(contract, contact, engineer, facts):
    """COM-1, TIM-6, CAS-4"""
    case = refusable(contact, engineer)
    complaint = complain(case, contact)
    case = fresh(case)
    assert (complaint.state, complaint.due_at, complaint.number) == ("raised", DUE, f"Q-{complaint.pk}")
    assert (case.state, case.thread.queue) == ("complaint", "quality")
    assert reserved(case.customer_id)["incident"] == 1 and left(case.customer_id)["incident"] == 2
    assert [(one["amounts"], one["effect"]) for one in complaint.dispute] == [({"incident": 1}, "charge")]
    assert facts(complaint) == ["promise.made", "complaint.raised"] and facts(case)[-2:] == ["promise.ended", "case.closing_refused"]
    assert [promise.kind_code for promise in open_promises(complaint)] == ["complaint"] and open_promises(case) == []
    assert complaint.statements.get().body == "Volvió a fallar." and list(faults_of_chain(complaint.subject)) == []


def test_what_is_in_dispute_is_what_the_closing_would_charge_now(contract, contact, engineer):
    """COM-1"""
    (one,) = queries.disputed(raised(contact, engineer, "general"))
    assert (one.state, one.effect, one.holds) == ("final", "keep", {"credit": 6})
    (other,) = queries.disputed(raised(contact, engineer))
    assert (other.state, other.effect, other.holds) == ("reserved", "charge", {"incident": 1})


def test_files_and_entries_of_the_record_are_evidence(contract, contact, engineer, settings, tmp_path):
    """COM-1"""
    settings.MEDIA_ROOT = tmp_path
    case = refusable(contact, engineer)
    upload = SimpleUploadedFile("prueba.txt", b"Error 17 en la caja 3")
    stored = files.store(upload, draft_key="k", actor=contact, at=NOON)
    picked = list(case.thread.entries.values_list("pk", flat=True))[:2]
    complaint = complain(case, contact, files=[stored.public_id], draft_key="k", entries=picked)
    assert list(Evidence.objects.values_list("entry_id", flat=True)) == picked
    assert StatementFile.objects.get().file_id == stored.pk
    stored.refresh_from_db()
    assert stored.subject == complaint.subject
    assert queries.record_of(case.pk)[0].file_ids == (stored.pk,)


def test_notes_and_entries_of_other_cases_are_no_evidence(contract, contact, engineer):
    """COM-1, SEC-10"""
    case, other = refusable(contact, engineer), refusable(contact, engineer)
    note = threads.note(case.thread, "Solo para nosotros", key=key(), actor=engineer, at=NOON)
    for entry in (note.pk, other.thread.entries.first().pk, 10**9):
        with pytest.raises(NotOfThisRecord):
            complain(case, contact, entries=[entry])
    assert not Complaint.objects.exists() and fresh(case).state == "closing_proposed"


def test_twice_is_refused_and_the_same_key_is_the_same_complaint(contract, contact, member, engineer):
    """COM-1, SEC-48"""
    case = refusable(contact, engineer)
    seen = closing_of(case).pk
    first = complain(case, contact, key="a")
    assert complain(case, contact, key="a", seen=seen) == first
    for actor in (contact, member):
        with pytest.raises(AlreadyRaised):
            complain(case, actor, seen=seen)
    assert Complaint.objects.count() == 1


def test_a_case_that_is_not_proposed_for_closing_has_nothing_to_refuse(contract, contact, engineer):
    """COM-1"""
    for case in (asked(contact), raised_and_dismissed(contact, engineer)):
        with pytest.raises(NothingToRefuse):
            commands.raise_complaint(case, seen=1, reasons="No", key=key(), actor=contact, at=NOON)


def raised_and_dismissed(contact, engineer):
    complaint = raised(contact, engineer)
    commands.withdraw(complaint, actor=contact, at=NOON)
    return fresh(complaint.case)


def test_a_silent_case_can_still_be_complained_of(contract, contact, engineer):
    """COM-1, CAS-4"""
    case = refusable(contact, engineer)
    cases.mark_silent(case, at=NOON)
    complain(case, contact)
    assert fresh(case).state == "complaint"


def test_only_its_customer_complains(contract, contact, engineer, quality, administrator, other_contact, own_only):
    """COM-1, ACC-11"""
    case = refusable(contact, engineer)
    for actor in (engineer, quality, administrator, other_contact, own_only):
        with pytest.raises(NotPermitted):
            complain(case, actor)
    assert not Complaint.objects.exists()


def test_a_stale_proposal_and_no_reasons_are_refused(contract, contact, engineer):
    """COM-1"""
    case = refusable(contact, engineer)
    with pytest.raises(ReasonsMissing):
        complain(case, contact, reasons=" \n ")
    with pytest.raises(Stale):
        complain(case, contact, seen=closing_of(case).pk + 1)


def test_both_sides_add_words_and_notes_stay_in_the_house(contract, contact, other_contact, engineer, quality, facts):
    """COM-1, COM-7, SEC-10"""
    complaint = raised(contact, engineer)
    commands.say(complaint, "Adjunto más.", key="a", actor=contact, at=NOON)
    commands.say(complaint, "Adjunto más.", key="a", actor=contact, at=NOON)
    commands.say(complaint, "¿En qué caja?", key="b", actor=quality, at=NOON)
    commands.note(complaint, "Parece que tiene razón.", key="c", actor=quality, at=NOON)
    assert [(s.kind, s.author_kind, s.is_internal) for s in complaint.statements.order_by("seq")] == [
        ("reasons", "customer", False), ("words", "customer", False), ("words", "staff", False), ("note", "staff", True),
    ]  # fmt: skip
    assert "complaint.noted" not in facts(complaint) and facts(complaint.desk_subject) == ["complaint.noted"]
    assert "razón" not in str(queries.record_of(complaint.case_id))
    for actor in (other_contact, engineer):
        with pytest.raises(NotPermitted):
            commands.say(complaint, "x", key="d", actor=actor, at=NOON)
    for actor in (contact, engineer):
        with pytest.raises(NotPermitted):
            commands.note(complaint, "x", key="d", actor=actor, at=NOON)
    with pytest.raises(NothingSaid):
        commands.say(complaint, "  ", key="e", actor=contact, at=NOON)
    with pytest.raises(KeyReused):
        commands.say(complaint, "Otra cosa", key="a", actor=contact, at=NOON)


def test_after_it_is_decided_nothing_more_is_said(contract, contact, engineer, quality):
    """COM-5"""
    complaint = raised(contact, engineer)
    ruled(complaint, quality, "dismissed")
    for verb, actor in ((commands.say, contact), (commands.note, quality)):
        with pytest.raises(AlreadyDecided):
            verb(complaint, "x", key="a", actor=actor, at=NOON)


def test_letting_it_go_accepts_the_closing(contract, contact, engineer, quality, facts):
    """COM-1, CAS-4, CHG-4"""
    complaint = raised(contact, engineer)
    for actor in (engineer, quality):
        with pytest.raises(NotPermitted):
            commands.withdraw(complaint, actor=actor, at=NOON)
    for _ in range(2):
        commands.withdraw(complaint, actor=contact, at=NOON)
    complaint = now(complaint)
    assert (complaint.state, complaint.decided_at) == ("withdrawn", NOON)
    assert (complaint.case.state, complaint.case.closed_how) == ("closed", "accepted")
    assert left(complaint.customer_id)["incident"] == 2 and reserved(complaint.customer_id)["incident"] == 0
    assert open_promises(complaint) == [] and facts(complaint)[-1] == "complaint.withdrawn"


def test_after_the_deadline_it_cannot_be_let_go_any_more(contract, contact, engineer):
    """COM-6: it is decided for the customer, whether the worker came yet or not."""
    complaint = raised(contact, engineer)
    with pytest.raises(AlreadyDecided):
        commands.withdraw(complaint, actor=contact, at=DUE + timedelta(seconds=1))
    assert now(complaint).state == "raised"


def refused_of_old(contact, engineer):
    """A closing that was refused when a refusal was only told: as the first release left it."""
    case = refusable(contact, engineer)
    closing = closing_of(case)
    Closing.objects.filter(pk=closing.pk).update(refused_at=NOON, refusal="No quedó.", next_at=None)
    return case


def test_what_was_refused_before_there_were_complaints_gets_one(contract, contact, engineer, facts):
    """COM-1, TIM-6"""
    case = refused_of_old(contact, engineer)
    later = NOON + timedelta(days=1)
    assert commands.adopt_refused(at=later) == 1 and commands.adopt_refused(at=later) == 0
    complaint = Complaint.objects.get()
    assert (complaint.case_id, complaint.raised_at, complaint.raised_by_id) == (case.pk, later, contact.user_id)
    assert complaint.statements.get().body == "No quedó." and complaint.due_at > DUE
    assert fresh(case).state == "complaint" and closing_of(case).complaint == complaint.pk
    assert facts(complaint) == ["promise.made", "complaint.raised"] and reserved(case.customer_id)["incident"] == 1


def test_an_old_refusal_is_not_complained_of_twice(contract, contact, engineer):
    """COM-1"""
    case = refused_of_old(contact, engineer)
    with pytest.raises(AlreadyRaised):
        complain(case, contact)
    with pytest.raises(NothingAsked):
        cases.dispute_refused(refusable(contact, engineer), complaint=1, decide_by=DUE, actor=SYSTEM, at=NOON)


@pytest.mark.parametrize(
    "change",
    [
        {"due_at": DUE + timedelta(days=9)}, {"dispute": []}, {"raised_at": NOON - timedelta(days=9)}, {"key": "otro"},
    ],
)  # fmt: skip
def test_the_database_keeps_what_was_raised(contract, contact, engineer, change):
    """COM-1, TIM-8"""
    complaint = raised(contact, engineer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Complaint.objects.filter(pk=complaint.pk).update(**change)
    for rows in (Statement.objects.all(), Complaint.objects.all()):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Statement.objects.update(body="Nunca falló.")


def test_the_reasons_stand_on_both_records(contract, contact, engineer):
    """COM-1, CAS-1"""
    complaint = raised(contact, engineer)
    told = history(complaint.subject)[-1]
    assert told.data["reasons"] == "Volvió a fallar." and told.customer_id == complaint.customer_id
    on_case = history(complaint.case.subject)[-1]
    assert (on_case.data["complaint"], on_case.data["reasons"]) == (complaint.pk, "Volvió a fallar.")


