"""Every subcommand of `amparo`: it explains itself, answers plainly and as JSON, and its exit status says yes, no or wrong use."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import subprocess
import sys

import pytest

from amparo.project import cli
from amparo.project.installation import Problem

from .source import ROOT

# Those that answer a question to a person or a program, with the words of a question that needs nothing.
ANSWER = {
    "doctor": [], "deadline": ["--from", "2026-12-11T16:00", "--business-hours", "72"], "check-ledger": [],
    "verify-case": ["/nonexistent.zip"], "backup": ["/nonexistent/x"], "restore": ["/nonexistent"], "world": [], "bench": [],
}  # fmt: skip


def run(*words):
    """The answer of the command in this process: exit status, standard output, standard error."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = cli.main(list(words))
        except SystemExit as ended:
            status = int(ended.code or 0)
    return status, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("name", sorted(set(cli.COMMANDS) - {"django", "test"}))
def test_each_explains_itself(name):
    """`--help`: what it does, in a sentence, exit status 0."""
    status, out, _err = run(name, "--help")
    assert status == 0 and f"amparo {name}" in out and len(out.splitlines()) > 2


@pytest.mark.parametrize("name", sorted(set(cli.COMMANDS) - {"django", "test"}))
def test_wrong_use_is_two(name):
    """2, and what was wrong, on standard error."""
    status, out, err = run(name, "--no-such-option")
    assert status == 2 and out == "" and f"amparo {name}" in err and "error:" in err


@pytest.mark.parametrize("name", sorted(ANSWER))
def test_those_that_answer_do_so_as_json_too(name):
    assert "--json" in run(name, "--help")[1]


def test_what_there_is_not_and_nothing_at_all():
    status, out, err = run("no-such-command")
    assert status == 2 and out == "" and "no-such-command" in err
    assert run()[0] == 2
    assert run("help")[0] == 0 and all(name in run("help")[1] for name in cli.COMMANDS)


@pytest.mark.parametrize("name", ["check-ledger", "world", "deadline"])
def test_no_is_one_as_a_sentence_or_as_json(name, monkeypatch):
    """1: on standard error for a person, as one JSON object on standard output for a program; never a traceback."""

    def away(_options):
        raise Problem("The database does not answer.")

    for module in ("check_ledger", "world", "deadline"):
        imported = importlib.import_module(f"amparo.project.cli.{module}")
        if hasattr(imported, "loaded"):
            monkeypatch.setattr(imported, "loaded", away)
        elif hasattr(imported, "application"):
            monkeypatch.setattr(imported.application, "loaded", away)
    words = [name, *(["--from", "2026-12-11T16:00", "--business-hours", "72"] if name == "deadline" else [])]
    status, out, err = run(*words)
    assert status == 1 and out == "" and err == f"amparo {name}: The database does not answer.\n"
    status, out, err = run(*words, "--json")
    assert status == 1 and err == "" and json.loads(out)["error"] == "The database does not answer."


@pytest.mark.parametrize("words", [["verify-case", "{tmp}/x.zip"], ["restore", "{tmp}/backup", "--data", "{tmp}/new"]], ids=lambda words: words[0])
def test_what_is_not_what_it_should_be_is_no(words, tmp_path):
    """1, and one JSON object: without a database, in a process of its own."""
    (tmp_path / "x.zip").write_bytes(b"no case file")
    asked = [word.format(tmp=tmp_path) for word in words]
    done = subprocess.run([sys.executable, "-m", "amparo", *asked, "--json"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and isinstance(json.loads(done.stdout), dict), (done.stdout, done.stderr)
    done = subprocess.run([sys.executable, "-m", "amparo", *asked], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "Traceback" not in done.stdout + done.stderr and done.stdout + done.stderr


@pytest.mark.django_db
def test_a_world_answers_as_json(monkeypatch):
    """How it goes on is told apart, so that a program reads nothing but the answer."""
    made = {"customers": 30, "tickets": 4}

    def make(sizes, *, seed, add, say):
        say("customers")
        return made

    monkeypatch.setattr("amparo.project.world.make.make", make)
    monkeypatch.setattr("amparo.project.cli.world.loaded", lambda _options: contextlib.nullcontext())
    status, out, err = run("world", "--json", "--customers", "30")
    told = json.loads(out)
    assert status == 0 and told["made"] == made and told["password"] and "customers" in err
    status, out, err = run("world", "--customers", "30")
    assert status == 0 and "30 customers" in out and err == ""
