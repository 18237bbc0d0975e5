"""`amparo serve`: some parts together, as forks of one process that loads what all of them need."""

from __future__ import annotations

import signal

import psutil
import pytest

from .live import answers, service, until
from .running import amparo, gone


@pytest.mark.operations
@pytest.mark.django_db(transaction=True)
def test_parts_together_are_forks_of_one_that_come_back_and_end_with_it(tmp_path):
    with service(tmp_path) as served:
        together = psutil.Process(served.processes[0].pid)
        web, worker = served.part("web"), served.part("worker")
        assert web.ppid() == worker.ppid() == served.part("parts").pid != together.pid
        worker.kill()
        until(lambda: again(served, "worker", worker))
        family = [together, *together.children(recursive=True)]
        assert answers(f"{served.url}/health")
        together.send_signal(signal.SIGTERM)
        assert together.wait(30) == 0 and gone(family)


def again(served, name, before):
    try:
        return served.part(name).pid != before.pid
    except (psutil.Error, StopIteration):
        return False


@pytest.mark.parametrize("words", [(), ("wbe", "--port", "1"), ("web", "+", "nothing")])
def test_what_is_no_part_is_said_with_those_that_are(words):
    said = amparo("serve", *words)
    assert said.returncode == 1 and "web, stream, broker" in said.stderr and "Traceback" not in said.stderr
