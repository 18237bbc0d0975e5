"""Marking a defect, and answering it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from amparo.conftest import NOON
from amparo.deadlines.queries import open_promises, promises_of
from amparo.defects import commands, queries
from amparo.defects.errors import AlreadyReported, OtherProduct, ReasonMissing, ReportMoment
from amparo.defects.machine import LIFE, Move, State
from amparo.defects.models import Defect, DefectReport
from amparo.kernel.actor import SYSTEM
from amparo.kernel.machine import IllegalMove
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.products import commands as products
from amparo.threads.models import Entry, Thread

LATER = NOON + timedelta(hours=3)
CELLS = {
    (State.OPEN, Move.CORRECT): State.CORRECTED,
    (State.OPEN, Move.REJECT): State.NOT_A_DEFECT,
    (State.OPEN, Move.REPORT_AGAIN): State.OPEN,
    (State.CORRECTED, Move.CORRECT): None,
    (State.CORRECTED, Move.REJECT): None,
    (State.CORRECTED, Move.REPORT_AGAIN): State.OPEN,
    (State.NOT_A_DEFECT, Move.CORRECT): None,
    (State.NOT_A_DEFECT, Move.REJECT): None,
    (State.NOT_A_DEFECT, Move.REPORT_AGAIN): None,
}


@pytest.fixture
def report(product, engineer):
    def made(thread, *, actor=None, at=LATER, **more):
        more.setdefault("reported_at", thread.created_at)
        return commands.report(thread, product_id=product.pk, title="", actor=actor or engineer, at=at, **more)

    return made


@pytest.mark.parametrize(("state", "move", "after"), list(LIFE.cells()))
def test_every_cell(state, move, after):
    """TKT-5, TIM-5"""
    assert CELLS[state, move] == after


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["ticket", "case"])
def test_the_fix_guarantee_runs_from_the_report(thread_of, contact, covered, report, kind, facts):
    """TIM-5, TKT-5: in a ticket or a case, from the customer's report and not from when staff marked it."""
    thread = thread_of(contact, kind=kind)
    row = report(thread)
    assert row.is_covered and row.promise.kind_code == "fix" and row.promise.started_at == NOON
    # Wednesday and three business days: Tuesday 17, for Monday 16 is a holiday in Mexico; at the end of opening hours. TIM-3
    assert row.promise.due_at.isoformat() == "2026-11-18T00:00:00+00:00"
    assert [p.kind_code for p in open_promises(thread.subject)] == ["answer.ticket", "fix"]
    assert facts(row.defect) == ["defect.reported"] and facts(thread)[-1] == f"{kind}.defect_marked"
    assert row.defect.shown_number == f"D-{row.defect.pk}" and row.defect.title == thread.title


@pytest.mark.django_db
def test_without_a_contract_it_is_a_defect_without_a_deadline(thread_of, contact, report):
    """TKT-5"""
    row = report(thread_of(contact))
    assert not row.is_covered and row.promise is None


@pytest.mark.django_db
def test_covered_means_when_it_was_reported(thread_of, contact, covered, report):
    """TIM-5: a contract that ends at midnight while the ticket is open covers the report of that day."""
    last_day = covered.ends_at - timedelta(hours=10)
    in_time = report(thread_of(contact, at=last_day), at=covered.ends_at + timedelta(days=1))
    after = report(thread_of(contact, at=covered.ends_at), at=covered.ends_at + timedelta(days=1))
    assert in_time.is_covered and not after.is_covered


@pytest.mark.django_db
def test_a_correction_that_is_handed_over_keeps_the_guarantee(thread_of, contact, covered, report, engineer, product, facts):
    """TIM-5"""
    thread = thread_of(contact)
    row = report(thread)
    release = product.releases.get(version="10.2")
    at = NOON + timedelta(days=1)
    commands.correct(row.defect, answer="Está en la **10.2**.", release_id=release.pk, actor=engineer, at=at)
    assert open_promises(thread.subject) == [] and {p.state for p in promises_of(thread.subject)} == {"kept"}
    last = Entry.objects.filter(thread=thread).latest("seq")
    assert last.body == "Está en la **10.2**." and last.author_kind == "staff" and not last.is_internal
    assert Thread.objects.get(pk=thread.pk).due_at is None
    assert facts(thread)[-1] == "ticket.defect_corrected" and facts(row.defect)[-1] == "defect.corrected"
    with pytest.raises(IllegalMove):
        commands.correct(row.defect, answer="Otra vez", actor=engineer, at=at)


