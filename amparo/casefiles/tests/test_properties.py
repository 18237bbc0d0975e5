"""Records are purged in the middle of whatever people do with cases: no unit is made or lost, every chain holds. CAS-2, LED-1."""

from __future__ import annotations

import contextlib
import random
from datetime import timedelta

import pytest

from amparo.casefiles import commands
from amparo.casefiles.models import Retention
from amparo.casefiles.rules.verifier import verify
from amparo.cases.models import Case, Closing
from amparo.cases.tests import test_properties as lives
from amparo.cases.tests.world import card_for, contract_for
from amparo.history.commands import deliver_pending
from amparo.history.queries import faults_of_chain
from amparo.kernel.refusals import Refusal
from amparo.ledger import queries as ledger
from amparo.threads.models import Entry

from . import world

pytestmark = pytest.mark.django_db
STEPS = 50


def purge_some(player: lives.Player) -> list[int]:
    """Let the time of some closed cases be over now; what keeps them keeps them."""
    at = player.at
    while deliver_pending(at=at):
        pass
    commands.enrol_closed(at=at)
    for row in Retention.objects.filter(purged_at__isnull=True):
        if player.chance.random() < 0.5:
            Retention.objects.filter(pk=row.pk).update(told_at=at - timedelta(days=31), purge_at=at)
    return commands.purge_due(at=at)


@pytest.mark.parametrize("seed", range(4))
def test_purges_among_random_lives_of_cases_change_no_account_and_break_no_chain(seed, customer, contact, engineer, quality, tmp_path):
    """CAS-1, CAS-2, CAS-7, LED-1, CHG-10"""
    chance = random.Random(seed)
    contract_for(customer.pk, events=chance.randint(1, 4), incidents=chance.randint(1, 3), credits=chance.randint(5, 30))
    card_for(customer.pk, 12)
    player, purged = lives.Player(chance, contact, engineer, quality), set()
    for step in range(STEPS):
        with contextlib.suppress(Closing.DoesNotExist):  # a ruling tried on a case without a closing
            player.act()
        if step % 10 == 9:
            before = lives._sums(customer.pk)
            purged |= set(purge_some(player))
            assert lives._sums(customer.pk) == before
            lives.check(customer.pk)
    for case in player.cases:  # bring what is left to its end, so that each life is purged in some run
        try:
            player.answer_closing(lives.fresh(case))
        except Refusal:
            continue
    purged |= set(purge_some(player))
    assert ledger.check()["differences"] == []
    for case in Case.objects.select_related("thread"):
        assert list(faults_of_chain(case.subject)) == [] and list(faults_of_chain(case.thread.desk_subject)) == []
        if case.pk in purged:
            assert case.thread.purged_at and not Entry.objects.filter(thread=case.thread_id).exclude(body="").exists()
        else:
            assert verify(world.made(case, tmp_path, at=player.at)).problems == []
    PURGED.append(len(purged))


PURGED: list[int] = []


def test_the_random_lives_did_purge_something():
    """CAS-2: a property that is never met proves nothing."""
    assert not PURGED or sum(PURGED) > 0
