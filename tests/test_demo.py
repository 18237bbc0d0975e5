"""The demonstration world: a believable vendor with everything that can be shown, and nothing that contradicts itself."""

from __future__ import annotations

import pytest

from amparo.casefiles.models import Hold, Retention
from amparo.cases.machine import State
from amparo.cases.models import Case
from amparo.complaints.machine import State as ComplaintState
from amparo.complaints.models import Complaint
from amparo.conftest import NOON
from amparo.deadlines.models import Promise
from amparo.history.queries import faults_of_chain
from amparo.ledger import queries as ledger
from amparo.project.demo.load import load
from amparo.threads.models import Thread
from amparo.tickets.machine import State as TicketState
from amparo.tickets.models import Ticket


@pytest.mark.django_db
@pytest.mark.timeout(900)
def test_the_demonstration_shows_every_state_and_reconciles():
    """CAS-2, CAS-3, TKT-2, TIM-9, LED-4: each kind and state of a case, kept and late promises, refused and silent closings.

    And what becomes of old records: one purged, one that a hold keeps, one whose customer was told.
    """
    load(at=NOON, customers=35)
    cases = set(Case.objects.values_list("state", flat=True))
    assert cases == {state.value for state in State}
    assert set(Case.objects.exclude(kind="").values_list("kind", flat=True)) == {"advisory", "incident", "general", "development"}
    assert set(Ticket.objects.values_list("state", flat=True)) == {state.value for state in TicketState}
    assert {"answer", "consent", "attention", "waiting", "closing", "quality", "silent", "closed"} == set(
        Thread.objects.values_list("queue", flat=True)
    )
    assert set(Case.objects.filter(state="closed").values_list("closed_how", flat=True)) >= {"accepted", "uncharged"}
    assert set(Complaint.objects.values_list("state", flat=True)) == {state.value for state in ComplaintState}
    promises = Promise.objects.filter(kind_code="answer.ticket")
    late = promises.filter(state="lapsed").count()
    assert promises.filter(state="kept").count() > 5 * late > 0
    assert not Promise.objects.filter(state="open", due_at__lt=NOON).exists()
    assert not ledger.check()["differences"]
    assert not [fault for case in Case.objects.all() for fault in faults_of_chain(case.subject)]
    old = list(Retention.objects.order_by("closed_at").values_list("purged_at", "told_at"))
    assert len([row for row in old if row[0]]) == 1 and Hold.objects.get().case_id
    assert len([row for row in old if row[0] is None and row[1]]) >= 1