@pytest.mark.django_db
def test_not_a_defect_is_a_reasoned_answer_that_ends_it(thread_of, contact, covered, report, engineer):
    """TIM-5"""
    thread = thread_of(contact)
    row = report(thread)
    with pytest.raises(ReasonMissing):
        commands.reject(row.defect, reason="  ", actor=engineer, at=LATER)
    commands.reject(row.defect, reason="El corte se toma antes de abrir turno.", actor=engineer, at=LATER)
    states = {p.kind_code: (p.state, p.end_reason) for p in promises_of(thread.subject)}
    assert states == {"answer.ticket": ("kept", ""), "fix": ("ended", "not_a_defect")}
    assert Entry.objects.filter(thread=thread).latest("seq").body == "El corte se toma antes de abrir turno."


@pytest.mark.django_db
def test_several_customers_report_the_same_defect(thread_of, contact, other_contact, covered, report, engineer):
    """TKT-5: each with its own promise; each is told once."""
    one = report(thread_of(contact))
    two = report(thread_of(other_contact), defect=one.defect)
    assert Defect.objects.count() == 1 and (one.is_covered, two.is_covered) == (True, False)
    commands.correct(one.defect, answer="Corregido", actor=engineer, at=LATER)
    third = report(thread_of(contact, at=LATER), defect=one.defect, at=LATER)
    assert Defect.objects.get().state == "open"
    commands.correct(one.defect, answer="Ahora sí", actor=engineer, at=LATER)
    said = {row.pk: [e.body for e in Entry.objects.filter(thread=row.thread, seq__gt=1)] for row in (one, two, third)}
    assert said == {one.pk: ["Corregido"], two.pk: ["Corregido"], third.pk: ["Ahora sí"]}


@pytest.mark.django_db
def test_what_is_refused(thread_of, contact, report, engineer, product, operator, sales, member):
    thread = thread_of(contact)
    other = products.add_product("otro", "Otro", actor=SYSTEM, at=NOON)
    strange = Defect.objects.create(product=other, title="x", created_at=NOON)
    with pytest.raises(OtherProduct):
        report(thread, defect=strange)
    with pytest.raises(Invalid):
        report(thread, release_id=products.add_release(other, "1.0", NOON.date(), actor=SYSTEM, at=NOON).pk)
    for moment in (NOON - timedelta(minutes=1), LATER + timedelta(minutes=1)):
        with pytest.raises(ReportMoment):
            report(thread, reported_at=moment)
    for stranger in (sales, member):
        with pytest.raises(NotPermitted):
            report(thread, actor=stranger)
    row = report(thread, actor=operator)
    with pytest.raises(AlreadyReported):
        report(thread)
    with pytest.raises(NotPermitted):
        commands.correct(row.defect, answer="Listo", actor=operator, at=LATER)
    assert DefectReport.objects.count() == 1


@pytest.mark.django_db
def test_the_database_asks_for_a_reason(thread_of, contact, report):
    """TIM-5"""
    row = report(thread_of(contact))
    with pytest.raises(IntegrityError), transaction.atomic():
        Defect.objects.filter(pk=row.defect_id).update(state="not_a_defect")
    with pytest.raises(IntegrityError), transaction.atomic():
        DefectReport.objects.update(is_covered=True, promise=None)


@pytest.mark.django_db
def test_the_list_shows_what_is_owed(thread_of, contact, other_contact, covered, report, engineer, django_assert_num_queries):
    one = report(thread_of(contact))
    report(thread_of(other_contact), defect=one.defect)
    with django_assert_num_queries(1):
        page = queries.defects(engineer)
    [row] = page.rows
    assert row["reporters"] == 2 and row["due_at"] == one.promise.due_at
    commands.correct(one.defect, answer="Listo", actor=engineer, at=LATER)
    assert queries.defects(engineer).rows == []
    assert queries.defects(engineer, state="corrected").rows[0]["due_at"] is None
    assert queries.defects(contact).rows == []
