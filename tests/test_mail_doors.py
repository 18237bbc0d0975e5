"""An answer by mail reaches whatever the letter was about: ticket, case, quote, order, complaint."""

from __future__ import annotations

import pytest

from amparo.cases.models import Case
from amparo.cases.tests import world as cases
from amparo.complaints.models import Statement
from amparo.complaints.tests.world import raised
from amparo.conftest import NOON
from amparo.mailbox import queries
from amparo.mailbox.tests.conftest import address, box, come_in, media, set_policy, written  # noqa: F401 fixtures
from amparo.project.mail_doors import DOORS
from amparo.project.subjects import PUBLISHED, VISIBLE
from amparo.quotations.tests.world import ordered, presented
from amparo.threads.models import Entry

pytestmark = pytest.mark.django_db


def test_every_door_opens_and_its_things_have_a_right():
    """SEC-13: what may be answered is also something whose reader is asked for."""
    assert set(DOORS) <= set(VISIBLE) | set(PUBLISHED)
    assert all(callable(queries.door(kind)) for kind in DOORS)
    assert queries.door("pocket") is None


def test_an_answer_goes_into_its_case_and_accepts_nothing(customer, contact, engineer, come_in):  # noqa: F811
    """CAS-4, TKT-1: where a closing is proposed, an answer is an answer: the case goes on."""
    cases.contract_for(customer.pk)
    case = cases.proposed(cases.attended(contact, engineer, "incident"), engineer, "solved")
    mail = come_in(written(contact.email, address(case.subject, contact.user_id), "Sí, acepto el cierre."))
    assert mail.state == "said"
    assert Case.objects.get(pk=case.pk).state != "closed"
    assert Entry.objects.get(pk=mail.entry_id).via == "email"


def test_an_answer_goes_into_its_complaint(customer, contact, engineer, other_contact, come_in):  # noqa: F811
    """COM-1, COM-7"""
    cases.contract_for(customer.pk)
    complaint = raised(contact, engineer)
    to = address(complaint.subject, contact.user_id)
    assert come_in(written(contact.email, to, "Adjunto lo que faltaba.")).state == "said"
    assert Statement.objects.filter(complaint=complaint).order_by("pk").last().body == "Adjunto lo que faltaba."
    assert come_in(written(other_contact.email, to, "Yo también")).reason == "unknown_sender"


@pytest.mark.parametrize("made", [presented, ordered])
def test_an_answer_to_a_quote_or_order_is_asked_in_its_case(made, customer, contact, engineer, come_in):  # noqa: F811
    """QUO-3: by mail nothing is accepted, rejected or changed."""
    cases.contract_for(customer.pk)
    thing = made(contact, engineer)
    before = thing.state
    mail = come_in(written(contact.email, address(thing.subject, contact.user_id), "¿Incluye la capacitación?"), at=NOON)
    thing.refresh_from_db()
    assert thing.state == before
    assert mail.state in ("said", "waiting"), mail.detail
    if mail.state == "said":
        assert Entry.objects.get(pk=mail.entry_id).thread_id == thing.thread_id
