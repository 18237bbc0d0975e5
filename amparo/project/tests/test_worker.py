"""The worker's threads: nothing that takes minutes runs beside what must be in time."""

from __future__ import annotations

import pytest

from amparo.project import worker

PROMISES = ("amparo.deadlines.tasks.tick", "amparo.complaints.tasks.tick", "amparo.cases.tasks.tick", "amparo.notifications.tasks.tick", "amparo.chat.tasks.tick")
MINUTES = {
    "amparo.casefiles.tasks.tick": worker.EXPORTS, "amparo.videos.tasks.tick": worker.FILMS, "amparo.classroom.tasks.films": worker.FILMS,
    "amparo.remote.tasks.films": worker.LONG, "amparo.remote.tasks.verify": worker.LONG, "amparo.contracts.tasks.imports": worker.LONG, "amparo.ledger.tasks.reconcile": worker.LONG,
    "amparo.mailbox.tasks.tick": worker.OUTSIDE, "amparo.sales.tasks.look": worker.OUTSIDE,
}  # fmt: skip
TABLES = (worker.TICKS, worker.OUTSIDE, worker.LONG, worker.EXPORTS, worker.FILMS)


def test_what_must_be_in_time_waits_for_nothing_long():
    """TIM-9, TIM-10: promises lapse while a file of a case with hours of recordings is made."""
    names = {name for name, _seconds in worker.TICKS}
    assert names.issuperset(PROMISES)
    assert not names & MINUTES.keys()


@pytest.mark.parametrize("name", MINUTES)
def test_what_takes_minutes_has_its_thread(name):
    assert [table for table in TABLES if name in dict(table)] == [MINUTES[name]]


def test_everything_that_comes_round_is_there():
    assert all(len(worker.tick_functions(table)) == len(table) for table in TABLES)
