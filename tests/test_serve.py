"""`amparo serve`: some parts together, as forks of one process that loads what all of them need."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest

from amparo.project import installation

from .live import answers, service, until
from .running import ROOT, amparo, clean_environment, gone


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


@pytest.mark.operations
def test_what_is_wrong_with_the_settings_stands_in_the_log_of_each_part(tmp_path):
    """Who looks after the parts goes on: once the settings are right and it is started anew, so do they."""
    installation.write_private(tmp_path / "secrets.json", json.dumps(installation.make_secrets()))
    wrong = {"AMPARO_SECRETS_FILE": str(tmp_path / "secrets.json"), "DATABASE_URL": os.environ["DATABASE_URL"], "AMPARO_POOL": "many"}
    command = [sys.executable, "-m", "amparo", "serve", "--log", str(tmp_path), "web", "+", "worker"]
    said = tmp_path / "said"
    with said.open("wb") as words, subprocess.Popen(command, cwd=ROOT, env=clean_environment(**wrong), stdout=words, stderr=words) as together:
        try:
            for part in ("web", "worker"):
                until(lambda part=part: f"{part} ended (with status 1); it is started again." in said.read_text())
                assert "'many'" in (tmp_path / f"{part}.log").read_text()
            assert together.poll() is None
        finally:
            together.terminate()
    assert together.returncode == 0


def again(served, name, before):
    try:
        return served.part(name).pid != before.pid
    except (psutil.Error, StopIteration):
        return False


@pytest.mark.parametrize("words", [(), ("wbe", "--port", "1"), ("web", "+", "nothing")])
def test_what_is_no_part_is_said_with_those_that_are(words):
    said = amparo("serve", *words)
    assert said.returncode == 1 and "web, stream, broker" in said.stderr and "Traceback" not in said.stderr
