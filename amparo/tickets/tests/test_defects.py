"""A ticket that reports a fault."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.conftest import NOON
from amparo.deadlines.queries import open_promises
from amparo.defects import commands as defects
from amparo.defects.errors import AlreadyReported
from amparo.tickets import commands
from amparo.tickets.models import Ticket

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=3)


def test_a_ticket_becomes_a_defect_of_its_product_s_version(ticket, contract, engineer, product):
    """TKT-5, TIM-5"""
    commands.mark_defect(ticket, title="El corte sale en ceros", actor=engineer, at=LATER)
    report = ticket.defect_report
    assert ticket.is_fault and report.defect.product == product and report.defect.release.version == "10.1"
    assert report.promise.started_at == ticket.opened_at
    assert {p.kind_code for p in open_promises(ticket.subject)} == {"answer.ticket", "fix"}
    with pytest.raises(AlreadyReported):
        commands.mark_defect(ticket, actor=engineer, at=LATER)


def test_the_guarantee_goes_on_when_the_ticket_is_closed(ticket, contract, engineer):
    """TIM-5"""
    commands.mark_defect(ticket, actor=engineer, at=LATER)
    commands.close(ticket, actor=engineer, at=LATER)
    assert [p.kind_code for p in open_promises(ticket.subject)] == ["fix"]


def test_an_answered_defect_is_the_customer_s_turn(ticket, contract, engineer, deliver):
    """TKT-5: the fact of the lower app moves the ticket, once however often it is delivered."""
    commands.mark_defect(ticket, actor=engineer, at=LATER)
    defects.correct(ticket.defect_report.defect, answer="Está en la 10.2", actor=engineer, at=LATER)
    deliver(LATER + timedelta(minutes=1))
    fresh = Ticket.objects.select_related("thread").get(pk=ticket.pk)
    assert fresh.state == "waiting" and fresh.thread.queue == "waiting" and fresh.thread.due_at is None
    commands.follow_defect_answer(ticket.pk, actor=engineer, at=LATER)
    assert Ticket.objects.get(pk=ticket.pk).state == "waiting"


def test_who_wrote_meanwhile_is_still_owed_an_answer(ticket, contact, contract, engineer, deliver):
    """TIM-9"""
    commands.mark_defect(ticket, actor=engineer, at=LATER)
    defects.correct(ticket.defect_report.defect, answer="Está en la 10.2", actor=engineer, at=LATER)
    commands.write(ticket, "No la encuentro", actor=contact, at=LATER)
    deliver(LATER + timedelta(minutes=1))
    assert Ticket.objects.get(pk=ticket.pk).state == "open"
